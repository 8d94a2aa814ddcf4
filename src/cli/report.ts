/** Failures on stderr. */
import { SkepError } from "../base/error.ts";
import { VerifierError } from "../runtime/verifier-error.ts";
import type { Diagnostic } from "../verifier/diagnostic.ts";
import { diagnosticJson, diagnosticText } from "./diagnostic.ts";
import { colors, output } from "./output.ts";

/** An error as a person reads it: code and sentence, place, advice; with -v the stack. */
export function printError(error: unknown): void {
  const c = colors("stderr");
  const lines: string[] = [];
  const finding = findingOf(error);
  if (finding !== null) {
    process.stderr.write(
      output.json ? `${JSON.stringify({ error: diagnosticJson(finding) })}\n` : `${diagnosticText(finding)}\n`,
    );
    return;
  }
  if (error instanceof SkepError) {
    if (output.json) {
      const { code, message, site, advice } = error;
      process.stderr.write(`${JSON.stringify({ error: { code, message, ...site, help: advice } })}\n`);
      return;
    }
    lines.push(`${c.red(c.bold(`error[${error.code}]`))}${c.bold(`: ${error.message}`)}`);
    const place = placeOf(error);
    if (place !== "") lines.push(`${c.blue("  -->")} ${place}`);
    if (error.advice !== undefined) lines.push(`${c.blue("   =")} help: ${error.advice}`);
    if (output.verbose && error.stack !== undefined) lines.push(c.dim(error.stack));
  } else {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    lines.push(`${c.red(c.bold("error[bug]"))}${c.bold(": Skep failed where it should not")}`, c.dim(detail));
    lines.push(`${c.blue("   =")} help: please report this with the command and its input`);
  }
  process.stderr.write(`${lines.join("\n")}\n`);
}

function placeOf(error: SkepError): string {
  const { file, section, byte, prog, insn, line, col } = error.site;
  const parts: string[] = [];
  if (file !== undefined)
    parts.push(line === undefined ? file : `${file}:${line}${col === undefined ? "" : `:${col}`}`);
  else if (line !== undefined) parts.push(`line ${line}${col === undefined ? "" : `, column ${col}`}`);
  if (section !== undefined) parts.push(`section ${section}`);
  if (byte !== undefined) parts.push(`byte ${byte}`);
  if (prog !== undefined) parts.push(`program ${prog}`);
  if (insn !== undefined) parts.push(`insn ${insn}`);
  return parts.join(", ");
}

/** What the verifier found, where that is why the command failed. */
function findingOf(error: unknown): Diagnostic | null {
  if (error instanceof VerifierError) return error.explained;
  return error instanceof SkepError && "diagnostic" in error ? (error.diagnostic as Diagnostic) : null;
}
