/**
 * The range domain of a scalar: one tnum and four ranges (u64, s64, u32, s32) that sharpen each other. The order in which
 * they do is the kernel's, step by step: states are pruned by comparing ranges, so a sharper or blunter result than the
 * kernel's changes which paths are walked. Source: kernel/bpf/verifier.c, reg_bounds_sync and what it calls.
 */
import {
  MASK,
  S32MAX,
  S32MIN,
  SMAX,
  SMIN,
  setConst,
  U32MAX,
  U32MIN,
  UMAX,
  UMIN,
  unbound32,
  VAL,
  type Words,
} from "./regs.ts";
import { tnumCast, tnumConst, tnumIntersect, tnumRange, tnumStep } from "./tnum.ts";
import { slt, ult } from "./words.ts";

const INT_MIN = -2147483648;
const INT_MAX = 2147483647;

/** Scratch for a tnum or two. */
const t = new Int32Array(8);

function raiseU64(w: Words, at: number, lo: number, hi: number): void {
  if (ult(w[at]!, w[at + 1]!, lo, hi)) {
    w[at] = lo;
    w[at + 1] = hi;
  }
}

function lowerU64(w: Words, at: number, lo: number, hi: number): void {
  if (ult(lo, hi, w[at]!, w[at + 1]!)) {
    w[at] = lo;
    w[at + 1] = hi;
  }
}

function raiseS64(w: Words, at: number, lo: number, hi: number): void {
  if (slt(w[at]!, w[at + 1]!, lo, hi)) {
    w[at] = lo;
    w[at + 1] = hi;
  }
}

function lowerS64(w: Words, at: number, lo: number, hi: number): void {
  if (slt(lo, hi, w[at]!, w[at + 1]!)) {
    w[at] = lo;
    w[at + 1] = hi;
  }
}

function raiseU32(w: Words, at: number, v: number): void {
  if (w[at]! >>> 0 < v >>> 0) w[at] = v;
}

function lowerU32(w: Words, at: number, v: number): void {
  if (v >>> 0 < w[at]! >>> 0) w[at] = v;
}

function raiseS32(w: Words, at: number, v: number): void {
  if (w[at]! < v) w[at] = v;
}

function lowerS32(w: Words, at: number, v: number): void {
  if (v < w[at]!) w[at] = v;
}

/** 32-bit ranges learn from the tnum. */
export function updateBounds32(w: Words, at: number): void {
  const v = w[at + VAL]!;
  const m = w[at + MASK]!;
  raiseS32(w, at + S32MIN, v | (m & INT_MIN));
  lowerS32(w, at + S32MAX, v | (m & INT_MAX));
  raiseU32(w, at + U32MIN, v);
  lowerU32(w, at + U32MAX, v | m);
}

/** All ranges learn from the tnum. */
export function updateBounds(w: Words, at: number): void {
  updateBounds32(w, at);
  const lo = w[at + VAL]!;
  const hi = w[at + VAL + 1]!;
  const mlo = w[at + MASK]!;
  const mhi = w[at + MASK + 1]!;
  raiseS64(w, at + SMIN, lo, hi | (mhi & INT_MIN));
  lowerS64(w, at + SMAX, lo | mlo, hi | (mhi & INT_MAX));
  raiseU64(w, at + UMIN, lo, hi);
  lowerU64(w, at + UMAX, lo | mlo, hi | mhi);
  findSingle(w, at);
}

/** The tnum and the unsigned range may have only one value in common. */
function findSingle(w: Words, at: number): void {
  const lo = w[at + UMIN]!;
  const hi = w[at + UMIN + 1]!;
  const maxLo = w[at + UMAX]!;
  const maxHi = w[at + UMAX + 1]!;
  tnumStep(t, 0, w, at + VAL, lo, hi);
  const minIsMember = (lo & ~w[at + MASK]!) === w[at + VAL] && (hi & ~w[at + MASK + 1]!) === w[at + VAL + 1];
  if (minIsMember) {
    if (ult(maxLo, maxHi, t[0]!, t[1]!)) setConst(w, at, lo, hi);
    return;
  }
  const isLast = t[0] === (w[at + VAL]! | w[at + MASK]!) && t[1] === (w[at + VAL + 1]! | w[at + MASK + 1]!);
  if (!isLast) {
    if (ult(maxLo, maxHi, t[0]!, t[1]!)) return;
    tnumStep(t, 2, w, at + VAL, t[0]!, t[1]!);
    if (!ult(maxLo, maxHi, t[2]!, t[3]!)) return;
  }
  setConst(w, at, t[0]!, t[1]!);
}

