/**
 * Loads and stores on the stack: spills and fills of registers, bytes, variable offsets, and memory given to helpers.
 * Source: kernel/bpf/verifier.c, check_stack_read, check_stack_write, check_stack_range_initialized.
 */
import { EACCES, EFAULT, EINVAL } from "../base/errno.ts";
import { linkBeforeCopy, unknownReg } from "./args.ts";
import { subprogEnd } from "./cfg.ts";
import { destroyDynptrAt, frameOfPtr } from "./dynptr.ts";
import { type Env, frameOf, regsOf } from "./env.ts";
import { pushHistory, stackAccess } from "./history.ts";
import { markStackRead, markStackWrite } from "./liveness.ts";
import { fail, scratchSlot, writeLine } from "./log.ts";
import { type CallMeta, READ, WRITE } from "./meta.ts";
import { markPrecise } from "./precision.ts";
import { tnumText } from "./print.ts";
import {
  baseType,
  copyReg,
  FRAMENO,
  ID,
  isConst,
  isNull,
  markConstZero,
  markUnknown,
  NOT_INIT,
  PTR_TO_CTX,
  PTR_TO_FUNC,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  REG_WORDS,
  SCALAR_VALUE,
  SMAX,
  SMIN,
  setConst,
  UMAX,
  VAL,
} from "./regs.ts";
import {
  type Frame,
  growStack,
  isSpilled,
  STACK_DYNPTR,
  STACK_INVALID,
  STACK_IRQ_FLAG,
  STACK_ITER,
  STACK_MISC,
  STACK_SPILL,
  STACK_ZERO,
  setSlotType,
  slotAt,
  slotType,
} from "./state.ts";
import { fls64, signed } from "./words.ts";

const MAX_VAR_OFF = 1 << 29;
const STACK_BYTES = 512;

/** Pointers that may be spilled: all but the tracepoint buffer and dynptr arguments. */
export function isSpillable(type: number): boolean {
  const base = baseType(type);
  return base >= PTR_TO_CTX && base <= PTR_TO_FUNC && base !== PTR_TO_TP_BUFFER;
}

/** Refuses an access of `size` bytes that may leave the stack; makes the stack as deep as the access needs. */
export function checkStackBounds(env: Env, r: number, off: number, size: number, type: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  const frame = frameOfPtr(env, w, at);
  const extra = type === READ ? " read from" : " write to";
  const known = isConst(w, at);
  let min: number;
  let max: number;
  if (known) {
    min = signed(w[at + VAL]!, w[at + VAL + 1]!) + off;
    max = min + size;
  } else {
    const smin = signed(w[at + SMIN]!, w[at + SMIN + 1]!);
    const smax = signed(w[at + SMAX]!, w[at + SMAX + 1]!);
    if (smax >= MAX_VAR_OFF || smin <= -MAX_VAR_OFF) {
      fail(log, EACCES, `invalid unbounded variable-offset${extra} stack R${r}`);
    }
    min = smin + off;
    max = smax + off + size;
  }
  const lowest = type === WRITE || env.allowUninitStack ? -STACK_BYTES : -8 * frame.slots;
  let errno = min < lowest || min > -1 ? EACCES : 0;
  if (errno === 0 && max > 0) errno = EINVAL;
  if (errno === 0 && size < 0) errno = EFAULT;
  if (errno !== 0) {
    fail(
      log,
      errno,
      known
        ? `invalid${extra} stack R${r} off=${off} size=${size}`
        : `invalid variable-offset${extra} stack R${r} var_off=${tnumText(w, at + VAL)} off=${off} size=${size}`,
    );
  }
  const slots = (-min + 7) >> 3;
  if (slots <= frame.slots) return;
  growStack(frame, slots);
  const subprog = env.subprogs[frame.subprogno]!;
  if (subprog.stackDepth < slots * 8) subprog.stackDepth = slots * 8;
}

/** A store below the spills that calls would drop: the spills of this function must stay. */
function checkFastcall(env: Env, frame: Frame, off: number): void {
  const subprog = env.subprogs[frame.subprogno]!;
  const { aux } = env;
  if (subprog.fastcallStackOff <= off || aux.fastcallPattern[env.insnIdx] === 1) return;
  subprog.fastcallStackOff = -32768;
  const end = subprogEnd(env, frame.subprogno);
  for (let i = subprog.start; i < end; i++) {
    aux.fastcallSpills[i] = 0;
    aux.fastcallPattern[i] = 0;
  }
}

