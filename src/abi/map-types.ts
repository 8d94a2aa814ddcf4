/**
 * enum bpf_map_type: every map type with bpftool's word for it and the kernel that brought it.
 * Source: include/uapi/linux/bpf.h of 6.18; words as libbpf_bpf_map_type_str() gives them.
 */
import type { MapTypeRow } from "./types.ts";

export const BPF_MAP_TYPE_UNSPEC = 0;
export const BPF_MAP_TYPE_HASH = 1;
export const BPF_MAP_TYPE_ARRAY = 2;
export const BPF_MAP_TYPE_PROG_ARRAY = 3;
export const BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4;
export const BPF_MAP_TYPE_PERCPU_HASH = 5;
export const BPF_MAP_TYPE_PERCPU_ARRAY = 6;
export const BPF_MAP_TYPE_STACK_TRACE = 7;
export const BPF_MAP_TYPE_CGROUP_ARRAY = 8;
export const BPF_MAP_TYPE_LRU_HASH = 9;
export const BPF_MAP_TYPE_LRU_PERCPU_HASH = 10;
export const BPF_MAP_TYPE_LPM_TRIE = 11;
export const BPF_MAP_TYPE_ARRAY_OF_MAPS = 12;
export const BPF_MAP_TYPE_HASH_OF_MAPS = 13;
export const BPF_MAP_TYPE_DEVMAP = 14;
export const BPF_MAP_TYPE_SOCKMAP = 15;
export const BPF_MAP_TYPE_CPUMAP = 16;
export const BPF_MAP_TYPE_XSKMAP = 17;
export const BPF_MAP_TYPE_SOCKHASH = 18;
export const BPF_MAP_TYPE_CGROUP_STORAGE = 19;
export const BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20;
export const BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE = 21;
export const BPF_MAP_TYPE_QUEUE = 22;
export const BPF_MAP_TYPE_STACK = 23;
export const BPF_MAP_TYPE_SK_STORAGE = 24;
export const BPF_MAP_TYPE_DEVMAP_HASH = 25;
export const BPF_MAP_TYPE_STRUCT_OPS = 26;
export const BPF_MAP_TYPE_RINGBUF = 27;
export const BPF_MAP_TYPE_INODE_STORAGE = 28;
export const BPF_MAP_TYPE_TASK_STORAGE = 29;
export const BPF_MAP_TYPE_BLOOM_FILTER = 30;
export const BPF_MAP_TYPE_USER_RINGBUF = 31;
export const BPF_MAP_TYPE_CGRP_STORAGE = 32;
export const BPF_MAP_TYPE_ARENA = 33;

