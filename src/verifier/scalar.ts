/**
 * What each ALU operation does to the ranges of a scalar: `d` becomes d op s. The tnum is the caller's business where a
 * function does not say so, and so is the final syncBounds. Source: kernel/bpf/verifier.c, scalar_min_max_* and
 * scalar32_min_max_*.
 */
import { updateBounds, updateBounds32 } from "./bounds.ts";
import {
  isConst,
  isConst32,
  MASK,
  markKnown,
  S32MAX,
  S32MIN,
  SMAX,
  SMIN,
  U32MAX,
  U32MIN,
  UMAX,
  UMIN,
  unbound32,
  unbound64,
  VAL,
  type Words,
} from "./regs.ts";
import { tnumArsh32, tnumArsh64, tnumLsh, tnumRsh } from "./tnum.ts";
import { mulS64, mulU64, product, slt, ult, unsigned } from "./words.ts";

const INT_MIN = -2147483648;
const INT_MAX = 2147483647;

function set64(w: Words, at: number, lo: number, hi: number): void {
  w[at] = lo;
  w[at + 1] = hi;
}

function unboundSigned64(w: Words, at: number): void {
  set64(w, at + SMIN, 0, INT_MIN);
  set64(w, at + SMAX, -1, INT_MAX);
}

function unboundUnsigned64(w: Words, at: number): void {
  set64(w, at + UMIN, 0, 0);
  set64(w, at + UMAX, -1, -1);
}

/** w[at] += (lo, hi); true where the signed sum does not fit. */
export function addS64(w: Words, at: number, lo: number, hi: number): boolean {
  const alo = w[at]!;
  const ahi = w[at + 1]!;
  const rlo = (alo + lo) | 0;
  const rhi = (ahi + hi + ((alo >>> 0) + (lo >>> 0) > 0xffffffff ? 1 : 0)) | 0;
  w[at] = rlo;
  w[at + 1] = rhi;
  return ((ahi ^ rhi) & (hi ^ rhi)) < 0;
}

/** w[at] += (lo, hi); true where the unsigned sum does not fit. */
export function addU64(w: Words, at: number, lo: number, hi: number): boolean {
  const alo = w[at]!;
  const ahi = w[at + 1]!;
  const rlo = (alo + lo) | 0;
  const rhi = (ahi + hi + ((alo >>> 0) + (lo >>> 0) > 0xffffffff ? 1 : 0)) | 0;
  w[at] = rlo;
  w[at + 1] = rhi;
  return ult(rlo, rhi, alo, ahi);
}

/** w[at] -= (lo, hi); true where the signed difference does not fit. */
export function subS64(w: Words, at: number, lo: number, hi: number): boolean {
  const alo = w[at]!;
  const ahi = w[at + 1]!;
  const rlo = (alo - lo) | 0;
  const rhi = (ahi - hi - (alo >>> 0 < lo >>> 0 ? 1 : 0)) | 0;
  w[at] = rlo;
  w[at + 1] = rhi;
  return ((ahi ^ hi) & (ahi ^ rhi)) < 0;
}

/** w[at] -= (lo, hi); true where the unsigned difference does not fit. */
export function subU64(w: Words, at: number, lo: number, hi: number): boolean {
  const alo = w[at]!;
  const ahi = w[at + 1]!;
  w[at] = (alo - lo) | 0;
  w[at + 1] = (ahi - hi - (alo >>> 0 < lo >>> 0 ? 1 : 0)) | 0;
  return ult(alo, ahi, lo, hi);
}