function saveRegister(frame: Frame, i: number, w: Int32Array, at: number, size: number): void {
  copyReg(frame.w, slotAt(i), w, at);
  for (let k = 7; k > 7 - size; k--) setSlotType(frame, i, k, STACK_SPILL);
  for (let k = 7 - size; k >= 0; k--) {
    const type = slotType(frame, i, k);
    if (type !== STACK_ZERO && type !== STACK_INVALID) setSlotType(frame, i, k, STACK_MISC);
  }
}

function isSpecial(frame: Frame, i: number): boolean {
  const type = slotType(frame, i, 7);
  return type === STACK_SPILL || type === STACK_DYNPTR || type === STACK_ITER || type === STACK_IRQ_FLAG;
}

/** Bytes of a slot that held a register or object are just bytes from now on. */
function scrubSlot(frame: Frame, i: number): void {
  for (let k = 0; k < 8; k++) if (slotType(frame, i, k) !== STACK_INVALID) setSlotType(frame, i, k, STACK_MISC);
}

function isStoreImm(env: Env): boolean {
  const code = env.insns.code[env.insnIdx]!;
  return (code & 7) === 2 && (code & 0xe0) === 0x60;
}

function writeFixed(env: Env, frame: Frame, off: number, size: number, value: number): void {
  const { log, insns, insnIdx } = env;
  const slot = -off - 1;
  const i = slot >> 3;
  const at = slotAt(i);
  const aligned = off % 8 === 0;
  const cur = frameOf(env);
  const reg = value * REG_WORDS;
  if (!env.allowPtrLeaks && isSpilled(frame, i) && frame.w[at] !== SCALAR_VALUE && size !== 8) {
    fail(log, EACCES, "attempt to corrupt spilled pointer on stack");
  }
  destroyDynptrAt(env, frame, i);
  if (aligned && size === 8) markStackWrite(env, frame.frameno, i);
  checkFastcall(env, frame, off);
  scratchSlot(log, i);
  if (value >= 0 && aligned && cur.w[reg] === SCALAR_VALUE && env.bpfCapable) {
    const fits = fls64(cur.w[reg + UMAX]!, cur.w[reg + UMAX + 1]!) <= 8 * size;
    if (fits) linkBeforeCopy(env, cur.w, reg);
    saveRegister(frame, i, cur.w, reg, size);
    if (!fits) frame.w[at + ID] = 0;
  } else if (value < 0 && aligned && isStoreImm(env) && env.bpfCapable) {
    const f = env.fake;
    f.fill(0, 0, REG_WORDS);
    f[0] = SCALAR_VALUE;
    setConst(f, 0, insns.imm[insnIdx]!, insns.imm[insnIdx]! >> 31);
    saveRegister(frame, i, f, 0, size);
  } else if (value >= 0 && isSpillable(cur.w[reg]!)) {
    if (size !== 8) {
      writeLine(log, insnIdx, "; ");
      fail(log, EACCES, "invalid size of register spill");
    }
    if (frame !== cur && cur.w[reg] === PTR_TO_STACK) {
      fail(log, EINVAL, "cannot spill pointers to stack into stack frame of the caller");
    }
    saveRegister(frame, i, cur.w, reg, size);
  } else {
    let type = STACK_MISC;
    frame.w[at] = NOT_INIT;
    if (isSpecial(frame, i)) scrubSlot(frame, i);
    if (value >= 0 ? isNull(cur.w, reg) : isStoreImm(env) && insns.imm[insnIdx] === 0) {
      if (value >= 0) markPrecise(env, value);
      type = STACK_ZERO;
    }
    for (let b = 0; b < size; b++) setSlotType(frame, i, (slot - b) & 7, type);
    return;
  }
  pushHistory(env, env.cur, stackAccess(frame.frameno, i), null);
}

