/** What a register's words say of a value, on BigInt: slow and plain. */
import {
  MASK,
  S32MAX,
  S32MIN,
  SMAX,
  SMIN,
  U32MAX,
  U32MIN,
  UMAX,
  UMIN,
  VAL,
  type Words,
} from "../../src/verifier/regs.ts";

export function u64(w: Words, i: number): bigint {
  return (BigInt(w[i + 1]! >>> 0) << 32n) | BigInt(w[i]! >>> 0);
}

export function putU64(w: Words, i: number, value: bigint): void {
  w[i] = Number(BigInt.asIntN(32, value));
  w[i + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** "" where `value` is one that the register at word `at` may hold, else the part that excludes it. */
export function excludes(w: Words, at: number, value: bigint): string {
  const x = BigInt.asUintN(64, value);
  const s = BigInt.asIntN(64, x);
  const lo = Number(BigInt.asUintN(32, x));
  if ((x & ~u64(w, at + MASK)) !== u64(w, at + VAL)) return "tnum";
  if (x < u64(w, at + UMIN) || x > u64(w, at + UMAX)) return "u64";
  if (s < BigInt.asIntN(64, u64(w, at + SMIN)) || s > BigInt.asIntN(64, u64(w, at + SMAX))) return "s64";
  if (lo < w[at + U32MIN]! >>> 0 || lo > w[at + U32MAX]! >>> 0) return "u32";
  if ((lo | 0) < w[at + S32MIN]! || (lo | 0) > w[at + S32MAX]!) return "s32";
  return "";
}
