/**
 * Verifier states: a stack of frames (registers and stack slots), references held, and the history of jumps since the
 * parent state. A frame's words are one flat Int32Array:
 *
 *     R0 .. R10, REG_WORDS each | slot 0 | slot 1 | ...      a slot: spilled register (REG_WORDS), then 8 byte types
 *
 * Slot i covers fp-8*(i+1) .. fp-8*i-1. Its byte types are counted as in the kernel, from the highest address down: type 7
 * is that of the lowest address. States and frames come from a pool and go back to it.
 */
import { FRAMENO, markKnown, markNotInit, PTR_TO_STACK, REG_WORDS, type Words } from "./regs.ts";

export const MAX_FRAMES = 8;
export const MAX_REGS = 11;
export const FP = 10;
/** First word of slot 0. */
export const STACK0: number = MAX_REGS * REG_WORDS;
export const SLOT_WORDS: number = REG_WORDS + 2;
/** Offset of a slot's byte types within it. */
export const TYPES: number = REG_WORDS;

// enum bpf_stack_slot_type, one byte each.
export const STACK_INVALID = 0;
export const STACK_SPILL = 1;
export const STACK_MISC = 2;
export const STACK_ZERO = 3;
export const STACK_DYNPTR = 4;
export const STACK_ITER = 5;
export const STACK_IRQ_FLAG = 6;

/** A frame that grows gets room for a multiple of this many slots; copies, of which many are stored, for fewer to spare. */
const SLOT_STEP = 8;
const COPY_STEP = 2;

/** No references, no history yet: most stored states have none. */
const NO_WORDS: Words = new Int32Array(0);

export interface Frame {
  w: Words;
  /** Slots in use: allocated_stack / 8. */
  slots: number;
  /** Slots that `w` has room for. */
  room: number;
  /** Insn of the call, -1 for the entry. */
  callsite: number;
  frameno: number;
  subprogno: number;
  asyncEntries: number;
  /** Allowed range of a callback's result. */
  retMin: number;
  retMax: number;
  inCallback: boolean;
  inAsyncCallback: boolean;
  inExceptionCallback: boolean;
  callbackDepth: number;
}

/** A history entry: insn, insn before it, INSN_F_* flags, linked registers (two words). */
export const HIST_WORDS = 5;

/** A reference: REF_TYPE_*, id, insn that acquired it, what it locks (map number + 1, or -1 - type id). */
export const REF_WORDS = 4;
export const REF_TYPE_PTR = 2;
export const REF_TYPE_IRQ = 4;
export const REF_TYPE_LOCK = 8;
export const REF_TYPE_RES_LOCK = 16;
export const REF_TYPE_RES_LOCK_IRQ = 32;
export const REF_TYPE_LOCK_MASK: number = REF_TYPE_LOCK | REF_TYPE_RES_LOCK | REF_TYPE_RES_LOCK_IRQ;

export interface VState {
  readonly frames: (Frame | null)[];
  curframe: number;
  parent: VState | null;
  refs: Words;
  refCount: number;
  /** Paths that still start from here. */
  branches: number;
  insnIdx: number;
  firstInsn: number;
  lastInsn: number;
  activeLocks: number;
  activePreemptLocks: number;
  activeIrqId: number;
  activeLockId: number;
  activeLockPtr: number;
  activeRcu: number;
  inSleepable: boolean;
  cleaned: boolean;
  /** For the state of a back-edge: the state it was found equal to. */
  equalState: VState | null;
  history: Words;
  historyCount: number;
  dfsDepth: number;
  callbackUnrollDepth: number;
  mayGotoDepth: number;
  // As an explored state, one of a list by insn and call site.
  next: VState | null;
  prev: VState | null;
  missCount: number;
  hitCount: number;
  inFreeList: boolean;
}

export interface Pool {
  readonly frames: Frame[];
  readonly states: VState[];
}

export function newPool(): Pool {
  return { frames: [], states: [] };
}

export function curFrame(state: VState): Frame {
  return state.frames[state.curframe]!;
}

/** First word of slot i. */
export function slotAt(i: number): number {
  return STACK0 + i * SLOT_WORDS;
}

/** Byte type k (0..7) of slot i. */
export function slotType(frame: Frame, i: number, k: number): number {
  return (frame.w[STACK0 + i * SLOT_WORDS + TYPES + (k >> 2)]! >> ((k & 3) << 3)) & 0xff;
}

