/**
 * ALU instructions: moves, arithmetic on scalars, byte swaps. Arithmetic on pointers is in pointer-math.ts.
 * Source: kernel/bpf/verifier.c, check_alu_op, adjust_reg_min_max_vals, adjust_scalar_min_max_vals.
 */
import { EACCES, EINVAL } from "../base/errno.ts";
import { checkBounds, defReg, isPointerValue, linkBeforeCopy, unknownReg, useReg } from "./args.ts";
import { signExtendToSize, signExtendToSize32, syncBounds, zeroExtend32 } from "./bounds.ts";
import { type Env, regsOf } from "./env.ts";
import { fail } from "./log.ts";
import { pointerMath } from "./pointer-math.ts";
import { markPrecise } from "./precision.ts";
import {
  ADD_CONST,
  copyReg,
  ID,
  isConst,
  markKnown,
  markUnknown,
  OFF,
  PRECISE,
  PTR_TO_ARENA,
  REG_WORDS,
  SCALAR_VALUE,
  setConst,
  UMAX,
  VAL,
  type Words,
} from "./regs.ts";
import {
  isSafeShift,
  rangeAdd,
  rangeAnd,
  rangeArsh32,
  rangeArsh64,
  rangeLsh32,
  rangeLsh64,
  rangeMul,
  rangeOr,
  rangeRsh32,
  rangeRsh64,
  rangeSub,
  rangeXor,
} from "./scalar.ts";
import { tnumAdd, tnumAnd, tnumMul, tnumOr, tnumSub, tnumXor } from "./tnum.ts";
import { fls64, ult } from "./words.ts";

/** The kernel's names of ALU operations, for its sentences. */
export const ALU_OPS: readonly string[] = [
  "+=",
  "-=",
  "*=",
  "/=",
  "|=",
  "&=",
  "<<=",
  ">>=",
  "neg",
  "%=",
  "^=",
  "=",
  "s>>=",
  "endian",
];

const BPF_MOD = 0x90;
const BPF_DIV = 0x30;

export function checkAlu(env: Env): void {
  const { insns, insnIdx: i } = env;
  const code = insns.code[i]!;
  const op = code & 0xf0;
  const dst = insns.dst[i]!;
  if (op === 0xd0 || op === 0x80) checkUnary(env, code, op);
  else if (op === 0xb0) checkMov(env, code);
  else if (op > 0xd0) fail(env.log, EINVAL, `invalid BPF_ALU opcode ${op.toString(16)}`);
  else checkBinary(env, code, op);
  checkBounds(env, regsOf(env), dst * REG_WORDS, "alu");
}

function checkUnary(env: Env, code: number, op: number): void {
  const { insns, insnIdx: i, log } = env;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const imm = insns.imm[i]!;
  const isNeg = op === 0x80;
  if (isNeg) {
    if ((code & 8) !== 0 || src !== 0 || insns.off[i] !== 0 || imm !== 0) {
      fail(log, EINVAL, "BPF_NEG uses reserved fields");
    }
  } else if (
    src !== 0 ||
    insns.off[i] !== 0 ||
    (imm !== 16 && imm !== 32 && imm !== 64) ||
    ((code & 7) === 7 && (code & 8) !== 0)
  ) {
    fail(log, EINVAL, "BPF_END uses reserved fields");
  }
  useReg(env, dst);
  if (isPointerValue(env, dst)) fail(log, EACCES, `R${dst} pointer arithmetic prohibited`);
  defReg(env, dst);
  const w = regsOf(env);
  const at = dst * REG_WORDS;
  if (isNeg && w[at] === SCALAR_VALUE) scalarMath(env, code, op, w, at, w, at);
  else unknownReg(env, dst);
}

function checkMov(env: Env, code: number): void {
  const { insns, insnIdx: i, log } = env;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const off = insns.off[i]!;
  const imm = insns.imm[i]!;
  const is64 = (code & 7) === 7;
  const isReg = (code & 8) !== 0;
  if (isReg) {
    if (!is64) {
      if ((off !== 0 && off !== 8 && off !== 16) || imm !== 0) fail(log, EINVAL, "BPF_MOV uses reserved fields");
    } else if (off === 1) {
      if (imm !== 1 && imm !== 65536) {
        fail(log, EINVAL, "addr_space_cast insn can only convert between address space 1 and 0");
      }
      if (env.arena === null) {
        fail(log, EINVAL, "addr_space_cast insn can only be used in a program that has an associated arena");
      }
    } else if ((off !== 0 && off !== 8 && off !== 16 && off !== 32) || imm !== 0) {
      fail(log, EINVAL, "BPF_MOV uses reserved fields");
    }
    useReg(env, src);
  } else if (src !== 0 || off !== 0) {
    fail(log, EINVAL, "BPF_MOV uses reserved fields");
  }
  defReg(env, dst);
  const w = regsOf(env);
  const d = dst * REG_WORDS;
  if (!isReg) {
    markUnknown(w, d, !env.bpfCapable);
    markKnown(w, d, imm, is64 ? imm >> 31 : 0);
    return;
  }
  if (is64) movReg64(env, w, d, src, off, imm);
  else movReg32(env, w, d, src, off);
}

