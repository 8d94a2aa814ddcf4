/** Translates ALU and ALU64 insns. */
import { bug } from "../../base/error.ts";
import type { InsnBuf } from "../../isa/insn.ts";
import {
  I32_ADD,
  I32_AND,
  I32_EXTEND8_S,
  I32_EXTEND16_S,
  I32_MUL,
  I32_OR,
  I32_ROTL,
  I32_SHL,
  I32_SHR_S,
  I32_SHR_U,
  I32_SUB,
  I32_WRAP_I64,
  I32_XOR,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_S,
  I64_EXTEND8_S,
  I64_EXTEND16_S,
  I64_EXTEND32_S,
  I64_MUL,
  I64_OR,
  I64_ROTL,
  I64_SHL,
  I64_SHR_S,
  I64_SHR_U,
  I64_SUB,
  I64_XOR,
} from "../../wasm/op.ts";
import { divide32, divide64 } from "./divide.ts";
import { MAX32, type Regs } from "./regs.ts";

/** By operation >> 4; 0 where the operation has no single instruction. */
const OPS32 = [I32_ADD, I32_SUB, I32_MUL, 0, I32_OR, I32_AND, I32_SHL, I32_SHR_U, 0, 0, I32_XOR, 0, I32_SHR_S, 0];
const OPS64 = [I64_ADD, I64_SUB, I64_MUL, 0, I64_OR, I64_AND, I64_SHL, I64_SHR_U, 0, 0, I64_XOR, 0, I64_SHR_S, 0];

/** Translates insn i of class ALU (32 bits). */
export function alu32(r: Regs, insns: InsnBuf, i: number): void {
  const { code } = r;
  const op = insns.code[i]!;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const imm = insns.imm[i]!;
  const byReg = (op & 8) !== 0;
  switch (op & 0xf0) {
    case 0xb0:
      if (!byReg) r.setConst(dst, imm, 0);
      else if (insns.off[i] === 0) {
        if (r.isLow(src)) r.copy(dst, src);
        else {
          r.getLow(src);
          r.setLow(dst);
        }
      } else {
        r.getLow(src);
        code.op(insns.off[i] === 8 ? I32_EXTEND8_S : I32_EXTEND16_S);
        r.setLow(dst);
      }
      return;
    case 0x80:
      code.i32(0);
      r.getLow(dst);
      code.op(I32_SUB);
      r.setLow(dst);
      return;
    case 0xd0:
      if (byReg) swap(r, dst, imm);
      else cut(r, dst, imm);
      return;
    case 0x30:
    case 0x90:
      divide32(r, dst, byReg ? src : -1, imm, (op & 0xf0) === 0x30, insns.off[i] === 1);
      r.setLow(dst);
      return;
    default:
      if (r.isConst(dst) && (!byReg || r.isConst(src))) {
        const value = fold32(op & 0xf0, r.symLo[dst]!, byReg ? r.symLo[src]! : imm);
        r.setConst(dst, value, 0);
        return;
      }
      {
        const max = maxAfter(op & 0xf0, r.maxOf(dst), byReg ? r.maxOf(src) : imm >>> 0, byReg ? -1 : imm);
        r.getLow(dst);
        if (byReg) r.getLow(src);
        else code.i32(imm);
        code.op(OPS32[(op & 0xf0) >> 4]!);
        r.setLow(dst, max);
      }
  }
}

/** Bound of a 32-bit result by the operands' bounds; `shift` is the second operand where it is a constant, else -1. */
function maxAfter(operation: number, a: number, b: number, shift: number): number {
  switch (operation) {
    case 0x00:
      return Math.min(a + b, MAX32);
    case 0x20:
      return Math.min(a * b, MAX32);
    case 0x40:
    case 0xa0: {
      // All ones up to the higher of the highest bits.
      const bits = 32 - Math.min(Math.clz32(a), Math.clz32(b));
      return bits === 32 ? MAX32 : 2 ** bits - 1;
    }
    case 0x50:
      return Math.min(a, b);
    case 0x60: {
      const max = shift >= 0 ? a * 2 ** (shift & 31) : MAX32;
      return Math.min(max, MAX32);
    }
    case 0x70:
      return shift >= 0 ? Math.floor(a / 2 ** (shift & 31)) : a;
    default:
      return MAX32;
  }
}

