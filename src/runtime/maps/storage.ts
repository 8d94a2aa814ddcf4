/**
 * Storage of kernel objects: one value a task, socket or cgroup, made when bpf_task_storage_get and its kin ask for it. Owners
 * are known by an id (thread id, socket cookie, cgroup id), which user space takes as the key where the kernel takes a
 * descriptor. Source: kernel/bpf/{bpf_local_storage,bpf_task_storage,bpf_cgrp_storage}.c, net/core/bpf_sk_storage.c.
 */
import { BPF_F_CLONE, BPF_F_NO_PREALLOC } from "../../abi/flags.ts";
import { E2BIG, EINVAL, ENOTSUPP } from "../../base/errno.ts";
import { MAP_PLAIN } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { createHash } from "./hash.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";

/** Owners that one map remembers; the kernel has no such limit. */
const OWNERS_MAX = 16384;
/** BPF_LOCAL_STORAGE_MAX_VALUE_SIZE: what a u16 size of an element and kmalloc leave. */
const VALUE_BYTES_MAX = 65448;

export interface StorageOps extends MapOps {
  /** Address of the value of that owner; made from the value at `init` (0: zeroes) where `create`, else 0. */
  valueOf(owner: number, init: number, create: boolean): number;
  /** 0, or -ENOENT where it has none. */
  drop(owner: number): number;
}

export const storageKind: MapKind = {
  check: checkStorage,
  bytes: () => 4 * OWNERS_MAX + 4096,
  create: createStorage,
};

export function isStorage(ops: MapOps | undefined): ops is StorageOps {
  return ops !== undefined && "valueOf" in ops && "drop" in ops;
}

function checkStorage(spec: MapSpec): number {
  const { flags } = spec;
  if ((flags & ~(BPF_F_NO_PREALLOC | BPF_F_CLONE)) !== 0 || (flags & BPF_F_NO_PREALLOC) === 0) return EINVAL;
  if (spec.maxEntries !== 0 || spec.keySize !== 4 || spec.valueSize === 0) return EINVAL;
  // The kernel wants BTF of key and value.
  if (spec.keyTypeId === 0 || spec.valueTypeId === 0) return EINVAL;
  return spec.valueSize > VALUE_BYTES_MAX ? E2BIG : 0;
}

function createStorage(host: MapHost, spec: MapSpec, desc: number): StorageOps {
  const { memory, heap } = host;
  const table = createHash(host, { ...spec, maxEntries: OWNERS_MAX }, desc);
  memory.u32[(desc + MAP_PLAIN) >>> 2] = 0;
  const key = heap.alloc(4);
  const zeroes = heap.alloc(spec.valueSize);
  const keyOf = (owner: number): number => {
    memory.u32[key >>> 2] = owner;
    return key;
  };
  return {
    ...table,
    spec,
    lookup: () => 0,
    peekValue: table.lookup,
    nextKey: () => -ENOTSUPP,
    valueOf(owner, init, create) {
      const found = table.lookup(keyOf(owner));
      if (found !== 0 || !create) return found;
      return table.update(key, init === 0 ? zeroes : init, 0) === 0 ? table.lookup(key) : 0;
    },
    drop: (owner) => table.delete(keyOf(owner)),
    free() {
      heap.free(key);
      heap.free(zeroes);
      table.free();
    },
  };
}