function movReg64(env: Env, w: Words, d: number, src: number, off: number, imm: number): void {
  const s = src * REG_WORDS;
  if (imm !== 0) {
    // addr_space_cast: to an arena pointer, or from one to a plain number.
    markUnknown(w, d, !env.bpfCapable);
    if (imm === 1) w[d] = PTR_TO_ARENA;
  } else if (off === 0) {
    linkBeforeCopy(env, w, s);
    copyReg(w, d, w, s);
  } else if (isPointerValue(env, src)) {
    fail(env.log, EACCES, `R${src} sign-extension part of pointer`);
  } else if (w[s] === SCALAR_VALUE) {
    copyExtended(env, w, d, s, off);
    signExtendToSize(w, d, off >> 3);
  } else {
    markUnknown(w, d, !env.bpfCapable);
  }
}

function movReg32(env: Env, w: Words, d: number, src: number, off: number): void {
  const s = src * REG_WORDS;
  if (isPointerValue(env, src)) fail(env.log, EACCES, `R${src} partial copy of pointer`);
  if (w[s] !== SCALAR_VALUE) {
    markUnknown(w, d, !env.bpfCapable);
  } else if (off === 0) {
    const fits = fls64(w[s + UMAX]!, w[s + UMAX + 1]!) <= 32;
    if (fits) linkBeforeCopy(env, w, s);
    copyReg(w, d, w, s);
    if (!fits) w[d + ID] = 0;
  } else {
    copyExtended(env, w, d, s, off);
    signExtendToSize32(w, d, off >> 3);
  }
  zeroExtend32(w, d);
  syncBounds(w, d);
}

/** Copies for a sign extension from `bits`; the copy stays linked where the value does not change. */
function copyExtended(env: Env, w: Words, d: number, s: number, bits: number): void {
  const limitHi = 0;
  const limitLo = bits === 32 ? -2147483648 : 1 << (bits - 1);
  const same = ult(w[s + UMAX]!, w[s + UMAX + 1]!, limitLo, limitHi);
  if (same) linkBeforeCopy(env, w, s);
  copyReg(w, d, w, s);
  if (!same) w[d + ID] = 0;
}

function checkBinary(env: Env, code: number, op: number): void {
  const { insns, insnIdx: i, log } = env;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const off = insns.off[i]!;
  const imm = insns.imm[i]!;
  const isReg = (code & 8) !== 0;
  const badOff = (off !== 0 && off !== 1) || (off === 1 && op !== BPF_MOD && op !== BPF_DIV);
  if (isReg) {
    if (imm !== 0 || badOff) fail(log, EINVAL, "BPF_ALU uses reserved fields");
    useReg(env, src);
  } else if (src !== 0 || badOff) {
    fail(log, EINVAL, "BPF_ALU uses reserved fields");
  }
  useReg(env, dst);
  if ((op === BPF_MOD || op === BPF_DIV) && !isReg && imm === 0) fail(log, EINVAL, "div by zero");
  if ((op === 0x60 || op === 0x70 || op === 0xc0) && !isReg) {
    const bits = (code & 7) === 7 ? 64 : 32;
    if (imm < 0 || imm >= bits) fail(log, EINVAL, `invalid shift ${imm}`);
  }
  defReg(env, dst);
  binaryMath(env, code, op, dst, src, imm, isReg);
}

