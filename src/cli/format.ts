/** Plain aligned tables for stdout, and a few ways to write numbers. */

export interface Column {
  readonly head: string;
  /** Numbers read better to the right. Default "left". */
  readonly align?: "left" | "right";
  /** Applied to the padded text, so that colours do not disturb the widths. */
  readonly paint?: (text: string) => string;
}

export interface TableOptions {
  /** Spaces before each line. Default 2. */
  readonly indent?: number;
  /** Applied to each heading. */
  readonly paintHead?: (text: string) => string;
}

/**
 * Lines of a table: a heading, then a line a row. Columns in which every cell is empty are left out; no line ends in spaces.
 *
 *     table([["count", "44"]], [{ head: "name" }, { head: "insns", align: "right" }]);
 */
export function table(
  rows: readonly (readonly string[])[],
  columns: readonly Column[],
  options: TableOptions = {},
): string[] {
  const shown = columns.map((_, i) => i).filter((i) => rows.some((row) => (row[i] ?? "") !== ""));
  const widths = shown.map((i) =>
    Math.max(...[columns[i]!.head, ...rows.map((row) => row[i] ?? "")].map(displayWidth)),
  );
  const indent = " ".repeat(options.indent ?? 2);
  const line = (cells: readonly string[], paint: (i: number, text: string) => string): string => {
    let end = shown.length;
    while (end > 0 && (cells[shown[end - 1]!] ?? "") === "") end--;
    const parts = shown.slice(0, end).map((i, n) => {
      const cell = cells[i] ?? "";
      const space = " ".repeat(widths[n]! - displayWidth(cell));
      if (columns[i]!.align === "right") return space + paint(i, cell);
      return n === end - 1 ? paint(i, cell) : paint(i, cell) + space;
    });
    return (indent + parts.join("  ")).trimEnd();
  };
  const head = line(
    columns.map((column) => column.head),
    (_, text) => options.paintHead?.(text) ?? text,
  );
  return [head, ...rows.map((row) => line(row, (i, text) => columns[i]!.paint?.(text) ?? text))];
}

/** Columns on a terminal: wide East Asian characters and emoji take two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/\p{Mark}/u.test(char)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        char,
      )
        ? 2
        : 1;
  }
  return width;
}

/** "1,482,000". */
export function number(n: number): string {
  return n.toLocaleString("en-US");
}

/** "1 map", "2,000 maps". */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${number(n)} ${n === 1 ? noun : plural}`;
}

/** "512 B", "1.5 KiB", "12 MiB": three digits at most. */
export function bytesText(n: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${units[unit]}`;
}
