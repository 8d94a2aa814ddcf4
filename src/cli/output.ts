/** How the command line talks: colours, tables of data on stdout, talk and errors on stderr. */
import pc from "picocolors";

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
