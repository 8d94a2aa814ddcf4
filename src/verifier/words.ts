/**
 * 64-bit arithmetic on pairs of int32 words (low, high), as the verifier's registers hold them. Every function takes
 * numbers and gives a number or a boolean: nothing is allocated.
 */

export function ult(alo: number, ahi: number, blo: number, bhi: number): boolean {
  return ahi === bhi ? alo >>> 0 < blo >>> 0 : ahi >>> 0 < bhi >>> 0;
}

export function slt(alo: number, ahi: number, blo: number, bhi: number): boolean {
  return ahi === bhi ? alo >>> 0 < blo >>> 0 : ahi < bhi;
}

/** Unsigned value as a double: exact up to 2^53. */
export function unsigned(lo: number, hi: number): number {
  return (hi >>> 0) * 4294967296 + (lo >>> 0);
}

/** Signed value as a double: exact within +-2^53. */
export function signed(lo: number, hi: number): number {
  return hi * 4294967296 + (lo >>> 0);
}

/** Number of the highest set bit, from 1; 0 for zero. */
export function fls64(lo: number, hi: number): number {
  return hi !== 0 ? 64 - Math.clz32(hi) : 32 - Math.clz32(lo);
}

export function big(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

export function signedBig(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

/** High 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
export function mulHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const mid = ah * bl + ((al * bl) >>> 16);
  const mid2 = al * bh + (mid & 0xffff);
  return (ah * bh + Math.floor(mid / 65536) + Math.floor(mid2 / 65536)) | 0;
}

/** Low and high word of the last `mulU64` or `mulS64`. */
export const product: Int32Array = new Int32Array(2);

/** product = a * b mod 2^64; true where the unsigned product does not fit. */
export function mulU64(alo: number, ahi: number, blo: number, bhi: number): boolean {
  let overflow = ahi !== 0 && bhi !== 0;
  if (ahi !== 0 && mulHigh(ahi, blo) !== 0) overflow = true;
  if (bhi !== 0 && mulHigh(alo, bhi) !== 0) overflow = true;
  const cross = (Math.imul(ahi, blo) >>> 0) + (Math.imul(alo, bhi) >>> 0);
  if (cross > 0xffffffff) overflow = true;
  const high = (mulHigh(alo, blo) >>> 0) + ((cross | 0) >>> 0);
  if (high > 0xffffffff) overflow = true;
  product[0] = Math.imul(alo, blo);
  product[1] = (mulHigh(alo, blo) + (Math.imul(ahi, blo) | 0) + (Math.imul(alo, bhi) | 0)) | 0;
  return overflow;
}

/** product = a * b mod 2^64; true where the signed product does not fit. */
export function mulS64(alo: number, ahi: number, blo: number, bhi: number): boolean {
  const negative = ahi < 0 !== bhi < 0;
  let xlo = alo;
  let xhi = ahi;
  let ylo = blo;
  let yhi = bhi;
  if (ahi < 0) {
    xlo = -alo | 0;
    xhi = (~ahi + (alo === 0 ? 1 : 0)) | 0;
  }
  if (bhi < 0) {
    ylo = -blo | 0;
    yhi = (~bhi + (blo === 0 ? 1 : 0)) | 0;
  }
  let overflow = mulU64(xlo, xhi, ylo, yhi);
  const lo = product[0]!;
  const hi = product[1]!;
  if (negative) {
    if (hi < 0 && !(hi === -2147483648 && lo === 0)) overflow = true;
    product[0] = -lo | 0;
    product[1] = (~hi + (lo === 0 ? 1 : 0)) | 0;
  } else if (hi < 0) {
    overflow = true;
  }
  return overflow;
}
