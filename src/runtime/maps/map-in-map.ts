/**
 * BPF_MAP_TYPE_ARRAY_OF_MAPS and BPF_MAP_TYPE_HASH_OF_MAPS: a value is the address of another map's descriptor (a u32 in 8
 * bytes), which a program's lookup gives directly. User space writes maps and reads their ids.
 * Source: kernel/bpf/{map_in_map,arraymap,hashtab}.c.
 */
import { BPF_EXIST, BPF_F_INNER_MAP, BPF_F_RDONLY, BPF_F_WRONLY, BPF_NOEXIST } from "../../abi/flags.ts";
import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_STRUCT_OPS,
  BPF_MAP_TYPE_XSKMAP,
} from "../../abi/map-types.ts";
import { E2BIG, EBADF, EEXIST, EINVAL, ENOENT, ENOTSUPP, errnoName } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { MAP_DATA, MAP_PLAIN, MAP_STRIDE } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { checkHash, createHash, hashKind } from "./hash.ts";
import { indexKeys } from "./index-keys.ts";
import type { MapHost, MapKind, MapOps, SlotMap } from "./ops.ts";
import { checkFdArray } from "./prog-array.ts";
import type { ValueRecord } from "./record.ts";

const SLOT_BYTES = 8;

export const arrayOfMapsKind: MapKind = {
  check: checkFdArray,
  bytes: (spec) => SLOT_BYTES * spec.maxEntries,
  create: createArrayOfMaps,
};

export const hashOfMapsKind: MapKind = {
  check: (spec) => (spec.valueSize !== 4 ? EINVAL : checkHash(spec)),
  bytes: hashKind.bytes,
  create: createHashOfMaps,
};

/** Types that have no map_meta_equal: never an inner map. */
const NO_INNER: ReadonlySet<number> = new Set([
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_STRUCT_OPS,
]);

/** bpf_map_meta_alloc: what may be the template of the inner maps. */
function checkInner(spec: MapSpec, inner: MapOps | null): void {
  let errno = 0;
  if (inner === null) errno = EBADF;
  else if (inner.spec.type === BPF_MAP_TYPE_ARRAY_OF_MAPS || inner.spec.type === BPF_MAP_TYPE_HASH_OF_MAPS)
    errno = EINVAL;
  else if (NO_INNER.has(inner.spec.type)) errno = ENOTSUPP;
  if (errno === 0) return;
  throw new SkepError(
    `map/${errnoName(errno)}`,
    `map ${spec.name} cannot be made: its inner map is missing or not allowed`,
    {
      errno,
      advice: "give the map an inner map definition that is no map of maps and no prog array",
    },
  );
}

/** map_meta_equal: may `map` stand where `template` was promised to the verifier? */
function sameShape(template: MapOps, map: MapOps): boolean {
  const a = template.spec;
  const b = map.spec;
  const kept = ~(BPF_F_RDONLY | BPF_F_WRONLY);
  if (a.type !== b.type || a.keySize !== b.keySize || a.valueSize !== b.valueSize) return false;
  if ((a.flags & kept) !== (b.flags & kept) || !sameRecord(template.record, map.record)) return false;
  const fixed = a.type === BPF_MAP_TYPE_ARRAY ? (a.flags & BPF_F_INNER_MAP) === 0 : a.type === BPF_MAP_TYPE_XSKMAP;
  return !fixed || a.maxEntries === b.maxEntries;
}

function sameRecord(a: ValueRecord, b: ValueRecord): boolean {
  return a.length === b.length && a.every((f, i) => f.kind === b[i]!.kind && f.offBytes === b[i]!.offBytes);
}

/** The maps that slots name, each held as often as it is named. */
function innerMaps(host: MapHost, template: MapOps) {
  const byDesc = new Map<number, SlotMap>();
  return {
    /** The map to put into a slot, or -errno. */
    accept(map: SlotMap | undefined): SlotMap | number {
      if (map === undefined) return -EBADF;
      return sameShape(template, map.ops) ? map : -EINVAL;
    },
    fromId: (id: number): SlotMap | undefined => host.mapById(id),
    hold(map: SlotMap): void {
      map.use();
      byDesc.set(map.ops.desc, map);
    },
    drop(desc: number): void {
      byDesc.get(desc)?.unuse();
    },
    idOf: (desc: number): Uint8Array | number => {
      const map = byDesc.get(desc);
      return map === undefined ? -ENOENT : new Uint8Array(Uint32Array.of(map.id).buffer);
    },
  };
}

/** `map` is one of this host's. */
function own(host: MapHost, map: unknown): SlotMap | undefined {
  const id = (map as SlotMap).id;
  return host.mapById(id) === map ? (map as SlotMap) : undefined;
}