function writeVariable(env: Env, frame: Frame, r: number, off: number, size: number, value: number): void {
  const { log, insns, insnIdx } = env;
  const w = regsOf(env);
  const p = r * REG_WORDS;
  const min = w[p + SMIN]! + off;
  const max = w[p + SMAX]! + off + size;
  const writingZero = value >= 0 ? isNull(w, value * REG_WORDS) : isStoreImm(env) && insns.imm[insnIdx] === 0;
  let zeroUsed = false;
  for (let b = min; b < max; b++) destroyDynptrAt(env, frame, (-b - 1) >> 3);
  checkFastcall(env, frame, min);
  for (let b = min; b < max; b++) {
    const slot = -b - 1;
    const i = slot >> 3;
    const k = slot & 7;
    const type = slotType(frame, i, k);
    scratchSlot(log, i);
    if (!env.allowPtrLeaks && type !== STACK_MISC && type !== STACK_ZERO) {
      fail(log, EINVAL, `spilled ptr in range of var-offset stack write; insn ${insnIdx}, ptr off: ${b}`);
    }
    if (writingZero && type === STACK_SPILL && isSpilled(frame, i) && isNull(frame.w, slotAt(i))) {
      zeroUsed = true;
      continue;
    }
    frame.w[slotAt(i)] = NOT_INIT;
    // As 6.18.44 does and 6.18.15 does not: what is left of a spilled register counts as bytes
    if (isSpecial(frame, i)) scrubSlot(frame, i);
    let newType = STACK_MISC;
    if (writingZero && type === STACK_ZERO) {
      newType = STACK_ZERO;
      zeroUsed = true;
    }
    if (type === STACK_INVALID && !env.allowUninitStack) {
      fail(log, EINVAL, `uninit stack in range of var-offset write prohibited for !root; insn ${insnIdx}, off: ${b}`);
    }
    setSlotType(frame, i, k, newType);
  }
  if (zeroUsed && value >= 0) markPrecise(env, value);
}

/** Store of R`value` (or of an immediate or unknown bytes: -1) through R`r`; bounds were checked. */
export function writeStack(env: Env, r: number, off: number, size: number, value: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const frame = frameOfPtr(env, w, at);
  if (isConst(w, at)) writeFixed(env, frame, off + w[at + VAL]!, size, value);
  else writeVariable(env, frame, r, off, size, value);
}

/** R`dst` gets the bytes min..max-1 of a frame: 0 where all are zero, else unknown. */
function loadBytes(env: Env, frame: Frame, min: number, max: number, dst: number): void {
  let zeros = 0;
  for (let b = min; b < max; b++) {
    const slot = -b - 1;
    scratchSlot(env.log, slot >> 3);
    if (slotType(frame, slot >> 3, slot & 7) !== STACK_ZERO) break;
    zeros++;
  }
  if (zeros === max - min) markConstZero(regsOf(env), dst * REG_WORDS, !env.bpfCapable);
  else unknownReg(env, dst);
}

/** Refuses a byte that was never written, where the program must not see such. */
function checkReadable(env: Env, type: number, off: number, b: number, size: number): void {
  if (type === STACK_MISC || type === STACK_ZERO || type === STACK_SPILL) return;
  if (type === STACK_INVALID && env.allowUninitStack) return;
  fail(env.log, EACCES, `invalid read from stack off ${off}+${b} size ${size}`);
}

function fillPart(env: Env, frame: Frame, i: number, off: number, size: number, dst: number): boolean {
  const cur = frameOf(env);
  const at = slotAt(i);
  const d = dst * REG_WORDS;
  let spillSize = 1;
  for (let k = 7; k > 0 && slotType(frame, i, k - 1) === STACK_SPILL; k--) spillSize++;
  if (size <= spillSize && off % 8 === 0) {
    copyReg(cur.w, d, frame.w, at);
    if (fls64(frame.w[at + UMAX]!, frame.w[at + UMAX + 1]!) > 8 * size) cur.w[d + ID] = 0;
    return true;
  }
  let spills = 0;
  let zeros = 0;
  const slot = -off - 1;
  for (let b = 0; b < size; b++) {
    const type = slotType(frame, i, (slot - b) & 7);
    if (type === STACK_SPILL) spills++;
    else if (type === STACK_ZERO) zeros++;
    else checkReadable(env, type, off, b, size);
  }
  const isZero = isConst(frame.w, at) && frame.w[at + VAL] === 0 && frame.w[at + VAL + 1] === 0;
  if (spills === size && isZero) {
    markConstZero(cur.w, d, !env.bpfCapable);
    return true;
  }
  if (zeros === size) markConstZero(cur.w, d, !env.bpfCapable);
  else unknownReg(env, dst);
  return false;
}

