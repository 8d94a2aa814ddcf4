/**
 * BPF_MAP_TYPE_QUEUE and BPF_MAP_TYPE_STACK: a ring of maxEntries + 1 values; push at the head, take at the tail or head.
 * Source: kernel/bpf/queue_stack_maps.c.
 */
import { BPF_EXIST, BPF_F_NUMA_NODE, BPF_NOEXIST } from "../../abi/flags.ts";
import { BPF_MAP_TYPE_STACK } from "../../abi/map-types.ts";
import { E2BIG, EINVAL, ENOENT } from "../../base/errno.ts";
import { MAP_COUNT, MAP_DATA, MAP_STRIDE } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { roundUp } from "../heap.ts";
import { copyBytes } from "../memory.ts";
import { ACCESS_MASK, accessOk, KMALLOC_MAX_SIZE, onlyFlags } from "./flags.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";

export const queueKind: MapKind = { check: checkQueue, bytes: queueBytes, create: createQueue };

function checkQueue(spec: MapSpec): number {
  if (spec.maxEntries === 0 || spec.keySize !== 0 || spec.valueSize === 0) return EINVAL;
  if (!onlyFlags(spec.flags, BPF_F_NUMA_NODE | ACCESS_MASK) || !accessOk(spec.flags)) return EINVAL;
  return spec.valueSize > KMALLOC_MAX_SIZE ? E2BIG : 0;
}

function queueBytes(spec: MapSpec): number {
  return (spec.maxEntries + 1) * roundUp(spec.valueSize, 8);
}

function createQueue(host: MapHost, spec: MapSpec, desc: number): MapOps {
  const { memory, heap } = host;
  const { u8, u32 } = memory;
  const { valueSize } = spec;
  const isStack = spec.type === BPF_MAP_TYPE_STACK;
  const slots = spec.maxEntries + 1;
  const stride = roundUp(valueSize, 8);
  const data = heap.alloc(queueBytes(spec));
  u32[(desc + MAP_DATA) >>> 2] = data;
  u32[(desc + MAP_STRIDE) >>> 2] = stride;
  let head = 0;
  let tail = 0;

  const count = (): void => {
    u32[(desc + MAP_COUNT) >>> 2] = (head - tail + slots) % slots;
  };
  const get = (value: number, remove: boolean): number => {
    if (head === tail) {
      u8.fill(0, value, value + valueSize);
      return -ENOENT;
    }
    const index = isStack ? (head - 1 + slots) % slots : tail;
    copyBytes(memory, value, data + index * stride, valueSize);
    if (remove) {
      if (isStack) head = index;
      else tail = (tail + 1) % slots;
      count();
    }
    return 0;
  };

  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -EINVAL,
    delete: () => -EINVAL,
    nextKey: () => -EINVAL,
    push(value, flags) {
      if ((flags & BPF_NOEXIST) !== 0 || flags > BPF_EXIST) return -EINVAL;
      if ((head + 1) % slots === tail) {
        // BPF_EXIST makes room by dropping the oldest.
        if (flags !== BPF_EXIST) return -E2BIG;
        tail = (tail + 1) % slots;
      }
      copyBytes(memory, data + head * stride, value, valueSize);
      head = (head + 1) % slots;
      count();
      return 0;
    },
    pop: (value) => get(value, true),
    peek: (value) => get(value, false),
    regions: () => [],
    free: () => heap.free(data),
  };
}