/** 32-bit ranges learn from the 64-bit ones and from each other. */
function deduce32(w: Words, at: number): void {
  const uminLo = w[at + UMIN]!;
  const uminHi = w[at + UMIN + 1]!;
  const umaxLo = w[at + UMAX]!;
  const umaxHi = w[at + UMAX + 1]!;
  const sminLo = w[at + SMIN]!;
  const sminHi = w[at + SMIN + 1]!;
  const smaxLo = w[at + SMAX]!;
  const smaxHi = w[at + SMAX + 1]!;
  if (uminHi === umaxHi) {
    raiseU32(w, at + U32MIN, uminLo);
    lowerU32(w, at + U32MAX, umaxLo);
    if (uminLo <= umaxLo) {
      raiseS32(w, at + S32MIN, uminLo);
      lowerS32(w, at + S32MAX, umaxLo);
    }
  }
  if (sminHi === smaxHi) {
    if (sminLo >>> 0 <= smaxLo >>> 0) {
      raiseU32(w, at + U32MIN, sminLo);
      lowerU32(w, at + U32MAX, smaxLo);
    }
    if (sminLo <= smaxLo) {
      raiseS32(w, at + S32MIN, sminLo);
      lowerS32(w, at + S32MAX, smaxLo);
    }
  }
  if (((uminHi + 1) | 0) === umaxHi && uminLo < 0 && umaxLo >= 0) {
    raiseS32(w, at + S32MIN, uminLo);
    lowerS32(w, at + S32MAX, umaxLo);
  }
  if (((sminHi + 1) | 0) === smaxHi && sminLo < 0 && smaxLo >= 0) {
    raiseS32(w, at + S32MIN, sminLo);
    lowerS32(w, at + S32MAX, smaxLo);
  }
  if (w[at + U32MIN]! <= w[at + U32MAX]!) {
    raiseS32(w, at + S32MIN, w[at + U32MIN]!);
    lowerS32(w, at + S32MAX, w[at + U32MAX]!);
  }
  if (w[at + S32MIN]! >>> 0 <= w[at + S32MAX]! >>> 0) {
    raiseU32(w, at + U32MIN, w[at + S32MIN]!);
    lowerU32(w, at + U32MAX, w[at + S32MAX]!);
  } else if (w[at + U32MAX]! >>> 0 < w[at + S32MIN]! >>> 0) {
    // The signed range wraps in unsigned terms, and only its non-negative part meets the unsigned range.
    w[at + S32MIN] = w[at + U32MIN]!;
    lowerU32(w, at + U32MAX, w[at + S32MAX]!);
  } else if (w[at + S32MAX]! >>> 0 < w[at + U32MIN]! >>> 0) {
    // Only its negative part does.
    w[at + S32MAX] = w[at + U32MAX]!;
    raiseU32(w, at + U32MIN, w[at + S32MIN]!);
  }
}

/** 64-bit ranges learn from each other. */
function deduce64(w: Words, at: number): void {
  if (!slt(w[at + UMAX]!, w[at + UMAX + 1]!, w[at + UMIN]!, w[at + UMIN + 1]!)) {
    raiseS64(w, at + SMIN, w[at + UMIN]!, w[at + UMIN + 1]!);
    lowerS64(w, at + SMAX, w[at + UMAX]!, w[at + UMAX + 1]!);
  }
  const sminLo = w[at + SMIN]!;
  const sminHi = w[at + SMIN + 1]!;
  const smaxLo = w[at + SMAX]!;
  const smaxHi = w[at + SMAX + 1]!;
  if (!ult(smaxLo, smaxHi, sminLo, sminHi)) {
    raiseU64(w, at + UMIN, sminLo, sminHi);
    lowerU64(w, at + UMAX, smaxLo, smaxHi);
  } else if (ult(w[at + UMAX]!, w[at + UMAX + 1]!, sminLo, sminHi)) {
    // The signed range wraps in unsigned terms, and only its non-negative part meets the unsigned range.
    w[at + SMIN] = w[at + UMIN]!;
    w[at + SMIN + 1] = w[at + UMIN + 1]!;
    lowerU64(w, at + UMAX, smaxLo, smaxHi);
  } else if (ult(smaxLo, smaxHi, w[at + UMIN]!, w[at + UMIN + 1]!)) {
    // Only its negative part does.
    w[at + SMAX] = w[at + UMAX]!;
    w[at + SMAX + 1] = w[at + UMAX + 1]!;
    raiseU64(w, at + UMIN, sminLo, sminHi);
  }
}

