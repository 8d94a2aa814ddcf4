/**
 * Dynptrs: two stack slots that describe memory whose size is known only at run time. Slot i holds the first half (higher
 * index), slot i-1 the second. Source: kernel/bpf/verifier.c, mark_stack_slots_dynptr and its neighbours.
 */
import { EFAULT, EINVAL } from "../base/errno.ts";
import { invalidReg, uninitReg } from "./args.ts";
import { type Env, regsOf } from "./env.ts";
import { markStackRead, markStackWrite } from "./liveness.ts";
import { fail, Reject, say, scratchSlot } from "./log.ts";
import { acquireRef, forEachReg, releaseRef } from "./refs.ts";
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_MASK,
  DYNPTR_TYPE_RINGBUF,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_SKB_META,
  DYNPTR_TYPE_XDP,
  FRAMENO,
  ID,
  isConst,
  markKnown,
  OFF,
  PTR_MAYBE_NULL,
  PTR_TO_MEM,
  RAW0,
  RAW1,
  REF,
  VAL,
  type Words,
} from "./regs.ts";
import { type Frame, STACK_DYNPTR, STACK_INVALID, setSlotTypes, slotAt, slotType } from "./state.ts";

// enum bpf_dynptr_type.
export const DYNPTR_INVALID = 0;
export const DYNPTR_LOCAL = 1;
export const DYNPTR_RINGBUF = 2;
export const DYNPTR_SKB = 3;
export const DYNPTR_XDP = 4;
export const DYNPTR_SKB_META = 5;

/** stackObjectSlot's answer for an object below the stack in use. */
export const OUT_OF_RANGE = -34;

export function dynptrOfFlag(flags: number): number {
  switch (flags & DYNPTR_TYPE_MASK) {
    case DYNPTR_TYPE_LOCAL:
      return DYNPTR_LOCAL;
    case DYNPTR_TYPE_RINGBUF:
      return DYNPTR_RINGBUF;
    case DYNPTR_TYPE_SKB:
      return DYNPTR_SKB;
    case DYNPTR_TYPE_XDP:
      return DYNPTR_XDP;
    case DYNPTR_TYPE_SKB_META:
      return DYNPTR_SKB_META;
    default:
      return DYNPTR_INVALID;
  }
}

export function flagOfDynptr(type: number): number {
  switch (type) {
    case DYNPTR_LOCAL:
      return DYNPTR_TYPE_LOCAL;
    case DYNPTR_RINGBUF:
      return DYNPTR_TYPE_RINGBUF;
    case DYNPTR_SKB:
      return DYNPTR_TYPE_SKB;
    case DYNPTR_XDP:
      return DYNPTR_TYPE_XDP;
    case DYNPTR_SKB_META:
      return DYNPTR_TYPE_SKB_META;
    default:
      return 0;
  }
}

/** The frame that a stack pointer points into. */
export function frameOfPtr(env: Env, w: Words, at: number): Frame {
  return env.cur.frames[w[at + FRAMENO]!]!;
}

/**
 * Highest slot of an object of `count` slots that the pointer points to; -EINVAL where it cannot be one (said why),
 * OUT_OF_RANGE below the stack in use.
 */
export function stackObjectSlot(env: Env, w: Words, at: number, what: string, count: number): number {
  if (!isConst(w, at)) {
    say(env.log, `${what} has to be at a constant offset`);
    return -EINVAL;
  }
  const off = (w[at + OFF]! + w[at + VAL]!) | 0;
  if (off % 8 !== 0) {
    say(env.log, `cannot pass in ${what} at an offset=${off}`);
    return -EINVAL;
  }
  const slot = Math.trunc((-off - 1) / 8);
  if (slot + 1 < count) {
    say(env.log, `cannot pass in ${what} at an offset=${off}`);
    return -EINVAL;
  }
  const frame = frameOfPtr(env, w, at);
  return slot - count + 1 >= 0 && slot < frame.slots ? slot : OUT_OF_RANGE;
}

function dynptrSlot(env: Env, w: Words, at: number): number {
  return stackObjectSlot(env, w, at, "dynptr", 2);
}

export function markDynptrReg(w: Words, at: number, type: number, first: boolean, id: number): void {
  markKnown(w, at, 0, 0);
  w[at] = CONST_PTR_TO_DYNPTR;
  w[at + ID] = id;
  w[at + RAW0] = type;
  w[at + RAW1] = first ? 1 : 0;
}

function isRefcounted(type: number): boolean {
  return type === DYNPTR_RINGBUF;
}

/** A store destroys the dynptr that covers slot i, and slices of it. Refuses where it holds a reference. */
export function destroyDynptrAt(env: Env, frame: Frame, i: number): void {
  if (slotType(frame, i, 0) !== STACK_DYNPTR) return;
  let slot = i;
  if (frame.w[slotAt(slot) + RAW1] === 0) slot++;
  const at = slotAt(slot);
  if (isRefcounted(frame.w[at + RAW0]!)) fail(env.log, EINVAL, "cannot overwrite referenced dynptr");
  scratchSlot(env.log, slot);
  scratchSlot(env.log, slot - 1);
  setSlotTypes(frame, slot, STACK_INVALID);
  setSlotTypes(frame, slot - 1, STACK_INVALID);
  const id = frame.w[at + ID]!;
  forEachReg(env.cur, (w, reg) => {
    if ((w[reg] === PTR_TO_MEM || w[reg] === (PTR_TO_MEM | PTR_MAYBE_NULL)) && w[reg + RAW1] === id) {
      invalidReg(env, w, reg);
    }
  });
  uninitReg(env, frame.w, at);
  uninitReg(env, frame.w, slotAt(slot - 1));
  markStackWrite(env, frame.frameno, slot - 1);
  markStackWrite(env, frame.frameno, slot);
}

