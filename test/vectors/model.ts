/**
 * What instructions mean, on BigInt, written from RFC 9669 sections 4 and 5 for the generated vectors. Registers are
 * unsigned 64-bit values. It shares nothing with the engines but the op table's operators.
 */
import type { OpRow } from "../../src/isa/ops.ts";

export const u64 = (x: bigint): bigint => BigInt.asUintN(64, x);

/** dst after an ALU row; `a` is dst before, `b` the source register or the sign-extended imm. */
export function aluResult(row: OpRow, a: bigint, b: bigint): bigint {
  const bits = row.bits;
  const x = BigInt.asUintN(bits, a);
  const y = BigInt.asUintN(bits, b);
  const sx = BigInt.asIntN(bits, a);
  const sy = BigInt.asIntN(bits, b);
  const count = y % BigInt(bits);
  const results: Record<string, () => bigint> = {
    "+=": () => x + y,
    "-=": () => x - y,
    "*=": () => x * y,
    "/=": () => (y === 0n ? 0n : x / y),
    "%=": () => (y === 0n ? x : x % y),
    "s/=": () => (sy === 0n ? 0n : sx / sy),
    "s%=": () => (sy === 0n ? sx : sx % sy),
    "|=": () => x | y,
    "&=": () => x & y,
    "^=": () => x ^ y,
    "<<=": () => x << count,
    ">>=": () => x >> count,
    "s>>=": () => sx >> count,
    "=": () => y,
  };
  return BigInt.asUintN(bits, results[row.operator]!());
}

/** Rows with one operand: neg, byte swaps, sign-extending moves. */
export function unaryResult(row: OpRow, a: bigint): bigint {
  switch (row.kind) {
    case "neg":
      return BigInt.asUintN(row.bits, -a);
    case "end":
    case "bswap": {
      const value = BigInt.asUintN(row.bits, a);
      if (row.operator === "le") return value;
      let swapped = 0n;
      for (let byte = 0; byte < row.bits; byte += 8) swapped = (swapped << 8n) | ((value >> BigInt(byte)) & 0xffn);
      return swapped;
    }
    default:
      // movsx32_* zeroes the upper half of dst
      return BigInt.asUintN(row.name.startsWith("movsx32") ? 32 : 64, BigInt.asIntN(row.bits, a));
  }
}

export function jumpTaken(row: OpRow, a: bigint, b: bigint): boolean {
  const x = BigInt.asUintN(row.bits, a);
  const y = BigInt.asUintN(row.bits, b);
  const sx = BigInt.asIntN(row.bits, a);
  const sy = BigInt.asIntN(row.bits, b);
  const results: Record<string, boolean> = {
    "==": x === y,
    "!=": x !== y,
    "&": (x & y) !== 0n,
    ">": x > y,
    ">=": x >= y,
    "<": x < y,
    "<=": x <= y,
    "s>": sx > sy,
    "s>=": sx >= sy,
    "s<": sx < sy,
    "s<=": sx <= sy,
  };
  return results[row.operator]!;
}

/** Memory word, src and r0 after an atomic on a word of row.bits. */
export function atomicResult(
  row: OpRow,
  word: bigint,
  src: bigint,
  r0: bigint,
): { word: bigint; src: bigint; r0: bigint } {
  const s = BigInt.asUintN(row.bits, src);
  const stem = row.name.replace(/(32|64)$/, "");
  const operation = stem.replace(/^atomic_(fetch_)?/, "");
  if (operation === "cmpxchg") return { word: word === BigInt.asUintN(row.bits, r0) ? s : word, src, r0: word };
  const results: Record<string, bigint> = {
    add: BigInt.asUintN(row.bits, word + s),
    or: word | s,
    and: word & s,
    xor: word ^ s,
    xchg: s,
  };
  const fetches = operation === "xchg" || stem.startsWith("atomic_fetch");
  return { word: results[operation]!, src: fetches ? word : src, r0 };
}
