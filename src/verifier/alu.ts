/**
 * ALU instructions: moves, arithmetic on scalars, byte swaps. Arithmetic on pointers is in pointer-math.ts.
 * Source: kernel/bpf/verifier.c, check_alu_op, adjust_reg_min_max_vals, adjust_scalar_min_max_vals.
 */
import { EACCES, EINVAL } from "../base/errno.ts";
import { checkBounds, defReg, isPointerValue, linkBeforeCopy, unknownReg, useReg } from "./args.ts";
import { signExtendToSize, signExtendToSize32, syncBounds, truncateToSize, zeroExtend32 } from "./bounds.ts";
import { pushPath } from "./branch.ts";
import { type Env, regsOf } from "./env.ts";
import { fail } from "./log.ts";
import { pointerMath } from "./pointer-math.ts";
import { markPrecise } from "./precision.ts";
import { ALU_OPS } from "./print.ts";
import {
  ADD_CONST,
  ADD_CONST32,
  ADD_CONST64,
  copyReg,
  ID,
  isConst,
  isConst32,
  MASK,
  markKnown,
  markUnknown,
  OFF,
  PRECISE,
  PTR_TO_ARENA,
  REG_WORDS,
  S32MAX,
  S32MIN,
  SCALAR_VALUE,
  SMAX,
  SMIN,
  setConst,
  U32MAX,
  U32MIN,
  UMAX,
  unbound,
  VAL,
  type Words,
} from "./regs.ts";
import { sanitizeNumbers } from "./sanitize.ts";
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
import { tnumAdd, tnumAnd, tnumMul, tnumOr, tnumSub, tnumSwap, tnumXor } from "./tnum.ts";
import { fls64, ult } from "./words.ts";

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
  if (w[at] !== SCALAR_VALUE) {
    unknownReg(env, dst);
    return;
  }
  if (isNeg) scalarMath(env, code, op, w, at, w, at);
  else swapBytes(w, at, code, imm);
}

/** Byte swap or, on a little-endian machine for "to little-endian", only the truncation. */
function swapBytes(w: Words, at: number, code: number, bits: number): void {
  const swaps = (code & 7) === 7 || (code & 8) !== 0;
  if (swaps || bits !== 64) w[at + ID] = 0;
  if (swaps) {
    tnumSwap(w, at + VAL, w, at + VAL, bits);
    unbound(w, at);
  }
  if (bits !== 64) truncateToSize(w, at, bits / 8);
  syncBounds(w, at);
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
  if (isReg && w[s] === PTR_TO_ARENA) {
    // Any arithmetic with one gives one.
    copyReg(w, d, w, s);
    return;
  }
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
    const wasWide = w[d + UMAX + 1] !== 0;
    scalarMath(env, code, op, w, d, f, 0);
    linkOffset(env, code, op, w, d, f, 0, wasWide);
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
  if (env.aluLimits !== null && (op === 0x00 || op === 0x10)) sanitizeNumbers(env, dst);
  const wasWide = w[d + UMAX + 1] !== 0;
  if (d === s) {
    copyReg(env.fake, 0, w, s);
    scalarMath(env, code, op, w, d, env.fake, 0);
  } else {
    scalarMath(env, code, op, w, d, w, s);
  }
  linkOffset(env, code, op, w, d, w, s, wasWide);
}

/**
 * d +- constant keeps the link of d to its copies, with an offset; everything else cuts it. `wasWide`: d may have had upper
 * bits, which a 32-bit addition cleared.
 */
function linkOffset(
  env: Env,
  code: number,
  op: number,
  w: Words,
  d: number,
  sw: Words,
  s: number,
  wasWide: boolean,
): void {
  const is32 = (code & 7) !== 7;
  const known = is32 ? isConst32(sw, s) : isConst(sw, s);
  if (!env.bpfCapable || (op !== 0x00 && op !== 0x10) || w[d + ID] === 0 || !known) {
    // 6.18.15 leaves off as it was, and then refuses pointer math with it; 6.18.44 does not
    w[d + OFF] = 0;
    w[d + ID] = 0;
    return;
  }
  const lo = sw[s + VAL]!;
  const fits = is32 ? !wasWide : sw[s + VAL + 1] === lo >> 31;
  if (!fits || (op === 0x10 && lo === -2147483648) || (w[d + ID]! & ADD_CONST) !== 0) {
    w[d + OFF] = 0;
    w[d + ID] = 0;
    return;
  }
  w[d + ID] = w[d + ID]! | (is32 ? ADD_CONST32 : ADD_CONST64);
  w[d + OFF] = op === 0x10 ? -lo : lo;
}

/**
 * A mask of all ones or all zeroes (an arithmetic shift of the sign): each value on a path of its own is more precise than
 * both together.
 */
function forkMinusOne(env: Env, w: Words, d: number): void {
  const is64 = w[d + SMIN] === -1 && w[d + SMIN + 1] === -1 && w[d + SMAX] === 0 && w[d + SMAX + 1] === 0;
  if (!is64 && !(w[d + S32MIN] === -1 && w[d + S32MAX] === 0)) return;
  const other = pushPath(env, env.insnIdx, env.insnIdx);
  const ow = other.frames[other.curframe]!.w;
  if (is64) {
    markKnown(ow, d, 0, 0);
    markKnown(w, d, -1, -1);
  } else {
    markKnown32(ow, d, 0);
    markKnown32(w, d, -1);
  }
}

function markKnown32(w: Words, d: number, v: number): void {
  w[d + VAL] = v;
  w[d + MASK] = 0;
  w[d + S32MIN] = v;
  w[d + S32MAX] = v;
  w[d + U32MIN] = v;
  w[d + U32MAX] = v;
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
      if (isConst(sw, s)) forkMinusOne(env, w, d);
      tnumAnd(w, d + VAL, w, d + VAL, sw, s + VAL);
      rangeAnd(w, d, sw, s);
      break;
    case 0x40:
      if (isConst(sw, s)) forkMinusOne(env, w, d);
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
