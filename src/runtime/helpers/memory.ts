/**
 * Helpers that read memory which may not be there: probe_read*, copy_from_user. Readable are the event's own memory, the
 * stack, ctx and packets, and map values; every other address is -EFAULT, and the destination is then zeroed.
 * Source: kernel/trace/bpf_trace.c, mm/maccess.c.
 */
import { EFAULT, EINVAL } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import { HEAP_BASE, STACK_BASE } from "../../layout/layout.ts";
import type { Runtime } from "../runtime.ts";

/** End of the readable bytes that begin at `addr`, 0 where it is not readable. */
export function readableEnd(rt: Runtime, addr: number): number {
  const { memStart, memEnd } = rt.event;
  if (addr >= memStart && addr < memEnd) return memEnd;
  if (addr >= STACK_BASE && addr < HEAP_BASE) return HEAP_BASE;
  for (const region of rt.mapRegions()) if (addr >= region.start && addr < region.end) return region.end;
  return 0;
}

/** Copies `size` bytes from an address in two halves, or zeroes the destination and gives -EFAULT. */
function probeRead(rt: Runtime, dst: number, size: number, lo: number, hi: number): number {
  const src = lo >>> 0;
  if (size === 0) return 0;
  if (hi !== 0 || src + size > readableEnd(rt, src)) {
    rt.u8.fill(0, dst, dst + size);
    return -EFAULT;
  }
  rt.u8.copyWithin(dst, src, src + size);
  return 0;
}

/** The same up to and with a NUL; the length with the NUL. What does not fit is cut and ended with a NUL. */
function probeReadStr(rt: Runtime, dst: number, size: number, lo: number, hi: number): number {
  const { u8 } = rt;
  const src = lo >>> 0;
  if (size === 0) return 0;
  const end = hi === 0 ? readableEnd(rt, src) : 0;
  for (let i = 0; i < size; i++) {
    if (src + i >= end) {
      u8.fill(0, dst, dst + size);
      return -EFAULT;
    }
    const byte = u8[src + i]!;
    u8[dst + i] = byte;
    if (byte === 0) return i + 1;
  }
  u8[dst + size - 1] = 0;
  return size;
}

export function memoryHelpers(rt: Runtime): HelperImpl[] {
  const bytes = (name: string): HelperImpl => ({
    name,
    args: ["i", "i", "d"],
    ret: "s",
    fn: (dst, size, lo, hi) => probeRead(rt, dst! >>> 0, size! >>> 0, lo!, hi!),
  });
  const text = (name: string): HelperImpl => ({
    name,
    args: ["i", "i", "d"],
    ret: "s",
    fn: (dst, size, lo, hi) => probeReadStr(rt, dst! >>> 0, size! >>> 0, lo!, hi!),
  });
  return [
    bytes("probe_read"),
    bytes("probe_read_user"),
    bytes("probe_read_kernel"),
    bytes("copy_from_user"),
    text("probe_read_str"),
    text("probe_read_user_str"),
    text("probe_read_kernel_str"),
    {
      name: "copy_from_user_task",
      args: ["i", "i", "d", "i", "d"],
      ret: "s",
      fn: (dst, size, lo, hi, _task, flagsLo, flagsHi) =>
        flagsLo !== 0 || flagsHi !== 0 ? -EINVAL : probeRead(rt, dst! >>> 0, size! >>> 0, lo!, hi!),
    },
  ];
}