export function rangeAdd(d: Words, di: number, s: Words, si: number): void {
  const min32 = d[di + S32MIN]! + s[si + S32MIN]!;
  const max32 = d[di + S32MAX]! + s[si + S32MAX]!;
  if (min32 < INT_MIN || min32 > INT_MAX || max32 < INT_MIN || max32 > INT_MAX) {
    d[di + S32MIN] = INT_MIN;
    d[di + S32MAX] = INT_MAX;
  } else {
    d[di + S32MIN] = min32;
    d[di + S32MAX] = max32;
  }
  const umin32 = (d[di + U32MIN]! >>> 0) + (s[si + U32MIN]! >>> 0);
  const umax32 = (d[di + U32MAX]! >>> 0) + (s[si + U32MAX]! >>> 0);
  if (umin32 <= 0xffffffff && umax32 > 0xffffffff) {
    d[di + U32MIN] = 0;
    d[di + U32MAX] = -1;
  } else {
    d[di + U32MIN] = umin32;
    d[di + U32MAX] = umax32;
  }
  if (
    addS64(d, di + SMIN, s[si + SMIN]!, s[si + SMIN + 1]!) ||
    addS64(d, di + SMAX, s[si + SMAX]!, s[si + SMAX + 1]!)
  ) {
    unboundSigned64(d, di);
  }
  const minOver = addU64(d, di + UMIN, s[si + UMIN]!, s[si + UMIN + 1]!);
  const maxOver = addU64(d, di + UMAX, s[si + UMAX]!, s[si + UMAX + 1]!);
  if (!minOver && maxOver) unboundUnsigned64(d, di);
}

export function rangeSub(d: Words, di: number, s: Words, si: number): void {
  const min32 = d[di + S32MIN]! - s[si + S32MAX]!;
  const max32 = d[di + S32MAX]! - s[si + S32MIN]!;
  if (min32 < INT_MIN || min32 > INT_MAX || max32 < INT_MIN || max32 > INT_MAX) {
    d[di + S32MIN] = INT_MIN;
    d[di + S32MAX] = INT_MAX;
  } else {
    d[di + S32MIN] = min32;
    d[di + S32MAX] = max32;
  }
  const umin32 = (d[di + U32MIN]! >>> 0) - (s[si + U32MAX]! >>> 0);
  const umax32 = (d[di + U32MAX]! >>> 0) - (s[si + U32MIN]! >>> 0);
  if (umin32 < 0 && umax32 >= 0) {
    d[di + U32MIN] = 0;
    d[di + U32MAX] = -1;
  } else {
    d[di + U32MIN] = umin32;
    d[di + U32MAX] = umax32;
  }
  if (
    subS64(d, di + SMIN, s[si + SMAX]!, s[si + SMAX + 1]!) ||
    subS64(d, di + SMAX, s[si + SMIN]!, s[si + SMIN + 1]!)
  ) {
    unboundSigned64(d, di);
  }
  const minUnder = subU64(d, di + UMIN, s[si + UMAX]!, s[si + UMAX + 1]!);
  const maxUnder = subU64(d, di + UMAX, s[si + UMIN]!, s[si + UMIN + 1]!);
  if (minUnder && !maxUnder) unboundUnsigned64(d, di);
}

function mulRange32(d: Words, di: number, s: Words, si: number): void {
  const umax = (d[di + U32MAX]! >>> 0) * (s[si + U32MAX]! >>> 0);
  if (umax > 0xffffffff) {
    d[di + U32MIN] = 0;
    d[di + U32MAX] = -1;
  } else {
    d[di + U32MAX] = umax;
    d[di + U32MIN] = (d[di + U32MIN]! >>> 0) * (s[si + U32MIN]! >>> 0);
  }
  const a = d[di + S32MIN]! * s[si + S32MIN]!;
  const b = d[di + S32MIN]! * s[si + S32MAX]!;
  const c = d[di + S32MAX]! * s[si + S32MIN]!;
  const e = d[di + S32MAX]! * s[si + S32MAX]!;
  const min = Math.min(a, b, c, e);
  const max = Math.max(a, b, c, e);
  if (min < INT_MIN || max > INT_MAX) {
    d[di + S32MIN] = INT_MIN;
    d[di + S32MAX] = INT_MAX;
  } else {
    d[di + S32MIN] = min;
    d[di + S32MAX] = max;
  }
}