function readFixed(env: Env, frame: Frame, off: number, size: number, dst: number): void {
  const { log } = env;
  const slot = -off - 1;
  const i = slot >> 3;
  const at = slotAt(i);
  const cur = frameOf(env);
  scratchSlot(log, i);
  checkFastcall(env, cur, off);
  markStackRead(env, frame.frameno, env.insnIdx, i);
  if (!isSpilled(frame, i)) {
    for (let b = 0; b < size; b++) {
      const type = slotType(frame, i, (slot - b) & 7);
      if (type === STACK_SPILL) fail(log, EACCES, `invalid read from stack off ${off}+${b} size ${size}`);
      checkReadable(env, type, off, b, size);
    }
    if (dst >= 0) loadBytes(env, frame, off, off + size, dst);
    return;
  }
  let spillSize = 1;
  for (let k = 7; k > 0 && slotType(frame, i, k - 1) === STACK_SPILL; k--) spillSize++;
  if (size !== 8 || spillSize !== 8) {
    if (frame.w[at] !== SCALAR_VALUE) {
      writeLine(log, env.insnIdx, "; ");
      fail(log, EACCES, "invalid size of register fill");
    }
    if (dst < 0) return;
    if (!fillPart(env, frame, i, off, size, dst)) return;
  } else if (dst >= 0) {
    copyReg(cur.w, dst * REG_WORDS, frame.w, at);
  } else if (!env.allowPtrLeaks && frame.w[at] !== SCALAR_VALUE) {
    fail(log, EACCES, `leaking pointer from stack off ${off}`);
  }
  pushHistory(env, env.cur, stackAccess(frame.frameno, i), null);
}

/** Load into R`dst` (or for a helper: -1) through R`r`; bounds were checked. */
export function readStack(env: Env, r: number, off: number, size: number, dst: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const frame = frameOfPtr(env, w, at);
  if (isConst(w, at)) {
    readFixed(env, frame, off + w[at + VAL]!, size, dst);
    return;
  }
  if (dst < 0) {
    fail(
      env.log,
      EACCES,
      `variable offset stack pointer cannot be passed into helper function; ` +
        `var_off=${tnumText(w, at + VAL)} off=${off} size=${size}`,
    );
  }
  checkStackRange(env, r, off, size, false, READ, null);
  const v = regsOf(env);
  const min = v[at + SMIN]! + off;
  const max = v[at + SMAX]! + off;
  loadBytes(env, frame, min, max + size, dst);
  checkFastcall(env, frame, min);
}

/** Memory of `size` bytes that a helper or a load of variable offset touches. */
export function checkStackRange(
  env: Env,
  r: number,
  off: number,
  size: number,
  zeroAllowed: boolean,
  type: number,
  meta: CallMeta | null,
): void {
  const { log } = env;
  if (size === 0 && !zeroAllowed) fail(log, EACCES, "invalid zero-sized read");
  checkStackBounds(env, r, off, size, type);
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const frame = frameOfPtr(env, w, at);
  const known = isConst(w, at);
  const min = (known ? w[at + VAL]! : w[at + SMIN]!) + off;
  const max = (known ? w[at + VAL]! : w[at + SMAX]!) + off;
  if (!known && !env.bpfCapable) {
    fail(log, EACCES, `R${r} variable offset stack access prohibited for !root, var_off=${tnumText(w, at + VAL)}`);
  }
  if (known && meta?.rawMode) {
    for (let b = min; b < max + size; b++) {
      const slot = -b - 1;
      if (8 * frame.slots <= slot) continue;
      if (slotType(frame, slot >> 3, slot & 7) === STACK_DYNPTR) {
        fail(log, EACCES, `potential write to dynptr at off=${b} disallowed`);
      }
    }
    meta.rawSize = size;
    meta.rawReg = r;
    return;
  }
  for (let b = min; b < max + size; b++) {
    const slot = -b - 1;
    const i = slot >> 3;
    if (8 * frame.slots <= slot) fail(log, EFAULT, "allocated_stack too small");
    const k = slot & 7;
    const byte = slotType(frame, i, k);
    if (byte !== STACK_MISC) {
      if (byte === STACK_ZERO || (byte === STACK_INVALID && env.allowUninitStack)) {
        if (type === WRITE) setSlotType(frame, i, k, STACK_MISC);
      } else if (isSpilled(frame, i) && (frame.w[slotAt(i)] === SCALAR_VALUE || env.allowPtrLeaks)) {
        if (type === WRITE) {
          markUnknown(frame.w, slotAt(i), !env.bpfCapable);
          scrubSlot(frame, i);
        }
      } else {
        fail(
          log,
          EACCES,
          known
            ? `invalid read from stack R${r} off ${min}+${b - min} size ${size}`
            : `invalid read from stack R${r} var_off ${tnumText(w, at + VAL)}+${b - min} size ${size}`,
        );
      }
    }
    markStackRead(env, w[at + FRAMENO]!, env.insnIdx, i);
  }
}
