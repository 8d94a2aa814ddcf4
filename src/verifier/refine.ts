/**
 * What a comparison says about two scalars: whether it is decided already, and what each side learns where it holds.
 * Source: kernel/bpf/verifier.c, is_scalar_branch_taken, regs_refine_cond_op.
 */
import { syncBounds } from "./bounds.ts";
import {
  isConst,
  isConst32,
  MASK,
  S32MAX,
  S32MIN,
  SMAX,
  SMIN,
  U32MAX,
  U32MIN,
  UMAX,
  UMIN,
  unbound,
  VAL,
  type Words,
} from "./regs.ts";
import { tnumIntersect, tnumOverlap } from "./tnum.ts";
import { slt, ult } from "./words.ts";

// Jump operations: the high four bits of the opcode, with BPF_X for "JSET is false".
export const JEQ = 0x10;
export const JGT = 0x20;
export const JGE = 0x30;
export const JSET = 0x40;
export const JNE = 0x50;
export const JSGT = 0x60;
export const JSGE = 0x70;
export const JLT = 0xa0;
export const JLE = 0xb0;
export const JSLT = 0xc0;
export const JSLE = 0xd0;
const NOT_JSET = 0x48;

/** The operation with its operands swapped. */
export function flipOp(op: number): number {
  switch (op) {
    case 0x20:
      return JLT;
    case 0x30:
      return JLE;
    case 0xa0:
      return JGT;
    case 0xb0:
      return JGE;
    case 0x60:
      return JSLT;
    case 0x70:
      return JSLE;
    case 0xc0:
      return JSGT;
    case 0xd0:
      return JSGE;
    default:
      return op;
  }
}

/** The operation that holds where this one does not. */
export function reverseOp(op: number): number {
  switch (op) {
    case 0x10:
      return JNE;
    case 0x50:
      return JEQ;
    case 0x40:
      return NOT_JSET;
    case 0x48:
      return JSET;
    case 0x30:
      return JLT;
    case 0x20:
      return JLE;
    case 0xb0:
      return JGT;
    case 0xa0:
      return JGE;
    case 0x70:
      return JSLT;
    case 0x60:
      return JSLE;
    case 0xd0:
      return JSGT;
    default:
      return JSGE;
  }
}

/** Largest of a is below smallest of b, unsigned. */
function below(a: Words, ai: number, b: Words, bi: number, is32: boolean): boolean {
  if (is32) return a[ai + U32MAX]! >>> 0 < b[bi + U32MIN]! >>> 0;
  return ult(a[ai + UMAX]!, a[ai + UMAX + 1]!, b[bi + UMIN]!, b[bi + UMIN + 1]!);
}

/** Largest of a is at most smallest of b, unsigned. */
function atMost(a: Words, ai: number, b: Words, bi: number, is32: boolean): boolean {
  if (is32) return a[ai + U32MAX]! >>> 0 <= b[bi + U32MIN]! >>> 0;
  return !ult(b[bi + UMIN]!, b[bi + UMIN + 1]!, a[ai + UMAX]!, a[ai + UMAX + 1]!);
}

function belowSigned(a: Words, ai: number, b: Words, bi: number, is32: boolean): boolean {
  if (is32) return a[ai + S32MAX]! < b[bi + S32MIN]!;
  return slt(a[ai + SMAX]!, a[ai + SMAX + 1]!, b[bi + SMIN]!, b[bi + SMIN + 1]!);
}

function atMostSigned(a: Words, ai: number, b: Words, bi: number, is32: boolean): boolean {
  if (is32) return a[ai + S32MAX]! <= b[bi + S32MIN]!;
  return !slt(b[bi + SMIN]!, b[bi + SMIN + 1]!, a[ai + SMAX]!, a[ai + SMAX + 1]!);
}

