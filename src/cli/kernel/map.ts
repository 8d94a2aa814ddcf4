/**
 * The verbs of `skep map`. Elements come as bpftool gives them: with BTF as typed values, without as bytes.
 *
 *     key: 02 00 00 00  value: 05 00 00 00 00 00 00 00                 { "key": 2, "value": 5 }
 *     -j: {"key": ["0x02", ...], "value": [...], "formatted": {"key": 2, "value": 5}}
 */
import { BPF_ANY, BPF_EXIST, BPF_NOEXIST } from "../../abi/flags.ts";
import { BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_STACK_TRACE, isMapInMap, isPerCpuMap } from "../../abi/map-types.ts";
import { ENOENT } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { jsonOf } from "../../btf/show.ts";
import { type BtfValue, codecOf } from "../../btf/value.ts";
import { mapInfo } from "../../linux/bpf/object.ts";
import { stackFrames } from "../../linux/symbols.ts";
import { linux } from "../../linux/target.ts";
import type { TargetMap } from "../../loader/target.ts";
import { print } from "../output.ts";
import { stackNames } from "../stacks.ts";
import { mapData } from "./map-data.ts";
import { shownMap } from "./map-show.ts";
import { pretty } from "./pretty.ts";
import { pinAt } from "./prog.ts";
import { eachNamed, withRef } from "./refs.ts";
import { kernel, printDocument, style, verbOf, type Words } from "./session.ts";

/** Verbs on one map that is opened, with the words that follow it. */
const ON_MAP: Readonly<Record<string, (map: TargetMap, words: Words) => void>> = {
  dump,
  lookup,
  update,
  getnext,
  delete: deleteKey,
  push,
  enqueue: push,
  pop,
  dequeue: pop,
  peek,
  freeze,
};

const VERBS: Readonly<Record<string, (words: Words) => void>> = {
  show: showMaps,
  list: showMaps,
  ...Object.fromEntries(
    Object.entries(ON_MAP).map(([verb, fn]) => [verb, (words: Words) => withMap(words, (map) => fn(map, words))]),
  ),
  pin: (words) => withRef(words, "map", (fd) => pinAt(fd, words)),
};

export function mapCommand(words: Words): void {
  verbOf(words, VERBS)(words);
}

function showMaps(words: Words): void {
  const one = !words.empty;
  const documents: unknown[] = [];
  eachNamed(words, "map", (fd) => {
    const shown = shownMap(fd);
    if (shown === undefined) return;
    if (style.json) documents.push(shown.document);
    else print(shown.text);
  });
  if (style.json) printDocument(one && documents.length === 1 ? documents[0] : documents);
}

function withMap(words: Words, fn: (map: TargetMap) => void): void {
  const id = withRef(words, "map", (fd) => mapInfo(kernel(), fd)?.id ?? 0);
  const target = linux();
  try {
    fn(target.openMap(id));
  } finally {
    target.close();
  }
}

function deleteKey(map: TargetMap, words: Words): void {
  if (!map.delete(keyed(map, words))) throw noSuchKey(map);
  done();
}

function update(map: TargetMap, words: Words): void {
  const keyed = words.take("key") !== undefined;
  put(map, keyed ? mapData(words, map.spec.keySize, "key") : new Uint8Array(map.spec.keySize), words);
}

function push(map: TargetMap, words: Words): void {
  put(map, new Uint8Array(0), words);
}

function pop(map: TargetMap, words: Words): void {
  words.end();
  taken(map, map.lookupAndDelete(new Uint8Array(0)));
}

function peek(map: TargetMap, words: Words): void {
  words.end();
  taken(map, map.lookup(new Uint8Array(0)));
}

function freeze(map: TargetMap, words: Words): void {
  words.end();
  map.freeze();
  done();
}

/** Commands that only do something say nothing, in JSON null. */
function done(): void {
  if (style.json) printDocument(null);
}

function keyed(map: TargetMap, words: Words): Uint8Array {
  if (words.take("key") === undefined) throw words.usage("key DATA is needed");
  const key = mapData(words, map.spec.keySize, "key");
  words.end();
  return key;
}

function put(map: TargetMap, key: Uint8Array, words: Words): void {
  if (words.take("value") === undefined) throw words.usage("value VALUE is needed");
  const { type, valueSize } = map.spec;
  const kind = isMapInMap(type) ? "map" : type === BPF_MAP_TYPE_PROG_ARRAY ? "prog" : null;
  const set = (value: Uint8Array): void => {
    const how = words.take("any", "exist", "noexist");
    words.end();
    const flags = how === "exist" ? BPF_EXIST : how === "noexist" ? BPF_NOEXIST : BPF_ANY;
    map.update(key, value, flags);
    done();
  };
  const reference = words.peek === "id" || words.peek === "pinned" || words.peek === "name" || words.peek === "tag";
  if (kind !== null && reference) {
    withRef(words, kind, (fd) => set(new Uint8Array(new Int32Array([fd]).buffer)));
    return;
  }
  const value = mapData(words, valueSize, "value");
  set(isPerCpuMap(type) ? onEveryCpu(map, value) : value);
}

/** As bpftool: every CPU gets the same. */
function onEveryCpu(map: TargetMap, value: Uint8Array): Uint8Array {
  const stride = (value.length + 7) & ~7;
  const all = new Uint8Array(map.userValueSize);
  for (let cpu = 0; cpu < map.cpus; cpu++) all.set(value, cpu * stride);
  return all;
}

function noSuchKey(map: TargetMap): SkepError {
  return new SkepError("map/ENOENT", `${map.spec.name}: no such key`, { errno: ENOENT });
}

