/**
 * The compiler's findings as a person reads them.
 *
 *     error[C201]: no member named 'sourc' in 'struct tcphdr'
 *       --> guard.bpf.c:12:7
 *        |
 *     12 |     tcp->sourc
 *        |          ^^^^^
 *        = in the expansion of PORT, guard.bpf.c:4:18
 *        = fix: write 'source'
 */
import type { Diagnostic, DiagPlace } from "./diag.ts";

/** What colours: picocolors has these, and more. */
export type Paint = Readonly<Record<"red" | "yellow" | "blue" | "bold", (text: string) => string>>;

const same = (text: string): string => text;
const PLAIN: Paint = { red: same, yellow: same, blue: same, bold: same };

const TAB = "    ";
const MAX_TRAIL = 4;

/** `textOf` gives a file's text, to show the line; undefined where it cannot be had. */
export function diagnosticText(
  one: Diagnostic,
  textOf: (file: string) => string | undefined = () => undefined,
  c: Paint = PLAIN,
): string {
  const paint = one.severity === "error" ? c.red : one.severity === "warning" ? c.yellow : c.blue;
  const lines = [`${paint(c.bold(`${one.severity}[${one.code}]`))}${c.bold(`: ${one.message}`)}`];
  const gutter = " ".repeat(String(one.line).length);
  if (one.line > 0) {
    lines.push(`${gutter}${c.blue("-->")} ${one.file}:${one.line}:${one.col}`);
    const shown = lineAt(one, textOf);
    if (shown !== undefined) {
      lines.push(c.blue(`${gutter} |`));
      lines.push(`${c.blue(`${one.line} |`)} ${shown.text}`.trimEnd());
      lines.push(`${c.blue(`${gutter} |`)} ${" ".repeat(shown.start)}${paint("^".repeat(shown.width))}`);
    }
  }
  const add = (text: string): void => {
    lines.push(`${gutter} ${c.blue("=")} ${text}`);
  };
  for (const step of one.trail.slice(0, MAX_TRAIL)) {
    add(`in the expansion of ${step.macro}, ${step.at.file}:${step.at.line}:${step.at.col}`);
  }
  for (const include of one.includes) add(`included from ${include.file}:${include.line}`);
  for (const note of one.notes) add(`note: ${note.message} (${note.file}:${note.line}:${note.col})`);
  if (one.fix !== undefined) add(`fix: ${one.fix.message}`);
  if (one.help !== undefined) add(`help: ${one.help}`);
  return lines.join("\n");
}

function lineAt(
  place: DiagPlace,
  textOf: (file: string) => string | undefined,
): { text: string; start: number; width: number } | undefined {
  const line = textOf(place.file)?.split("\n")[place.line - 1]?.replace(/\r$/, "");
  if (line === undefined) return undefined;
  const bytes = new TextEncoder().encode(line);
  const decoder = new TextDecoder();
  const shown = (from: number, to: number): string => decoder.decode(bytes.subarray(from, to)).replaceAll("\t", TAB);
  const before = shown(0, place.col - 1);
  const marked = shown(place.col - 1, Math.max(place.col, place.endCol - 1));
  return { text: line.replaceAll("\t", TAB), start: before.length, width: Math.max(1, marked.length) };
}