/** 1 equal, 0 different, -1 unknown. */
function equality(a: Words, ai: number, b: Words, bi: number, is32: boolean): number {
  if (is32) {
    if (isConst32(a, ai) && isConst32(b, bi)) return a[ai + VAL] === b[bi + VAL] ? 1 : 0;
    const mu = ~a[ai + MASK]! & ~b[bi + MASK]!;
    if (((a[ai + VAL]! ^ b[bi + VAL]!) & mu) !== 0) return 0;
  } else {
    if (isConst(a, ai) && isConst(b, bi)) {
      return a[ai + VAL] === b[bi + VAL] && a[ai + VAL + 1] === b[bi + VAL + 1] ? 1 : 0;
    }
    if (!tnumOverlap(a, ai + VAL, b, bi + VAL)) return 0;
  }
  if (below(b, bi, a, ai, is32) || below(a, ai, b, bi, is32)) return 0;
  if (belowSigned(b, bi, a, ai, is32) || belowSigned(a, ai, b, bi, is32)) return 0;
  if (!is32) {
    if (below(b, bi, a, ai, true) || below(a, ai, b, bi, true)) return 0;
    if (belowSigned(b, bi, a, ai, true) || belowSigned(a, ai, b, bi, true)) return 0;
  }
  return -1;
}

function anyBit(a: Words, ai: number, b: Words, bi: number, is32: boolean): number {
  const konst = is32 ? isConst32 : isConst;
  let x = a;
  let xi = ai;
  let y = b;
  let yi = bi;
  if (!konst(b, bi)) {
    x = b;
    xi = bi;
    y = a;
    yi = ai;
  }
  if (!konst(y, yi)) return -1;
  const lo = y[yi + VAL]!;
  const hi = is32 ? 0 : y[yi + VAL + 1]!;
  const known = (~x[xi + MASK]! & x[xi + VAL]! & lo) | (~x[xi + MASK + 1]! & x[xi + VAL + 1]! & hi);
  if (known !== 0) return 1;
  const maybe = ((x[xi + MASK]! | x[xi + VAL]!) & lo) | ((x[xi + MASK + 1]! | x[xi + VAL + 1]!) & hi);
  return maybe === 0 ? 0 : -1;
}

/** 1 where "a op b" always holds, 0 where it never does, -1 otherwise. */
export function scalarBranch(op: number, a: Words, ai: number, b: Words, bi: number, is32: boolean): number {
  switch (op) {
    case 0x10:
      return equality(a, ai, b, bi, is32);
    case 0x50: {
      const equal = equality(a, ai, b, bi, is32);
      return equal < 0 ? -1 : 1 - equal;
    }
    case 0x40:
      return anyBit(a, ai, b, bi, is32);
    case 0x20: // a > b
      return below(b, bi, a, ai, is32) ? 1 : atMost(a, ai, b, bi, is32) ? 0 : -1;
    case 0xa0: // a < b
      return below(a, ai, b, bi, is32) ? 1 : atMost(b, bi, a, ai, is32) ? 0 : -1;
    case 0x30: // a >= b
      return atMost(b, bi, a, ai, is32) ? 1 : below(a, ai, b, bi, is32) ? 0 : -1;
    case 0xb0: // a <= b
      return atMost(a, ai, b, bi, is32) ? 1 : below(b, bi, a, ai, is32) ? 0 : -1;
    case 0x60:
      return belowSigned(b, bi, a, ai, is32) ? 1 : atMostSigned(a, ai, b, bi, is32) ? 0 : -1;
    case 0xc0:
      return belowSigned(a, ai, b, bi, is32) ? 1 : atMostSigned(b, bi, a, ai, is32) ? 0 : -1;
    case 0x70:
      return atMostSigned(b, bi, a, ai, is32) ? 1 : belowSigned(a, ai, b, bi, is32) ? 0 : -1;
    case 0xd0:
      return atMostSigned(a, ai, b, bi, is32) ? 1 : belowSigned(b, bi, a, ai, is32) ? 0 : -1;
    default:
      return -1;
  }
}

function copy2(d: Words, di: number, s: Words, si: number): void {
  d[di] = s[si]!;
  d[di + 1] = s[si + 1]!;
}