function binaryMath(env: Env, code: number, op: number, dst: number, src: number, imm: number, isReg: boolean): void {
  const w = regsOf(env);
  const d = dst * REG_WORDS;
  const s = src * REG_WORDS;
  if (w[d] === PTR_TO_ARENA) return;
  const dstIsPtr = w[d] !== SCALAR_VALUE;
  if (!isReg) {
    const f = env.fake;
    f.fill(0, 0, REG_WORDS);
    f[0] = SCALAR_VALUE;
    setConst(f, 0, imm, imm >> 31);
    if (dstIsPtr) {
      pointerMath(env, code, op, dst, w, d, f, 0);
      return;
    }
    scalarMath(env, code, op, w, d, f, 0);
    linkOffset(env, code, op, w, d, f, 0);
    return;
  }
  if (w[s] !== SCALAR_VALUE) {
    if (dstIsPtr) {
      if (op === 0x10 && env.allowPtrLeaks) {
        unknownReg(env, dst);
        return;
      }
      fail(env.log, EACCES, `R${dst} pointer ${ALU_OPS[op >> 4]} pointer prohibited`);
    }
    markPrecise(env, dst);
    pointerMath(env, code, op, dst, w, s, w, d);
    return;
  }
  if (dstIsPtr) {
    markPrecise(env, src);
    pointerMath(env, code, op, dst, w, d, w, s);
    return;
  }
  if (w[d + PRECISE] !== 0) markPrecise(env, src);
  if (d === s) {
    copyReg(env.fake, 0, w, s);
    scalarMath(env, code, op, w, d, env.fake, 0);
  } else {
    scalarMath(env, code, op, w, d, w, s);
  }
  linkOffset(env, code, op, w, d, w, s);
}

/** d += constant keeps the link of d to its copies, with an offset; everything else cuts it. */
function linkOffset(env: Env, code: number, op: number, w: Words, d: number, sw: Words, s: number): void {
  if (env.bpfCapable && op === 0x00 && (code & 7) === 7 && w[d + ID] !== 0 && isConst(sw, s)) {
    const lo = sw[s + VAL]!;
    const hi = sw[s + VAL + 1]!;
    if ((w[d + ID]! & ADD_CONST) !== 0 || hi !== 0 || lo < 0) {
      w[d + OFF] = 0;
      w[d + ID] = 0;
    } else {
      w[d + ID] = w[d + ID]! | ADD_CONST;
      w[d + OFF] = lo;
    }
  } else {
    w[d + ID] = 0;
  }
}

/** d op= s on scalars; s is not d (but for the negation, which has no s). */
function scalarMath(env: Env, code: number, op: number, w: Words, d: number, sw: Words, s: number): void {
  const is64 = (code & 7) === 7;
  const bits = is64 ? 64 : 32;
  switch (op) {
    case 0x00:
      rangeAdd(w, d, sw, s);
      tnumAdd(w, d + VAL, w, d + VAL, sw, s + VAL);
      break;
    case 0x10:
      rangeSub(w, d, sw, s);
      tnumSub(w, d + VAL, w, d + VAL, sw, s + VAL);
      break;
    case 0x80: {
      const f = env.fake;
      copyReg(f, 0, w, d);
      markKnown(w, d, 0, 0);
      rangeSub(w, d, f, 0);
      tnumSub(w, d + VAL, w, d + VAL, f, VAL);
      break;
    }
    case 0x20:
      tnumMul(w, d + VAL, w, d + VAL, sw, s + VAL);
      rangeMul(w, d, sw, s);
      break;
    case 0x50:
      tnumAnd(w, d + VAL, w, d + VAL, sw, s + VAL);
      rangeAnd(w, d, sw, s);
      break;
    case 0x40:
      tnumOr(w, d + VAL, w, d + VAL, sw, s + VAL);
      rangeOr(w, d, sw, s);
      break;
    case 0xa0:
      tnumXor(w, d + VAL, w, d + VAL, sw, s + VAL);
      rangeXor(w, d, sw, s);
      break;
    case 0x60:
    case 0x70:
    case 0xc0: {
      if (!isSafeShift(sw, s, bits)) {
        markUnknown(w, d, !env.bpfCapable);
        return;
      }
      const shift = sw[s + UMAX]!;
      if (op === 0x60) is64 ? rangeLsh64(w, d, shift) : rangeLsh32(w, d, shift);
      else if (op === 0x70) is64 ? rangeRsh64(w, d, shift) : rangeRsh32(w, d, shift);
      else if (is64) rangeArsh64(w, d, shift);
      else rangeArsh32(w, d, shift);
      break;
    }
    default:
      // Division and modulo: nothing is tracked.
      markUnknown(w, d, !env.bpfCapable);
      return;
  }
  if (!is64) zeroExtend32(w, d);
  syncBounds(w, d);
}