/** 64-bit ranges learn from the 32-bit ones. */
function deduceMixed(w: Words, at: number): void {
  const umin32 = w[at + U32MIN]!;
  const umax32 = w[at + U32MAX]!;
  raiseU64(w, at + UMIN, umin32, w[at + UMIN + 1]!);
  lowerU64(w, at + UMAX, umax32, w[at + UMAX + 1]!);
  raiseS64(w, at + SMIN, umin32, w[at + SMIN + 1]!);
  lowerS64(w, at + SMAX, umax32, w[at + SMAX + 1]!);
  const smin32 = w[at + S32MIN]!;
  if (smin32 < 0) return;
  const sminHi = w[at + SMIN + 1]!;
  const smaxHi = w[at + SMAX + 1]!;
  if (sminHi < -1 || (sminHi === -1 && w[at + SMIN]! >= 0)) return;
  if (smaxHi > 0 || (smaxHi === 0 && w[at + SMAX]! < 0)) return;
  // A load of 32 bits or a sign extension: the upper half is known to be zero.
  const smax32 = w[at + S32MAX]!;
  w[at + SMIN] = smin32;
  w[at + SMIN + 1] = 0;
  w[at + SMAX] = smax32;
  w[at + SMAX + 1] = smax32 >> 31;
  w[at + UMIN] = smin32;
  w[at + UMIN + 1] = 0;
  w[at + UMAX] = smax32;
  w[at + UMAX + 1] = smax32 >> 31;
  tnumRange(t, 0, smin32, 0, smax32, smax32 >> 31);
  tnumIntersect(w, at + VAL, w, at + VAL, t, 0);
}

/** The tnum learns from the unsigned ranges. */
function boundOffset(w: Words, at: number): void {
  tnumRange(t, 0, w[at + UMIN]!, w[at + UMIN + 1]!, w[at + UMAX]!, w[at + UMAX + 1]!);
  tnumIntersect(t, 0, w, at + VAL, t, 0);
  tnumRange(t, 4, w[at + U32MIN]!, 0, w[at + U32MAX]!, 0);
  // Low halves of both; the upper half of the second is zero on either side.
  const v = t[0]! | t[4]!;
  const m = t[2]! & t[6]!;
  w[at + VAL] = v & ~m;
  w[at + MASK] = m;
  w[at + VAL + 1] = t[1]!;
  w[at + MASK + 1] = t[3]!;
}

/** Lets the tnum and the four ranges sharpen each other, as often and in the order that the kernel does. */
export function syncBounds(w: Words, at: number): void {
  updateBounds(w, at);
  deduce32(w, at);
  deduce64(w, at);
  deduceMixed(w, at);
  deduce32(w, at);
  deduce64(w, at);
  deduceMixed(w, at);
  deduce32(w, at);
  deduce64(w, at);
  deduceMixed(w, at);
  boundOffset(w, at);
  updateBounds(w, at);
}