function refineEqual(a: Words, ai: number, b: Words, bi: number, is32: boolean): void {
  if (is32) {
    if (a[ai + U32MIN]! >>> 0 < b[bi + U32MIN]! >>> 0) a[ai + U32MIN] = b[bi + U32MIN]!;
    if (b[bi + U32MAX]! >>> 0 < a[ai + U32MAX]! >>> 0) a[ai + U32MAX] = b[bi + U32MAX]!;
    if (a[ai + S32MIN]! < b[bi + S32MIN]!) a[ai + S32MIN] = b[bi + S32MIN]!;
    if (b[bi + S32MAX]! < a[ai + S32MAX]!) a[ai + S32MAX] = b[bi + S32MAX]!;
    for (let f = S32MIN; f <= U32MAX; f++) b[bi + f] = a[ai + f]!;
    const v = a[ai + VAL]! | b[bi + VAL]!;
    const m = a[ai + MASK]! & b[bi + MASK]!;
    a[ai + VAL] = v & ~m;
    a[ai + MASK] = m;
    b[bi + VAL] = v & ~m;
    b[bi + MASK] = m;
    return;
  }
  if (ult(a[ai + UMIN]!, a[ai + UMIN + 1]!, b[bi + UMIN]!, b[bi + UMIN + 1]!)) copy2(a, ai + UMIN, b, bi + UMIN);
  if (ult(b[bi + UMAX]!, b[bi + UMAX + 1]!, a[ai + UMAX]!, a[ai + UMAX + 1]!)) copy2(a, ai + UMAX, b, bi + UMAX);
  if (slt(a[ai + SMIN]!, a[ai + SMIN + 1]!, b[bi + SMIN]!, b[bi + SMIN + 1]!)) copy2(a, ai + SMIN, b, bi + SMIN);
  if (slt(b[bi + SMAX]!, b[bi + SMAX + 1]!, a[ai + SMAX]!, a[ai + SMAX + 1]!)) copy2(a, ai + SMAX, b, bi + SMAX);
  for (let f = SMIN; f < UMAX + 2; f++) b[bi + f] = a[ai + f]!;
  tnumIntersect(a, ai + VAL, a, ai + VAL, b, bi + VAL);
  for (let f = VAL; f < VAL + 4; f++) b[bi + f] = a[ai + f]!;
}

/** Adds `step` (1 or -1) to a 64-bit field. */
function step64(w: Words, at: number, step: number): void {
  const lo = w[at]!;
  w[at] = lo + step;
  if (step > 0 ? lo === -1 : lo === 0) w[at + 1] = w[at + 1]! + step;
}

function refineUnequal(a: Words, ai: number, b: Words, bi: number, is32: boolean): void {
  const lo = b[bi + VAL]!;
  if (is32) {
    if (a[ai + U32MIN] === lo) a[ai + U32MIN] = lo + 1;
    if (a[ai + U32MAX] === lo) a[ai + U32MAX] = lo - 1;
    if (a[ai + S32MIN] === lo) a[ai + S32MIN] = lo + 1;
    if (a[ai + S32MAX] === lo) a[ai + S32MAX] = lo - 1;
    return;
  }
  const hi = b[bi + VAL + 1]!;
  if (a[ai + UMIN] === lo && a[ai + UMIN + 1] === hi) step64(a, ai + UMIN, 1);
  if (a[ai + UMAX] === lo && a[ai + UMAX + 1] === hi) step64(a, ai + UMAX, -1);
  if (a[ai + SMIN] === lo && a[ai + SMIN + 1] === hi) step64(a, ai + SMIN, 1);
  if (a[ai + SMAX] === lo && a[ai + SMAX + 1] === hi) step64(a, ai + SMAX, -1);
}

function isPowerOf2(lo: number, hi: number): boolean {
  if (lo !== 0 && hi !== 0) return false;
  const v = lo !== 0 ? lo : hi;
  return v !== 0 && (v & (v - 1)) === 0;
}

/** a & b != 0: a single bit is known to be set. */
function refineBitSet(a: Words, ai: number, b: Words, bi: number, is32: boolean): void {
  const lo = b[bi + VAL]!;
  const hi = is32 ? 0 : b[bi + VAL + 1]!;
  if (!isPowerOf2(lo, hi)) return;
  a[ai + VAL] = a[ai + VAL]! | lo;
  a[ai + MASK] = a[ai + MASK]! & ~lo;
  if (is32) return;
  a[ai + VAL + 1] = a[ai + VAL + 1]! | hi;
  a[ai + MASK + 1] = a[ai + MASK + 1]! & ~hi;
}

