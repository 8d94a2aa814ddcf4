/**
 * Internet checksums as the kernel computes them. A sum is a 32-bit one's complement number: end-around carry, and 0 only
 * where every addend was 0 (other zeros are 0xffffffff); that makes it the same number as the kernel's csum_partial.
 * Words are read as they lie in memory (little-endian), as the kernel does on this byte order.
 * Source: include/net/checksum.h, arch/x86/lib/csum-partial_64.c; RFC 1071, RFC 1624.
 */

/** csum_partial: adds `bytes` bytes at `at` to `seed`. Returns u32. */
export function csumPartial(view: DataView, at: number, bytes: number, seed: number): number {
  let sum = seed >>> 0;
  const whole = at + (bytes & ~3);
  for (let i = at; i < whole; i += 4) sum += view.getUint32(i, true);
  switch (bytes & 3) {
    case 3:
      sum += view.getUint16(whole, true) + (view.getUint8(whole + 2) << 16);
      break;
    case 2:
      sum += view.getUint16(whole, true);
      break;
    case 1:
      sum += view.getUint8(whole);
      break;
  }
  while (sum > 0xffffffff) sum = (sum % 4294967296) + Math.floor(sum / 4294967296);
  return sum;
}

/** csum_add. */
export function csumAdd(a: number, b: number): number {
  const sum = (a >>> 0) + (b >>> 0);
  return sum > 0xffffffff ? sum - 0xffffffff : sum;
}

/** csum_sub. */
export function csumSub(a: number, b: number): number {
  return csumAdd(a, ~b >>> 0);
}

/** csum_from32to16. */
export function csum32to16(sum: number): number {
  const folded = (sum >>> 16) + (sum & 0xffff);
  return (folded & 0xffff) + (folded >>> 16);
}

/** csum_fold: the complement of a sum, as it goes into a header. */
export function csumFold(sum: number): number {
  return ~csum32to16(sum) & 0xffff;
}

/** csum_replace_by_diff on a header's checksum. */
export function csumReplaceByDiff(check: number, diff: number): number {
  return csumFold(csumAdd(diff, ~check >>> 0));
}

/** csum_replace4. */
export function csumReplace4(check: number, from: number, to: number): number {
  return csumFold(csumAdd(csumSub(~check >>> 0, from), to));
}

/** csum_replace2. */
export function csumReplace2(check: number, from: number, to: number): number {
  return ~add16(add16(~check & 0xffff, ~from & 0xffff), to & 0xffff) & 0xffff;
}

function add16(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff ? sum - 0xffff : sum;
}