function taken(map: TargetMap, value: Uint8Array | null): void {
  if (value === null) {
    if (style.json) printDocument({});
    else print("Error: empty map");
    return;
  }
  if (style.json) printDocument({ value: hexList(value), ...formatted(map, null, value) });
  else print(`value: ${spaced(value)}`);
}

function lookup(map: TargetMap, words: Words): void {
  const key = keyed(map, words);
  const value = map.lookup(key);
  if (value === null) {
    if (style.json) printDocument(null);
    else print(`key:\n${spaced(key)}\n\nNot found`);
    return;
  }
  if (style.json) printDocument(element(map, key, value));
  else print(hasTypes(map) ? pretty(typed(map, key, value)) : rawText(map, key, value));
}

function getnext(map: TargetMap, words: Words): void {
  const key = words.empty ? null : keyed(map, words);
  const next = map.nextKey(key);
  if (next === null) throw new SkepError("map/ENOENT", `${map.spec.name}: no next key`, { errno: ENOENT });
  if (style.json) printDocument({ key: key === null ? null : hexList(key), next_key: hexList(next) });
  else print(`${key === null ? "key: None" : `key:\n${spaced(key)}`}\nnext key:\n${spaced(next)}`);
}

function dump(map: TargetMap, words: Words): void {
  const names = frameNames(map, words);
  words.end();
  const elements: unknown[] = [];
  let count = 0;
  // Without keys there is nothing to walk, as bpftool has it.
  const first = map.spec.keySize === 0 ? null : map.nextKey(null);
  for (let key = first; key !== null; key = map.nextKey(key)) {
    const value = map.lookup(key);
    if (value === null) continue;
    count++;
    const frames = names === undefined ? undefined : stackFrames(value).map(names);
    if (style.json) elements.push({ ...element(map, key, value), ...(frames === undefined ? {} : { frames }) });
    else if (frames !== undefined) print(`${rawKey(key)}\n${frames.map((frame) => `\t${frame}`).join("\n")}`);
    else if (hasTypes(map)) elements.push(typed(map, key, value));
    else print(rawText(map, key, value));
    // A hash under change may begin again and again.
    if (count > 2 * map.spec.maxEntries) break;
  }
  if (style.json) printDocument(elements);
  else if (hasTypes(map)) print(pretty(elements));
  else print(`Found ${count} element${count === 1 ? "" : "s"}`);
}

/** Names of a stack trace's frames: the kernel's, and with `pid N` those of that process. Undefined for other maps. */
function frameNames(map: TargetMap, words: Words): ((ip: bigint) => string) | undefined {
  if (map.spec.type !== BPF_MAP_TYPE_STACK_TRACE) return undefined;
  let pid: number | undefined;
  if (words.peek === "pid") {
    words.next("pid");
    pid = words.number("the pid");
  }
  return stackNames(pid);
}

const rawKey = (key: Uint8Array): string => `key: ${spaced(key)}`;

function hasTypes(map: TargetMap): boolean {
  return map.spec.btf !== null && map.spec.keyTypeId + map.spec.valueTypeId > 0;
}

function element(map: TargetMap, key: Uint8Array, value: Uint8Array): object {
  const bytes = isPerCpuMap(map.spec.type)
    ? { values: perCpu(map, value).map((each, cpu) => ({ cpu, value: hexList(each) })) }
    : { value: hexList(value) };
  return { key: hexList(key), ...bytes, ...formatted(map, key, value) };
}

function formatted(map: TargetMap, key: Uint8Array | null, value: Uint8Array): object {
  return hasTypes(map) ? { formatted: typed(map, key, value) } : {};
}

function typed(map: TargetMap, key: Uint8Array | null, value: Uint8Array): object {
  const { type, keyTypeId, valueTypeId } = map.spec;
  const head = key === null || keyTypeId === 0 ? {} : { key: decoded(map, keyTypeId, key) };
  if (!isPerCpuMap(type)) return { ...head, value: decoded(map, valueTypeId, value) };
  return { ...head, values: perCpu(map, value).map((each, cpu) => ({ cpu, value: decoded(map, valueTypeId, each) })) };
}

function decoded(map: TargetMap, typeId: number, bytes: Uint8Array): unknown {
  const { btf } = map.spec;
  if (btf === null || typeId === 0) return hexList(bytes);
  const type = btf.type(typeId);
  const value = plain(codecOf(btf, typeId).decode(bytes));
  // bpftool gives each variable of a section an object of its own.
  if (type.kind !== "datasec") return value;
  return { [type.name]: Object.entries(value as object).map(([name, each]) => ({ [name]: each })) };
}

/** As bpftool: bytes are a list of numbers. */
function plain(value: BtfValue): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
  }
  return jsonOf(value);
}

function perCpu(map: TargetMap, value: Uint8Array): Uint8Array[] {
  const stride = (map.spec.valueSize + 7) & ~7;
  return Array.from({ length: map.cpus }, (_, cpu) => value.subarray(cpu * stride, cpu * stride + map.spec.valueSize));
}

function rawText(map: TargetMap, key: Uint8Array, value: Uint8Array): string {
  if (isPerCpuMap(map.spec.type)) {
    const rows = perCpu(map, value).map((each, cpu) => `value (CPU ${String(cpu).padStart(2, "0")}): ${spaced(each)}`);
    return `key:\n${spaced(key)}\n${rows.join("\n")}`;
  }
  // Long ones stand on lines of their own.
  const long = key.length + value.length > 24 || key.length > 16;
  return long ? `key:\n${spaced(key)}\nvalue:\n${spaced(value)}` : `key: ${spaced(key)}  value: ${spaced(value)}`;
}

function hexList(bytes: Uint8Array): string[] {
  return Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`);
}

function spaced(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
