/**
 * Tristate numbers: 64 bits each known 0, known 1 or unknown, as four int32 words at (array, first word):
 *
 *     +0 value low   +1 value high   +2 mask low   +3 mask high      a bit set in mask is unknown, and 0 in value
 *
 * Pure functions over words; the destination may be an operand. Same results as the kernel's, bit by bit, since pruning
 * compares them. Source: kernel/bpf/tnum.c; "Sound, Precise, and Fast Abstract Interpretation with Tristate Numbers".
 */
import { fls64, mulU64, product, ult } from "./words.ts";

type Words = Int32Array;

/** Scratch of tnumMul: the two shifted operands and a sum. */
const scratch = new Int32Array(12);

export function tnumConst(d: Words, di: number, lo: number, hi: number): void {
  d[di] = lo;
  d[di + 1] = hi;
  d[di + 2] = 0;
  d[di + 3] = 0;
}

export function tnumCopy(d: Words, di: number, a: Words, ai: number): void {
  d[di] = a[ai]!;
  d[di + 1] = a[ai + 1]!;
  d[di + 2] = a[ai + 2]!;
  d[di + 3] = a[ai + 3]!;
}

/** Smallest tnum that holds every number of the unsigned range. */
export function tnumRange(d: Words, di: number, minLo: number, minHi: number, maxLo: number, maxHi: number): void {
  const bits = fls64(minLo ^ maxLo, minHi ^ maxHi);
  if (bits > 63) {
    d[di] = 0;
    d[di + 1] = 0;
    d[di + 2] = -1;
    d[di + 3] = -1;
    return;
  }
  const lo = bits >= 32 ? -1 : (1 << bits) - 1;
  const hi = bits > 32 ? (1 << (bits - 32)) - 1 : 0;
  d[di] = minLo & ~lo;
  d[di + 1] = minHi & ~hi;
  d[di + 2] = lo;
  d[di + 3] = hi;
}

export function tnumLsh(d: Words, di: number, a: Words, ai: number, shift: number): void {
  for (let i = 0; i < 4; i += 2) {
    const lo = a[ai + i]!;
    const hi = a[ai + i + 1]!;
    if (shift === 0) {
      d[di + i] = lo;
      d[di + i + 1] = hi;
    } else if (shift < 32) {
      d[di + i] = lo << shift;
      d[di + i + 1] = (hi << shift) | (lo >>> (32 - shift));
    } else {
      d[di + i] = 0;
      d[di + i + 1] = lo << (shift - 32);
    }
  }
}

export function tnumRsh(d: Words, di: number, a: Words, ai: number, shift: number): void {
  for (let i = 0; i < 4; i += 2) {
    const lo = a[ai + i]!;
    const hi = a[ai + i + 1]!;
    if (shift === 0) {
      d[di + i] = lo;
      d[di + i + 1] = hi;
    } else if (shift < 32) {
      d[di + i] = (lo >>> shift) | (hi << (32 - shift));
      d[di + i + 1] = hi >>> shift;
    } else {
      d[di + i] = hi >>> (shift - 32);
      d[di + i + 1] = 0;
    }
  }
}

/** Arithmetic shift right of 64 bits. */
export function tnumArsh64(d: Words, di: number, a: Words, ai: number, shift: number): void {
  for (let i = 0; i < 4; i += 2) {
    const lo = a[ai + i]!;
    const hi = a[ai + i + 1]!;
    if (shift === 0) {
      d[di + i] = lo;
      d[di + i + 1] = hi;
    } else if (shift < 32) {
      d[di + i] = (lo >>> shift) | (hi << (32 - shift));
      d[di + i + 1] = hi >> shift;
    } else {
      d[di + i] = hi >> (shift - 32);
      d[di + i + 1] = hi >> 31;
    }
  }
}

/** Arithmetic shift right of the low 32 bits; the upper half becomes 0. */
export function tnumArsh32(d: Words, di: number, a: Words, ai: number, shift: number): void {
  d[di] = a[ai]! >> shift;
  d[di + 2] = a[ai + 2]! >> shift;
  d[di + 1] = 0;
  d[di + 3] = 0;
}

function carry(a: number, b: number): number {
  return (a >>> 0) + (b >>> 0) > 0xffffffff ? 1 : 0;
}