/** Smallest and largest signed product so far: low, high, low, high. */
const extremes = new Int32Array(4);

function joinProduct(first: boolean): void {
  const lo = product[0]!;
  const hi = product[1]!;
  if (first || slt(lo, hi, extremes[0]!, extremes[1]!)) {
    extremes[0] = lo;
    extremes[1] = hi;
  }
  if (first || slt(extremes[2]!, extremes[3]!, lo, hi)) {
    extremes[2] = lo;
    extremes[3] = hi;
  }
}

export function rangeMul(d: Words, di: number, s: Words, si: number): void {
  mulRange32(d, di, s, si);
  let over = mulU64(d[di + UMAX]!, d[di + UMAX + 1]!, s[si + UMAX]!, s[si + UMAX + 1]!);
  set64(d, di + UMAX, product[0]!, product[1]!);
  if (!over) {
    over = mulU64(d[di + UMIN]!, d[di + UMIN + 1]!, s[si + UMIN]!, s[si + UMIN + 1]!);
    set64(d, di + UMIN, product[0]!, product[1]!);
  }
  if (over) unboundUnsigned64(d, di);
  for (let i = 0; i < 4; i++) {
    const x = di + (i < 2 ? SMIN : SMAX);
    const y = si + ((i & 1) === 0 ? SMIN : SMAX);
    if (mulS64(d[x]!, d[x + 1]!, s[y]!, s[y + 1]!)) {
      unboundSigned64(d, di);
      return;
    }
    joinProduct(i === 0);
  }
  set64(d, di + SMIN, extremes[0]!, extremes[1]!);
  set64(d, di + SMAX, extremes[2]!, extremes[3]!);
}

/** Signed 32-bit range from the unsigned one, where that does not cross the sign. */
function signedFromUnsigned32(d: Words, di: number): void {
  if (d[di + U32MIN]! <= d[di + U32MAX]!) {
    d[di + S32MIN] = d[di + U32MIN]!;
    d[di + S32MAX] = d[di + U32MAX]!;
  } else {
    d[di + S32MIN] = INT_MIN;
    d[di + S32MAX] = INT_MAX;
  }
}

function signedFromUnsigned64(d: Words, di: number): void {
  if (!slt(d[di + UMAX]!, d[di + UMAX + 1]!, d[di + UMIN]!, d[di + UMIN + 1]!)) {
    set64(d, di + SMIN, d[di + UMIN]!, d[di + UMIN + 1]!);
    set64(d, di + SMAX, d[di + UMAX]!, d[di + UMAX + 1]!);
  } else {
    unboundSigned64(d, di);
  }
}

function known32(d: Words, di: number): void {
  const v = d[di + VAL]!;
  d[di + MASK] = 0;
  d[di + S32MIN] = v;
  d[di + S32MAX] = v;
  d[di + U32MIN] = v;
  d[di + U32MAX] = v;
}

/** The tnum of `d` is already that of the result. */
export function rangeAnd(d: Words, di: number, s: Words, si: number): void {
  if (isConst32(s, si) && isConst32(d, di)) {
    known32(d, di);
  } else {
    d[di + U32MIN] = d[di + VAL]!;
    if (s[si + U32MAX]! >>> 0 < d[di + U32MAX]! >>> 0) d[di + U32MAX] = s[si + U32MAX]!;
    signedFromUnsigned32(d, di);
  }
  if (isConst(s, si) && isConst(d, di)) {
    markKnown(d, di, d[di + VAL]!, d[di + VAL + 1]!);
    return;
  }
  set64(d, di + UMIN, d[di + VAL]!, d[di + VAL + 1]!);
  if (ult(s[si + UMAX]!, s[si + UMAX + 1]!, d[di + UMAX]!, d[di + UMAX + 1]!)) {
    set64(d, di + UMAX, s[si + UMAX]!, s[si + UMAX + 1]!);
  }
  signedFromUnsigned64(d, di);
  updateBounds(d, di);
}

