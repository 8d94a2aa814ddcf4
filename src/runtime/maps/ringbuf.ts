/**
 * BPF_MAP_TYPE_RINGBUF: records of many producers in one ring, in order of reservation.
 *
 *     record   len u32 (bit 31 busy, bit 30 discarded), map descriptor u32, then the data; the next begins 8-byte aligned
 *
 * The kernel maps the ring's pages twice in a row, so that a record which passes the end is still in one piece. Here the ring
 * is followed by as many bytes again, which only such records touch. Positions count bytes since creation.
 * Source: kernel/bpf/ringbuf.c.
 */
import {
  BPF_F_NUMA_NODE,
  BPF_RB_AVAIL_DATA,
  BPF_RB_CONS_POS,
  BPF_RB_FORCE_WAKEUP,
  BPF_RB_NO_WAKEUP,
  BPF_RB_PROD_POS,
  BPF_RB_RING_SIZE,
} from "../../abi/flags.ts";
import { EAGAIN, EINVAL, ENOTSUPP } from "../../base/errno.ts";
import { MAP_DATA } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { roundUp } from "../heap.ts";
import { copyBytes } from "../memory.ts";
import { isPowerOfTwo, onlyFlags, PAGE_BYTES } from "./flags.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";
import { waiters } from "./waiters.ts";

const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;
const LEN_MASK = 0x3fff_ffff;
const HDR_BYTES = 8;
/** RINGBUF_MAX_RECORD_SZ. */
const MAX_RECORD = 0x3fff_ffff;

/** What the ring buffer helpers call. */
export interface RingOps extends MapOps {
  /** Address of `size` bytes to fill, or 0: no room. */
  reserve(size: number): number;
  output(data: number, size: number, flags: number): number;
  query(what: number): number;
  commit(sample: number, flags: number, discard: boolean): void;
}

export const ringbufKind: MapKind = {
  check: checkRing,
  bytes: (spec) => 2 * spec.maxEntries + PAGE_BYTES,
  create: createRingbuf,
};

export function checkRing(spec: MapSpec): number {
  if (!onlyFlags(spec.flags, BPF_F_NUMA_NODE) || spec.keySize !== 0 || spec.valueSize !== 0) return EINVAL;
  return !isPowerOfTwo(spec.maxEntries) || spec.maxEntries % PAGE_BYTES !== 0 ? EINVAL : 0;
}

/** Map descriptor of the ring that a reserved sample lies in. */
export function ringOfSample(u32: Uint32Array, sample: number): number {
  return u32[(sample - 4) >>> 2]!;
}

export function isRing(ops: MapOps | undefined): ops is RingOps {
  return ops !== undefined && "reserve" in ops;
}

function createRingbuf(host: MapHost, spec: MapSpec, desc: number): RingOps {
  const { memory, heap } = host;
  const { u8, u32 } = memory;
  const size = spec.maxEntries;
  const mask = size - 1;
  const data = heap.alloc(2 * size, PAGE_BYTES);
  const wake = waiters();
  u32[(desc + MAP_DATA) >>> 2] = data;
  let consumer = 0;
  let producer = 0;
  let pending = 0;
  let lost = 0;
  let draining = false;

  // Positions go past 2^32: `%`, not `&`.
  const headerAt = (position: number): number => data + (position % size);
  const spanOf = (len: number): number => roundUp((len & LEN_MASK) + HDR_BYTES, 8);

  const reserve = (bytes: number): number => {
    const span = roundUp(bytes + HDR_BYTES, 8);
    if (bytes > MAX_RECORD || span > size) {
      lost++;
      return 0;
    }
    while (pending < producer) {
      const len = u32[headerAt(pending) >>> 2]!;
      if ((len & BUSY) !== 0) break;
      pending += spanOf(len);
    }
    if (producer + span - consumer > mask || producer + span - pending > mask) {
      lost++;
      return 0;
    }
    const header = headerAt(producer);
    u32[header >>> 2] = (bytes | BUSY) >>> 0;
    u32[(header + 4) >>> 2] = desc;
    producer += span;
    return header + HDR_BYTES;
  };
  const commit = (sample: number, flags: number, discard: boolean): void => {
    const header = sample - HDR_BYTES;
    u32[header >>> 2] = ((u32[header >>> 2]! & LEN_MASK) | (discard ? DISCARD : 0)) >>> 0;
    const caughtUp = header === headerAt(consumer);
    if ((flags & BPF_RB_FORCE_WAKEUP) !== 0 || (caughtUp && (flags & BPF_RB_NO_WAKEUP) === 0)) wake.notify();
  };

  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -ENOTSUPP,
    delete: () => -ENOTSUPP,
    nextKey: () => -ENOTSUPP,
    userLookup: () => -ENOTSUPP,
    reserve,
    commit,
    output(from, bytes, flags) {
      if ((flags & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) !== 0) return -EINVAL;
      const sample = reserve(bytes);
      if (sample === 0) return -EAGAIN;
      copyBytes(memory, sample, from, bytes);
      commit(sample, flags, false);
      return 0;
    },
    query(what) {
      switch (what) {
        case BPF_RB_AVAIL_DATA:
          return producer - consumer;
        case BPF_RB_RING_SIZE:
          return size;
        case BPF_RB_CONS_POS:
          return consumer;
        case BPF_RB_PROD_POS:
          return producer;
        default:
          return 0;
      }
    },
    records: {
      drain(fn) {
        if (draining) return 0;
        draining = true;
        let count = 0;
        try {
          while (consumer < producer) {
            const header = headerAt(consumer);
            const len = u32[header >>> 2]!;
            if ((len & BUSY) !== 0) break;
            try {
              if ((len & DISCARD) !== 0) continue;
              count++;
              fn(u8.subarray(header + HDR_BYTES, header + HDR_BYTES + (len & LEN_MASK)), host.cpu());
            } finally {
              consumer += spanOf(len);
            }
          }
        } finally {
          draining = false;
        }
        return count;
      },
      ready: () => consumer < producer,
      get lost() {
        return lost;
      },
      onWake: wake.add,
    },
    // Who waits learns that there is nothing to wait for.
    release: wake.notify,
    regions: () => [{ start: data, end: data + 2 * size, write: true, what: `map ${spec.name} record` }],
    free: () => heap.free(data),
  };
}
