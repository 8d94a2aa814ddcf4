/** How helpers take their arguments apart (see engine/engine.ts, HelperArgForm). */
import { CELL_RET_HI } from "../../layout/layout.ts";
import type { Runtime } from "../runtime.ts";

/** Map flags are u64 and no type knows a bit of the upper half: one value that every type refuses stands for all of those. */
export const BAD_FLAGS = 0xffff_ffff;

export function mapFlags(lo: number, hi: number): number {
  return hi === 0 ? lo >>> 0 : BAD_FLAGS;
}

/** A "d" result of a whole number below 2^53 (or -2^53 < n < 0). */
export function ret64(rt: Runtime, value: number): number {
  rt.u32[CELL_RET_HI >>> 2] = Math.floor(value / 2 ** 32) >>> 0;
  return value >>> 0;
}

/** A "d" result from two halves. */
export function retHalves(rt: Runtime, lo: number, hi: number): number {
  rt.u32[CELL_RET_HI >>> 2] = hi >>> 0;
  return lo >>> 0;
}

export function retBig(rt: Runtime, value: bigint): number {
  return retHalves(rt, Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
}

/** "d" as a number: exact for what a size or an offset can be; NaN never. */
export function u64Of(lo: number, hi: number): number {
  return (hi >>> 0) * 2 ** 32 + (lo >>> 0);
}