function createArrayOfMaps(host: MapHost, spec: MapSpec, desc: number, inner: MapOps | null): MapOps {
  checkInner(spec, inner);
  const { memory, heap } = host;
  const { u32 } = memory;
  const { maxEntries } = spec;
  const data = heap.alloc(SLOT_BYTES * maxEntries);
  const keys = indexKeys(host, maxEntries);
  const maps = innerMaps(host, inner!);
  u32[(desc + MAP_DATA) >>> 2] = data;
  u32[(desc + MAP_STRIDE) >>> 2] = SLOT_BYTES;

  const slotOf = (index: number): number => (data + SLOT_BYTES * index) >>> 2;
  const assign = (index: number, map: SlotMap | undefined): number => {
    if (index >= maxEntries) return -E2BIG;
    const accepted = maps.accept(map);
    if (typeof accepted === "number") return accepted;
    const old = u32[slotOf(index)]!;
    maps.hold(accepted);
    u32[slotOf(index)] = accepted.ops.desc;
    if (old !== 0) maps.drop(old);
    return 0;
  };
  const clear = (index: number): number => {
    if (index >= maxEntries) return -E2BIG;
    const old = u32[slotOf(index)]!;
    if (old === 0) return -ENOENT;
    u32[slotOf(index)] = 0;
    maps.drop(old);
    return 0;
  };

  return {
    spec,
    desc,
    record: [],
    lookup(key) {
      const index = keys.read(key);
      return index < maxEntries ? u32[slotOf(index)]! : 0;
    },
    update: () => -EINVAL,
    delete: (key) => clear(keys.read(key)),
    nextKey: keys.next,
    userLookup(key) {
      const index = keys.read(key);
      return index < maxEntries ? maps.idOf(u32[slotOf(index)]!) : -ENOENT;
    },
    userUpdate(key, value, flags) {
      if (flags !== 0) return -EINVAL;
      return assign(keys.read(key), maps.fromId(memory.view.getUint32(value, true)));
    },
    setSlot(key, what) {
      const index = keys.read(key);
      return what === null ? clear(index) : assign(index, own(host, what));
    },
    regions: () => [],
    free() {
      for (let index = 0; index < maxEntries; index++) clear(index);
      keys.free();
      heap.free(data);
    },
  };
}

function createHashOfMaps(host: MapHost, spec: MapSpec, desc: number, inner: MapOps | null): MapOps {
  checkInner(spec, inner);
  const { memory, heap } = host;
  const { u32 } = memory;
  const table = createHash(host, spec, desc);
  // Its values name maps that are held: only this code changes them.
  u32[(desc + MAP_PLAIN) >>> 2] = 0;
  const maps = innerMaps(host, inner!);
  const value = heap.alloc(SLOT_BYTES);

  const assign = (key: number, map: SlotMap | undefined, flags: number): number => {
    const accepted = maps.accept(map);
    if (typeof accepted === "number") return accepted;
    if (flags > BPF_EXIST) return -EINVAL;
    const slot = table.lookup(key);
    if (slot !== 0 && flags === BPF_NOEXIST) return -EEXIST;
    const old = slot === 0 ? 0 : u32[slot >>> 2]!;
    u32[value >>> 2] = accepted.ops.desc;
    if (slot !== 0) u32[slot >>> 2] = accepted.ops.desc;
    else {
      const err = table.update(key, value, flags);
      if (err !== 0) return err;
    }
    maps.hold(accepted);
    if (old !== 0) maps.drop(old);
    return 0;
  };
  const remove = (key: number): number => {
    const slot = table.lookup(key);
    if (slot === 0) return -ENOENT;
    const old = u32[slot >>> 2]!;
    table.delete(key);
    maps.drop(old);
    return 0;
  };

  return {
    ...table,
    lookup(key) {
      const slot = table.lookup(key);
      return slot === 0 ? 0 : u32[slot >>> 2]!;
    },
    update: () => -EINVAL,
    delete: remove,
    userLookup(key) {
      const slot = table.lookup(key);
      return slot === 0 ? -ENOENT : maps.idOf(u32[slot >>> 2]!);
    },
    userUpdate: (key, at, flags) => assign(key, maps.fromId(memory.view.getUint32(at, true)), flags),
    setSlot: (key, what) => (what === null ? remove(key) : assign(key, own(host, what), 0)),
    regions: () => [],
    free() {
      for (let key = table.nextKey(0); key !== 0; key = table.nextKey(0)) remove(key);
      heap.free(value);
      table.free();
    },
  };
}