/** The tnum of `d` is already that of the result. */
export function rangeOr(d: Words, di: number, s: Words, si: number): void {
  if (isConst32(s, si) && isConst32(d, di)) {
    known32(d, di);
  } else {
    if (d[di + U32MIN]! >>> 0 < s[si + U32MIN]! >>> 0) d[di + U32MIN] = s[si + U32MIN]!;
    d[di + U32MAX] = d[di + VAL]! | d[di + MASK]!;
    signedFromUnsigned32(d, di);
  }
  if (isConst(s, si) && isConst(d, di)) {
    markKnown(d, di, d[di + VAL]!, d[di + VAL + 1]!);
    return;
  }
  if (ult(d[di + UMIN]!, d[di + UMIN + 1]!, s[si + UMIN]!, s[si + UMIN + 1]!)) {
    set64(d, di + UMIN, s[si + UMIN]!, s[si + UMIN + 1]!);
  }
  set64(d, di + UMAX, d[di + VAL]! | d[di + MASK]!, d[di + VAL + 1]! | d[di + MASK + 1]!);
  signedFromUnsigned64(d, di);
  updateBounds(d, di);
}

/** The tnum of `d` is already that of the result. */
export function rangeXor(d: Words, di: number, s: Words, si: number): void {
  if (isConst32(s, si) && isConst32(d, di)) {
    known32(d, di);
  } else {
    d[di + U32MIN] = d[di + VAL]!;
    d[di + U32MAX] = d[di + VAL]! | d[di + MASK]!;
    signedFromUnsigned32(d, di);
  }
  if (isConst(s, si) && isConst(d, di)) {
    markKnown(d, di, d[di + VAL]!, d[di + VAL + 1]!);
    return;
  }
  set64(d, di + UMIN, d[di + VAL]!, d[di + VAL + 1]!);
  set64(d, di + UMAX, d[di + VAL]! | d[di + MASK]!, d[di + VAL + 1]! | d[di + MASK + 1]!);
  signedFromUnsigned64(d, di);
  updateBounds(d, di);
}

function lsh32(d: Words, di: number, shift: number): void {
  d[di + S32MIN] = INT_MIN;
  d[di + S32MAX] = INT_MAX;
  if (shift > 31 || d[di + U32MAX]! >>> 0 > 2 ** (31 - shift)) {
    d[di + U32MIN] = 0;
    d[di + U32MAX] = -1;
  } else {
    d[di + U32MIN] = d[di + U32MIN]! << shift;
    d[di + U32MAX] = d[di + U32MAX]! << shift;
  }
}

/** Shift of the low half by a constant below 32; sets the tnum; the caller zero-extends. */
export function rangeLsh32(d: Words, di: number, shift: number): void {
  lsh32(d, di, shift);
  d[di + VAL] = d[di + VAL]! << shift;
  d[di + MASK] = d[di + MASK]! << shift;
  d[di + VAL + 1] = 0;
  d[di + MASK + 1] = 0;
  unbound64(d, di);
  updateBounds32(d, di);
}

function shl64(w: Words, at: number, shift: number): void {
  const lo = w[at]!;
  const hi = w[at + 1]!;
  if (shift === 0) return;
  if (shift < 32) set64(w, at, lo << shift, (hi << shift) | (lo >>> (32 - shift)));
  else set64(w, at, 0, lo << (shift - 32));
}

function shr64(w: Words, at: number, shift: number): void {
  const lo = w[at]!;
  const hi = w[at + 1]!;
  if (shift === 0) return;
  if (shift < 32) set64(w, at, (lo >>> shift) | (hi << (32 - shift)), hi >>> shift);
  else set64(w, at, hi >>> (shift - 32), 0);
}

