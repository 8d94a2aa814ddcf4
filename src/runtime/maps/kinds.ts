/** Every map type that the runtime makes, by BPF_MAP_TYPE_*. Any other is refused by name ("runtime/map-type"). */
import {
  BPF_MAP_TYPE_ARENA,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_CGROUP_ARRAY,
  BPF_MAP_TYPE_CGROUP_STORAGE,
  BPF_MAP_TYPE_CGRP_STORAGE,
  BPF_MAP_TYPE_CPUMAP,
  BPF_MAP_TYPE_DEVMAP,
  BPF_MAP_TYPE_DEVMAP_HASH,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_INODE_STORAGE,
  BPF_MAP_TYPE_LPM_TRIE,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_QUEUE,
  BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_SK_STORAGE,
  BPF_MAP_TYPE_SOCKHASH,
  BPF_MAP_TYPE_SOCKMAP,
  BPF_MAP_TYPE_STACK,
  BPF_MAP_TYPE_STACK_TRACE,
  BPF_MAP_TYPE_STRUCT_OPS,
  BPF_MAP_TYPE_TASK_STORAGE,
  BPF_MAP_TYPE_USER_RINGBUF,
  BPF_MAP_TYPE_XSKMAP,
} from "../../abi/map-types.ts";
import { arenaKind } from "./arena.ts";
import { arrayKind, percpuArrayKind } from "./array.ts";
import { bloomKind } from "./bloom.ts";
import { cgroupArrayKind } from "./cgroup-array.ts";
import { hashKind } from "./hash.ts";
import { lpmKind } from "./lpm.ts";
import { arrayOfMapsKind, hashOfMapsKind } from "./map-in-map.ts";
import type { MapKind } from "./ops.ts";
import { perfArrayKind } from "./perf-array.ts";
import { progArrayKind } from "./prog-array.ts";
import { queueKind } from "./queue.ts";
import { devmapHashKind, redirectKind } from "./redirect.ts";
import { ringbufKind } from "./ringbuf.ts";
import { stackTraceKind } from "./stack-trace.ts";
import { storageKind } from "./storage.ts";
import { userRingbufKind } from "./user-ringbuf.ts";

export const MAP_KINDS: ReadonlyMap<number, MapKind> = new Map([
  [BPF_MAP_TYPE_HASH, hashKind],
  [BPF_MAP_TYPE_ARRAY, arrayKind],
  [BPF_MAP_TYPE_PROG_ARRAY, progArrayKind],
  [BPF_MAP_TYPE_PERF_EVENT_ARRAY, perfArrayKind],
  [BPF_MAP_TYPE_PERCPU_HASH, hashKind],
  [BPF_MAP_TYPE_PERCPU_ARRAY, percpuArrayKind],
  [BPF_MAP_TYPE_STACK_TRACE, stackTraceKind],
  [BPF_MAP_TYPE_CGROUP_ARRAY, cgroupArrayKind],
  [BPF_MAP_TYPE_LRU_HASH, hashKind],
  [BPF_MAP_TYPE_LRU_PERCPU_HASH, hashKind],
  [BPF_MAP_TYPE_LPM_TRIE, lpmKind],
  [BPF_MAP_TYPE_ARRAY_OF_MAPS, arrayOfMapsKind],
  [BPF_MAP_TYPE_HASH_OF_MAPS, hashOfMapsKind],
  [BPF_MAP_TYPE_DEVMAP, redirectKind],
  [BPF_MAP_TYPE_CPUMAP, redirectKind],
  [BPF_MAP_TYPE_XSKMAP, redirectKind],
  [BPF_MAP_TYPE_QUEUE, queueKind],
  [BPF_MAP_TYPE_STACK, queueKind],
  [BPF_MAP_TYPE_DEVMAP_HASH, devmapHashKind],
  [BPF_MAP_TYPE_RINGBUF, ringbufKind],
  [BPF_MAP_TYPE_TASK_STORAGE, storageKind],
  [BPF_MAP_TYPE_SK_STORAGE, storageKind],
  [BPF_MAP_TYPE_CGRP_STORAGE, storageKind],
  [BPF_MAP_TYPE_BLOOM_FILTER, bloomKind],
  [BPF_MAP_TYPE_USER_RINGBUF, userRingbufKind],
  [BPF_MAP_TYPE_ARENA, arenaKind],
]);

/** Why there are no maps of these types: they hold objects that only a live kernel has. */
export const ABSENT_KINDS: ReadonlyMap<number, string> = new Map([
  [BPF_MAP_TYPE_SOCKMAP, "no live sockets are here to pass data between"],
  [BPF_MAP_TYPE_SOCKHASH, "no live sockets are here to pass data between"],
  [BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, "no listening sockets are here to choose from"],
  [BPF_MAP_TYPE_INODE_STORAGE, "no hook here has files"],
  [BPF_MAP_TYPE_CGROUP_STORAGE, "programs are attached to no cgroup here (cgrp_storage follows the task's)"],
  [BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, "programs are attached to no cgroup here (cgrp_storage follows the task's)"],
  [BPF_MAP_TYPE_STRUCT_OPS, "no subsystem is here to be replaced"],
]);
