/** A verifier's finding as a person reads it: at most 12 lines. */
import type { Diagnostic } from "../verifier/verify.ts";
import { colors } from "./output.ts";

export function diagnosticText(finding: Diagnostic): string {
  const c = colors();
  const lines = [`${c.red(c.bold(`error[${finding.code}]`))}${c.bold(`: ${finding.message}`)}`];
  const { line } = finding;
  const where = finding.insn < 0 ? finding.prog : `${finding.prog}, insn ${finding.insn}`;
  if (line === null) {
    lines.push(`${c.blue("  -->")} ${where}`);
  } else {
    const number = String(line.line);
    const gutter = " ".repeat(number.length);
    const text = line.text.replaceAll("\t", " ");
    const indent = text.length - text.trimStart().length;
    const col = Math.max(0, line.col - 1);
    const caret = col >= indent && col < text.length ? `${" ".repeat(col - indent)}^` : "";
    lines.push(
      `${gutter}${c.blue("-->")} ${shortPath(line.file)}:${line.line}${line.col > 0 ? `:${line.col}` : ""} (${where})`,
    );
    lines.push(c.blue(`${gutter} |`), `${c.blue(`${number} |`)} ${text.trim()}`);
    if (caret !== "") lines.push(`${c.blue(`${gutter} |`)} ${c.red(caret)}`);
  }
  for (const note of finding.related.slice(0, 3)) lines.push(`${c.blue("   =")} note: ${note.message}`);
  lines.push(`${c.blue("   =")} kernel says: ${finding.kernel.split("\n").join("; ")}`);
  lines.push(`${c.blue("   =")} skep explain ${finding.code} teaches this class`);
  return lines.slice(0, 12).join("\n");
}

/** Compilers store "./x.c" for a file named relative to the folder they ran in. */
function shortPath(file: string): string {
  return file.replace(/^(\.\/)+/, "");
}

export function diagnosticJson(finding: Diagnostic): object {
  const { code, message, prog, insn, line, kernel, related } = finding;
  return {
    code,
    severity: "error",
    message,
    prog,
    ...(line === null ? {} : { file: line.file, line: line.line, col: line.col }),
    insn,
    related: related.map((note) => ({ message: note.message, insn: note.insn, line: note.line?.line })),
    kernel,
  };
}
