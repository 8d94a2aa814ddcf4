/**
 * BPF_MAP_TYPE_STACK_TRACE: instruction pointers by a hash of them, which bpf_get_stackid returns.
 * With BPF_F_STACK_BUILD_ID a frame is { s32 status; u8 build_id[20]; u64 ip }; there are no files to read build ids from, so
 * the status always says that the address is given instead. Source: kernel/bpf/stackmap.c.
 */
import {
  BPF_F_FAST_STACK_CMP,
  BPF_F_NUMA_NODE,
  BPF_F_RDONLY,
  BPF_F_REUSE_STACKID,
  BPF_F_SKIP_FIELD_MASK,
  BPF_F_STACK_BUILD_ID,
  BPF_F_USER_STACK,
  BPF_F_WRONLY,
} from "../../abi/flags.ts";
import { E2BIG, EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM } from "../../base/errno.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { powerOfTwoFrom } from "./flags.ts";
import { indexKeys } from "./index-keys.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";

/** sizeof(struct bpf_stack_build_id); the address lies in its last 8 bytes. */
const BUILD_ID_BYTES = 32;
const BPF_STACK_BUILD_ID_IP = 2;

/** sysctl kernel.perf_event_max_stack. */
const MAX_STACK_DEPTH = 127;

export interface StackOps extends MapOps {
  /** bpf_get_stackid over the frames given, innermost first: an id, or -errno. */
  idOf(frames: readonly bigint[], flags: number): number;
}

export const stackTraceKind: MapKind = { check: checkStackTrace, bytes: () => 4096, create: createStackTrace };

export function isStackTrace(ops: MapOps | undefined): ops is StackOps {
  return ops !== undefined && "idOf" in ops;
}

function checkStackTrace(spec: MapSpec): number {
  if ((spec.flags & ~(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID)) !== 0) return EINVAL;
  if (spec.maxEntries === 0 || spec.keySize !== 4 || spec.valueSize < 8 || spec.valueSize % 8 !== 0) return EINVAL;
  const frameBytes = frameBytesOf(spec);
  if (spec.valueSize % frameBytes !== 0 || spec.valueSize / frameBytes > MAX_STACK_DEPTH) return EINVAL;
  return spec.maxEntries > 2 ** 31 ? E2BIG : 0;
}

function frameBytesOf(spec: MapSpec): number {
  return (spec.flags & BPF_F_STACK_BUILD_ID) !== 0 ? BUILD_ID_BYTES : 8;
}

function createStackTrace(host: MapHost, spec: MapSpec, desc: number): StackOps {
  const { maxEntries, valueSize } = spec;
  const frameBytes = frameBytesOf(spec);
  const buckets = powerOfTwoFrom(maxEntries);
  const keys = indexKeys(host, buckets);
  const traces = new Map<number, { hash: number; frames: readonly bigint[] }>();

  const bytesOf = (key: number): Uint8Array | number => {
    const trace = traces.get(keys.read(key));
    if (trace === undefined) return -ENOENT;
    const value = new DataView(new ArrayBuffer(valueSize));
    trace.frames.forEach((frame, i) => {
      if (frameBytes === BUILD_ID_BYTES) value.setInt32(i * frameBytes, BPF_STACK_BUILD_ID_IP, true);
      value.setBigUint64((i + 1) * frameBytes - 8, BigInt.asUintN(64, frame), true);
    });
    return new Uint8Array(value.buffer);
  };

  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -EINVAL,
    delete(key) {
      const id = keys.read(key);
      if (id >= buckets) return -E2BIG;
      return traces.delete(id) ? 0 : -ENOENT;
    },
    nextKey(key) {
      const last = key === 0 ? -1 : keys.read(key);
      const start = traces.has(last) ? last + 1 : 0;
      let next = buckets;
      for (const id of traces.keys()) if (id >= start && id < next) next = id;
      return next < buckets ? keys.write(next) : 0;
    },
    userLookup: bytesOf,
    idOf(frames, flags) {
      if ((flags & ~(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID)) !== 0) {
        return -EINVAL;
      }
      const skip = flags & BPF_F_SKIP_FIELD_MASK;
      if (frames.length <= skip) return -EFAULT;
      const kept = frames.slice(skip, skip + valueSize / frameBytes);
      const hash = hashFrames(kept);
      const id = hash & (buckets - 1);
      const old = traces.get(id);
      if (old !== undefined && old.hash === hash) {
        if ((flags & BPF_F_FAST_STACK_CMP) !== 0 || sameFrames(old.frames, kept)) return id;
      }
      if (old !== undefined && (flags & BPF_F_REUSE_STACKID) === 0) return -EEXIST;
      if (old === undefined && traces.size >= maxEntries) return -ENOMEM;
      traces.set(id, { hash, frames: kept });
      return id;
    },
    regions: () => [],
    free: () => keys.free(),
  };
}

function sameFrames(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && a.every((frame, i) => frame === b[i]);
}

function hashFrames(frames: readonly bigint[]): number {
  let h = 0;
  for (const frame of frames) {
    h = Math.imul(h ^ Number(frame & 0xffff_ffffn), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15) ^ Number((frame >> 32n) & 0xffff_ffffn), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}
