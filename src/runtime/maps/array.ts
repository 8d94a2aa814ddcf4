/**
 * BPF_MAP_TYPE_ARRAY and BPF_MAP_TYPE_PERCPU_ARRAY: values one after another, MAP_STRIDE bytes apart, one such array a CPU.
 *
 *     MAP_DATA + cpu * MAP_CPU_STRIDE + index * MAP_STRIDE
 *
 * Source of the semantics: kernel/bpf/arraymap.c.
 */
import {
  BPF_EXIST,
  BPF_F_INNER_MAP,
  BPF_F_LOCK,
  BPF_F_MMAPABLE,
  BPF_F_NUMA_NODE,
  BPF_F_PRESERVE_ELEMS,
  BPF_NOEXIST,
} from "../../abi/flags.ts";
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERF_EVENT_ARRAY } from "../../abi/map-types.ts";
import { E2BIG, EEXIST, EINVAL } from "../../base/errno.ts";
import { MAP_CPU_STRIDE, MAP_DATA, MAP_PLAIN, MAP_STRIDE } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { roundUp } from "../heap.ts";
import { ARRAY_FLAGS, accessOk, INT_MAX, onlyFlags, PAGE_BYTES, PCPU_MIN_UNIT_SIZE } from "./flags.ts";
import { indexKeys } from "./index-keys.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";
import { copyValue, hasField, valueRecord } from "./record.ts";

export const arrayKind: MapKind = {
  check: checkArray,
  bytes: (spec) => dataBytes(spec, 1),
  create: (host, spec, desc) => createArray(host, spec, desc, 1),
};

export const percpuArrayKind: MapKind = {
  check: checkArray,
  bytes: dataBytes,
  create: (host, spec, desc) => createArray(host, spec, desc, host.cpus),
};

/** array_map_alloc_check; also the first check of the maps of descriptors, which are arrays of u32. */
export function checkArray(spec: MapSpec): number {
  const percpu = spec.type === BPF_MAP_TYPE_PERCPU_ARRAY;
  const { flags } = spec;
  if (spec.maxEntries === 0 || spec.keySize !== 4 || spec.valueSize === 0) return EINVAL;
  if (!onlyFlags(flags, ARRAY_FLAGS) || !accessOk(flags)) return EINVAL;
  if (percpu && (flags & BPF_F_NUMA_NODE) !== 0) return EINVAL;
  if (spec.type !== BPF_MAP_TYPE_ARRAY && (flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP)) !== 0) return EINVAL;
  if (spec.type !== BPF_MAP_TYPE_PERF_EVENT_ARRAY && (flags & BPF_F_PRESERVE_ELEMS) !== 0) return EINVAL;
  if (spec.valueSize > INT_MAX) return E2BIG;
  if (percpu && roundUp(spec.valueSize, 8) > PCPU_MIN_UNIT_SIZE) return E2BIG;
  return 0;
}

function dataBytes(spec: MapSpec, cpus: number): number {
  return roundUp(roundUp(spec.valueSize, 8) * spec.maxEntries, PAGE_BYTES) * cpus;
}

function createArray(host: MapHost, spec: MapSpec, desc: number, cpus: number): MapOps {
  const { memory, heap } = host;
  const { u32 } = memory;
  const { maxEntries, valueSize } = spec;
  const percpu = spec.type === BPF_MAP_TYPE_PERCPU_ARRAY;
  const stride = roundUp(valueSize, 8);
  const cpuStride = percpu ? stride * maxEntries : 0;
  const bytes = stride * maxEntries * cpus;
  const data = heap.alloc(bytes, (spec.flags & BPF_F_MMAPABLE) !== 0 ? PAGE_BYTES : 16);
  const keys = indexKeys(host, maxEntries);
  const record = valueRecord(spec.btf, spec.valueTypeId);
  u32[(desc + MAP_DATA) >>> 2] = data;
  u32[(desc + MAP_STRIDE) >>> 2] = stride;
  u32[(desc + MAP_CPU_STRIDE) >>> 2] = cpuStride;
  u32[(desc + MAP_PLAIN) >>> 2] = !percpu && record.length === 0 ? 1 : 0;

  const valueAt = (index: number, cpu: number): number => data + cpu * cpuStride + index * stride;
  const checkUpdate = (index: number, flags: number): number => {
    if ((flags & ~BPF_F_LOCK) >>> 0 > BPF_EXIST) return -EINVAL;
    if (index >= maxEntries) return -E2BIG;
    if ((flags & BPF_NOEXIST) !== 0) return -EEXIST;
    if ((flags & BPF_F_LOCK) !== 0 && (percpu || !hasField(record, "spin_lock"))) return -EINVAL;
    return 0;
  };

  const ops: MapOps = {
    spec,
    desc,
    record,
    lookup(key) {
      const index = keys.read(key);
      return index < maxEntries ? valueAt(index, percpu ? host.cpu() : 0) : 0;
    },
    update(key, value, flags) {
      const index = keys.read(key);
      const err = checkUpdate(index, flags);
      if (err !== 0) return err;
      const at = valueAt(index, percpu ? host.cpu() : 0);
      copyValue(memory, record, at, value, valueSize);
      if (record.length > 0) host.dropFields(record, at);
      return 0;
    },
    delete: () => -EINVAL,
    nextKey: keys.next,
    each(visit) {
      for (let index = 0; index < maxEntries; index++) {
        if (visit(keys.write(index), valueAt(index, percpu ? host.cpu() : 0)) !== 0) return index + 1;
      }
      return maxEntries;
    },
    keyOf: (value) => keys.write(Math.floor((value - data) / stride)),
    regions: () => [{ start: data, end: data + bytes, write: true, what: `map ${spec.name} value` }],
    free() {
      keys.free();
      heap.free(data);
    },
  };
  if (!percpu && record.length === 0) {
    ops.slot = (key, flags) => {
      const index = keys.read(key);
      return checkUpdate(index, flags) || valueAt(index, 0);
    };
  }
  if (percpu) {
    ops.lookupCpu = (key, cpu) => (keys.read(key) < maxEntries ? valueAt(keys.read(key), cpu) : 0);
    ops.updateAllCpus = (key, value, flags) => {
      const index = keys.read(key);
      if (flags > BPF_EXIST) return -EINVAL;
      if (index >= maxEntries) return -E2BIG;
      if (flags === BPF_NOEXIST) return -EEXIST;
      for (let cpu = 0; cpu < cpus; cpu++)
        copyValue(memory, record, valueAt(index, cpu), value + cpu * stride, valueSize);
      return 0;
    };
  }
  return ops;
}
