/** 64-bit multiplication and division on 32-bit halves. Results in `wide.lo` and `wide.hi`: no allocation a call. */

export const wide = { lo: 0, hi: 0 };

const TWO32 = 0x1_0000_0000;
/** Halves below this make numbers below 2^53. */
const HI53 = 0x20_0000;

/** Upper half of the unsigned 64-bit product of two u32. */
export function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const mid = a1 * b0 + ((a0 * b0) >>> 16);
  const low = a0 * b1 + (mid & 0xffff);
  return (a1 * b1 + (mid >>> 16) + (low >>> 16)) | 0;
}

/** Unsigned quotient; x / 0 = 0. */
export function divU(al: number, ah: number, bl: number, bh: number): void {
  if ((bl | bh) === 0) {
    wide.lo = 0;
    wide.hi = 0;
  } else if (ah >>> 0 < HI53 && bh >>> 0 < HI53) {
    const a = (ah >>> 0) * TWO32 + (al >>> 0);
    const b = (bh >>> 0) * TWO32 + (bl >>> 0);
    const quotient = (a - (a % b)) / b;
    wide.lo = quotient | 0;
    wide.hi = (quotient / TWO32) | 0;
  } else {
    setBig(big(al, ah) / big(bl, bh));
  }
}

/** Unsigned remainder; x % 0 = x. */
export function modU(al: number, ah: number, bl: number, bh: number): void {
  if ((bl | bh) === 0) {
    wide.lo = al;
    wide.hi = ah;
  } else if (ah >>> 0 < HI53 && bh >>> 0 < HI53) {
    const rest = ((ah >>> 0) * TWO32 + (al >>> 0)) % ((bh >>> 0) * TWO32 + (bl >>> 0));
    wide.lo = rest | 0;
    wide.hi = (rest / TWO32) | 0;
  } else {
    setBig(big(al, ah) % big(bl, bh));
  }
}

/** Signed quotient, rounded to zero; x / 0 = 0, minimum / -1 = minimum. */
export function divS(al: number, ah: number, bl: number, bh: number): void {
  const negative = (ah ^ bh) < 0;
  magnitudes(al, ah, bl, bh, divU);
  if (negative) negate(wide.lo, wide.hi);
}

/** Signed remainder, of the dividend's sign; x % 0 = x. */
export function modS(al: number, ah: number, bl: number, bh: number): void {
  magnitudes(al, ah, bl, bh, modU);
  if (ah < 0) negate(wide.lo, wide.hi);
}

function magnitudes(
  al: number,
  ah: number,
  bl: number,
  bh: number,
  op: (al: number, ah: number, bl: number, bh: number) => void,
): void {
  let dl = bl;
  let dh = bh;
  if (bh < 0) {
    negate(bl, bh);
    dl = wide.lo;
    dh = wide.hi;
  }
  if (ah < 0) {
    negate(al, ah);
    op(wide.lo, wide.hi, dl, dh);
  } else {
    op(al, ah, dl, dh);
  }
}

export function negate(lo: number, hi: number): void {
  wide.lo = -lo | 0;
  wide.hi = (~hi + (lo === 0 ? 1 : 0)) | 0;
}

function big(lo: number, hi: number): bigint {
  return (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
}

function setBig(value: bigint): void {
  wide.lo = Number(value & 0xffff_ffffn) | 0;
  wide.hi = Number(value >> 32n) | 0;
}

/** Bytes of a u32 in reverse. */
export function swap32(value: number): number {
  return (value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