export function tnumAdd(d: Words, di: number, a: Words, ai: number, b: Words, bi: number): void {
  const aml = a[ai + 2]!;
  const amh = a[ai + 3]!;
  const bml = b[bi + 2]!;
  const bmh = b[bi + 3]!;
  const svl = (a[ai]! + b[bi]!) | 0;
  const svh = (a[ai + 1]! + b[bi + 1]! + carry(a[ai]!, b[bi]!)) | 0;
  const sml = (aml + bml) | 0;
  const smh = (amh + bmh + carry(aml, bml)) | 0;
  const sgl = (sml + svl) | 0;
  const sgh = (smh + svh + carry(sml, svl)) | 0;
  const mul = (sgl ^ svl) | aml | bml;
  const muh = (sgh ^ svh) | amh | bmh;
  d[di] = svl & ~mul;
  d[di + 1] = svh & ~muh;
  d[di + 2] = mul;
  d[di + 3] = muh;
}

export function tnumSub(d: Words, di: number, a: Words, ai: number, b: Words, bi: number): void {
  const aml = a[ai + 2]!;
  const amh = a[ai + 3]!;
  const bml = b[bi + 2]!;
  const bmh = b[bi + 3]!;
  const dvl = (a[ai]! - b[bi]!) | 0;
  const dvh = (a[ai + 1]! - b[bi + 1]! - (a[ai]! >>> 0 < b[bi]! >>> 0 ? 1 : 0)) | 0;
  const all = (dvl + aml) | 0;
  const alh = (dvh + amh + carry(dvl, aml)) | 0;
  const bel = (dvl - bml) | 0;
  const beh = (dvh - bmh - (dvl >>> 0 < bml >>> 0 ? 1 : 0)) | 0;
  const mul = (all ^ bel) | aml | bml;
  const muh = (alh ^ beh) | amh | bmh;
  d[di] = dvl & ~mul;
  d[di + 1] = dvh & ~muh;
  d[di + 2] = mul;
  d[di + 3] = muh;
}

export function tnumAnd(d: Words, di: number, a: Words, ai: number, b: Words, bi: number): void {
  for (let i = 0; i < 2; i++) {
    const v = a[ai + i]! & b[bi + i]!;
    d[di + 2 + i] = (a[ai + i]! | a[ai + 2 + i]!) & (b[bi + i]! | b[bi + 2 + i]!) & ~v;
    d[di + i] = v;
  }
}

export function tnumOr(d: Words, di: number, a: Words, ai: number, b: Words, bi: number): void {
  for (let i = 0; i < 2; i++) {
    const v = a[ai + i]! | b[bi + i]!;
    d[di + 2 + i] = (a[ai + 2 + i]! | b[bi + 2 + i]!) & ~v;
    d[di + i] = v;
  }
}

export function tnumXor(d: Words, di: number, a: Words, ai: number, b: Words, bi: number): void {
  for (let i = 0; i < 2; i++) {
    const v = a[ai + i]! ^ b[bi + i]!;
    const mu = a[ai + 2 + i]! | b[bi + 2 + i]!;
    d[di + i] = v & ~mu;
    d[di + 2 + i] = mu;
  }
}

/** Numbers that may be in both. Contradicting known bits give the 1 of either, as in the kernel. */
export function tnumIntersect(d: Words, di: number, a: Words, ai: number, b: Words, bi: number): void {
  for (let i = 0; i < 2; i++) {
    const v = a[ai + i]! | b[bi + i]!;
    const mu = a[ai + 2 + i]! & b[bi + 2 + i]!;
    d[di + i] = v & ~mu;
    d[di + 2 + i] = mu;
  }
}

export function tnumUnion(d: Words, di: number, a: Words, ai: number, b: Words, bi: number): void {
  for (let i = 0; i < 2; i++) {
    const v = a[ai + i]! & b[bi + i]!;
    const mu = (a[ai + i]! ^ b[bi + i]!) | a[ai + 2 + i]! | b[bi + 2 + i]!;
    d[di + i] = v & ~mu;
    d[di + 2 + i] = mu;
  }
}