/** null, or what contradicts itself. */
export function boundsViolation(w: Words, at: number): string | null {
  if (
    ult(w[at + UMAX]!, w[at + UMAX + 1]!, w[at + UMIN]!, w[at + UMIN + 1]!) ||
    slt(w[at + SMAX]!, w[at + SMAX + 1]!, w[at + SMIN]!, w[at + SMIN + 1]!) ||
    w[at + U32MIN]! >>> 0 > w[at + U32MAX]! >>> 0 ||
    w[at + S32MIN]! > w[at + S32MAX]!
  ) {
    return "range bounds violation";
  }
  if (w[at + MASK] !== 0) return null;
  const lo = w[at + VAL]!;
  if (w[at + MASK + 1] === 0) {
    const hi = w[at + VAL + 1]!;
    if (
      w[at + UMIN] !== lo ||
      w[at + UMIN + 1] !== hi ||
      w[at + UMAX] !== lo ||
      w[at + UMAX + 1] !== hi ||
      w[at + SMIN] !== lo ||
      w[at + SMIN + 1] !== hi ||
      w[at + SMAX] !== lo ||
      w[at + SMAX + 1] !== hi
    ) {
      return "const tnum out of sync with range bounds";
    }
  }
  if (w[at + U32MIN] !== lo || w[at + U32MAX] !== lo || w[at + S32MIN] !== lo || w[at + S32MAX] !== lo) {
    return "const subreg tnum out of sync with range bounds";
  }
  return null;
}

/** The 64-bit ranges become those of the zero-extended low half. */
function assign32Into64(w: Words, at: number): void {
  w[at + UMIN] = w[at + U32MIN]!;
  w[at + UMIN + 1] = 0;
  w[at + UMAX] = w[at + U32MAX]!;
  w[at + UMAX + 1] = 0;
  if (w[at + S32MIN]! >= 0 && w[at + S32MAX]! >= 0) {
    w[at + SMIN] = w[at + S32MIN]!;
    w[at + SMIN + 1] = 0;
    w[at + SMAX] = w[at + S32MAX]!;
    w[at + SMAX + 1] = 0;
  } else {
    w[at + SMIN] = 0;
    w[at + SMIN + 1] = 0;
    w[at + SMAX] = -1;
    w[at + SMAX + 1] = 0;
  }
}

/** After a 32-bit operation: the upper half is zero. */
export function zeroExtend32(w: Words, at: number): void {
  w[at + VAL + 1] = 0;
  w[at + MASK + 1] = 0;
  assign32Into64(w, at);
}

/** After a load of 1, 2 or 4 bytes. */
export function truncateToSize(w: Words, at: number, size: number): void {
  tnumCast(w, at + VAL, w, at + VAL, size);
  const keep = size === 4 ? -1 : size === 2 ? 0xffff : 0xff;
  if (w[at + UMIN + 1] === w[at + UMAX + 1] && (w[at + UMIN]! & ~keep) === (w[at + UMAX]! & ~keep)) {
    w[at + UMIN] = w[at + UMIN]! & keep;
    w[at + UMAX] = w[at + UMAX]! & keep;
  } else {
    w[at + UMIN] = 0;
    w[at + UMAX] = keep;
  }
  w[at + UMIN + 1] = 0;
  w[at + UMAX + 1] = 0;
  w[at + SMIN] = w[at + UMIN]!;
  w[at + SMIN + 1] = 0;
  w[at + SMAX] = w[at + UMAX]!;
  w[at + SMAX + 1] = 0;
  if (size < 4) unbound32(w, at);
  syncBounds(w, at);
}

function signExtend(v: number, size: number): number {
  return size === 1 ? (v << 24) >> 24 : size === 2 ? (v << 16) >> 16 : v;
}

