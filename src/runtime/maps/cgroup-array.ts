/**
 * BPF_MAP_TYPE_CGROUP_ARRAY: cgroups that bpf_current_task_under_cgroup tests for. User space writes the low 32 bits of a
 * cgroup's id, where the kernel takes a descriptor. Source: kernel/bpf/arraymap.c (cgroup_fd_array_*).
 */
import { E2BIG, EINVAL, ENOENT, ENOTSUPP } from "../../base/errno.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { indexKeys } from "./index-keys.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";
import { checkFdArray } from "./prog-array.ts";

export interface CgroupOps extends MapOps {
  /** Low word of the cgroup id in that slot, undefined for an empty one, or -E2BIG. */
  cgroupAt(index: number): number | undefined;
}

export const cgroupArrayKind: MapKind = { check: checkFdArray, bytes: () => 4096, create: createCgroupArray };

export function isCgroupArray(ops: MapOps | undefined): ops is CgroupOps {
  return ops !== undefined && "cgroupAt" in ops;
}

function createCgroupArray(host: MapHost, spec: MapSpec, desc: number): CgroupOps {
  const { maxEntries } = spec;
  const keys = indexKeys(host, maxEntries);
  const slots = new Map<number, number>();
  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -EINVAL,
    delete(key) {
      const index = keys.read(key);
      if (index >= maxEntries) return -E2BIG;
      return slots.delete(index) ? 0 : -ENOENT;
    },
    nextKey: keys.next,
    userLookup: () => -ENOTSUPP,
    userUpdate(key, value, flags) {
      const index = keys.read(key);
      if (flags !== 0) return -EINVAL;
      if (index >= maxEntries) return -E2BIG;
      slots.set(index, host.memory.view.getUint32(value, true));
      return 0;
    },
    cgroupAt: (index) => (index >= maxEntries ? -E2BIG : slots.get(index)),
    regions: () => [],
    free: () => keys.free(),
  };
}
