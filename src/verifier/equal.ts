/**
 * Whether a stored state covers the current one: then what was found safe from there is safe from here.
 * Source: kernel/bpf/verifier.c, states_equal, regsafe, stacksafe, refsafe.
 */
import { rangeWithin } from "./bounds.ts";
import type { Env } from "./env.ts";
import {
  ADD_CONST,
  baseType,
  FRAMENO,
  ID,
  markUnknown,
  NOT_INIT,
  OFF,
  PRECISE,
  RAW0,
  RAW1,
  RAW2,
  REF,
  REG_WORDS,
  SCALAR_VALUE,
  sameWords,
  VAL,
  type Words,
} from "./regs.ts";
import {
  type Frame,
  frameInsn,
  MAX_REGS,
  REF_TYPE_LOCK_MASK,
  REF_WORDS,
  SLOT_WORDS,
  STACK_INVALID,
  STACK_MISC,
  STACK_SPILL,
  STACK_ZERO,
  STACK0,
  slotAt,
  slotType,
  TYPES,
  type VState,
} from "./state.ts";
import { tnumIn } from "./tnum.ts";

// enum exact_level.
export const NOT_EXACT = 0;
export const EXACT = 1;
export const RANGE_WITHIN = 2;

/** BPF_ID_MAP_SIZE: every register and slot of every frame. */
export const MAX_IDS: number = (11 + 64) * 8;

const unbound = new Int32Array(REG_WORDS);
markUnknown(unbound, 0, false);

export function resetIds(env: Env): void {
  env.idmapCount = 0;
  env.tmpIdGen = env.idGen;
}

/** Ids may differ between states, but one must map to one, both ways. */
function checkIds(env: Env, oldId: number, curId: number): boolean {
  if ((oldId !== 0) !== (curId !== 0)) return false;
  if (oldId === 0) return true;
  const map = env.idmap;
  const n = env.idmapCount;
  for (let i = 0; i < n; i++) {
    if (map[2 * i] === oldId) return map[2 * i + 1] === curId;
    if (map[2 * i + 1] === curId) return false;
  }
  if (n >= MAX_IDS) return false;
  map[2 * n] = oldId;
  map[2 * n + 1] = curId;
  env.idmapCount = n + 1;
  return true;
}

/** Scalars without an id count as having one of their own. */
function checkScalarIds(env: Env, oldId: number, curId: number): boolean {
  return checkIds(env, oldId !== 0 ? oldId : ++env.tmpIdGen, curId !== 0 ? curId : ++env.tmpIdGen);
}

export function regsExact(env: Env, ow: Words, o: number, cw: Words, c: number): boolean {
  return (
    sameWords(ow, o, cw, c, ID) && checkIds(env, ow[o + ID]!, cw[c + ID]!) && checkIds(env, ow[o + REF]!, cw[c + REF]!)
  );
}

/** All that is known of two numbers is equal. */
function sameNumber(ow: Words, o: number, cw: Words, c: number): boolean {
  for (let i = OFF; i < ID; i++) if (ow[o + i] !== cw[c + i]) return false;
  return true;
}

function isRegSafe(env: Env, ow: Words, o: number, cw: Words, c: number, exact: number): boolean {
  if (exact === EXACT) return regsExact(env, ow, o, cw, c);
  const type = ow[o]!;
  if (type === NOT_INIT && (exact === NOT_EXACT || cw[c] === NOT_INIT)) return true;
  if (type !== cw[c]) return false;
  switch (baseType(type)) {
    case 1: // SCALAR_VALUE
      if (env.aluLimits?.explored === true)
        return sameNumber(ow, o, cw, c) && checkScalarIds(env, ow[o + ID]!, cw[c + ID]!);
      if (ow[o + PRECISE] === 0 && exact === NOT_EXACT) return true;
      // A scalar of its own covers one that is linked to others: that only tells more.
      if (ow[o + ID] === 0) return rangeWithin(ow, o, cw, c) && tnumIn(ow, o + VAL, cw, c + VAL);
      if ((ow[o + ID]! & ADD_CONST) !== (cw[c + ID]! & ADD_CONST)) return false;
      if ((ow[o + ID]! & ADD_CONST) !== 0 && ow[o + OFF] !== cw[c + OFF]) return false;
      return (
        rangeWithin(ow, o, cw, c) && tnumIn(ow, o + VAL, cw, c + VAL) && checkScalarIds(env, ow[o + ID]!, cw[c + ID]!)
      );
    case 5: // PTR_TO_MAP_KEY, MAP_VALUE, MEM, BUF, TP_BUFFER
    case 4:
    case 17:
    case 19:
    case 14:
      return (
        sameWords(ow, o, cw, c, VAL) &&
        rangeWithin(ow, o, cw, c) &&
        tnumIn(ow, o + VAL, cw, c + VAL) &&
        checkIds(env, ow[o + ID]!, cw[c + ID]!) &&
        checkIds(env, ow[o + REF]!, cw[c + REF]!)
      );
    case 7: // PTR_TO_PACKET_META, PACKET
    case 8:
      // What was proved of the packet may be more now, not less.
      if (ow[o + RAW0]! > cw[c + RAW0]! || ow[o + OFF] !== cw[c + OFF]) return false;
      if (!checkIds(env, ow[o + ID]!, cw[c + ID]!)) return false;
      return rangeWithin(ow, o, cw, c) && tnumIn(ow, o + VAL, cw, c + VAL);
    case 6: // PTR_TO_STACK
      return regsExact(env, ow, o, cw, c) && ow[o + FRAMENO] === cw[c + FRAMENO];
    case 18: // PTR_TO_ARENA
      return true;
    default:
      return regsExact(env, ow, o, cw, c);
  }
}

