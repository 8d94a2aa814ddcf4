/**
 * Helpers over dynptrs (see ../dynptr.ts), what exchanges kernel pointers in map values, and per-CPU memory.
 * Source: kernel/bpf/helpers.c (bpf_dynptr_*, bpf_kptr_xchg), kernel/bpf/ringbuf.c.
 */
import { E2BIG, EINVAL } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import {
  clearDynptr,
  DYNPTR_LOCAL,
  DYNPTR_RINGBUF,
  DYNPTR_SIZE_MAX,
  dynptrAddress,
  dynptrData,
  dynptrRead,
  dynptrWrite,
  initDynptr,
} from "../dynptr.ts";
import { isRing, ringOfSample } from "../maps/ringbuf.ts";
import type { Runtime } from "../runtime.ts";
import { retHalves } from "./args.ts";

export function dynptrHelpers(rt: Runtime): HelperImpl[] {
  const { u32 } = rt;
  const finish = (ptr: number, flags: number, discard: boolean): undefined => {
    const sample = dynptrAddress(u32, ptr);
    if (sample === 0) return;
    const ring = rt.mapAt(ringOfSample(u32, sample));
    if (isRing(ring)) ring.commit(sample, flags, discard);
    clearDynptr(u32, ptr);
  };

  /** A CPU's copy of a kernel variable or an object made for each CPU. */
  const copyOf = (ptr: number, cpu: number): number => rt.ksyms.copyOf(ptr, cpu) ?? rt.objects.copyOf(ptr, cpu);

  return [
    {
      name: "dynptr_from_mem",
      args: ["i", "i", "d", "i"],
      ret: "s",
      fn: (data, size, flags, flagsHi, ptr) => {
        const bytes = size! >>> 0;
        const err = bytes > DYNPTR_SIZE_MAX ? -E2BIG : flags !== 0 || flagsHi !== 0 ? -EINVAL : 0;
        if (err !== 0) clearDynptr(u32, ptr! >>> 0);
        else initDynptr(u32, ptr! >>> 0, data! >>> 0, DYNPTR_LOCAL, bytes);
        return err;
      },
    },
    {
      name: "dynptr_read",
      args: ["i", "i", "i", "i", "d"],
      ret: "s",
      fn: (dst, length, ptr, offset, flags, flagsHi) => {
        if (flags !== 0 || flagsHi !== 0) return -EINVAL;
        return dynptrRead(rt, ptr! >>> 0, offset! >>> 0, dst! >>> 0, length! >>> 0);
      },
    },
    {
      name: "dynptr_write",
      args: ["i", "i", "i", "i", "d"],
      ret: "s",
      fn: (ptr, offset, src, length, flags, flagsHi) =>
        dynptrWrite(rt, ptr! >>> 0, offset! >>> 0, src! >>> 0, length! >>> 0, flags!, flagsHi!),
    },
    {
      name: "dynptr_data",
      args: ["i", "i", "i"],
      ret: "u",
      fn: (ptr, offset, length) => dynptrData(rt, ptr! >>> 0, offset! >>> 0, length! >>> 0),
    },
    {
      name: "ringbuf_reserve_dynptr",
      args: ["i", "i", "d", "i"],
      ret: "s",
      fn: (map, size, flags, flagsHi, ptr) => {
        const ring = rt.mapAt(map! >>> 0);
        const bytes = size! >>> 0;
        clearDynptr(u32, ptr! >>> 0);
        if (flags !== 0 || flagsHi !== 0 || !isRing(ring)) return -EINVAL;
        if (bytes > DYNPTR_SIZE_MAX) return -E2BIG;
        const sample = ring.reserve(bytes);
        if (sample === 0) return -EINVAL;
        initDynptr(u32, ptr! >>> 0, sample, DYNPTR_RINGBUF, bytes);
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
    { name: "per_cpu_ptr", args: ["i", "i"], ret: "u", fn: (ptr, cpu) => copyOf(ptr! >>> 0, cpu! >>> 0) },
    { name: "this_cpu_ptr", args: ["i"], ret: "u", fn: (ptr) => copyOf(ptr! >>> 0, rt.cpu()) },
    // One thread runs: a lock is never contended.
    { name: "spin_lock", args: ["i"], ret: "v", fn: () => undefined },
    { name: "spin_unlock", args: ["i"], ret: "v", fn: () => undefined },
  ];
}
