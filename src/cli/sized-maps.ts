/**
 * Maps whose sizes the loading program sets before it loads: for a verdict, and to run their programs, they get sizes that the
 * kernel takes, with more entries than there are processors.
 */
import * as mt from "../abi/map-types.ts";
import type { MapSpec } from "../obj/spec.ts";

/** Types that have no number of entries, or that take the number of processors for 0. */
const UNSIZED: ReadonlySet<number> = new Set([
  mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  mt.BPF_MAP_TYPE_SK_STORAGE,
  mt.BPF_MAP_TYPE_INODE_STORAGE,
  mt.BPF_MAP_TYPE_TASK_STORAGE,
  mt.BPF_MAP_TYPE_CGRP_STORAGE,
  mt.BPF_MAP_TYPE_CGROUP_STORAGE,
  mt.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
  mt.BPF_MAP_TYPE_STRUCT_OPS,
]);
const PAGE_BYTES = 4096;
const ENTRIES = 1024;
const STACK_BYTES = 127 * 8;

export function sizedMaps(maps: readonly MapSpec[]): MapSpec[] {
  return maps.map((map) => {
    const stack = map.type === mt.BPF_MAP_TYPE_STACK_TRACE && map.valueSize === 0 ? { valueSize: STACK_BYTES } : {};
    if (map.maxEntries !== 0 || UNSIZED.has(map.type)) return { ...map, ...stack };
    const isRing = map.type === mt.BPF_MAP_TYPE_RINGBUF || map.type === mt.BPF_MAP_TYPE_USER_RINGBUF;
    // A cpumap may not have more entries than the kernel has processors.
    const entries = isRing ? PAGE_BYTES : map.type === mt.BPF_MAP_TYPE_CPUMAP ? 1 : ENTRIES;
    return { ...map, ...stack, maxEntries: entries };
  });
}
