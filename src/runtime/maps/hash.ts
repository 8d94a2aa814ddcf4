/**
 * BPF_MAP_TYPE_HASH, PERCPU_HASH, LRU_HASH and LRU_PERCPU_HASH over the layout of hash-layout.ts.
 *
 * As in the kernel, an update of a present key writes a second element and puts it in place of the first (which becomes the
 * spare), so a program that holds the old value's address still reads the old value. Per-CPU values and BPF_F_LOCK updates
 * are written in place. Source of the semantics: kernel/bpf/hashtab.c.
 */
import {
  BPF_EXIST,
  BPF_F_LOCK,
  BPF_F_NO_COMMON_LRU,
  BPF_F_NO_PREALLOC,
  BPF_F_NUMA_NODE,
  BPF_F_ZERO_SEED,
  BPF_NOEXIST,
} from "../../abi/flags.ts";
import { BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_HASH } from "../../abi/map-types.ts";
import { E2BIG, EEXIST, EINVAL, ENOENT, ENOMEM, ENOTSUPP } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { MAP_COUNT, MAP_CPU_STRIDE, MAP_DATA, MAP_PLAIN, MAP_STRIDE } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { roundUp } from "../heap.ts";
import { copyBytes } from "../memory.ts";
import { accessOk, HASH_FLAGS, KMALLOC_MAX_SIZE, onlyFlags, PCPU_MIN_UNIT_SIZE, powerOfTwoFrom } from "./flags.ts";
import {
  ELEM_HASH,
  ELEM_KEY,
  HASH_LIMIT,
  HASH_LRU,
  HASH_MASK,
  HASH_POOL,
  HASH_SEED,
  HASH_SPARE,
  HASH_VALUE_OFF,
  hashKey,
  LRU_PREFIX,
  sameKey,
} from "./hash-layout.ts";
import { createLru } from "./lru.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";
import { createPool } from "./pool.ts";
import { copyValue, hasField, valueRecord, zeroValue } from "./record.ts";

/** sizeof(struct htab_elem): part of the kernel's limit on element size. */
const KERNEL_ELEM_BYTES = 48;

export const hashKind: MapKind = { check: checkHash, bytes: hashBytes, create: createHash };

export function checkHash(spec: MapSpec): number {
  const { flags } = spec;
  const percpu = isPercpu(spec);
  const lru = isLru(spec);
  if (!onlyFlags(flags, HASH_FLAGS) || !accessOk(flags)) return EINVAL;
  if (!lru && (flags & BPF_F_NO_COMMON_LRU) !== 0) return EINVAL;
  if (lru && (flags & BPF_F_NO_PREALLOC) !== 0) return ENOTSUPP;
  if ((flags & BPF_F_NUMA_NODE) !== 0 && (percpu || (flags & BPF_F_NO_COMMON_LRU) !== 0)) return EINVAL;
  if (spec.maxEntries === 0 || spec.keySize === 0 || spec.valueSize === 0) return EINVAL;
  if (spec.keySize + spec.valueSize >= KMALLOC_MAX_SIZE - KERNEL_ELEM_BYTES) return E2BIG;
  if (percpu && roundUp(spec.valueSize, 8) > PCPU_MIN_UNIT_SIZE) return E2BIG;
  if (spec.maxEntries > 2 ** 31) return E2BIG;
  // The kernel's bucket has 16 bytes, and their number times that must fit 32 bits.
  if (powerOfTwoFrom(spec.maxEntries) > Math.floor(0xffff_ffff / 16)) return E2BIG;
  return 0;
}

