/**
 * Addition and subtraction of a scalar to or from a pointer. Source: kernel/bpf/verifier.c, adjust_ptr_min_max_vals,
 * check_reg_sane_offset.
 */
import { EACCES, EINVAL } from "../base/errno.ts";
import { syncBounds } from "./bounds.ts";
import { type Env, regsOf } from "./env.ts";
import { fail } from "./log.ts";
import { ALU_OPS, typeText } from "./print.ts";
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  copyReg,
  ID,
  isConst,
  isPacketPointer,
  markUnknown,
  OFF,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_FUNC,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  PTR_UNTRUSTED,
  RAW0,
  REG_WORDS,
  SMAX,
  SMIN,
  UMAX,
  UMIN,
  unbound32,
  VAL,
  type Words,
} from "./regs.ts";
import { sanitizeAfter, sanitizeBefore } from "./sanitize.ts";
import { addS64, addU64, subS64, subU64 } from "./scalar.ts";
import { tnumAdd, tnumSub } from "./tnum.ts";
import { signed, signedBig, slt, ult } from "./words.ts";

const MAX_VAR_OFF = 1 << 29;
const INT_MIN = -2147483648;

/** Copies of the pointer and of the offset, which the destination may alias. */
const ptr = new Int32Array(REG_WORDS);
const off = new Int32Array(REG_WORDS);

/** Refuses offsets that could wrap. `type` is the pointer's. */
function checkSaneOffset(env: Env, w: Words, at: number, type: number): void {
  const { log } = env;
  if (isConst(w, at)) {
    const value = signed(w[at + VAL]!, w[at + VAL + 1]!);
    if (value >= MAX_VAR_OFF || value <= -MAX_VAR_OFF) {
      const text = signedBig(w[at + VAL]!, w[at + VAL + 1]!);
      fail(log, EINVAL, `math between ${typeText(type)} pointer and ${text} is not allowed`);
    }
  }
  const fixed = w[at + OFF]!;
  if (fixed >= MAX_VAR_OFF || fixed <= -MAX_VAR_OFF) {
    fail(log, EINVAL, `${typeText(type)} pointer offset ${fixed} is not allowed`);
  }
  const lo = w[at + SMIN]!;
  const hi = w[at + SMIN + 1]!;
  if (lo === 0 && hi === INT_MIN) {
    fail(log, EINVAL, `math between ${typeText(type)} pointer and register with unbounded min value is not allowed`);
  }
  const smin = signed(lo, hi);
  if (smin >= MAX_VAR_OFF || smin <= -MAX_VAR_OFF) {
    fail(log, EINVAL, `value ${signedBig(lo, hi)} makes ${typeText(type)} pointer be out of bounds`);
  }
}

/** Pointer types that take arithmetic; `known` where the offset is one constant. */
function mayAdd(type: number, known: boolean, isZero: boolean, isAdd: boolean): boolean {
  switch (baseType(type)) {
    case PTR_TO_CTX:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_STACK:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET:
    case PTR_TO_TP_BUFFER:
    case PTR_TO_BTF_ID:
    case PTR_TO_MEM:
    case PTR_TO_BUF:
    case PTR_TO_FUNC:
    case CONST_PTR_TO_DYNPTR:
      return true;
    case PTR_TO_FLOW_KEYS:
      return known;
    case CONST_PTR_TO_MAP:
      return known && isZero && isAdd;
    default:
      return false;
  }
}

/** R`dst` = pointer op scalar, the operands being any registers (one of them R`dst` itself). */
export function pointerMath(
  env: Env,
  code: number,
  op: number,
  dst: number,
  pw: Words,
  p: number,
  ow: Words,
  o: number,
): void {
  const { log } = env;
  const w = regsOf(env);
  const d = dst * REG_WORDS;
  copyReg(ptr, 0, pw, p);
  copyReg(off, 0, ow, o);
  const offIsDst = ow === w && o === d;
  const known = isConst(off, 0);
  const type = ptr[0]!;
  const base = baseType(type);
  if (
    (known &&
      (off[SMIN] !== off[SMAX] ||
        off[SMIN + 1] !== off[SMAX + 1] ||
        off[UMIN] !== off[UMAX] ||
        off[UMIN + 1] !== off[UMAX + 1])) ||
    slt(off[SMAX]!, off[SMAX + 1]!, off[SMIN]!, off[SMIN + 1]!) ||
    ult(off[UMAX]!, off[UMAX + 1]!, off[UMIN]!, off[UMIN + 1]!)
  ) {
    // Contradicting ranges: dead code; nothing is known.
    markUnknown(w, d, !env.bpfCapable);
    return;
  }
  if ((code & 7) !== 7) {
    if (op === 0x10 && env.allowPtrLeaks) {
      markUnknown(w, d, !env.bpfCapable);
      return;
    }
    fail(log, EACCES, `R${dst} 32-bit pointer arithmetic prohibited`);
  }
  if (type & PTR_MAYBE_NULL) {
    fail(log, EACCES, `R${dst} pointer arithmetic on ${typeText(type)} prohibited, null-check it first`);
  }
  if (base === PTR_TO_MEM && (type & PTR_UNTRUSTED) !== 0) return;
  const isZero = off[SMIN] === 0 && off[SMIN + 1] === 0;
  if (!mayAdd(type, known, isZero, op === 0x00)) {
    fail(log, EACCES, `R${dst} pointer arithmetic on ${typeText(type)} prohibited`);
  }
  w[d] = type;
  w[d + ID] = ptr[ID]!;
  checkSaneOffset(env, off, 0, type);
  checkSaneOffset(env, ptr, 0, type);
  unbound32(w, d);
  const masked = env.aluLimits !== null && (op === 0x00 || op === 0x10);
  if (masked) sanitizeBefore(env, ptr, off, dst, offIsDst, op === 0x00);
  if (op === 0x00) addOffset(env, w, d, known, type);
  else if (op === 0x10) subOffset(env, w, d, dst, known, type, offIsDst);
  else if (op === 0x50 || op === 0x40 || op === 0xa0) {
    fail(log, EACCES, `R${dst} bitwise operator ${ALU_OPS[op >> 4]} on pointer prohibited`);
  } else {
    fail(log, EACCES, `R${dst} pointer arithmetic with ${ALU_OPS[op >> 4]} operator prohibited`);
  }
  checkSaneOffset(env, w, d, type);
  syncBounds(w, d);
  if (masked) sanitizeAfter(env, w, dst, offIsDst, op === 0x00);
}

