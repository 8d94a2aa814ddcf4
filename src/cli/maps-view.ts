/** Maps after a run: for people as aligned entries, for --json as documents. */
import { type JsonValue, jsonOf, showBytes } from "../btf/show.ts";
import type { BpfMap } from "../loader/map.ts";
import type { MapSpec } from "../obj/spec.ts";
import { count, displayWidth, number } from "./format.ts";
import { colors, print } from "./output.ts";

interface MapLines {
  readonly summary: string;
  readonly shown: readonly string[];
  readonly left: number;
}

/** Entries of each map that has keys, and the records that wait in rings. */
export function showMaps(maps: readonly BpfMap[], rows: number): void {
  const c = colors();
  for (const map of maps) {
    const lines = isRing(map) ? recordLines(map, rows) : entryLines(map, rows);
    print(`\n  ${c.bold(map.name)}  ${c.dim(`${map.type}, ${lines.summary}`)}`);
    for (const line of lines.shown) print(`    ${line}`);
    if (lines.left > 0) print(c.dim(`    ... ${number(lines.left)} more: --rows N shows them, --json all`));
  }
}

/** { name: [{ key, value }] }; rings give { name: [record] }. Addresses stay numbers: JSON is for programs. */
export function mapDocuments(maps: readonly BpfMap[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const map of maps) {
    out[map.name] = isRing(map)
      ? map.drain().map(jsonOf)
      : [...map.entries()].map(([key, value]): { key: JsonValue; value: JsonValue } => ({
          key: jsonOf(key),
          value: jsonOf(value),
        }));
  }
  return out;
}

/** True for maps that hold records. */
export function isRing(map: BpfMap): boolean {
  return map.type === "ringbuf" || map.type === "perf_event_array";
}

/** Array slots that hold only zeros say nothing and are left out. */
function entryLines(map: BpfMap, rows: number): MapLines {
  const array = map.type.endsWith("array");
  const entries: [string, string][] = [];
  let total = 0;
  for (let key = map.raw.nextKey(null); key !== null; key = map.raw.nextKey(key)) {
    const value = map.raw.lookup(key);
    if (value === null || (array && value.every((byte) => byte === 0))) continue;
    total++;
    if (entries.length < rows) entries.push([keyText(map.spec, key), valueText(map, value)]);
    if (total > map.spec.maxEntries) break;
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

function keyText(spec: MapSpec, key: Uint8Array): string {
  return typedText(spec, spec.keyTypeId, key);
}

function valueText(map: BpfMap, value: Uint8Array): string {
  const { spec } = map;
  if (!map.perCpu) return typedText(spec, spec.valueTypeId, value);
  const stride = (spec.valueSize + 7) & ~7;
  const cpus: string[] = [];
  for (let cpu = 0; cpu < map.raw.cpus; cpu++) {
    cpus.push(typedText(spec, spec.valueTypeId, value.subarray(cpu * stride, cpu * stride + spec.valueSize)));
  }
  return cpus.length === 1 ? cpus[0]! : `[${cpus.join(", ")}]`;
}

function typedText(spec: MapSpec, typeId: number, bytes: Uint8Array): string {
  if (spec.btf === null || typeId === 0) return Buffer.from(bytes).toString("hex");
  return showBytes(spec.btf, typeId, bytes, { name: spec.name });
}