/** By id. */
export const MAP_TYPES: readonly MapTypeRow[] = [
  { id: BPF_MAP_TYPE_UNSPEC, name: "BPF_MAP_TYPE_UNSPEC", word: "unspec", since: "3.19" },
  { id: BPF_MAP_TYPE_HASH, name: "BPF_MAP_TYPE_HASH", word: "hash", since: "3.19" },
  { id: BPF_MAP_TYPE_ARRAY, name: "BPF_MAP_TYPE_ARRAY", word: "array", since: "3.19" },
  { id: BPF_MAP_TYPE_PROG_ARRAY, name: "BPF_MAP_TYPE_PROG_ARRAY", word: "prog_array", since: "4.2" },
  { id: BPF_MAP_TYPE_PERF_EVENT_ARRAY, name: "BPF_MAP_TYPE_PERF_EVENT_ARRAY", word: "perf_event_array", since: "4.3" },
  { id: BPF_MAP_TYPE_PERCPU_HASH, name: "BPF_MAP_TYPE_PERCPU_HASH", word: "percpu_hash", since: "4.6" },
  { id: BPF_MAP_TYPE_PERCPU_ARRAY, name: "BPF_MAP_TYPE_PERCPU_ARRAY", word: "percpu_array", since: "4.6" },
  { id: BPF_MAP_TYPE_STACK_TRACE, name: "BPF_MAP_TYPE_STACK_TRACE", word: "stack_trace", since: "4.6" },
  { id: BPF_MAP_TYPE_CGROUP_ARRAY, name: "BPF_MAP_TYPE_CGROUP_ARRAY", word: "cgroup_array", since: "4.8" },
  { id: BPF_MAP_TYPE_LRU_HASH, name: "BPF_MAP_TYPE_LRU_HASH", word: "lru_hash", since: "4.10" },
  { id: BPF_MAP_TYPE_LRU_PERCPU_HASH, name: "BPF_MAP_TYPE_LRU_PERCPU_HASH", word: "lru_percpu_hash", since: "4.10" },
  { id: BPF_MAP_TYPE_LPM_TRIE, name: "BPF_MAP_TYPE_LPM_TRIE", word: "lpm_trie", since: "4.11" },
  { id: BPF_MAP_TYPE_ARRAY_OF_MAPS, name: "BPF_MAP_TYPE_ARRAY_OF_MAPS", word: "array_of_maps", since: "4.12" },
  { id: BPF_MAP_TYPE_HASH_OF_MAPS, name: "BPF_MAP_TYPE_HASH_OF_MAPS", word: "hash_of_maps", since: "4.12" },
  { id: BPF_MAP_TYPE_DEVMAP, name: "BPF_MAP_TYPE_DEVMAP", word: "devmap", since: "4.14" },
  { id: BPF_MAP_TYPE_SOCKMAP, name: "BPF_MAP_TYPE_SOCKMAP", word: "sockmap", since: "4.14" },
  { id: BPF_MAP_TYPE_CPUMAP, name: "BPF_MAP_TYPE_CPUMAP", word: "cpumap", since: "4.15" },
  { id: BPF_MAP_TYPE_XSKMAP, name: "BPF_MAP_TYPE_XSKMAP", word: "xskmap", since: "4.18" },
  { id: BPF_MAP_TYPE_SOCKHASH, name: "BPF_MAP_TYPE_SOCKHASH", word: "sockhash", since: "4.18" },
  { id: BPF_MAP_TYPE_CGROUP_STORAGE, name: "BPF_MAP_TYPE_CGROUP_STORAGE", word: "cgroup_storage", since: "4.19" },
  {
    id: BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
    name: "BPF_MAP_TYPE_REUSEPORT_SOCKARRAY",
    word: "reuseport_sockarray",
    since: "4.19",
  },
  {
    id: BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
    name: "BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE",
    word: "percpu_cgroup_storage",
    since: "4.20",
  },
  { id: BPF_MAP_TYPE_QUEUE, name: "BPF_MAP_TYPE_QUEUE", word: "queue", since: "4.20" },
  { id: BPF_MAP_TYPE_STACK, name: "BPF_MAP_TYPE_STACK", word: "stack", since: "4.20" },
  { id: BPF_MAP_TYPE_SK_STORAGE, name: "BPF_MAP_TYPE_SK_STORAGE", word: "sk_storage", since: "5.2" },
  { id: BPF_MAP_TYPE_DEVMAP_HASH, name: "BPF_MAP_TYPE_DEVMAP_HASH", word: "devmap_hash", since: "5.4" },
  { id: BPF_MAP_TYPE_STRUCT_OPS, name: "BPF_MAP_TYPE_STRUCT_OPS", word: "struct_ops", since: "5.6" },
  { id: BPF_MAP_TYPE_RINGBUF, name: "BPF_MAP_TYPE_RINGBUF", word: "ringbuf", since: "5.8" },
  { id: BPF_MAP_TYPE_INODE_STORAGE, name: "BPF_MAP_TYPE_INODE_STORAGE", word: "inode_storage", since: "5.10" },
  { id: BPF_MAP_TYPE_TASK_STORAGE, name: "BPF_MAP_TYPE_TASK_STORAGE", word: "task_storage", since: "5.11" },
  { id: BPF_MAP_TYPE_BLOOM_FILTER, name: "BPF_MAP_TYPE_BLOOM_FILTER", word: "bloom_filter", since: "5.16" },
  { id: BPF_MAP_TYPE_USER_RINGBUF, name: "BPF_MAP_TYPE_USER_RINGBUF", word: "user_ringbuf", since: "6.1" },
  { id: BPF_MAP_TYPE_CGRP_STORAGE, name: "BPF_MAP_TYPE_CGRP_STORAGE", word: "cgrp_storage", since: "6.2" },
  { id: BPF_MAP_TYPE_ARENA, name: "BPF_MAP_TYPE_ARENA", word: "arena", since: "6.9" },
];

/** Row of a map type, undefined for an id this table does not know. */
export function mapType(id: number): MapTypeRow | undefined {
  return MAP_TYPES[id];
}

/** bpftool's word for a map type: "hash"; "type 99" for an unknown one. */
export function mapTypeWord(id: number): string {
  return MAP_TYPES[id]?.word ?? `type ${id}`;
}

/** Types whose user-space values are all CPUs' values one after another. */
export function isPerCpuMap(id: number): boolean {
  return (
    id === BPF_MAP_TYPE_PERCPU_HASH ||
    id === BPF_MAP_TYPE_PERCPU_ARRAY ||
    id === BPF_MAP_TYPE_LRU_PERCPU_HASH ||
    id === BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE
  );
}

export function isMapInMap(id: number): boolean {
  return id === BPF_MAP_TYPE_ARRAY_OF_MAPS || id === BPF_MAP_TYPE_HASH_OF_MAPS;
}
