/**
 * Storing states and comparing with stored ones: a path ends where an earlier one covers it. Also the detection of endless
 * loops and the widening that lets open-coded loops converge. Source: kernel/bpf/verifier.c, is_state_visited.
 */
import { EINVAL } from "../base/errno.ts";
import { frameOfPtr } from "./dynptr.ts";
import type { Env } from "./env.ts";
import { EXACT, NOT_EXACT, RANGE_WITHIN, regsExact, resetIds, statesEqual } from "./equal.ts";
import { pushHistory } from "./history.ts";
import { beginQuery, isSlotAlive } from "./liveness.ts";
import { Reject, say, write, writeLine } from "./log.ts";
import { markAllImprecise, propagatePrecision } from "./precision.ts";
import { stateText } from "./print.ts";
import {
  FRAMENO,
  markNotInit,
  markUnknown,
  OFF,
  PRECISE,
  RAW2,
  REG_WORDS,
  SCALAR_VALUE,
  sameWords,
  VAL,
  type Words,
} from "./regs.ts";
import { addBackedge, enterScc, isIncomplete, updatePeak } from "./scc.ts";
import {
  copyState,
  FP,
  frameInsn,
  freeState,
  isSpilled,
  MAX_REGS,
  newState,
  STACK_INVALID,
  STACK_ITER,
  sameCallsites,
  setSlotTypes,
  slotAt,
  slotType,
  type VState,
} from "./state.ts";

const MAY_GOTO = 0xe5;
const ITER_ACTIVE = 1;

/** Stored states share a list by insn and call site, as in the kernel: max_states_per_insn counts the list. */
function bucketOf(env: Env, insn: number): number {
  const frame = env.cur.frames[env.cur.curframe]!;
  return ((insn ^ frame.callsite) >>> 0) % env.insns.length;
}

function unlink(env: Env, bucket: number, state: VState): void {
  if (state.prev !== null) state.prev.next = state.next;
  else env.explored[bucket] = state.next;
  if (state.next !== null) state.next.prev = state.prev;
  state.next = null;
  state.prev = null;
}

function pushFree(env: Env, state: VState): void {
  state.inFreeList = true;
  state.next = env.freeHead;
  state.prev = null;
  if (env.freeHead !== null) env.freeHead.prev = state;
  env.freeHead = state;
  env.freeCount++;
  env.exploredCount--;
}

/** A state that left its list goes back to the pool once nothing depends on it. */
export function maybeFree(env: Env, state: VState): void {
  if (!state.inFreeList || state.branches !== 0 || isIncomplete(env, state)) return;
  if (state.prev !== null) state.prev.next = state.next;
  else env.freeHead = state.next;
  if (state.next !== null) state.next.prev = state.prev;
  env.freeCount--;
  freeState(env.pool, state);
}

/** Forgets what is not read any more, so that it cannot keep states apart. */
function cleanState(env: Env, state: VState): void {
  beginQuery(env, state);
  state.cleaned = true;
  const precise = !env.bpfCapable;
  for (let f = 0; f <= state.curframe; f++) {
    const frame = state.frames[f]!;
    const live = env.aux.liveRegs[frameInsn(state, f)]!;
    for (let r = 0; r < FP; r++) if (((live >> r) & 1) === 0) markNotInit(frame.w, r * REG_WORDS, precise);
    for (let i = 0; i < frame.slots; i++) {
      if (isSlotAlive(env, frame.frameno, i)) continue;
      markNotInit(frame.w, slotAt(i), precise);
      setSlotTypes(frame, i, STACK_INVALID);
    }
  }
}

function cleanStates(env: Env, insn: number, bucket: number): void {
  for (let s = env.explored[bucket]!; s !== null; s = s.next!) {
    if (s.branches !== 0 || s.insnIdx !== insn || s.cleaned || !sameCallsites(s, env.cur)) continue;
    if (isIncomplete(env, s)) continue;
    cleanState(env, s);
  }
}