export function setSlotType(frame: Frame, i: number, k: number, type: number): void {
  const at = STACK0 + i * SLOT_WORDS + TYPES + (k >> 2);
  const shift = (k & 3) << 3;
  frame.w[at] = (frame.w[at]! & ~(0xff << shift)) | (type << shift);
}

export function setSlotTypes(frame: Frame, i: number, type: number): void {
  const at = STACK0 + i * SLOT_WORDS + TYPES;
  const all = type * 0x01010101;
  frame.w[at] = all;
  frame.w[at + 1] = all;
}

function newFrame(slots: number): Frame {
  const room = Math.ceil(slots / COPY_STEP) * COPY_STEP;
  return {
    w: new Int32Array(STACK0 + room * SLOT_WORDS),
    slots: 0,
    room,
    callsite: -1,
    frameno: 0,
    subprogno: 0,
    asyncEntries: 0,
    retMin: 0,
    retMax: 0,
    inCallback: false,
    inAsyncCallback: false,
    inExceptionCallback: false,
    callbackDepth: 0,
  };
}

/** A frame at its entry: nothing initialised but R10. `precise`: scalars start precise (unprivileged programs). */
export function enterFrame(pool: Pool, callsite: number, frameno: number, subprogno: number, precise: boolean): Frame {
  const frame = pool.frames.pop() ?? newFrame(0);
  frame.slots = 0;
  frame.callsite = callsite;
  frame.frameno = frameno;
  frame.subprogno = subprogno;
  frame.asyncEntries = 0;
  frame.retMin = 0;
  frame.retMax = 0;
  frame.inCallback = false;
  frame.inAsyncCallback = false;
  frame.inExceptionCallback = false;
  frame.callbackDepth = 0;
  const w = frame.w;
  for (let r = 0; r < MAX_REGS; r++) markNotInit(w, r * REG_WORDS, precise);
  const fp = FP * REG_WORDS;
  w[fp] = PTR_TO_STACK;
  markKnown(w, fp, 0, 0);
  w[fp + FRAMENO] = frameno;
  return frame;
}

/** Makes room for `slots` stack slots; new ones are all zero: invalid bytes, no register. */
export function growStack(frame: Frame, slots: number): void {
  if (frame.slots >= slots) return;
  if (frame.room < slots) {
    const room = Math.ceil(slots / SLOT_STEP) * SLOT_STEP;
    const w = new Int32Array(STACK0 + room * SLOT_WORDS);
    w.set(frame.w);
    frame.w = w;
    frame.room = room;
  }
  frame.w.fill(0, slotAt(frame.slots), slotAt(slots));
  frame.slots = slots;
}

function copyFrame(pool: Pool, to: Frame | null, from: Frame): Frame {
  let d = to;
  if (d === null) d = pool.frames.pop() ?? newFrame(from.slots);
  const words = STACK0 + from.slots * SLOT_WORDS;
  if (d.room < from.slots) {
    d.room = from.room;
    d.w = new Int32Array(STACK0 + d.room * SLOT_WORDS);
  }
  const dw = d.w;
  const sw = from.w;
  for (let i = 0; i < words; i++) dw[i] = sw[i]!;
  d.slots = from.slots;
  d.callsite = from.callsite;
  d.frameno = from.frameno;
  d.subprogno = from.subprogno;
  d.asyncEntries = from.asyncEntries;
  d.retMin = from.retMin;
  d.retMax = from.retMax;
  d.inCallback = from.inCallback;
  d.inAsyncCallback = from.inAsyncCallback;
  d.inExceptionCallback = from.inExceptionCallback;
  d.callbackDepth = from.callbackDepth;
  return d;
}

export function freeFrame(pool: Pool, frame: Frame): void {
  pool.frames.push(frame);
}

