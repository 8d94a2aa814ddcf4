/**
 * A verifier's finding as a person reads it, at most 12 lines: what is wrong, the source lines that matter in their order
 * (`^` where it was refused, `-` where a fact came from), advice, and the kernel's own sentence.
 *
 *     error[V005]: packet read past the checked range: tcp->syn needs 48 bytes, 34 are proven
 *       --> syn_guard.bpf.c:21:11 (syn_guard, insn 9)
 *        |
 *     17 | if ((void *)(ip + 1) > end)
 *        |     ---------------- bytes 0..33 proven readable here
 *     21 | if (tcp->syn && !tcp->ack)
 *        |     ^^^^^^^^ bytes 46..47 of the packet; only 34 proven
 *        = help: add  if ((void *)(tcp + 1) > end) return ...;  before this
 *        = kernel says: invalid access to packet, off=46 size=2, R1(id=0,off=46,r=34); R1 offset is outside of the packet
 */
import type { LineInfo } from "../obj/spec.ts";
import { UNKNOWN_CODE } from "../verifier/codes.ts";
import type { Diagnostic, DiagnosticNote } from "../verifier/diagnostic.ts";
import { isInlineAsm } from "../verifier/explain-source.ts";
import { colors } from "./output.ts";

const MAX_LINES = 12;
const TAB = "    ";

interface Mark {
  readonly char: "^" | "-";
  readonly label: string;
  /** Columns from 0 in the row's text. */
  readonly start: number;
  readonly end: number;
}

/** One line of source (or one instruction) and what is said of it. */
interface Row {
  readonly number: number;
  text: string;
  readonly marks: Mark[];
}

export function diagnosticText(finding: Diagnostic): string {
  const c = colors();
  const head = `${c.red(c.bold(`error[${finding.code}]`))}${c.bold(`: ${finding.message}`)}`;
  const inside = finding.func === undefined ? finding.prog : `${finding.prog}, ${finding.func}()`;
  const where = finding.insn < 0 ? inside : `${inside}, insn ${finding.insn}`;
  const tail = [
    ...(finding.help === undefined ? [] : [`help: ${finding.help}${checkedText(finding)}`]),
    `kernel says: ${said(finding.kernel)}`,
  ];

  const room = MAX_LINES - 3 - tail.length;
  const { rows, left } = rowsOf(finding, room);
  const gutter = " ".repeat(Math.max(1, ...rows.map((row) => String(row.number).length)));
  const from =
    finding.line !== null
      ? `${shortPath(finding.line!.file)}:${finding.line!.line}${finding.line!.col > 0 ? `:${finding.line!.col}` : ""} (${where})`
      : where;
  const lines = [head, `${gutter}${c.blue("-->")} ${from}`];
  if (rows.length > 0) lines.push(c.blue(`${gutter} |`));
  for (const row of dedented(rows)) {
    lines.push(`${c.blue(`${String(row.number).padStart(gutter.length)} |`)} ${row.text}`.trimEnd());
    for (const mark of row.marks) {
      const width = Math.max(1, mark.end - mark.start);
      const line = `${mark.char.repeat(width)}${mark.label === "" ? "" : ` ${mark.label}`}`;
      lines.push(`${c.blue(`${gutter} |`)} ${" ".repeat(mark.start)}${mark.char === "^" ? c.red(line) : c.blue(line)}`);
    }
  }
  for (const extra of left)
    if (lines.length + tail.length < MAX_LINES) lines.push(`${gutter} ${c.blue("=")} note: ${extra}`);
  for (const line of tail) lines.push(`${gutter} ${c.blue("=")} ${line}`);
  if (lines.length < MAX_LINES && finding.code !== UNKNOWN_CODE)
    lines.push(`${gutter} ${c.blue("=")} skep explain ${finding.code} teaches this class`);
  return lines.join("\n");
}

/** "   [checked: accepted with it]": the advice was applied to the bytecode and verified. */
function checkedText({ fix }: Diagnostic): string {
  if (fix === undefined) return "";
  const what = fix.checked === "accepted" ? "accepted with it" : "this error is gone with it";
  return `   ${colors().dim(`[checked: ${what}]`)}`;
}

