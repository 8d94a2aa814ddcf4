/**
 * Translates divisions. BPF's x / 0 is 0 and x % 0 is x, and the minimum by -1 wraps, where WebAssembly traps. src -1 means
 * that the immediate divides.
 */
import {
  ELSE,
  END,
  I32,
  I32_DIV_S,
  I32_DIV_U,
  I32_EQ,
  I32_REM_S,
  I32_REM_U,
  I32_SUB,
  I64,
  I64_AND,
  I64_DIV_S,
  I64_DIV_U,
  I64_EQ,
  I64_EQZ,
  I64_EXTEND_I32_U,
  I64_OR,
  I64_REM_S,
  I64_REM_U,
  I64_SHR_U,
  I64_SUB,
  IF,
} from "../../wasm/op.ts";
import type { Regs } from "./regs.ts";

/** Pushes the i32 result of a 32-bit division; src -1 means the immediate. */
export function divide32(r: Regs, dst: number, src: number, imm: number, quotient: boolean, signed: boolean): void {
  const { code } = r;
  if (src === -1 || r.isConst(src)) {
    const by = src === -1 ? imm : r.symLo[src]!;
    if (by === 0) {
      if (quotient) code.i32(0);
      else r.getLow(dst);
    } else if (signed && by === -1) {
      code.i32(0);
      if (quotient) {
        r.getLow(dst);
        code.op(I32_SUB);
      }
    } else {
      r.getLow(dst);
      code.i32(by);
      code.op(quotient ? (signed ? I32_DIV_S : I32_DIV_U) : signed ? I32_REM_S : I32_REM_U);
    }
    return;
  }
  r.getLow(src);
  code.open(IF, I32);
  if (signed && quotient) {
    // The minimum by -1 traps in WebAssembly.
    r.getLow(src);
    code.i32(-1);
    code.op(I32_EQ);
    code.open(IF, I32);
    code.i32(0);
    r.getLow(dst);
    code.op(I32_SUB);
    code.op(ELSE);
  }
  r.getLow(dst);
  r.getLow(src);
  code.op(quotient ? (signed ? I32_DIV_S : I32_DIV_U) : signed ? I32_REM_S : I32_REM_U);
  if (signed && quotient) code.op(END);
  code.op(ELSE);
  if (quotient) code.i32(0);
  else r.getLow(dst);
  code.op(END);
}

export function divide64(r: Regs, dst: number, src: number, imm: number, quotient: boolean, signed: boolean): void {
  const { code } = r;
  const known = src === -1 || r.isConst(src);
  const lo = src === -1 ? imm : r.symLo[src]!;
  const hi = src === -1 ? imm >> 31 : r.symHi[src]!;
  const srcLow = known ? hi === 0 : r.isLow(src);
  if (!signed && r.isLow(dst) && srcLow) {
    divide32(r, dst, src, imm, quotient, false);
    r.setLow(dst);
    return;
  }
  if (known) {
    divideByConst(r, dst, lo, hi, quotient, signed);
    return;
  }
  const op = quotient ? (signed ? I64_DIV_S : I64_DIV_U) : signed ? I64_REM_S : I64_REM_U;
  if (!signed) {
    // A 32-bit division is several times faster, and most operands fit.
    r.getWide(dst);
    r.getWide(src);
    code.op(I64_OR);
    code.i64(32, 0);
    code.op(I64_SHR_U);
    code.op(I64_EQZ);
    code.open(IF, I64);
    divide32(r, dst, src, imm, quotient, false);
    code.op(I64_EXTEND_I32_U);
    code.op(ELSE);
  }
  r.getWide(src);
  code.op(I64_EQZ);
  code.open(IF, I64);
  if (quotient) code.i64(0, 0);
  else r.getWide(dst);
  code.op(ELSE);
  if (signed && quotient) {
    r.getWide(src);
    code.i64(-1, -1);
    code.op(I64_EQ);
    code.open(IF, I64);
    code.i64(0, 0);
    r.getWide(dst);
    code.op(I64_SUB);
    code.op(ELSE);
  }
  r.getWide(dst);
  r.getWide(src);
  code.op(op);
  if (signed && quotient) code.op(END);
  code.op(END);
  if (!signed) code.op(END);
  r.setWide(dst);
}

function divideByConst(r: Regs, dst: number, lo: number, hi: number, quotient: boolean, signed: boolean): void {
  const { code } = r;
  if ((lo | hi) === 0) {
    if (quotient) r.setConst(dst, 0, 0);
    return;
  }
  if (signed && (lo & hi) === -1) {
    if (!quotient) {
      r.setConst(dst, 0, 0);
      return;
    }
    code.i64(0, 0);
    r.getWide(dst);
    code.op(I64_SUB);
    r.setWide(dst);
    return;
  }
  if (!signed && hi === 0 && (lo & (lo - 1)) === 0) {
    r.getWide(dst);
    code.i64(quotient ? 31 - Math.clz32(lo) : lo - 1, 0);
    code.op(quotient ? I64_SHR_U : I64_AND);
    r.setWide(dst);
    return;
  }
  if (!signed && hi === 0) {
    // V8 multiplies instead of dividing by a 32-bit constant, but not by a 64-bit one.
    r.getWide(dst);
    code.i64(32, 0);
    code.op(I64_SHR_U);
    code.op(I64_EQZ);
    code.open(IF, I64);
    r.getLow(dst);
    code.i32(lo);
    code.op(quotient ? I32_DIV_U : I32_REM_U);
    code.op(I64_EXTEND_I32_U);
    code.op(ELSE);
  }
  r.getWide(dst);
  code.i64(lo, hi);
  code.op(quotient ? (signed ? I64_DIV_S : I64_DIV_U) : signed ? I64_REM_S : I64_REM_U);
  if (!signed && hi === 0) code.op(END);
  r.setWide(dst);
}