/** An earlier visit of the insn that is still being explored, on the same call chain. */
export function findPrevEntry(env: Env, cur: VState, insn: number): VState | null {
  const bucket = bucketOf(env, insn);
  for (let s = env.explored[bucket]!; s !== null; s = s.next!) {
    if (s.insnIdx === insn && s.branches !== 0 && sameCallsites(s, cur) && s.dfsDepth < cur.dfsDepth) return s;
  }
  return null;
}

function widenReg(env: Env, ow: Words, o: number, cw: Words, c: number): void {
  if (ow[o] !== SCALAR_VALUE || cw[c] !== SCALAR_VALUE) return;
  if (ow[o + PRECISE] !== 0 || cw[c + PRECISE] !== 0 || regsExact(env, ow, o, cw, c)) return;
  markUnknown(cw, c, !env.bpfCapable);
}

/** Scalars that differ between two rounds of a loop, and whose range nothing needed, become unknown. */
export function widenImprecise(env: Env, old: VState, cur: VState): void {
  resetIds(env);
  for (let f = old.curframe; f >= 0; f--) {
    const a = old.frames[f]!;
    const b = cur.frames[f]!;
    for (let r = 0; r < MAX_REGS; r++) widenReg(env, a.w, r * REG_WORDS, b.w, r * REG_WORDS);
    const slots = Math.min(a.slots, b.slots);
    for (let i = 0; i < slots; i++) {
      if (isSpilled(a, i) && isSpilled(b, i)) widenReg(env, a.w, slotAt(i), b.w, slotAt(i));
    }
  }
}

/** Same registers, word for word (ids included): perhaps an endless loop. */
function maybeLooping(old: VState, cur: VState): boolean {
  if (old.curframe !== cur.curframe) return false;
  const a = old.frames[cur.curframe]!;
  const b = cur.frames[cur.curframe]!;
  // Most often one counter differs: its value is looked at first.
  for (let at = VAL; at < MAX_REGS * REG_WORDS; at += REG_WORDS) if (a.w[at] !== b.w[at]) return false;
  for (let r = 0; r < MAX_REGS; r++) {
    if (!sameWords(a.w, r * REG_WORDS, b.w, r * REG_WORDS, FRAMENO)) return false;
  }
  return true;
}

function iterDepthsDiffer(old: VState, cur: VState): boolean {
  for (let f = old.curframe; f >= 0; f--) {
    const a = old.frames[f]!;
    const b = cur.frames[f]!;
    for (let i = 0; i < a.slots; i++) {
      if (slotType(a, i, 0) !== STACK_ITER) continue;
      const raw = a.w[slotAt(i) + RAW2]!;
      if ((raw & 3) !== ITER_ACTIVE) continue;
      if (b.w[slotAt(i) + RAW2]! >> 2 !== raw >> 2) return true;
    }
  }
  return false;
}

/** The iterator that the next-call at this insn takes is still active. */
function iterIsActive(env: Env): boolean {
  const w = env.cur.frames[env.cur.curframe]!.w;
  const at = REG_WORDS;
  const slot = Math.trunc((-(w[at + OFF]! + w[at + VAL]!) - 1) / 8);
  return (frameOfPtr(env, w, at).w[slotAt(slot) + RAW2]! & 3) === ITER_ACTIVE;
}

// What comparing with one stored state gave.
const MISS = 0;
const HIT = 1;
const HIT_LOOP = 2;

