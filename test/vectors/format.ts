/**
 * Vector files: a program in assembly with `//!` lines around it.
 *
 *     // What it is about.
 *     //! type: xdp
 *     //! map: counts array key=4 value=8 entries=2          (any number; flags=N where wanted)
 *     //! verify: accept                                      or: reject <part of the message>
 *     //! skip linux: reason                                  (backend: interp, jit, linux)
 *     r0 = 2
 *     exit
 *     //! run: 001122 33                                      packet in hex, at least 14 bytes; as often as wanted
 *     //! set counts: 00000000 = 0500000000000000             before that run
 *     //! retval: 2                                           expected; UPDATE=1 rewrites these three
 *     //! packet: 001122 33
 *     //! map counts: 00000000 = 0600000000000000
 *
 * Hex continues on following lines that begin with `//!   ` (three spaces or more).
 */
import { MAP_TYPES } from "../../src/abi/map-types.ts";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import type { Vector, VectorMap, VectorResult, VectorRun } from "./vector.ts";

interface Line {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Throws Error "file:line: ..." for anything that is not understood: an orphan is a mistake, not a comment. */
export function parseVector(name: string, text: string): Vector {
  const fail = (line: number, message: string): never => {
    throw new Error(`${name}:${line}: ${message}`);
  };
  const code: string[] = [];
  const directives: Line[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const more = /^\/\/! {3,}(.*)$/.exec(line);
    const directive = /^\/\/! ?([^:]+):\s*(.*)$/.exec(line);
    const last = directives.at(-1);
    if (more !== null) {
      if (last === undefined) fail(index + 1, "continues nothing");
      else directives[directives.length - 1] = { ...last, value: `${last.value} ${more[1]}` };
    } else if (directive !== null) {
      directives.push({ key: directive[1]!, value: directive[2]!.trim(), line: index + 1 });
    } else if (line.startsWith("//!")) {
      fail(index + 1, "a //! line needs a word and a colon");
    }
    code.push(line.startsWith("//!") ? "" : line);
  }
  let type = "xdp";
  let reject: string | null = null;
  const maps: VectorMap[] = [];
  const skip = new Map<string, string>();
  const runs: VectorRun[] = [];
  for (const { key, value, line } of directives) {
    const [word, argument] = key.split(" ") as [string, string | undefined];
    const run = runs.at(-1);
    const inRun = (): VectorRun => run ?? fail(line, `"${key}" belongs to no run`);
    const known = (): string =>
      maps.some((map) => map.name === argument) ? argument! : fail(line, `there is no map "${argument}"`);
    switch (word) {
      case "type":
        type = value;
        break;
      case "map":
        if (argument === undefined) maps.push(parseMap(value) ?? fail(line, `no map: ${value}`));
        else addEntry(inRun().expected, known(), value);
        break;
      case "verify":
        reject = value === "accept" ? null : value.replace(/^reject\s*/, "");
        break;
      case "skip":
        skip.set(argument ?? fail(line, "skip which backend?"), value);
        break;
      case "run":
        runs.push({ data: fromHex(value), set: [], expected: {}, line });
        break;
      case "set": {
        const [entryKey, entryValue] = value.split("=");
        const set = inRun().set as (readonly [string, Uint8Array, Uint8Array])[];
        set.push([known(), fromHex(entryKey!), fromHex(entryValue!)]);
        break;
      }
      case "retval":
        inRun().expected.retval = Number(value) >>> 0;
        break;
      case "packet":
        inRun().expected.packet = fromHex(value);
        break;
      default:
        fail(line, `"${key}" is no directive`);
    }
  }
  if (reject === null && runs.length === 0) fail(1, "an accepted vector needs a //! run:");
  if (reject !== null && runs.length > 0) fail(runs[0]!.line, "a rejected vector has no runs");
  return { name, type, text: code.join("\n"), maps, reject, skip, runs };
}

function parseMap(text: string): VectorMap | null {
  const [name, word, ...settings] = text.split(/\s+/);
  const row = MAP_TYPES.find((one) => one.word === word);
  if (name === undefined || row === undefined) return null;
  const value = (key: string): number => Number(settings.find((one) => one.startsWith(`${key}=`))?.split("=")[1] ?? 0);
  return {
    name,
    type: row.id,
    keySize: value("key"),
    valueSize: value("value"),
    maxEntries: value("entries"),
    flags: value("flags"),
  };
}

/** "" stands for a map without entries. */
function addEntry(expected: VectorResult, map: string, value: string): void {
  expected.maps ??= {};
  const entries = expected.maps[map] ?? [];
  expected.maps[map] = value === "" ? entries : [...entries, value.replace(/\s*=\s*/, " = ")].sort();
}

/** The file's text with the expected sections of each run replaced. */
export function rewriteExpected(text: string, results: readonly VectorResult[]): string {
  const out: string[] = [];
  let run = -1;
  let dropping = false;
  const flush = (): void => {
    if (run >= 0) out.push(...expectedLines(results[run]!));
  };
  for (const line of text.trimEnd().split("\n")) {
    if (line.startsWith("//! run:")) {
      flush();
      run++;
    }
    const expected = /^\/\/! (retval|packet|map \S+):/.test(line) && run >= 0;
    dropping = expected || (dropping && /^\/\/! {3,}/.test(line));
    if (!dropping) out.push(line);
  }
  flush();
  return `${out.join("\n")}\n`;
}

function expectedLines(result: VectorResult): string[] {
  const lines: string[] = [];
  if (result.retval !== undefined) lines.push(`//! retval: ${result.retval}`);
  if (result.packet !== undefined) lines.push(...hexLines("packet", result.packet));
  for (const [name, entries] of Object.entries(result.maps ?? {})) {
    if (entries.length === 0) lines.push(`//! map ${name}:`);
    for (const entry of entries) lines.push(`//! map ${name}: ${entry}`);
  }
  return lines;
}

function hexLines(key: string, bytes: Uint8Array): string[] {
  const words = toHex(bytes).match(/.{1,16}/g) ?? [];
  const lines: string[] = [];
  for (let i = 0; i < Math.max(words.length, 1); i += 4) {
    lines.push(`${i === 0 ? `//! ${key}: ` : "//!    "}${words.slice(i, i + 4).join(" ")}`.trimEnd());
  }
  return lines;
}