/** Long multiplication, bit by bit of `a`; an unknown bit joins the sums with and without that row. */
export function tnumMul(d: Words, di: number, a: Words, ai: number, b: Words, bi: number): void {
  if ((a[ai + 2]! | a[ai + 3]! | b[bi + 2]! | b[bi + 3]!) === 0) {
    mulU64(a[ai]!, a[ai + 1]!, b[bi]!, b[bi + 1]!);
    tnumConst(d, di, product[0]!, product[1]!);
    return;
  }
  const s = scratch;
  let avl = a[ai]!;
  let avh = a[ai + 1]!;
  let aml = a[ai + 2]!;
  let amh = a[ai + 3]!;
  tnumCopy(s, 0, b, bi);
  tnumConst(s, 4, 0, 0);
  while ((avl | avh | aml | amh) !== 0) {
    if (avl & 1) {
      tnumAdd(s, 4, s, 4, s, 0);
    } else if (aml & 1) {
      tnumAdd(s, 8, s, 4, s, 0);
      tnumUnion(s, 4, s, 4, s, 8);
    }
    avl = (avl >>> 1) | (avh << 31);
    avh = avh >>> 1;
    aml = (aml >>> 1) | (amh << 31);
    amh = amh >>> 1;
    tnumLsh(s, 0, s, 0, 1);
  }
  tnumCopy(d, di, s, 4);
}

/** Some number may be in both. */
export function tnumOverlap(a: Words, ai: number, b: Words, bi: number): boolean {
  const lo = ~a[ai + 2]! & ~b[bi + 2]!;
  const hi = ~a[ai + 3]! & ~b[bi + 3]!;
  return ((a[ai]! ^ b[bi]!) & lo) === 0 && ((a[ai + 1]! ^ b[bi + 1]!) & hi) === 0;
}

/** Every number of `b` is in `a`. */
export function tnumIn(a: Words, ai: number, b: Words, bi: number): boolean {
  if ((b[bi + 2]! & ~a[ai + 2]!) !== 0 || (b[bi + 3]! & ~a[ai + 3]!) !== 0) return false;
  return a[ai] === (b[bi]! & ~a[ai + 2]!) && a[ai + 1] === (b[bi + 1]! & ~a[ai + 3]!);
}

/** Keeps the low `size` bytes (1, 2, 4 or 8). */
export function tnumCast(d: Words, di: number, a: Words, ai: number, size: number): void {
  if (size === 8) {
    tnumCopy(d, di, a, ai);
    return;
  }
  const keep = size === 4 ? -1 : size === 2 ? 0xffff : 0xff;
  d[di] = a[ai]! & keep;
  d[di + 1] = 0;
  d[di + 2] = a[ai + 2]! & keep;
  d[di + 3] = 0;
}

function swap32(v: number): number {
  return ((v & 0xff) << 24) | ((v & 0xff00) << 8) | ((v >>> 8) & 0xff00) | (v >>> 24);
}

/** Bytes of the low `bits` (16, 32 or 64) in reverse; what lies above becomes 0. */
export function tnumSwap(d: Words, di: number, a: Words, ai: number, bits: number): void {
  for (let i = 0; i < 4; i += 2) {
    const lo = a[ai + i]!;
    const hi = a[ai + i + 1]!;
    if (bits === 64) {
      d[di + i] = swap32(hi);
      d[di + i + 1] = swap32(lo);
    } else {
      d[di + i] = bits === 32 ? swap32(lo) : swap32(lo) >>> 16;
      d[di + i + 1] = 0;
    }
  }
}

/** d = smallest member of the tnum that is larger than (lo, hi); its largest member where there is none. */
export function tnumStep(d: Words, di: number, a: Words, ai: number, lo: number, hi: number): void {
  const vl = a[ai]!;
  const vh = a[ai + 1]!;
  const ml = a[ai + 2]!;
  const mh = a[ai + 3]!;
  if (!ult(lo, hi, vl | ml, vh | mh)) {
    d[di] = vl | ml;
    d[di + 1] = vh | mh;
    return;
  }
  if (ult(lo, hi, vl, vh)) {
    d[di] = vl;
    d[di + 1] = vh;
    return;
  }
  // Members are value + s for the submasks s of mask. Add 1 to z - value within the mask: other bits are filled, so that
  // the carry passes them, and so is everything below the highest bit that no submask has.
  const dl = (lo - vl) | 0;
  const dh = (hi - vh - (lo >>> 0 < vl >>> 0 ? 1 : 0)) | 0;
  const bits = fls64(dl & ~ml, dh & ~mh);
  const fillLo = bits >= 32 ? -1 : (1 << bits) - 1;
  const fillHi = bits <= 32 ? 0 : bits === 64 ? -1 : (1 << (bits - 32)) - 1;
  const fl = dl | fillLo | ~ml;
  const fh = dh | fillHi | ~mh;
  d[di] = vl | ((fl + 1) & ml);
  d[di + 1] = vh | ((fh + (fl === -1 ? 1 : 0)) & mh);
}
