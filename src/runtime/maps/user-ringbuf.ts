/**
 * BPF_MAP_TYPE_USER_RINGBUF: samples from user space, which a program drains through a callback. User space adds one by
 * `update(no key, bytes)`. Source: kernel/bpf/ringbuf.c (bpf_user_ringbuf_drain).
 */
import { ENOSPC, ENOTSUPP } from "../../base/errno.ts";
import { MAP_DATA } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { PAGE_BYTES } from "./flags.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";
import { createRecordQueue } from "./record-queue.ts";
import { checkRing } from "./ringbuf.ts";

/** BPF_MAX_USER_RINGBUF_SAMPLES. */
const SAMPLES_MAX: number = 128 * 1024;

export interface UserRingOps extends MapOps {
  /** Visits samples, address and size, until `visit` gives non-zero; the number visited. */
  drainTo(visit: (sample: number, size: number) => number): number;
}

export const userRingbufKind: MapKind = {
  check: checkRing,
  bytes: (spec) => spec.maxEntries + PAGE_BYTES,
  create: createUserRingbuf,
};

export function isUserRing(ops: MapOps | undefined): ops is UserRingOps {
  return ops !== undefined && "drainTo" in ops;
}

function createUserRingbuf(host: MapHost, spec: MapSpec, desc: number): UserRingOps {
  const { memory, heap } = host;
  const data = heap.alloc(spec.maxEntries, PAGE_BYTES);
  const queue = createRecordQueue(memory.u8.subarray(data, data + spec.maxEntries));
  memory.u32[(desc + MAP_DATA) >>> 2] = data;
  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -ENOTSUPP,
    delete: () => -ENOTSUPP,
    nextKey: () => -ENOTSUPP,
    userLookup: () => -ENOTSUPP,
    addRecord(bytes) {
      const into = queue.push(bytes.length);
      into?.set(bytes);
      return into === null ? -ENOSPC : 0;
    },
    drainTo(visit) {
      let visited = 0;
      queue.drain((record) => {
        visited++;
        return visit(record.byteOffset, record.length) === 0 && visited < SAMPLES_MAX;
      });
      return visited;
    },
    regions: () => [{ start: data, end: data + spec.maxEntries, write: false, what: `map ${spec.name} sample` }],
    free: () => heap.free(data),
  };
}
