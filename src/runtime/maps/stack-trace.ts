/**
 * BPF_MAP_TYPE_STACK_TRACE: instruction pointers by a hash of them, which bpf_get_stackid returns.
 * Source: kernel/bpf/stackmap.c. Build ids need files that a runtime has not got: BPF_F_STACK_BUILD_ID is refused.
 */
import {
  BPF_F_FAST_STACK_CMP,
  BPF_F_NUMA_NODE,
  BPF_F_REUSE_STACKID,
  BPF_F_SKIP_FIELD_MASK,
  BPF_F_USER_STACK,
} from "../../abi/flags.ts";
import { E2BIG, EEXIST, EFAULT, EINVAL, ENOENT, ENOMEM } from "../../base/errno.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { powerOfTwoFrom } from "./flags.ts";
import { indexKeys } from "./index-keys.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";

/** sysctl kernel.perf_event_max_stack. */
export const MAX_STACK_DEPTH = 127;

export interface StackOps extends MapOps {
  /** bpf_get_stackid over the frames given, innermost first: an id, or -errno. */
  idOf(frames: readonly bigint[], flags: number): number;
}

export const stackTraceKind: MapKind = { check: checkStackTrace, bytes: () => 4096, create: createStackTrace };

export function isStackTrace(ops: MapOps | undefined): ops is StackOps {
  return ops !== undefined && "idOf" in ops;
}

function checkStackTrace(spec: MapSpec): number {
  if ((spec.flags & ~BPF_F_NUMA_NODE) !== 0) return EINVAL;
  if (spec.maxEntries === 0 || spec.keySize !== 4 || spec.valueSize < 8 || spec.valueSize % 8 !== 0) return EINVAL;
  if (spec.valueSize / 8 > MAX_STACK_DEPTH) return EINVAL;
  return spec.maxEntries > 2 ** 31 ? E2BIG : 0;
}

function createStackTrace(host: MapHost, spec: MapSpec, desc: number): StackOps {
  const { maxEntries, valueSize } = spec;
  const buckets = powerOfTwoFrom(maxEntries);
  const keys = indexKeys(host, buckets);
  const traces = new Map<number, { hash: number; frames: readonly bigint[] }>();

  const bytesOf = (key: number): Uint8Array | number => {
    const trace = traces.get(keys.read(key));
    if (trace === undefined) return -ENOENT;
    const value = new BigUint64Array(valueSize / 8);
    value.set(trace.frames);
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
      for (let id = start; id < buckets; id++) if (traces.has(id)) return keys.write(id);
      return 0;
    },
    userLookup: bytesOf,
    idOf(frames, flags) {
      if ((flags & ~(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID)) !== 0) {
        return -EINVAL;
      }
      const skip = flags & BPF_F_SKIP_FIELD_MASK;
      if (frames.length <= skip) return -EFAULT;
      const kept = frames.slice(skip, skip + valueSize / 8);
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
