/**
 * What ALU and jump instructions mean, on BigInt, written from RFC 9669 and independent of the engines. Slow and plain.
 */
const MASK64 = (1n << 64n) - 1n;

/** Result of an ALU insn on 64-bit register values; `b` is the source operand (imm already sign-extended to 64 bits). */
export function alu(code: number, off: number, imm: number, a: bigint, b: bigint): bigint {
  const bits = (code & 7) === 7 ? 64 : 32;
  const u = (x: bigint): bigint => BigInt.asUintN(bits, x);
  const s = (x: bigint): bigint => BigInt.asIntN(bits, x);
  const x = u(a);
  const y = u(b);
  const shift = y & BigInt(bits - 1);
  switch (code & 0xf0) {
    case 0x00:
      return u(x + y);
    case 0x10:
      return u(x - y);
    case 0x20:
      return u(x * y);
    case 0x30:
      if (y === 0n) return 0n;
      return off === 1 ? u(s(x) / s(y)) : x / y;
    case 0x40:
      return x | y;
    case 0x50:
      return x & y;
    case 0x60:
      return u(x << shift);
    case 0x70:
      return x >> shift;
    case 0x80:
      return u(-x);
    case 0x90:
      if (y === 0n) return x;
      return off === 1 ? u(s(x) % s(y)) : x % y;
    case 0xa0:
      return x ^ y;
    case 0xb0:
      if (off === 0) return y;
      if (off === 1) return b & 0xffff_ffffn;
      return u(BigInt.asIntN(off, b));
    case 0xc0:
      return u(s(x) >> shift);
    case 0xd0: {
      const swap = (code & 7) === 7 || (code & 8) !== 0;
      let value = BigInt.asUintN(imm, a);
      if (!swap) return value;
      let out = 0n;
      for (let i = 0; i < imm; i += 8) {
        out = (out << 8n) | (value & 0xffn);
        value >>= 8n;
      }
      return out;
    }
  }
  throw new Error(`no ALU operation 0x${code.toString(16)}`);
}

/** Whether a conditional jump is taken. */
export function taken(code: number, a: bigint, b: bigint): boolean {
  const bits = (code & 7) === 5 ? 64 : 32;
  const x = BigInt.asUintN(bits, a);
  const y = BigInt.asUintN(bits, b);
  const sx = BigInt.asIntN(bits, a);
  const sy = BigInt.asIntN(bits, b);
  switch (code & 0xf0) {
    case 0x10:
      return x === y;
    case 0x20:
      return x > y;
    case 0x30:
      return x >= y;
    case 0x40:
      return (x & y) !== 0n;
    case 0x50:
      return x !== y;
    case 0x60:
      return sx > sy;
    case 0x70:
      return sx >= sy;
    case 0xa0:
      return x < y;
    case 0xb0:
      return x <= y;
    case 0xc0:
      return sx < sy;
    case 0xd0:
      return sx <= sy;
  }
  throw new Error(`no jump 0x${code.toString(16)}`);
}

/** Every legal ALU insn as [code, off, imm or null where the source operand is free]. */
export function aluForms(): [code: number, off: number, imm: number | null][] {
  const forms: [number, number, number | null][] = [];
  for (const cls of [4, 7]) {
    for (const src of [0, 8]) {
      for (const op of [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0]) {
        forms.push([op | src | cls, 0, null]);
        if (op === 0x30 || op === 0x90) forms.push([op | src | cls, 1, null]);
      }
    }
    for (const off of cls === 7 ? [1, 8, 16, 32] : [8, 16]) forms.push([0xb8 | cls, off, null]);
    forms.push([0x80 | cls, 0, 0]);
    for (const bits of [16, 32, 64]) {
      forms.push([0xd0 | cls, 0, bits]);
      if (cls === 4) forms.push([0xdc, 0, bits]);
    }
  }
  return forms;
}

export const JUMP_OPS: readonly number[] = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];

export const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  31n,
  32n,
  63n,
  64n,
  0x7fn,
  0x80n,
  0xffffn,
  0x8000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fffen,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1_0000_0001n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0x8000_0000_0000_0001n,
  MASK64 - 1n,
  MASK64,
  0xffff_ffff_8000_0000n,
  0x0123_4567_89ab_cdefn,
  0x1f_ffff_ffff_ffffn,
  0x20_0000_0000_0000n,
  0xfedc_ba98_7654_3210n,
];
