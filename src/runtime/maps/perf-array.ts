/**
 * BPF_MAP_TYPE_PERF_EVENT_ARRAY: one queue a CPU, open from the start (where the kernel needs a perf event put into each
 * slot). A record is padded with zeroes so that its length + 4 is a multiple of 8, as perf does.
 * Source: kernel/bpf/arraymap.c, kernel/trace/bpf_trace.c (__bpf_perf_event_output), kernel/events/core.c.
 */
import { BPF_F_CURRENT_CPU } from "../../abi/flags.ts";
import { E2BIG, EBADF, EINVAL, ENOENT, ENOSPC, ENOTSUPP, EOPNOTSUPP } from "../../base/errno.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { roundUp } from "../heap.ts";
import { indexKeys } from "./index-keys.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";
import { checkFdArray } from "./prog-array.ts";
import { createRecordQueue, type RecordQueue } from "./record-queue.ts";
import { waiters } from "./waiters.ts";

/** Bytes that wait for a CPU at most: 64 pages, as libbpf and BCC choose. */
const QUEUE_BYTES: number = 64 * 4096;

export interface PerfOps extends MapOps {
  /** Machine.perfOutput. */
  output(flags: number, data: number, size: number, extra: number, extraSize: number): number;
}

export const perfArrayKind: MapKind = { check: checkFdArray, bytes: () => 4096, create: createPerfArray };

export function isPerfArray(ops: MapOps | undefined): ops is PerfOps {
  return ops !== undefined && "output" in ops && !("reserve" in ops);
}

function createPerfArray(host: MapHost, spec: MapSpec, desc: number): PerfOps {
  const { u8 } = host.memory;
  const { maxEntries } = spec;
  const keys = indexKeys(host, maxEntries);
  const queues: (RecordQueue | undefined)[] = [];
  const open = new Set(Array.from({ length: Math.min(maxEntries, host.cpus) }, (_, cpu) => cpu));
  const wake = waiters();
  let lost = 0;

  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -EINVAL,
    delete(key) {
      const index = keys.read(key);
      if (index >= maxEntries) return -E2BIG;
      return open.delete(index) ? 0 : -ENOENT;
    },
    nextKey: keys.next,
    userLookup: () => -ENOTSUPP,
    userUpdate(key, _value, flags) {
      // There are no perf events here: no descriptor names one.
      if (flags !== 0) return -EINVAL;
      return keys.read(key) >= maxEntries ? -E2BIG : -EBADF;
    },
    output(flags, data, size, extra, extraSize) {
      const index = flags === BPF_F_CURRENT_CPU ? host.cpu() : flags;
      if (index >= maxEntries) return -E2BIG;
      if (!open.has(index)) return -ENOENT;
      if (index !== host.cpu()) return -EOPNOTSUPP;
      queues[index] ??= createRecordQueue(new Uint8Array(QUEUE_BYTES));
      const bytes = roundUp(size + extraSize + 4, 8) - 4;
      const into = queues[index].push(bytes);
      if (into === null) {
        lost++;
        return -ENOSPC;
      }
      copyInto(into, 0, u8, data, size);
      copyInto(into, size, u8, extra, extraSize);
      for (let i = size + extraSize; i < bytes; i++) into[i] = 0;
      wake.notify();
      return 0;
    },
    records: {
      drain(fn) {
        let count = 0;
        for (let cpu = 0; cpu < queues.length; cpu++) {
          count += queues[cpu]?.drain((record) => void fn(record, cpu)) ?? 0;
        }
        return count;
      },
      ready: () => queues.some((queue) => queue !== undefined && queue.length > 0),
      get lost() {
        return lost;
      },
      onWake: wake.add,
    },
    // Who waits learns that there is nothing to wait for.
    release: wake.notify,
    regions: () => [],
    free: () => keys.free(),
  };
}

/** Records are short: a loop spares the views that `set` needs. */
function copyInto(to: Uint8Array, at: number, u8: Uint8Array, from: number, size: number): void {
  if (size > 256) to.set(u8.subarray(from, from + size), at);
  else for (let i = 0; i < size; i++) to[at + i] = u8[from + i]!;
}
