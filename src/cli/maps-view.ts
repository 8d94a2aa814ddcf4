/** Maps after a run: for people as aligned entries, for --json as documents. */
import { toHex } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { type JsonValue, jsonOf, showBytes, showValue } from "../btf/show.ts";
import type { BpfMap } from "../loader/map.ts";
import type { Value } from "../loader/shape.ts";
import type { MapSpec } from "../obj/spec.ts";
import { count, displayWidth, number } from "./format.ts";
import { colors, print } from "./output.ts";

interface MapLines {
  readonly summary: string;
  readonly shown: readonly string[];
  readonly left: number;
}

/** Name of an address in a stack trace. */
type FrameName = (ip: bigint) => string;
const hexAddress: FrameName = (ip) => `0x${ip.toString(16)}`;

/** Entries of each map that has keys, and the records that wait in rings. */
export function showMaps(maps: readonly BpfMap[], rows: number, frameName: FrameName = hexAddress): void {
  const c = colors();
  for (const map of maps) {
    const lines = isRing(map)
      ? recordLines(map, rows)
      : isQueue(map)
        ? queueLines(map, rows)
        : entryLines(map, rows, frameName);
    print(`\n  ${c.bold(map.name)}  ${c.dim(`${map.type}, ${lines.summary}`)}`);
    for (const line of lines.shown) print(`    ${line}`);
    if (lines.left > 0) print(c.dim(`    ... ${number(lines.left)} more: --rows N shows them, --json all`));
  }
}

/**
 * { name: [{ key, value }] }; rings give { name: [record] }, queues and stacks a key of null, maps that user space cannot
 * read null. Addresses stay numbers: JSON is for programs.
 */
export function mapDocuments(maps: readonly BpfMap[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const map of maps) {
    if (isRing(map)) out[map.name] = map.drain().map(jsonOf);
    else if (isQueue(map)) out[map.name] = [...popped(map)].map((value) => ({ key: null, value: jsonOf(value) }));
    else out[map.name] = entryDocuments(map);
  }
  return out;
}

/** Null for a map that user space cannot read. */
function entryDocuments(map: BpfMap): { key: JsonValue; value: JsonValue }[] | null {
  try {
    return [...map.entries()].map(([key, value]) => ({ key: jsonOf(key), value: jsonOf(value) }));
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

/** True for maps that hold records. */
export function isRing(map: BpfMap): boolean {
  return map.type === "ringbuf" || map.type === "perf_event_array";
}

/** True for maps without keys whose values come out one at a time. */
function isQueue(map: BpfMap): boolean {
  return map.type === "queue" || map.type === "stack";
}

/** Takes the values out: what is shown last of a map need not stay in it. */
function* popped(map: BpfMap): Generator<Value> {
  for (let left = map.spec.maxEntries; left > 0; left--) {
    const value = map.pop();
    if (value === undefined) return;
    yield value;
  }
}

function queueLines(map: BpfMap, rows: number): MapLines {
  const { btf, valueTypeId, maxEntries, name } = map.spec;
  const shown: string[] = [];
  let total = 0;
  for (const value of popped(map)) {
    total++;
    if (shown.length >= rows) continue;
    if (value instanceof Uint8Array && (btf === null || valueTypeId === 0)) shown.push(toHex(value));
    else shown.push(showValue(btf!, valueTypeId, value, { name }));
  }
  return { summary: `${number(total)} of ${count(maxEntries, "entry", "entries")}`, shown, left: total - shown.length };
}

/** The target said no, with an errno: map types differ in what user space may do. */
function isRefusal(error: unknown): boolean {
  return error instanceof SkepError && error.errno !== undefined;
}

/** Array slots that hold only zeros say nothing and are left out. */
function entryLines(map: BpfMap, rows: number, frameName: FrameName): MapLines {
  const array = map.type.endsWith("array");
  const entries: [string, string][] = [];
  let total = 0;
  try {
    for (let key = map.raw.nextKey(null); key !== null; key = map.raw.nextKey(key)) {
      const value = map.raw.lookup(key);
      if (value === null || (array && value.every((byte) => byte === 0))) continue;
      total++;
      if (entries.length < rows) entries.push([keyText(map.spec, key), valueText(map, value, frameName)]);
      if (total > map.spec.maxEntries) break;
    }
  } catch (error) {
    if (isRefusal(error)) return { summary: "not readable from user space", shown: [], left: 0 };
    throw error;
  }
  const width = Math.max(0, ...entries.map(([key]) => displayWidth(key)));
  const shown = entries.map(([key, value]) => `${key}${" ".repeat(width - displayWidth(key))}  ${value}`);
  const summary = array
    ? `${count(map.spec.maxEntries, "slot")}${total < map.spec.maxEntries ? `, ${number(total)} not zero` : ""}`
    : `${number(total)} of ${count(map.spec.maxEntries, "entry", "entries")}`;
  return { summary, shown, left: total - entries.length };
}

function recordLines(map: BpfMap, rows: number): MapLines {
  const shown: string[] = [];
  let total = 0;
  map.raw.drain((bytes) => {
    total++;
    if (shown.length < rows) shown.push(map.recordText(bytes));
  });
  const lost = map.lost > 0 ? `, ${number(map.lost)} lost` : "";
  return { summary: count(total, "record") + lost, shown, left: total - shown.length };
}

/** u64 each, the innermost first, up to the first that is 0. */
function stackAddresses(bytes: Uint8Array): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all = Array.from({ length: bytes.length >> 3 }, (_, i) => view.getBigUint64(8 * i, true));
  const end = all.indexOf(0n);
  return end < 0 ? all : all.slice(0, end);
}

function keyText(spec: MapSpec, key: Uint8Array): string {
  return typedText(spec, spec.keyTypeId, key);
}

function valueText(map: BpfMap, value: Uint8Array, frameName: FrameName): string {
  const { spec } = map;
  if (map.type === "stack_trace") return stackAddresses(value).map(frameName).join(" < ");
  if (!map.perCpu) return typedText(spec, spec.valueTypeId, value);
  const stride = (spec.valueSize + 7) & ~7;
  const cpus: string[] = [];
  for (let cpu = 0; cpu < map.raw.cpus; cpu++) {
    cpus.push(typedText(spec, spec.valueTypeId, value.subarray(cpu * stride, cpu * stride + spec.valueSize)));
  }
  return cpus.length === 1 ? cpus[0]! : `[${cpus.join(", ")}]`;
}

function typedText(spec: MapSpec, typeId: number, bytes: Uint8Array): string {
  if (spec.btf === null || typeId === 0) return toHex(bytes);
  return showBytes(spec.btf, typeId, bytes, { name: spec.name });
}