/** a & b == 0: those bits are known to be clear. The ranges are forgotten first, as in the kernel. */
function refineBitsClear(a: Words, ai: number, b: Words, bi: number, is32: boolean): void {
  const lo = b[bi + VAL]!;
  unbound(a, ai);
  a[ai + VAL] = a[ai + VAL]! & ~lo;
  a[ai + MASK] = a[ai + MASK]! & ~lo;
  if (is32) return;
  const hi = b[bi + VAL + 1]!;
  a[ai + VAL + 1] = a[ai + VAL + 1]! & ~hi;
  a[ai + MASK + 1] = a[ai + MASK + 1]! & ~hi;
}

/** a < b (strict) or a <= b, unsigned. */
function refineBelow(a: Words, ai: number, b: Words, bi: number, is32: boolean, strict: number): void {
  if (is32) {
    const max = b[bi + U32MAX]! - strict;
    if (max >>> 0 < a[ai + U32MAX]! >>> 0) a[ai + U32MAX] = max;
    const min = a[ai + U32MIN]! + strict;
    if (b[bi + U32MIN]! >>> 0 < min >>> 0) b[bi + U32MIN] = min;
    return;
  }
  const t = scratch;
  copy2(t, 0, b, bi + UMAX);
  copy2(t, 2, a, ai + UMIN);
  if (strict !== 0) {
    step64(t, 0, -1);
    step64(t, 2, 1);
  }
  if (ult(t[0]!, t[1]!, a[ai + UMAX]!, a[ai + UMAX + 1]!)) copy2(a, ai + UMAX, t, 0);
  if (ult(b[bi + UMIN]!, b[bi + UMIN + 1]!, t[2]!, t[3]!)) copy2(b, bi + UMIN, t, 2);
}

function refineBelowSigned(a: Words, ai: number, b: Words, bi: number, is32: boolean, strict: number): void {
  if (is32) {
    const max = (b[bi + S32MAX]! - strict) | 0;
    if (max < a[ai + S32MAX]!) a[ai + S32MAX] = max;
    const min = (a[ai + S32MIN]! + strict) | 0;
    if (b[bi + S32MIN]! < min) b[bi + S32MIN] = min;
    return;
  }
  const t = scratch;
  copy2(t, 0, b, bi + SMAX);
  copy2(t, 2, a, ai + SMIN);
  if (strict !== 0) {
    step64(t, 0, -1);
    step64(t, 2, 1);
  }
  if (slt(t[0]!, t[1]!, a[ai + SMAX]!, a[ai + SMAX + 1]!)) copy2(a, ai + SMAX, t, 0);
  if (slt(b[bi + SMIN]!, b[bi + SMIN + 1]!, t[2]!, t[3]!)) copy2(b, bi + SMIN, t, 2);
}

const scratch = new Int32Array(4);

/** Both sides learn that "a op b" holds; the caller syncs their bounds. */
function refine(op: number, a: Words, ai: number, b: Words, bi: number, is32: boolean): void {
  switch (op) {
    case 0x30: // >=, >, s>=, s>: the same with the operands swapped
    case 0x20:
    case 0x70:
    case 0x60:
      refine(flipOp(op), b, bi, a, ai, is32);
      return;
    case 0x10:
      refineEqual(a, ai, b, bi, is32);
      return;
    case 0xb0:
      refineBelow(a, ai, b, bi, is32, 0);
      return;
    case 0xa0:
      refineBelow(a, ai, b, bi, is32, 1);
      return;
    case 0xd0:
      refineBelowSigned(a, ai, b, bi, is32, 0);
      return;
    case 0xc0:
      refineBelowSigned(a, ai, b, bi, is32, 1);
      return;
    default: {
      // One side must be a constant: the other one learns.
      const konst = is32 ? isConst32 : isConst;
      const right = konst(b, bi);
      if (!right && !konst(a, ai)) return;
      const x = right ? a : b;
      const xi = right ? ai : bi;
      const y = right ? b : a;
      const yi = right ? bi : ai;
      if (op === JNE) refineUnequal(x, xi, y, yi, is32);
      else if (op === JSET) refineBitSet(x, xi, y, yi, is32);
      else if (op === NOT_JSET) refineBitsClear(x, xi, y, yi, is32);
    }
  }
}

/** Two scalars learn that "a op b" holds. */
export function learn(op: number, a: Words, ai: number, b: Words, bi: number, is32: boolean): void {
  refine(op, a, ai, b, bi, is32);
  syncBounds(a, ai);
  syncBounds(b, bi);
}