export function newState(pool: Pool): VState {
  const state = pool.states.pop();
  if (state !== undefined) return state;
  return {
    frames: [null, null, null, null, null, null, null, null],
    curframe: 0,
    parent: null,
    refs: NO_WORDS,
    refCount: 0,
    branches: 0,
    insnIdx: 0,
    firstInsn: 0,
    lastInsn: -1,
    activeLocks: 0,
    activePreemptLocks: 0,
    activeIrqId: 0,
    activeLockId: 0,
    activeLockPtr: 0,
    activeRcu: 0,
    inSleepable: false,
    cleaned: false,
    equalState: null,
    history: NO_WORDS,
    historyCount: 0,
    dfsDepth: 0,
    callbackUnrollDepth: 0,
    mayGotoDepth: 0,
    next: null,
    prev: null,
    missCount: 0,
    hitCount: 0,
    inFreeList: false,
  };
}

/** Gives frames and state back. Whoever still points to it reads nonsense: the caller knows that nobody does. */
export function freeState(pool: Pool, state: VState): void {
  for (let i = 0; i < MAX_FRAMES; i++) {
    const frame = state.frames[i]!;
    if (frame !== null) {
      pool.frames.push(frame);
      state.frames[i] = null;
    }
  }
  resetState(state);
  pool.states.push(state);
}

function resetState(s: VState): void {
  s.curframe = 0;
  s.parent = null;
  s.refCount = 0;
  s.branches = 0;
  s.insnIdx = 0;
  s.firstInsn = 0;
  s.lastInsn = -1;
  s.activeLocks = 0;
  s.activePreemptLocks = 0;
  s.activeIrqId = 0;
  s.activeLockId = 0;
  s.activeLockPtr = 0;
  s.activeRcu = 0;
  s.inSleepable = false;
  s.cleaned = false;
  s.equalState = null;
  s.historyCount = 0;
  s.dfsDepth = 0;
  s.callbackUnrollDepth = 0;
  s.mayGotoDepth = 0;
  s.next = null;
  s.prev = null;
  s.missCount = 0;
  s.hitCount = 0;
  s.inFreeList = false;
}

/** Everything but insnIdx and the list fields, as the kernel's copy_verifier_state. */
export function copyState(pool: Pool, d: VState, s: VState): void {
  const words = s.historyCount * HIST_WORDS;
  if (d.history.length < words) d.history = new Int32Array(words);
  for (let i = 0; i < words; i++) d.history[i] = s.history[i]!;
  d.historyCount = s.historyCount;
  for (let i = s.curframe + 1; i < MAX_FRAMES; i++) {
    const extra = d.frames[i]!;
    if (extra !== null) {
      pool.frames.push(extra);
      d.frames[i] = null;
    }
  }
  const refWords = s.refCount * REF_WORDS;
  if (d.refs.length < refWords) d.refs = new Int32Array(refWords);
  for (let i = 0; i < refWords; i++) d.refs[i] = s.refs[i]!;
  d.refCount = s.refCount;
  d.activeLocks = s.activeLocks;
  d.activePreemptLocks = s.activePreemptLocks;
  d.activeIrqId = s.activeIrqId;
  d.activeLockId = s.activeLockId;
  d.activeLockPtr = s.activeLockPtr;
  d.activeRcu = s.activeRcu;
  d.inSleepable = s.inSleepable;
  d.cleaned = s.cleaned;
  d.curframe = s.curframe;
  d.branches = s.branches;
  d.parent = s.parent;
  d.firstInsn = s.firstInsn;
  d.lastInsn = s.lastInsn;
  d.dfsDepth = s.dfsDepth;
  d.callbackUnrollDepth = s.callbackUnrollDepth;
  d.mayGotoDepth = s.mayGotoDepth;
  d.equalState = s.equalState;
  for (let i = 0; i <= s.curframe; i++) d.frames[i] = copyFrame(pool, d.frames[i]!, s.frames[i]!);
}

/** Insn that frame `i` stands at: its call for all but the innermost. */
export function frameInsn(state: VState, i: number): number {
  return i === state.curframe ? state.insnIdx : state.frames[i + 1]!.callsite;
}

export function sameCallsites(a: VState, b: VState): boolean {
  if (a.curframe !== b.curframe) return false;
  for (let i = a.curframe; i >= 0; i--) if (a.frames[i]!.callsite !== b.frames[i]!.callsite) return false;
  return true;
}

/** The slot holds a spilled register (its highest-addressed byte says so). */
export function isSpilled(frame: Frame, i: number): boolean {
  return frame.w[STACK0 + i * SLOT_WORDS + TYPES + 1]! >>> 24 === STACK_SPILL;
}