function isPercpu(spec: MapSpec): boolean {
  return spec.type === BPF_MAP_TYPE_PERCPU_HASH || spec.type === BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

function isLru(spec: MapSpec): boolean {
  return spec.type === BPF_MAP_TYPE_LRU_HASH || spec.type === BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

function entriesOf(spec: MapSpec, cpus: number): number {
  return (spec.flags & BPF_F_NO_COMMON_LRU) !== 0 ? roundUp(spec.maxEntries, cpus) : spec.maxEntries;
}

function elemBytesOf(spec: MapSpec, cpus: number): number {
  const values = roundUp(spec.valueSize, 8) * (isPercpu(spec) ? cpus : 1);
  return (isLru(spec) ? LRU_PREFIX : 0) + ELEM_KEY + roundUp(spec.keySize, 8) + values;
}

function hashBytes(spec: MapSpec, cpus: number): number {
  const entries = entriesOf(spec, cpus);
  const prealloc = (spec.flags & BPF_F_NO_PREALLOC) === 0;
  // Without preallocation the map grows as it is filled: count on at most 16 MiB of it.
  const elems = (entries + 1) * elemBytesOf(spec, cpus);
  return 4 * powerOfTwoFrom(entries) + (prealloc ? elems : Math.min(elems, 16 << 20));
}

export function createHash(host: MapHost, spec: MapSpec, desc: number): MapOps {
  const { memory, heap, cpus } = host;
  const { u32 } = memory;
  const { keySize, valueSize } = spec;
  const percpu = isPercpu(spec);
  const maxEntries = entriesOf(spec, cpus);
  const buckets = powerOfTwoFrom(maxEntries);
  const mask = buckets - 1;
  const stride = roundUp(valueSize, 8);
  const valueOff = ELEM_KEY + roundUp(keySize, 8);
  const seed = (spec.flags & BPF_F_ZERO_SEED) !== 0 ? 0 : host.random() >>> 0;
  const record = valueRecord(spec.btf, spec.valueTypeId);
  const count = (desc + MAP_COUNT) >>> 2;

  const table = heap.alloc(4 * buckets);
  const pool = createPool(host, {
    elemBytes: elemBytesOf(spec, cpus),
    prefix: isLru(spec) ? LRU_PREFIX : 0,
    count: maxEntries + 1,
    prealloc: (spec.flags & BPF_F_NO_PREALLOC) === 0,
    words: desc + HASH_POOL,
  });
  const lru = isLru(spec) ? createLru(memory, desc) : null;
  u32[(desc + MAP_DATA) >>> 2] = table;
  u32[(desc + MAP_STRIDE) >>> 2] = stride;
  u32[(desc + MAP_CPU_STRIDE) >>> 2] = percpu ? stride : 0;
  u32[(desc + HASH_MASK) >>> 2] = mask;
  u32[(desc + HASH_SEED) >>> 2] = seed;
  u32[(desc + HASH_VALUE_OFF) >>> 2] = valueOff;
  u32[(desc + HASH_LRU) >>> 2] = lru === null ? 0 : 1;
  u32[(desc + HASH_LIMIT) >>> 2] = maxEntries;
  u32[(desc + MAP_PLAIN) >>> 2] = record.length === 0 ? 1 : 0;
  // One element more than the map holds: what an update of a present key is written to.
  const spare = (desc + HASH_SPARE) >>> 2;
  u32[spare] = percpu || (spec.flags & BPF_F_NO_PREALLOC) !== 0 ? 0 : pool.take();

  const bucketOf = (hash: number): number => (table >>> 2) + (hash & mask);
  const find = (key: number, hash: number): number => {
    let elem = u32[bucketOf(hash)]!;
    for (let left = maxEntries; elem !== 0; left--) {
      if (u32[(elem + ELEM_HASH) >>> 2] === hash && sameKey(memory, elem + ELEM_KEY, key, keySize)) break;
      // Only a program that no verifier has accepted can have written over the links.
      if (left <= 0) throw new SkepError("map/corrupt", `the table of map ${spec.name} is damaged`);
      elem = u32[elem >>> 2]!;
    }
    return elem;
  };
  const insert = (elem: number, hash: number): void => {
    const bucket = bucketOf(hash);
    u32[(elem + ELEM_HASH) >>> 2] = hash;
    u32[elem >>> 2] = u32[bucket]!;
    u32[bucket] = elem;
  };
  const unlink = (elem: number): void => {
    const bucket = bucketOf(u32[(elem + ELEM_HASH) >>> 2]!);
    let link = bucket;
    while (u32[link] !== elem) link = u32[link]! >>> 2;
    u32[link] = u32[elem >>> 2]!;
  };
  const drop = (elem: number): void => {
    if (record.length === 0) return;
    for (let cpu = 0; cpu < (percpu ? cpus : 1); cpu++) host.dropFields(record, elem + valueOff + cpu * stride);
  };
  const remove = (elem: number): void => {
    unlink(elem);
    drop(elem);
    if (lru !== null) lru.remove(elem);
    pool.give(elem);
    u32[count] = u32[count]! - 1;
  };
  /** An element for a new key: 0 with no memory, -1 where the map is full. The one that replaces is not counted. */
  const take = (): number => {
    if (u32[count]! >= maxEntries) {
      const victim = lru === null ? 0 : lru.evict();
      if (victim === 0) return -1;
      unlink(victim);
      drop(victim);
      return victim;
    }
    const elem = pool.take();
    if (elem !== 0) u32[count] = u32[count]! + 1;
    return elem;
  };
  const checkFlags = (old: number, flags: number): number => {
    const what = flags & ~BPF_F_LOCK;
    if (old !== 0 && what === BPF_NOEXIST) return -EEXIST;
    if (old === 0 && what === BPF_EXIST) return -ENOENT;
    return 0;
  };

  const updatePlain = (key: number, value: number, flags: number): number => {
    const locked = (flags & BPF_F_LOCK) !== 0;
    if ((flags & ~BPF_F_LOCK) >>> 0 > BPF_EXIST || (lru !== null && locked)) return -EINVAL;
    if (locked && !hasField(record, "spin_lock")) return -EINVAL;
    const hash = hashKey(memory, key, keySize, seed);
    const old = find(key, hash);
    const err = checkFlags(old, flags);
    if (err !== 0) return err;
    if (old !== 0 && locked) {
      copyValue(memory, record, old + valueOff, value, valueSize);
      return 0;
    }
    const elem = old === 0 ? take() : u32[spare] !== 0 ? u32[spare]! : pool.take();
    if (elem <= 0) return lru !== null || elem === 0 ? -ENOMEM : -E2BIG;
    copyBytes(memory, elem + ELEM_KEY, key, keySize);
    copyValue(memory, record, elem + valueOff, value, valueSize);
    insert(elem, hash);
    if (lru !== null) lru.add(elem, old !== 0);
    if (old !== 0) {
      unlink(old);
      drop(old);
      if (lru !== null) lru.remove(old);
      if (u32[spare] !== 0) u32[spare] = old;
      else pool.give(old);
    }
    return 0;
  };

  const updatePercpu = (key: number, value: number, flags: number, all: boolean): number => {
    if (flags > BPF_EXIST) return -EINVAL;
    const hash = hashKey(memory, key, keySize, seed);
    const old = find(key, hash);
    const err = checkFlags(old, flags);
    if (err !== 0) return err;
    let elem = old;
    if (old === 0) {
      elem = take();
      if (elem <= 0) return lru !== null || elem === 0 ? -ENOMEM : -E2BIG;
      copyBytes(memory, elem + ELEM_KEY, key, keySize);
      for (let cpu = 0; cpu < cpus; cpu++) zeroValue(memory, record, elem + valueOff + cpu * stride, stride);
      insert(elem, hash);
      if (lru !== null) lru.add(elem, false);
    } else if (lru !== null) lru.mark(old);
    if (all) {
      for (let cpu = 0; cpu < cpus; cpu++) {
        copyValue(memory, record, elem + valueOff + cpu * stride, value + cpu * stride, stride);
      }
    } else copyValue(memory, record, elem + valueOff + host.cpu() * stride, value, valueSize);
    return 0;
  };

  const firstKeyFrom = (bucket: number): number => {
    for (let i = bucket; i < buckets; i++) {
      const elem = u32[(table >>> 2) + i]!;
      if (elem !== 0) return elem + ELEM_KEY;
    }
    return 0;
  };
  const findKey = (key: number): number => find(key, hashKey(memory, key, keySize, seed));

  const ops: MapOps = {
    spec,
    desc,
    record,
    lookup(key) {
      const elem = findKey(key);
      if (elem === 0) return 0;
      if (lru !== null) lru.mark(elem);
      return elem + valueOff + (percpu ? host.cpu() * stride : 0);
    },
    peekValue(key) {
      const elem = findKey(key);
      return elem === 0 ? 0 : elem + valueOff;
    },
    update: percpu ? (key, value, flags) => updatePercpu(key, value, flags, false) : updatePlain,
    delete(key) {
      const elem = findKey(key);
      if (elem === 0) return -ENOENT;
      remove(elem);
      return 0;
    },
    nextKey(key) {
      if (key === 0) return firstKeyFrom(0);
      const hash = hashKey(memory, key, keySize, seed);
      const elem = find(key, hash);
      if (elem === 0) return firstKeyFrom(0);
      const next = u32[elem >>> 2]!;
      return next !== 0 ? next + ELEM_KEY : firstKeyFrom((hash & mask) + 1);
    },
    each(visit) {
      let visited = 0;
      for (let bucket = 0; bucket < buckets; bucket++) {
        // The callback may delete and insert: go by what the bucket held.
        const elems: number[] = [];
        for (let elem = u32[(table >>> 2) + bucket]!; elem !== 0; elem = u32[elem >>> 2]!) elems.push(elem);
        for (const elem of elems) {
          visited++;
          const value = elem + valueOff + (percpu ? host.cpu() * stride : 0);
          if (visit(elem + ELEM_KEY, value) !== 0) return visited;
        }
      }
      return visited;
    },
    keyOf: (value) => value - valueOff + ELEM_KEY,
    regions: () => pool.spans().map(([start, end]) => ({ start, end, write: true, what: `map ${spec.name} value` })),
    free() {
      pool.free();
      heap.free(table);
    },
  };
  if (percpu) {
    ops.lookupCpu = (key, cpu) => {
      const elem = findKey(key);
      return elem === 0 || cpu >= cpus ? 0 : elem + valueOff + cpu * stride;
    };
    ops.updateAllCpus = (key, value, flags) => updatePercpu(key, value, flags, true);
  }
  return ops;
}
