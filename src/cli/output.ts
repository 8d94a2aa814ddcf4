/** How the command line talks: colours, tables of data on stdout, talk and errors on stderr. */
import pc from "picocolors";
import { SkepError } from "../base/error.ts";

export interface OutputOptions {
  json: boolean;
  color: "auto" | "always" | "never";
  quiet: boolean;
  verbose: boolean;
  progress: boolean;
}

export const output: OutputOptions = { json: false, color: "auto", quiet: false, verbose: false, progress: true };

type Colors = ReturnType<typeof pc.createColors>;

/** Colours for stdout or stderr: NO_COLOR and FORCE_COLOR count, then --color, then whether it is a terminal. */
export function colors(stream: "stdout" | "stderr" = "stdout"): Colors {
  if (output.color === "always") return pc.createColors(true);
  if (output.color === "never" || output.json) return pc.createColors(false);
  if (process.env["NO_COLOR"]) return pc.createColors(false);
  const forced = process.env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "0") return pc.createColors(true);
  return pc.createColors(process[stream].isTTY === true);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Talk: progress, notes. Silent with -q. */
export function say(text: string): void {
  if (!output.quiet) process.stderr.write(`${text}\n`);
}

/** One JSON document; bigint as a number where it is exact, else as a string. */
export function printJson(document: unknown): void {
  print(JSON.stringify(document, jsonValue, 2));
}

export function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") {
    return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value.toString();
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  return value;
}

/** An error as a person reads it: code and sentence, place, advice; with -v the stack. */
export function printError(error: unknown): void {
  const c = colors("stderr");
  const lines: string[] = [];
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