function invalidateSlots(env: Env, frame: Frame, slot: number): void {
  setSlotTypes(frame, slot, STACK_INVALID);
  setSlotTypes(frame, slot - 1, STACK_INVALID);
  uninitReg(env, frame.w, slotAt(slot));
  uninitReg(env, frame.w, slotAt(slot - 1));
  markStackWrite(env, frame.frameno, slot - 1);
  markStackWrite(env, frame.frameno, slot);
}

/** The slots that the pointer names become an initialised dynptr. `cloneRef`: reference it shares, 0 to acquire one. */
export function makeDynptr(env: Env, w: Words, at: number, flags: number, insn: number, cloneRef: number): void {
  const slot = dynptrSlot(env, w, at);
  if (slot < 0) throw new Reject(-slot);
  const frame = frameOfPtr(env, w, at);
  destroyDynptrAt(env, frame, slot);
  destroyDynptrAt(env, frame, slot - 1);
  setSlotTypes(frame, slot, STACK_DYNPTR);
  setSlotTypes(frame, slot - 1, STACK_DYNPTR);
  const type = dynptrOfFlag(flags);
  if (type === DYNPTR_INVALID) throw new Reject(EINVAL);
  const id = ++env.idGen;
  markDynptrReg(frame.w, slotAt(slot), type, true, id);
  markDynptrReg(frame.w, slotAt(slot - 1), type, false, id);
  if (isRefcounted(type)) {
    const ref = cloneRef !== 0 ? cloneRef : acquireRef(env, insn);
    frame.w[slotAt(slot) + REF] = ref;
    frame.w[slotAt(slot - 1) + REF] = ref;
  }
  markStackWrite(env, frame.frameno, slot - 1);
  markStackWrite(env, frame.frameno, slot);
}

/** Releases a dynptr, and with a reference all clones of it. False where there is none. */
export function releaseDynptr(env: Env, w: Words, at: number): boolean {
  const slot = dynptrSlot(env, w, at);
  if (slot < 0) return false;
  const frame = frameOfPtr(env, w, at);
  if (!isRefcounted(frame.w[slotAt(slot) + RAW0]!)) {
    invalidateSlots(env, frame, slot);
    return true;
  }
  const ref = frame.w[slotAt(slot) + REF]!;
  releaseRef(env, ref);
  for (let i = 1; i < frame.slots; i++) {
    if (frame.w[slotAt(i) + REF] !== ref) continue;
    if (slotType(frame, i, 0) !== STACK_DYNPTR) throw new Reject(EFAULT);
    if (frame.w[slotAt(i) + RAW1] !== 0) invalidateSlots(env, frame, i);
  }
  return true;
}

export function isUninitDynptr(env: Env, w: Words, at: number): boolean {
  if (w[at] === CONST_PTR_TO_DYNPTR) return false;
  const slot = dynptrSlot(env, w, at);
  return slot >= 0 || slot === OUT_OF_RANGE;
}

export function isInitDynptr(env: Env, w: Words, at: number): boolean {
  if (w[at] === CONST_PTR_TO_DYNPTR) return true;
  const slot = dynptrSlot(env, w, at);
  if (slot < 0) return false;
  const frame = frameOfPtr(env, w, at);
  if (frame.w[slotAt(slot) + RAW1] === 0) return false;
  for (let k = 0; k < 8; k++) {
    if (slotType(frame, slot, k) !== STACK_DYNPTR || slotType(frame, slot - 1, k) !== STACK_DYNPTR) return false;
  }
  return true;
}

/** Words of the dynptr that a register names: its own for callback arguments, else those of its first slot. */
function dynptrWords(env: Env, r: number): { w: Words; at: number } | null {
  const w = regsOf(env);
  if (w[r] === CONST_PTR_TO_DYNPTR) return { w, at: r };
  const slot = dynptrSlot(env, w, r);
  if (slot < 0) return null;
  return { w: frameOfPtr(env, w, r).w, at: slotAt(slot) };
}

/** DYNPTR_* of what the register at word `r` names. */
export function dynptrType(env: Env, r: number): number {
  const d = dynptrWords(env, r);
  return d === null ? DYNPTR_INVALID : d.w[d.at + RAW0]!;
}

export function dynptrId(env: Env, r: number): number {
  const d = dynptrWords(env, r);
  return d === null ? -EINVAL : d.w[d.at + ID]!;
}

export function dynptrRef(env: Env, r: number): number {
  const d = dynptrWords(env, r);
  return d === null ? -EINVAL : d.w[d.at + REF]!;
}

/** A helper reads the dynptr. */
export function readDynptr(env: Env, w: Words, at: number): void {
  if (w[at] === CONST_PTR_TO_DYNPTR) return;
  const slot = dynptrSlot(env, w, at);
  if (slot < 0) throw new Reject(-slot);
  readObjectSlots(env, w[at + FRAMENO]!, slot, 2);
}

export function readObjectSlots(env: Env, frameno: number, slot: number, count: number): void {
  for (let i = 0; i < count; i++) {
    markStackRead(env, frameno, env.insnIdx, slot - i);
    scratchSlot(env.log, slot - i);
  }
}

/** A pointer to memory got from a packet's dynptr: dies when the packet changes. */
export function isPacketSlice(type: number): boolean {
  return baseType(type) === PTR_TO_MEM && (type & (DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP | DYNPTR_TYPE_SKB_META)) !== 0;
}