/** `stored` is still being explored: only loops may converge on it. */
function compareActive(env: Env, stored: VState, insn: number): number {
  const { cur } = env;
  const frame = stored.frames[stored.curframe]!;
  if (frame.inAsyncCallback && frame.asyncEntries !== cur.frames[cur.curframe]!.asyncEntries) return MISS;
  if (env.aux.isIterNext[insn] === 1) {
    return statesEqual(env, stored, cur, RANGE_WITHIN) && iterIsActive(env) ? HIT_LOOP : MISS;
  }
  if (
    env.insns.code[insn] === MAY_GOTO &&
    stored.mayGotoDepth !== cur.mayGotoDepth &&
    statesEqual(env, stored, cur, RANGE_WITHIN)
  ) {
    return HIT_LOOP;
  }
  if (env.aux.callsCallback[insn] === 1) return statesEqual(env, stored, cur, RANGE_WITHIN) ? HIT : MISS;
  if (
    maybeLooping(stored, cur) &&
    statesEqual(env, stored, cur, EXACT) &&
    !iterDepthsDiffer(stored, cur) &&
    stored.mayGotoDepth === cur.mayGotoDepth &&
    stored.callbackUnrollDepth === cur.callbackUnrollDepth
  ) {
    writeLine(env.log, insn, "; ");
    say(env.log, `infinite loop detected at insn ${insn}`);
    write(env.log, `cur state:${stateText(env, cur, cur.curframe, true)}`);
    write(env.log, `old state:${stateText(env, stored, cur.curframe, true)}`);
    throw new Reject(EINVAL);
  }
  return MISS;
}

function onHit(env: Env, stored: VState, insn: number, loop: boolean): void {
  const { cur } = env;
  stored.hitCount++;
  if (env.aux.jmpPoint[env.insnIdx] === 1) pushHistory(env, cur, 0, null);
  propagatePrecision(env, stored, cur);
  if (!loop) return;
  const backedge = newState(env.pool);
  copyState(env.pool, backedge, cur);
  backedge.equalState = stored;
  backedge.insnIdx = insn;
  addBackedge(env, stored, backedge);
}

function storeState(env: Env, insn: number, bucket: number): void {
  const { cur } = env;
  env.totalStates++;
  env.exploredCount++;
  updatePeak(env);
  env.prevJumps = env.jumps;
  env.prevProcessed = env.processed;
  if (env.bpfCapable) markAllImprecise(cur);
  const state = newState(env.pool);
  copyState(env.pool, state, cur);
  state.insnIdx = insn;
  enterScc(env, state);
  cur.parent = state;
  cur.firstInsn = insn;
  cur.dfsDepth = state.dfsDepth + 1;
  cur.historyCount = 0;
  state.next = env.explored[bucket]!;
  state.prev = null;
  if (state.next !== null) state.next.prev = state;
  env.explored[bucket] = state;
}

/** True where an earlier state covers the current one; else the current one may be stored. */
export function isStateVisited(env: Env, insn: number): boolean {
  const { cur, aux } = env;
  const forced = env.testStateFreq || aux.forceCheckpoint[insn] === 1 || cur.historyCount > 40;
  let add = forced;
  // Not every jump stores a state: that would cost more than it saves.
  if (env.jumps - env.prevJumps >= 2 && env.processed - env.prevProcessed >= 8) add = true;
  const bucket = bucketOf(env, insn);
  cleanStates(env, insn, bucket);
  let count = 0;
  let next: VState | null = null;
  for (let s = env.explored[bucket]!; s !== null; s = next!) {
    next = s.next;
    count++;
    if (s.insnIdx !== insn) continue;
    let result: number;
    if (s.branches !== 0) {
      result = compareActive(env, s, insn);
      if (result === MISS && !forced && env.jumps - env.prevJumps < 20 && env.processed - env.prevProcessed < 100) {
        add = false;
      }
    } else {
      const loop = isIncomplete(env, s);
      result = statesEqual(env, s, cur, loop ? RANGE_WITHIN : NOT_EXACT) ? (loop ? HIT_LOOP : HIT) : MISS;
    }
    if (result !== MISS) {
      onHit(env, s, insn, result === HIT_LOOP);
      return true;
    }
    if (add) s.missCount++;
    const n = aux.forceCheckpoint[insn] === 1 && s.branches > 0 ? 64 : 3;
    if (s.missCount > s.hitCount * n + n) {
      unlink(env, bucket, s);
      pushFree(env, s);
      maybeFree(env, s);
    }
  }
  if (env.maxStatesPerInsn < count) env.maxStatesPerInsn = count;
  if (!env.bpfCapable && count > 64) return false;
  if (add) storeState(env, insn, bucket);
  return false;
}