function isAllMisc(env: Env, frame: Frame, i: number): boolean {
  for (let k = 0; k < 8; k++) {
    const type = slotType(frame, i, k);
    if (type === STACK_MISC || (type === STACK_INVALID && env.allowUninitStack)) continue;
    return false;
  }
  return true;
}

/** The scalar that 8 bytes of a slot read as: 1 the slot's register, 2 an unknown one, 0 none. */
function scalarOfSlot(env: Env, frame: Frame, i: number): number {
  if (slotType(frame, i, 0) === STACK_SPILL && frame.w[slotAt(i)] === SCALAR_VALUE) return 1;
  return isAllMisc(env, frame, i) ? 2 : 0;
}

function isObjectSafe(env: Env, ow: Words, o: number, cw: Words, c: number, type: number): boolean {
  const sameRef = (): boolean => checkIds(env, ow[o + REF]!, cw[c + REF]!);
  switch (type) {
    case 4: // STACK_DYNPTR
      return ow[o + RAW0] === cw[c + RAW0] && ow[o + RAW1] === cw[c + RAW1] && sameRef();
    case 5: // STACK_ITER
      return (
        ow[o + RAW0] === cw[c + RAW0] &&
        ow[o + RAW1] === cw[c + RAW1] &&
        (ow[o + RAW2]! & 3) === (cw[c + RAW2]! & 3) &&
        sameRef()
      );
    case 6: // STACK_IRQ_FLAG
      return sameRef() && ow[o + RAW0] === cw[c + RAW0];
    default:
      return false;
  }
}

function isStackSafe(env: Env, old: Frame, cur: Frame, exact: number): boolean {
  const bytes = old.slots * 8;
  const curBytes = cur.slots * 8;
  for (let b = 0; b < bytes; b++) {
    const i = b >> 3;
    const k = b & 7;
    if (k === 0 && exact === NOT_EXACT) {
      // A slot that holds nothing covers everything.
      const at = STACK0 + i * SLOT_WORDS + TYPES;
      if (old.w[at] === 0 && old.w[at + 1] === 0) {
        b += 7;
        continue;
      }
    }
    const oldType = slotType(old, i, k);
    if (exact !== NOT_EXACT && (b >= curBytes || oldType !== slotType(cur, i, k))) return false;
    if (oldType === STACK_INVALID) continue;
    if (env.allowUninitStack && oldType === STACK_MISC) continue;
    if (b >= curBytes) return false;
    const oldScalar = scalarOfSlot(env, old, i);
    const curScalar = oldScalar === 0 ? 0 : scalarOfSlot(env, cur, i);
    if (oldScalar !== 0 && curScalar !== 0) {
      const ow = oldScalar === 1 ? old.w : unbound;
      const cw = curScalar === 1 ? cur.w : unbound;
      if (!isRegSafe(env, ow, oldScalar === 1 ? slotAt(i) : 0, cw, curScalar === 1 ? slotAt(i) : 0, exact))
        return false;
      b += 7;
      continue;
    }
    const curType = slotType(cur, i, k);
    if (oldType === STACK_MISC && curType === STACK_ZERO) continue;
    if (oldType !== curType) return false;
    if (k !== 7) continue;
    if (oldType === STACK_SPILL) {
      if (!isRegSafe(env, old.w, slotAt(i), cur.w, slotAt(i), exact)) return false;
    } else if (oldType !== STACK_MISC && oldType !== STACK_ZERO) {
      if (!isObjectSafe(env, old.w, slotAt(i), cur.w, slotAt(i), oldType)) return false;
    }
  }
  return true;
}

function areRefsSafe(env: Env, old: VState, cur: VState): boolean {
  if (
    old.refCount !== cur.refCount ||
    old.activeLocks !== cur.activeLocks ||
    old.activePreemptLocks !== cur.activePreemptLocks ||
    old.activeRcu !== cur.activeRcu
  ) {
    return false;
  }
  if (!checkIds(env, old.activeIrqId, cur.activeIrqId)) return false;
  if (!checkIds(env, old.activeLockId, cur.activeLockId) || old.activeLockPtr !== cur.activeLockPtr) return false;
  for (let i = 0; i < old.refCount; i++) {
    const at = i * REF_WORDS;
    if (!checkIds(env, old.refs[at + 1]!, cur.refs[at + 1]!) || old.refs[at] !== cur.refs[at]) return false;
    if ((old.refs[at]! & REF_TYPE_LOCK_MASK) !== 0 && old.refs[at + 3] !== cur.refs[at + 3]) return false;
  }
  return true;
}

function isFrameSafe(env: Env, old: Frame, cur: Frame, insn: number, exact: number): boolean {
  if (old.callbackDepth > cur.callbackDepth) return false;
  const live = env.aux.liveRegs[insn]!;
  for (let r = 0; r < MAX_REGS; r++) {
    if (((live >> r) & 1) === 0) continue;
    if (!isRegSafe(env, old.w, r * REG_WORDS, cur.w, r * REG_WORDS, exact)) return false;
  }
  return isStackSafe(env, old, cur, exact);
}

export function statesEqual(env: Env, old: VState, cur: VState, exact: number): boolean {
  if (old.curframe !== cur.curframe) return false;
  resetIds(env);
  if (old.inSleepable !== cur.inSleepable) return false;
  if (!areRefsSafe(env, old, cur)) return false;
  for (let i = 0; i <= old.curframe; i++) {
    const a = old.frames[i]!;
    const b = cur.frames[i]!;
    if (a.callsite !== b.callsite) return false;
    if (!isFrameSafe(env, a, b, frameInsn(old, i), exact)) return false;
  }
  return true;
}