function sar64(w: Words, at: number, shift: number): void {
  const lo = w[at]!;
  const hi = w[at + 1]!;
  if (shift === 0) return;
  if (shift < 32) set64(w, at, (lo >>> shift) | (hi << (32 - shift)), hi >> shift);
  else set64(w, at, hi >> (shift - 32), hi >> 31);
}

/** Shift by a constant below 64; sets the tnum. */
export function rangeLsh64(d: Words, di: number, shift: number): void {
  if (shift === 32) {
    // With an arithmetic shift back: the sign extension that compilers emit.
    set64(d, di + SMAX, 0, d[di + S32MAX]!);
    set64(d, di + SMIN, 0, d[di + S32MIN]!);
  } else {
    unboundSigned64(d, di);
  }
  const limit = 63 - shift;
  const limitLo = limit < 32 ? 1 << limit : 0;
  const limitHi = limit < 32 ? 0 : 1 << (limit - 32);
  if (ult(limitLo, limitHi, d[di + UMAX]!, d[di + UMAX + 1]!)) {
    unboundUnsigned64(d, di);
  } else {
    shl64(d, di + UMIN, shift);
    shl64(d, di + UMAX, shift);
  }
  lsh32(d, di, shift);
  tnumLsh(d, di + VAL, d, di + VAL, shift);
  updateBounds(d, di);
}

/** Shift of the low half by a constant below 32; sets the tnum; the caller zero-extends. */
export function rangeRsh32(d: Words, di: number, shift: number): void {
  d[di + S32MIN] = INT_MIN;
  d[di + S32MAX] = INT_MAX;
  d[di + VAL] = d[di + VAL]! >>> shift;
  d[di + MASK] = d[di + MASK]! >>> shift;
  d[di + VAL + 1] = 0;
  d[di + MASK + 1] = 0;
  d[di + U32MIN] = d[di + U32MIN]! >>> shift;
  d[di + U32MAX] = d[di + U32MAX]! >>> shift;
  unbound64(d, di);
  updateBounds32(d, di);
}

/** Shift by a constant below 64; sets the tnum. */
export function rangeRsh64(d: Words, di: number, shift: number): void {
  unboundSigned64(d, di);
  tnumRsh(d, di + VAL, d, di + VAL, shift);
  shr64(d, di + UMIN, shift);
  shr64(d, di + UMAX, shift);
  unbound32(d, di);
  updateBounds(d, di);
}

/** Shift of the low half by a constant below 32; sets the tnum; the caller zero-extends. */
export function rangeArsh32(d: Words, di: number, shift: number): void {
  d[di + S32MIN] = d[di + S32MIN]! >> shift;
  d[di + S32MAX] = d[di + S32MAX]! >> shift;
  tnumArsh32(d, di + VAL, d, di + VAL, shift);
  d[di + U32MIN] = 0;
  d[di + U32MAX] = -1;
  unbound64(d, di);
  updateBounds32(d, di);
}

/** Shift by a constant below 64; sets the tnum. */
export function rangeArsh64(d: Words, di: number, shift: number): void {
  sar64(d, di + SMIN, shift);
  sar64(d, di + SMAX, shift);
  tnumArsh64(d, di + VAL, d, di + VAL, shift);
  unboundUnsigned64(d, di);
  unbound32(d, di);
  updateBounds(d, di);
}

/** The shift amount is one constant below `bits`. */
export function isSafeShift(s: Words, si: number, bits: number): boolean {
  if (unsigned(s[si + UMAX]!, s[si + UMAX + 1]!) >= bits) return false;
  if (bits === 32) return isConst32(s, si) && s[si + S32MIN] === s[si + S32MAX] && s[si + U32MIN] === s[si + U32MAX];
  return (
    isConst(s, si) &&
    s[si + SMIN] === s[si + SMAX] &&
    s[si + SMIN + 1] === s[si + SMAX + 1] &&
    s[si + UMIN] === s[si + UMAX] &&
    s[si + UMIN + 1] === s[si + UMAX + 1]
  );
}