/** The sentences without the dump of states that a loop's has. */
function said(kernel: string): string {
  return kernel
    .split("\n")
    .filter((line, i) => i === 0 || !/^(?:old|cur) state:/.test(line))
    .join("; ");
}

/** Rows in the order of the source, as many as fit; what finds no row is `left` as text. */
function rowsOf(finding: Diagnostic, room: number): { rows: Row[]; left: string[] } {
  const rows: Row[] = [];
  const left: string[] = [];
  const primary = place(finding, finding.label ?? "", "^");
  if (primary === null) return { rows, left: finding.related.map((note) => note.message) };
  addRow(rows, primary.number, primary.text, primary.mark);
  let used = 2;
  for (const note of finding.related) {
    const found = place(note, note.message, "-");
    const sameFile =
      found !== null && bySource(note.line) === bySource(finding.line) && sameFileAs(note.line, finding.line);
    const cost = rows.some((row) => row.number === found?.number) ? 1 : 2;
    if (!sameFile || used + cost > room) {
      left.push(
        `${note.line === null ? `instruction ${note.insn}` : `${shortPath(note.line.file)}:${note.line.line}`}: ${note.message}`,
      );
      continue;
    }
    addRow(rows, found.number, found.text, found.mark);
    used += cost;
  }
  return { rows: rows.sort((a, b) => a.number - b.number), left };
}

/** Rows are source lines or instructions: they do not mix, since their numbers mean different things. */
function bySource(line: LineInfo | null): line is LineInfo {
  return line !== null && !isInlineAsm(line.text);
}

function sameFileAs(a: LineInfo | null, b: LineInfo | null): boolean {
  return !bySource(a) || !bySource(b) || a.file === b.file;
}

function addRow(rows: Row[], number: number, text: string, mark: Mark): void {
  const same = rows.find((row) => row.number === number);
  if (same === undefined) rows.push({ number, text, marks: [mark] });
  else same.marks.push(mark);
}

function place(
  at: Pick<DiagnosticNote, "insn" | "line" | "span" | "text">,
  label: string,
  char: "^" | "-",
): { number: number; text: string; mark: Mark } | null {
  const { line, span, text } = at;
  if (line === null || isInlineAsm(line.text)) {
    if (text === undefined || at.insn < 0) return null;
    return { number: at.insn, text, mark: { char, label, start: 0, end: text.length } };
  }
  const full = expandTabs(line.text);
  const column = (n: number): number => expandTabs(line.text.slice(0, n - 1)).length;
  const indent = full.length - full.trimStart().length;
  const [from, to] = span ?? (line.col > 0 ? [line.col, line.col + 1] : [0, 0]);
  const start = from === 0 ? indent : column(from);
  const end = from === 0 ? full.trimEnd().length : column(to);
  return { number: line.line, text: full.trimEnd(), mark: { char, label, start, end } };
}

function expandTabs(text: string): string {
  return text.replaceAll("\t", TAB);
}

/** Takes the indentation away that all rows share. */
function dedented(rows: readonly Row[]): Row[] {
  const indents = rows.map((row) => row.text.length - row.text.trimStart().length);
  const by = Math.min(...indents);
  return rows.map((row) => ({
    number: row.number,
    text: row.text.slice(by),
    marks: row.marks.map((mark) => ({ ...mark, start: Math.max(0, mark.start - by), end: Math.max(1, mark.end - by) })),
  }));
}

/** Compilers store "./x.c" for a file named relative to the folder they ran in. */
function shortPath(file: string): string {
  return file.replace(/^(\.\/)+/, "");
}

export function diagnosticJson(finding: Diagnostic): object {
  const { code, message, prog, insn, func, line, span, label, required, known, help, fix, kernel, related } = finding;
  return {
    code,
    severity: "error",
    message,
    prog,
    ...position(line, span),
    insn,
    func,
    label,
    required,
    known,
    related: related.map((note) => ({
      message: note.message,
      insn: note.insn,
      ...position(note.line, note.span),
    })),
    help,
    fix,
    kernel,
  };
}

function position(line: Diagnostic["line"], span: readonly [number, number] | undefined): object {
  if (line === null) return {};
  return {
    file: line.file,
    line: line.line,
    col: span?.[0] ?? line.col,
    ...(span === undefined ? {} : { endCol: span[1] }),
  };
}