function fold32(operation: number, a: number, b: number): number {
  switch (operation) {
    case 0x00:
      return (a + b) | 0;
    case 0x10:
      return (a - b) | 0;
    case 0x20:
      return Math.imul(a, b);
    case 0x40:
      return a | b;
    case 0x50:
      return a & b;
    case 0x60:
      return a << (b & 31);
    case 0x70:
      return (a >>> (b & 31)) | 0;
    case 0xa0:
      return a ^ b;
    case 0xc0:
      return a >> (b & 31);
  }
  return bug(`fold of operation ${operation}`);
}

/**
 * Translates insn i of class ALU64; `low` where the result is known to have no upper half (flow.ts). Returns how many further
 * insns it took in.
 */
export function alu64(r: Regs, insns: InsnBuf, i: number, last: number, low: boolean): number {
  const { code } = r;
  const op = insns.code[i]!;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const imm = insns.imm[i]!;
  const off = insns.off[i]!;
  const byReg = (op & 8) !== 0;
  const operation = op & 0xf0;
  const srcLow = byReg ? r.isLow(src) : imm >= 0;
  const dstLow = r.isLow(dst);
  const source32 = (): void => {
    if (byReg) r.getLow(src);
    else code.i32(imm);
  };
  const source64 = (): void => {
    if (byReg) r.getWide(src);
    else code.i64(imm, imm >> 31);
  };
  switch (operation) {
    case 0xb0:
      if (!byReg) r.setConst(dst, imm, imm >> 31);
      else if (off === 0) r.copy(dst, src);
      else if (off === 1) {
        r.getLow(src);
        r.setLow(dst);
      } else {
        r.getWide(src);
        code.op(off === 8 ? I64_EXTEND8_S : off === 16 ? I64_EXTEND16_S : I64_EXTEND32_S);
        r.setWide(dst);
      }
      return 0;
    case 0x00:
    case 0x10: {
      const value = byReg ? (r.isConst(src) && r.symHi[src] === r.symLo[src]! >> 31 ? r.symLo[src]! : null) : imm;
      if (value !== null && r.isFrame(dst)) {
        const at = r.symLo[dst]! + (operation === 0 ? value : -value);
        if (at >= -512 && at <= 512) {
          r.setFrame(dst, at);
          return 0;
        }
      }
      if (value === 0) return 0;
      if (low && operation === 0 && addLow(r, dst, byReg ? src : -1, value)) return 0;
      if (low) {
        r.getLow(dst);
        source32();
        code.op(OPS32[operation >> 4]!);
        r.setLow(dst);
        return 0;
      }
      break;
    }
    case 0x40:
    case 0xa0:
      if (dstLow && srcLow) {
        const max = maxAfter(operation, r.maxOf(dst), byReg ? r.maxOf(src) : imm, -1);
        r.getLow(dst);
        source32();
        code.op(OPS32[operation >> 4]!);
        r.setLow(dst, max);
        return 0;
      }
      break;
    case 0x50:
      if (dstLow || srcLow) {
        const max = Math.min(dstLow ? r.maxOf(dst) : MAX32, srcLow ? (byReg ? r.maxOf(src) : imm) : MAX32);
        r.getLow(dst);
        source32();
        code.op(I32_AND);
        r.setLow(dst, max);
        return 0;
      }
      break;
    case 0x60:
      if (!byReg && dstLow && (imm & 63) < 32 && r.maxOf(dst) * 2 ** (imm & 63) <= MAX32) {
        const max = r.maxOf(dst) * 2 ** (imm & 63);
        r.getLow(dst);
        code.i32(imm & 63);
        code.op(I32_SHL);
        r.setLow(dst, max);
        return 0;
      }
      if (!byReg && imm === 32 && i < last && insns.dst[i + 1] === dst && insns.imm[i + 1] === 32) {
        // The compiler's way to extend a 32-bit value.
        if (insns.code[i + 1] === 0x77) {
          r.getLow(dst);
          r.setLow(dst);
          return 1;
        }
        if (insns.code[i + 1] === 0xc7) {
          r.getLow(dst);
          code.op(I64_EXTEND_I32_S);
          r.setWide(dst);
          return 1;
        }
      }
      break;
    case 0x70:
    case 0xc0:
      if (byReg) break;
      if (dstLow && (imm & 63) < 32) {
        const max = maxAfter(0x70, r.maxOf(dst), 0, imm & 63);
        r.getLow(dst);
        code.i32(imm & 63);
        code.op(I32_SHR_U);
        r.setLow(dst, max);
        return 0;
      }
      if (operation === 0x70 && (imm & 63) >= 32) {
        r.getWide(dst);
        code.i64(imm & 63, 0);
        code.op(I64_SHR_U);
        code.op(I32_WRAP_I64);
        r.setLow(dst);
        return 0;
      }
      break;
    case 0x80:
      code.i64(0, 0);
      r.getWide(dst);
      code.op(I64_SUB);
      r.setWide(dst);
      return 0;
    case 0x30:
    case 0x90:
      divide64(r, dst, byReg ? src : -1, imm, operation === 0x30, off === 1);
      return 0;
    case 0xd0:
      swap(r, dst, imm);
      return 0;
  }
  r.getWide(dst);
  source64();
  code.op(OPS64[operation >> 4]!);
  r.setWide(dst);
  return 0;
}

