/**
 * Programs of docs/explain/*.md. A fenced block says whether it is refused or accepted:
 *
 *     ```asm fail                           ```c pass
 *     ; type: xdp                           SEC("tc")
 *     ; map: hits hash key=4 value=8        int count(struct __sk_buff *skb)
 *     r0 = 2                                ...
 *     ```                                   ```
 *
 * Assembly begins with comments that say what a loader would: `type` (bpftool's word), `map` (name, type, key, value, entries,
 * flags), `data` (name and text of a section of constants), `license`, `unprivileged`, `sleepable`. Labels that begin with
 * "fn_" are functions. C is compiled by pages/build.sh.
 */
import { MAP_TYPES } from "../../src/abi/map-types.ts";
import { PROG_TYPES } from "../../src/abi/prog-types.ts";
import { SkepError } from "../../src/base/error.ts";
import type { MapSpec, ResolvedProg } from "../../src/obj/spec.ts";
import type { VerifyOptions } from "../../src/verifier/verify.ts";
import { mapSpec } from "../fixtures/maps.ts";
import { resolvedProg } from "../fixtures/progs.ts";

export interface Block {
  readonly lang: "asm" | "c";
  readonly kind: "fail" | "pass";
  readonly text: string;
}

export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(asm|c) (fail|pass)\n([\s\S]*?)^```$/gm)].map((match) => ({
    lang: match[1] as Block["lang"],
    kind: match[2] as Block["kind"],
    text: match[3]!,
  }));
}

const RDONLY_PROG = 0x80;

/** The program of an assembly block, and how it is verified. */
export function asmProgram(text: string): { prog: ResolvedProg; options: VerifyOptions } {
  const maps: MapSpec[] = [];
  let type = 0;
  let license = "GPL";
  let privileged = true;
  let sleepable = false;
  for (const [, word, rest] of text.matchAll(/^; (type|map|data|license|unprivileged|sleepable)(?:: (.*))?$/gm)) {
    const value = (rest ?? "").trim();
    if (word === "type") type = progTypeOf(value);
    else if (word === "map") maps.push(mapOf(value));
    else if (word === "data") maps.push(dataOf(value));
    else if (word === "license") license = value;
    else if (word === "unprivileged") privileged = false;
    else sleepable = true;
  }
  const prog = resolvedProg(text, maps, { type, sleepable });
  return { prog: { ...prog, license }, options: { privileged } };
}

function progTypeOf(word: string): number {
  const row = PROG_TYPES.find((one) => one.word === word);
  if (row === undefined) throw new SkepError("test/type", `no program type ${word}`);
  return row.id;
}

/** "table array key=4 value=64 entries=1 flags=0x80" */
function mapOf(line: string): MapSpec {
  const [name, word, ...fields] = line.split(/\s+/);
  const row = MAP_TYPES.find((one) => one.word === word);
  if (name === undefined || row === undefined) throw new SkepError("test/map", `no map: ${line}`);
  const number = (key: string): number =>
    Number(fields.find((f) => f.startsWith(`${key}=`))?.slice(key.length + 1) ?? 0);
  return mapSpec(row.id, {
    name,
    keySize: number("key"),
    valueSize: number("value"),
    maxEntries: number("entries"),
    flags: number("flags"),
  });
}

/** "words tcp": a frozen section with that text and a zero byte. */
function dataOf(line: string): MapSpec {
  const [name, text = ""] = line.split(/\s+/);
  const initial = new TextEncoder().encode(`${text}\0`);
  return mapSpec(2, {
    name: name!,
    keySize: 4,
    valueSize: initial.length,
    maxEntries: 1,
    flags: RDONLY_PROG,
    global: "rodata",
    initial,
  });
}