/** After a sign extension of 1, 2 or 4 bytes to 64 bits. */
export function signExtendToSize(w: Words, at: number, size: number): void {
  if (w[at + MASK] === 0 && w[at + MASK + 1] === 0) {
    const v = signExtend(w[at + VAL]!, size);
    w[at + VAL] = v;
    w[at + VAL + 1] = v >> 31;
    for (let f = SMIN; f <= UMAX; f += 2) {
      w[at + f] = v;
      w[at + f + 1] = v >> 31;
    }
    for (let f = S32MIN; f <= U32MAX; f++) w[at + f] = v;
    return;
  }
  const cut = size === 4 ? 0 : size === 2 ? ~0xffff : ~0xff;
  if (w[at + SMAX + 1] === w[at + SMIN + 1] && (w[at + SMAX]! & cut) === (w[at + SMIN]! & cut)) {
    const a = signExtend(w[at + SMAX]!, size);
    const b = signExtend(w[at + SMIN]!, size);
    const max = Math.max(a, b);
    const min = Math.min(a, b);
    if (max >= 0 === min >= 0) {
      setSigned64(w, at, min, max);
      w[at + S32MIN] = min;
      w[at + S32MAX] = max;
      w[at + U32MIN] = min;
      w[at + U32MAX] = max;
      w[at + UMIN] = min;
      w[at + UMIN + 1] = min >> 31;
      w[at + UMAX] = max;
      w[at + UMAX + 1] = max >> 31;
      tnumRange(w, at + VAL, min, min >> 31, max, max >> 31);
      return;
    }
  }
  const min = size === 1 ? -128 : size === 2 ? -32768 : INT_MIN;
  const max = -1 - min;
  setSigned64(w, at, min, max);
  w[at + S32MIN] = min;
  w[at + S32MAX] = max;
  w[at + UMIN] = 0;
  w[at + UMIN + 1] = 0;
  w[at + UMAX] = -1;
  w[at + UMAX + 1] = -1;
  w[at + U32MIN] = 0;
  w[at + U32MAX] = -1;
  w[at + VAL] = 0;
  w[at + VAL + 1] = 0;
  w[at + MASK] = -1;
  w[at + MASK + 1] = -1;
}

function setSigned64(w: Words, at: number, min: number, max: number): void {
  w[at + SMIN] = min;
  w[at + SMIN + 1] = min >> 31;
  w[at + SMAX] = max;
  w[at + SMAX + 1] = max >> 31;
}

/** After a sign extension of 1 or 2 bytes to 32 bits: only the 32-bit ranges and the tnum; the caller zero-extends. */
export function signExtendToSize32(w: Words, at: number, size: number): void {
  if (w[at + MASK] === 0 && w[at + MASK + 1] === 0) {
    const v = signExtend(w[at + VAL]!, size);
    tnumConst(w, at + VAL, v, v >> 31);
    for (let f = S32MIN; f <= U32MAX; f++) w[at + f] = v;
    return;
  }
  const cut = size === 2 ? ~0xffff : ~0xff;
  if ((w[at + S32MAX]! & cut) === (w[at + S32MIN]! & cut)) {
    const a = signExtend(w[at + S32MAX]!, size);
    const b = signExtend(w[at + S32MIN]!, size);
    const max = Math.max(a, b);
    const min = Math.min(a, b);
    if (min >= 0 === max >= 0) {
      w[at + S32MIN] = min;
      w[at + S32MAX] = max;
      w[at + U32MIN] = min;
      w[at + U32MAX] = max;
      tnumRange(w, at + VAL, min, min >> 31, max, max >> 31);
      w[at + VAL + 1] = 0;
      w[at + MASK + 1] = 0;
      return;
    }
  }
  const min = size === 1 ? -128 : -32768;
  w[at + S32MIN] = min;
  w[at + S32MAX] = -1 - min;
  w[at + U32MIN] = 0;
  w[at + U32MAX] = -1;
  w[at + VAL] = 0;
  w[at + VAL + 1] = 0;
  w[at + MASK] = -1;
  w[at + MASK + 1] = 0;
}

/** Every value that `b` allows, `a` allows too (ranges only). */
export function rangeWithin(a: Words, ai: number, b: Words, bi: number): boolean {
  return (
    !ult(b[bi + UMIN]!, b[bi + UMIN + 1]!, a[ai + UMIN]!, a[ai + UMIN + 1]!) &&
    !ult(a[ai + UMAX]!, a[ai + UMAX + 1]!, b[bi + UMAX]!, b[bi + UMAX + 1]!) &&
    !slt(b[bi + SMIN]!, b[bi + SMIN + 1]!, a[ai + SMIN]!, a[ai + SMIN + 1]!) &&
    !slt(a[ai + SMAX]!, a[ai + SMAX + 1]!, b[bi + SMAX]!, b[bi + SMAX + 1]!) &&
    a[ai + U32MIN]! >>> 0 <= b[bi + U32MIN]! >>> 0 &&
    a[ai + U32MAX]! >>> 0 >= b[bi + U32MAX]! >>> 0 &&
    a[ai + S32MIN]! <= b[bi + S32MIN]! &&
    a[ai + S32MAX]! >= b[bi + S32MAX]!
  );
}
