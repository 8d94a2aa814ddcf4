/**
 * Dynptrs over memory and ring buffer records, and what exchanges kernel pointers in map values.
 *
 *     struct bpf_dynptr   +0 address u64 (0: null)   +8 size u32: type in bits 28..30, bit 31 read-only   +12 offset u32
 *
 * Source: kernel/bpf/helpers.c (bpf_dynptr_*, bpf_kptr_xchg), kernel/bpf/ringbuf.c.
 */
import { E2BIG, EINVAL } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import { isRing, ringOfSample } from "../maps/ringbuf.ts";
import type { Runtime } from "../runtime.ts";
import { retHalves } from "./args.ts";

/** BPF_DYNPTR_TYPE_*. */
export const DYNPTR_LOCAL = 1;
const DYNPTR_RINGBUF = 2;
const TYPE_SHIFT = 28;
const SIZE_MASK = 0xffffff;
/** DYNPTR_MAX_SIZE. */
const SIZE_MAX = 0xffffff;
const RDONLY = 0x8000_0000;

/** Makes the 16 bytes at `ptr` a dynptr over `size` bytes at `data`. */
export function initDynptr(u32: Uint32Array, ptr: number, data: number, type: number, size: number): void {
  u32[ptr >>> 2] = data;
  u32[(ptr + 4) >>> 2] = 0;
  u32[(ptr + 8) >>> 2] = ((type << TYPE_SHIFT) | size) >>> 0;
  u32[(ptr + 12) >>> 2] = 0;
}

export function dynptrHelpers(rt: Runtime): HelperImpl[] {
  const { u8, u32 } = rt;
  const init = (ptr: number, data: number, type: number, size: number): void => initDynptr(u32, ptr, data, type, size);
  const clear = (ptr: number): void => void u8.fill(0, ptr, ptr + 16);
  const dataOf = (ptr: number): number => u32[ptr >>> 2]!;
  /** Address of `length` bytes at `offset`, 0 where the dynptr is null or they lie outside. */
  const slice = (ptr: number, offset: number, length: number): number => {
    const size = u32[(ptr + 8) >>> 2]! & SIZE_MASK;
    if (dataOf(ptr) === 0 || offset + length > size) return 0;
    return dataOf(ptr) + u32[(ptr + 12) >>> 2]! + offset;
  };
  const isReadOnly = (ptr: number): boolean => (u32[(ptr + 8) >>> 2]! & RDONLY) !== 0;
  const finish = (ptr: number, flags: number, discard: boolean): undefined => {
    const sample = dataOf(ptr);
    if (sample === 0) return;
    const ring = rt.mapAt(ringOfSample(u32, sample));
    if (isRing(ring)) ring.commit(sample, flags, discard);
    clear(ptr);
  };
  /** -E2BIG where the dynptr is there but too short. */
  const whyNot = (ptr: number): number => (dataOf(ptr) === 0 ? -EINVAL : -E2BIG);

  return [
    {
      name: "dynptr_from_mem",
      args: ["i", "i", "d", "i"],
      ret: "s",
      fn: (data, size, flags, flagsHi, ptr) => {
        const bytes = size! >>> 0;
        const err = bytes > SIZE_MAX ? -E2BIG : flags !== 0 || flagsHi !== 0 ? -EINVAL : 0;
        if (err !== 0) clear(ptr! >>> 0);
        else init(ptr! >>> 0, data! >>> 0, DYNPTR_LOCAL, bytes);
        return err;
      },
    },
    {
      name: "dynptr_read",
      args: ["i", "i", "i", "i", "d"],
      ret: "s",
      fn: (dst, length, ptr, offset, flags, flagsHi) => {
        if (flags !== 0 || flagsHi !== 0) return -EINVAL;
        const from = slice(ptr! >>> 0, offset! >>> 0, length! >>> 0);
        if (from === 0) return whyNot(ptr! >>> 0);
        u8.copyWithin(dst! >>> 0, from, from + (length! >>> 0));
        return 0;
      },
    },
    {
      name: "dynptr_write",
      args: ["i", "i", "i", "i", "d"],
      ret: "s",
      fn: (ptr, offset, src, length, flags, flagsHi) => {
        if (isReadOnly(ptr! >>> 0) || flags !== 0 || flagsHi !== 0) return -EINVAL;
        const to = slice(ptr! >>> 0, offset! >>> 0, length! >>> 0);
        if (to === 0) return whyNot(ptr! >>> 0);
        u8.copyWithin(to, src! >>> 0, (src! >>> 0) + (length! >>> 0));
        return 0;
      },
    },
    {
      name: "dynptr_data",
      args: ["i", "i", "i"],
      ret: "u",
      fn: (ptr, offset, length) => (isReadOnly(ptr! >>> 0) ? 0 : slice(ptr! >>> 0, offset! >>> 0, length! >>> 0)),
    },
    {
      name: "ringbuf_reserve_dynptr",
      args: ["i", "i", "d", "i"],
      ret: "s",
      fn: (map, size, flags, flagsHi, ptr) => {
        const ring = rt.mapAt(map! >>> 0);
        const bytes = size! >>> 0;
        clear(ptr! >>> 0);
        if (flags !== 0 || flagsHi !== 0 || !isRing(ring)) return -EINVAL;
        if (bytes > SIZE_MAX) return -E2BIG;
        const sample = ring.reserve(bytes);
        if (sample === 0) return -EINVAL;
        init(ptr! >>> 0, sample, DYNPTR_RINGBUF, bytes);
        return 0;
      },
    },
    {
      name: "ringbuf_submit_dynptr",
      args: ["i", "d"],
      ret: "v",
      fn: (ptr, flags) => finish(ptr! >>> 0, flags!, false),
    },
    {
      name: "ringbuf_discard_dynptr",
      args: ["i", "d"],
      ret: "v",
      fn: (ptr, flags) => finish(ptr! >>> 0, flags!, true),
    },
    {
      name: "kptr_xchg",
      args: ["i", "d"],
      ret: "d",
      fn: (at, lo, hi) => {
        const low = u32[at! >>> 2]!;
        const high = u32[((at! >>> 0) + 4) >>> 2]!;
        u32[at! >>> 2] = lo!;
        u32[((at! >>> 0) + 4) >>> 2] = hi!;
        return retHalves(rt, low, high);
      },
    },
    // One thread runs: a lock is never contended.
    { name: "spin_lock", args: ["i"], ret: "v", fn: () => undefined },
    { name: "spin_unlock", args: ["i"], ret: "v", fn: () => undefined },
  ];
}
