/**
 * BPF_MAP_TYPE_BLOOM_FILTER: a bit set; push sets k bits of a value, peek says whether all are set.
 * Source: kernel/bpf/bloom_filter.c.
 */
import { BPF_F_NUMA_NODE, BPF_F_ZERO_SEED } from "../../abi/flags.ts";
import { E2BIG, EINVAL, ENOENT, EOPNOTSUPP } from "../../base/errno.ts";
import { MAP_DATA } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { ACCESS_MASK, accessOk, KMALLOC_MAX_SIZE, onlyFlags, powerOfTwoFrom } from "./flags.ts";
import { hashKey } from "./hash-layout.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";

const DEFAULT_HASHES = 5;
const BITS_MIN = 64;

export const bloomKind: MapKind = { check: checkBloom, bytes: (spec) => bitsOf(spec) / 8, create: createBloom };

function checkBloom(spec: MapSpec): number {
  if (spec.valueSize > KMALLOC_MAX_SIZE) return E2BIG;
  if (spec.keySize !== 0 || spec.valueSize === 0 || spec.maxEntries === 0) return EINVAL;
  if (!onlyFlags(spec.flags, BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | ACCESS_MASK) || !accessOk(spec.flags)) return EINVAL;
  return (spec.mapExtra & ~0xfn) !== 0n ? EINVAL : 0;
}

function hashesOf(spec: MapSpec): number {
  return Number(spec.mapExtra) || DEFAULT_HASHES;
}

/** n * k / ln 2, rounded up to a power of two, at most 2^32. */
function bitsOf(spec: MapSpec): number {
  const product = spec.maxEntries * hashesOf(spec);
  const bits = Math.floor(product / 5) * 7;
  if (product > 0xffff_ffff || bits > 2 ** 31) return 2 ** 32;
  return Math.max(BITS_MIN, powerOfTwoFrom(bits));
}

function createBloom(host: MapHost, spec: MapSpec, desc: number): MapOps {
  const { memory, heap } = host;
  const { u8, u32 } = memory;
  const bits = bitsOf(spec);
  const hashes = hashesOf(spec);
  const data = heap.alloc(bits / 8);
  const seed = (spec.flags & BPF_F_ZERO_SEED) !== 0 ? 0 : host.random();
  u32[(desc + MAP_DATA) >>> 2] = data;
  const bitAt = (value: number, i: number): number => hashKey(memory, value, spec.valueSize, (seed + i) | 0) % bits;

  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -EINVAL,
    delete: () => -EOPNOTSUPP,
    nextKey: () => -EOPNOTSUPP,
    push(value, flags) {
      if (flags !== 0) return -EINVAL;
      for (let i = 0; i < hashes; i++) {
        const bit = bitAt(value, i);
        u8[data + (bit >>> 3)]! |= 1 << (bit & 7);
      }
      return 0;
    },
    peek(value) {
      for (let i = 0; i < hashes; i++) {
        const bit = bitAt(value, i);
        if ((u8[data + (bit >>> 3)]! & (1 << (bit & 7))) === 0) return -ENOENT;
      }
      return 0;
    },
    pop: () => -EOPNOTSUPP,
    regions: () => [],
    free: () => heap.free(data),
  };
}
