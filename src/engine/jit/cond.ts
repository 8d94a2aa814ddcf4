/** Translates the condition of a jump to an i32 that is not 0 where the jump (or, negated, the fall-through) is taken. */
import { bug } from "../../base/error.ts";
import type { InsnBuf } from "../../isa/insn.ts";
import {
  I32_AND,
  I32_EQ,
  I32_EQZ,
  I32_GE_S,
  I32_GE_U,
  I32_GT_S,
  I32_GT_U,
  I32_LE_S,
  I32_LE_U,
  I32_LT_S,
  I32_LT_U,
  I32_NE,
  I64_AND,
  I64_EQ,
  I64_EQZ,
  I64_GE_S,
  I64_GE_U,
  I64_GT_S,
  I64_GT_U,
  I64_LE_S,
  I64_LE_U,
  I64_LT_S,
  I64_LT_U,
  I64_NE,
} from "../../wasm/op.ts";
import type { Regs } from "./regs.ts";

/** Operation -> [i32 op, i64 op, the operation that holds exactly where this one does not]. */
const COMPARE: Readonly<Record<number, readonly [number, number, number]>> = {
  16: [I32_EQ, I64_EQ, 0x50],
  32: [I32_GT_U, I64_GT_U, 0xb0],
  48: [I32_GE_U, I64_GE_U, 0xa0],
  80: [I32_NE, I64_NE, 0x10],
  96: [I32_GT_S, I64_GT_S, 0xd0],
  112: [I32_GE_S, I64_GE_S, 0xc0],
  160: [I32_LT_U, I64_LT_U, 0x30],
  176: [I32_LE_U, I64_LE_U, 0x20],
  192: [I32_LT_S, I64_LT_S, 0x70],
  208: [I32_LE_S, I64_LE_S, 0x60],
};

/** The signed comparisons in unsigned form. */
const UNSIGNED: Readonly<Record<number, number>> = { 96: 0x20, 112: 0x30, 192: 0xa0, 208: 0xb0 };

/** 1 or 0 where it is known whether the jump at i is taken, else -1. */
export function knownCondition(r: Regs, insns: InsnBuf, i: number): number {
  const op = insns.code[i]!;
  if ((op & 8) !== 0) return -1;
  const dst = insns.dst[i]!;
  const imm = insns.imm[i]!;
  // A 64-bit value that is not 0 may still have a low half of 0.
  if (imm === 0 && ((r.nonZero >> dst) & 1) === 1 && ((op & 7) === 5 || r.isLow(dst))) {
    if ((op & 0xf0) === 0x10) return 0;
    if ((op & 0xf0) === 0x50) return 1;
  }
  if (!r.isLow(dst) || imm < 0) return -1;
  const max = r.maxOf(dst);
  switch (op & 0xf0) {
    case 0x20:
      return max <= imm ? 0 : -1;
    case 0x30:
      return max < imm ? 0 : -1;
    case 0xa0:
      return max < imm ? 1 : -1;
    case 0xb0:
      return max <= imm ? 1 : -1;
    default:
      return -1;
  }
}

/** What the branch at i says about its register on one side: a bound, -1 for "not zero", or null. */
export function learned(r: Regs, insns: InsnBuf, i: number, taken: boolean): { reg: number; max: number } | null {
  const op = insns.code[i]!;
  const reg = insns.dst[i]!;
  const imm = insns.imm[i]!;
  if ((op & 8) !== 0 || imm < 0) return null;
  const operation = op & 0xf0;
  if (imm === 0 && operation === (taken ? 0x50 : 0x10)) return { reg, max: -1 };
  if (!r.isLow(reg)) return null;
  switch (operation) {
    case 0x10:
      return taken ? { reg, max: imm } : null;
    case 0x20:
      return taken ? null : { reg, max: imm };
    case 0x30:
      return taken || imm === 0 ? null : { reg, max: imm - 1 };
    case 0xa0:
      return taken && imm > 0 ? { reg, max: imm - 1 } : null;
    case 0xb0:
      return taken ? { reg, max: imm } : null;
    default:
      return null;
  }
}

export function pushCondition(r: Regs, insns: InsnBuf, i: number, negate: boolean): void {
  const { code } = r;
  const op = insns.code[i]!;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const imm = insns.imm[i]!;
  const byReg = (op & 8) !== 0;
  let operation = op & 0xf0;
  // Of values without upper halves, 64-bit comparisons are 32-bit ones, all of them unsigned.
  const bothLow = (op & 7) === 5 && r.isLow(dst) && (byReg ? r.isLow(src) : imm >= 0);
  const narrow = (op & 7) === 6 || bothLow;
  if (bothLow) operation = UNSIGNED[operation] ?? operation;
  if (narrow) r.getLow(dst);
  else r.getWide(dst);
  if (operation === 0x40) {
    if (narrow) {
      if (byReg) r.getLow(src);
      else code.i32(imm);
      code.op(I32_AND);
      if (negate) code.op(I32_EQZ);
    } else {
      if (byReg) r.getWide(src);
      else code.i64(imm, imm >> 31);
      code.op(I64_AND);
      if (negate) code.op(I64_EQZ);
      else {
        code.i64(0, 0);
        code.op(I64_NE);
      }
    }
    return;
  }
  if (negate) operation = (COMPARE[operation] ?? bug(`no condition 0x${op.toString(16)}`))[2];
  if (!byReg && imm === 0 && operation === 0x10) {
    code.op(narrow ? I32_EQZ : I64_EQZ);
    return;
  }
  if (narrow && !byReg && imm === 0 && operation === 0x50) return;
  if (narrow) {
    if (byReg) r.getLow(src);
    else code.i32(imm);
  } else if (byReg) r.getWide(src);
  else code.i64(imm, imm >> 31);
  const ops = COMPARE[operation] ?? bug(`no condition 0x${op.toString(16)}`);
  code.op(narrow ? ops[0] : ops[1]);
}