function copyRaw(w: Words, d: number): void {
  w[d + RAW0] = ptr[RAW0]!;
  w[d + RAW0 + 1] = ptr[RAW0 + 1]!;
  w[d + RAW0 + 2] = ptr[RAW0 + 2]!;
}

function clearRaw(w: Words, d: number): void {
  w[d + RAW0] = 0;
  w[d + RAW0 + 1] = 0;
  w[d + RAW0 + 2] = 0;
}

/** The variable part and its ranges are the pointer's; only the fixed offset moved. */
function fixedOffset(w: Words, d: number, sum: number): void {
  for (let i = VAL; i < VAL + 4; i++) w[d + i] = ptr[i]!;
  for (let i = SMIN; i < UMAX + 2; i++) w[d + i] = ptr[i]!;
  w[d + OFF] = sum;
  copyRaw(w, d);
}

function unboundSigned(w: Words, d: number): void {
  w[d + SMIN] = 0;
  w[d + SMIN + 1] = INT_MIN;
  w[d + SMAX] = -1;
  w[d + SMAX + 1] = 2147483647;
}

function unboundUnsigned(w: Words, d: number): void {
  w[d + UMIN] = 0;
  w[d + UMIN + 1] = 0;
  w[d + UMAX] = -1;
  w[d + UMAX + 1] = -1;
}

function addOffset(env: Env, w: Words, d: number, known: boolean, type: number): void {
  if (known) {
    const sum = ptr[OFF]! + signed(off[SMIN]!, off[SMIN + 1]!);
    if (sum === (sum | 0)) {
      fixedOffset(w, d, sum);
      return;
    }
  }
  for (let i = SMIN; i < UMAX + 2; i++) w[d + i] = ptr[i]!;
  if (addS64(w, d + SMIN, off[SMIN]!, off[SMIN + 1]!) || addS64(w, d + SMAX, off[SMAX]!, off[SMAX + 1]!)) {
    unboundSigned(w, d);
  }
  if (addU64(w, d + UMIN, off[UMIN]!, off[UMIN + 1]!) || addU64(w, d + UMAX, off[UMAX]!, off[UMAX + 1]!)) {
    unboundUnsigned(w, d);
  }
  tnumAdd(w, d + VAL, ptr, VAL, off, VAL);
  w[d + OFF] = ptr[OFF]!;
  copyRaw(w, d);
  if (isPacketPointer(type)) {
    // Another variable offset: what was proved of the old one does not hold.
    w[d + ID] = ++env.idGen;
    clearRaw(w, d);
  }
}

function subOffset(env: Env, w: Words, d: number, dst: number, known: boolean, type: number, offIsDst: boolean): void {
  if (offIsDst) fail(env.log, EACCES, `R${dst} tried to subtract pointer from scalar`);
  if (type === PTR_TO_STACK) fail(env.log, EACCES, `R${dst} subtraction from stack pointer prohibited`);
  if (known) {
    const difference = ptr[OFF]! - signed(off[SMIN]!, off[SMIN + 1]!);
    if (difference === (difference | 0)) {
      fixedOffset(w, d, difference);
      w[d + ID] = ptr[ID]!;
      return;
    }
  }
  for (let i = SMIN; i < UMAX + 2; i++) w[d + i] = ptr[i]!;
  if (subS64(w, d + SMIN, off[SMAX]!, off[SMAX + 1]!) || subS64(w, d + SMAX, off[SMIN]!, off[SMIN + 1]!)) {
    unboundSigned(w, d);
  }
  if (subU64(w, d + UMIN, off[UMAX]!, off[UMAX + 1]!)) unboundUnsigned(w, d);
  else subU64(w, d + UMAX, off[UMIN]!, off[UMIN + 1]!);
  tnumSub(w, d + VAL, ptr, VAL, off, VAL);
  w[d + OFF] = ptr[OFF]!;
  copyRaw(w, d);
  if (isPacketPointer(type)) {
    w[d + ID] = ++env.idGen;
    if (off[SMIN + 1]! < 0) clearRaw(w, d);
  }
}
