/**
 * BPF_MAP_TYPE_ARENA: memory that programs and user space share, `max_entries` pages of it. A pointer into it is an address in
 * linear memory like any other; user space sees the bytes through TargetMap.window(). All pages are there from the start
 * (untouched ones cost nothing), so there is nothing to allocate or fault in. Source: kernel/bpf/arena.c.
 */
import { BPF_F_MMAPABLE, BPF_F_NO_USER_CONV, BPF_F_SEGV_ON_FAULT } from "../../abi/flags.ts";
import { E2BIG, EINVAL, EOPNOTSUPP, ERANGE } from "../../base/errno.ts";
import { MAP_DATA } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { onlyFlags, PAGE_BYTES } from "./flags.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";

export const arenaKind: MapKind = {
  check: checkArena,
  bytes: (spec) => (spec.maxEntries + 1) * PAGE_BYTES,
  create: createArena,
};

function checkArena(spec: MapSpec): number {
  const { flags, mapExtra } = spec;
  if (spec.keySize !== 0 || spec.valueSize !== 0 || spec.maxEntries === 0) return EINVAL;
  if ((flags & BPF_F_MMAPABLE) === 0) return EINVAL;
  if (!onlyFlags(flags, BPF_F_MMAPABLE | BPF_F_SEGV_ON_FAULT | BPF_F_NO_USER_CONV)) return EINVAL;
  if (mapExtra % BigInt(PAGE_BYTES) !== 0n) return EINVAL;
  const bytes = BigInt(spec.maxEntries * PAGE_BYTES);
  if (bytes > 1n << 32n) return E2BIG;
  return mapExtra >> 32n !== (mapExtra + bytes - 1n) >> 32n ? ERANGE : 0;
}

function createArena(host: MapHost, spec: MapSpec, desc: number): MapOps {
  const { memory, heap } = host;
  const bytes = spec.maxEntries * PAGE_BYTES;
  const data = heap.alloc(bytes, PAGE_BYTES);
  memory.u32[(desc + MAP_DATA) >>> 2] = data;
  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -EOPNOTSUPP,
    delete: () => -EOPNOTSUPP,
    nextKey: () => -EOPNOTSUPP,
    userLookup: () => -EINVAL,
    window: { start: data, bytes },
    regions: () => [{ start: data, end: data + bytes, write: true, what: `arena ${spec.name}` }],
    free: () => heap.free(data),
  };
}