/**
 * An addition whose 64-bit result is known to have no upper half, of a constant and a value without one: then it does not wrap
 * in 32 bits either, and the constant can wait for the load or store. False where it is no such addition.
 */
function addLow(r: Regs, dst: number, src: number, value: number | null): boolean {
  const { code } = r;
  if (value !== null && value > 0 && value < MAX_PENDING && !r.isConst(dst) && r.isLow(dst) && !r.isFrame(dst)) {
    const pending = r.isOffset(dst) ? r.symLo[dst]! : 0;
    if (pending + value >= MAX_PENDING) return false;
    if (r.isOffset(dst)) code.get(r.lowLocal(dst));
    else r.getLow(dst);
    r.setOffset(dst, pending + value);
    return true;
  }
  if (src === -1 || value !== null) return false;
  const [base, index] = r.isKnownAddress(dst) ? [dst, src] : [src, dst];
  if (!r.isKnownAddress(base) || !r.isLow(index) || r.isOffset(index) || r.isConst(index)) return false;
  const address = r.knownAddress(base);
  if (address < 0) return false;
  r.getLow(index);
  r.setOffset(dst, address);
  return true;
}

/** Constants that are left for the offset of a load or store stay below this. */
const MAX_PENDING = 0x4000_0000;

/** Little-endian conversion: on a little-endian machine it only cuts. */
function cut(r: Regs, dst: number, bits: number): void {
  if (bits === 64) return;
  r.getLow(dst);
  if (bits === 16) {
    r.code.i32(0xffff);
    r.code.op(I32_AND);
  }
  r.setLow(dst);
}

/** Byte swap of the low 16, 32 or 64 bits. */
function swap(r: Regs, dst: number, bits: number): void {
  const { code } = r;
  if (bits === 16) {
    const t = r.temp32(0);
    r.getLow(dst);
    code.tee(t);
    code.i32(8);
    code.op(I32_SHL);
    code.i32(0xff00);
    code.op(I32_AND);
    code.get(t);
    code.i32(8);
    code.op(I32_SHR_U);
    code.i32(0xff);
    code.op(I32_AND);
    code.op(I32_OR);
    r.setLow(dst);
  } else if (bits === 32) {
    r.getLow(dst);
    swap32(r);
    r.setLow(dst);
  } else {
    // Swap bytes in pairs, pairs in quarters, quarters in halves.
    const t = r.temp64(0);
    r.getWide(dst);
    for (const [shift, lo, hi] of [
      [8, 0x00ff00ff, 0x00ff00ff],
      [16, 0x0000ffff, 0x0000ffff],
    ] as const) {
      code.tee(t);
      code.i64(shift, 0);
      code.op(I64_SHL);
      code.i64(~lo, ~hi);
      code.op(I64_AND);
      code.get(t);
      code.i64(shift, 0);
      code.op(I64_SHR_U);
      code.i64(lo, hi);
      code.op(I64_AND);
      code.op(I64_OR);
    }
    code.i64(32, 0);
    code.op(I64_ROTL);
    r.setWide(dst);
  }
}

/** Swaps the bytes of the i32 on the stack. */
function swap32(r: Regs): void {
  const { code } = r;
  const t = r.temp32(0);
  code.tee(t);
  code.i32(8);
  code.op(I32_ROTL);
  code.i32(0x00ff00ff);
  code.op(I32_AND);
  code.get(t);
  code.i32(24);
  code.op(I32_ROTL);
  code.i32(~0x00ff00ff);
  code.op(I32_AND);
  code.op(I32_OR);
}
