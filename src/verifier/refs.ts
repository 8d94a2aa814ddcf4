/**
 * References that a program holds: sockets, ring buffer records, kernel objects, locks, saved interrupt flags. Each must be
 * given back before the program ends. Source: kernel/bpf/verifier.c, acquire_reference and its neighbours.
 */
import { EINVAL } from "../base/errno.ts";
import { invalidReg } from "./args.ts";
import { type Env, frameOf, regsOf } from "./env.ts";
import { fail, say } from "./log.ts";
import { isNonOwningRef, REF, REG_WORDS, type Words } from "./regs.ts";
import {
  isSpilled,
  MAX_REGS,
  REF_TYPE_IRQ,
  REF_TYPE_LOCK_MASK,
  REF_TYPE_PTR,
  REF_WORDS,
  slotAt,
  type VState,
} from "./state.ts";

const STRUCT_OPS = 27;

/** Calls `fn` for every register and every spilled register of a state. */
export function forEachReg(state: VState, fn: (w: Words, at: number) => void): void {
  for (let f = 0; f <= state.curframe; f++) {
    const frame = state.frames[f]!;
    for (let r = 0; r < MAX_REGS; r++) fn(frame.w, r * REG_WORDS);
    for (let i = 0; i < frame.slots; i++) if (isSpilled(frame, i)) fn(frame.w, slotAt(i));
  }
}

function pushRef(state: VState, type: number, id: number, insn: number, ptr: number): void {
  const at = state.refCount * REF_WORDS;
  if (state.refs.length < at + REF_WORDS) {
    const grown = new Int32Array(Math.max(4 * REF_WORDS, 2 * state.refs.length));
    grown.set(state.refs);
    state.refs = grown;
  }
  state.refs[at] = type;
  state.refs[at + 1] = id;
  state.refs[at + 2] = insn;
  state.refs[at + 3] = ptr;
  state.refCount++;
}

function removeRef(state: VState, i: number): void {
  state.refs.copyWithin(i * REF_WORDS, (i + 1) * REF_WORDS, state.refCount * REF_WORDS);
  state.refCount--;
}

/** A new reference; its id. */
export function acquireRef(env: Env, insn: number): number {
  const id = ++env.idGen;
  pushRef(env.cur, REF_TYPE_PTR, id, insn, 0);
  return id;
}

export function acquireLock(env: Env, insn: number, type: number, id: number, ptr: number): void {
  pushRef(env.cur, type, id, insn, ptr);
  env.cur.activeLocks++;
  env.cur.activeLockId = id;
  env.cur.activeLockPtr = ptr;
}

export function acquireIrq(env: Env, insn: number): number {
  const id = ++env.idGen;
  pushRef(env.cur, REF_TYPE_IRQ, id, insn, 0);
  env.cur.activeIrqId = id;
  return id;
}

export function hasRef(state: VState, id: number): boolean {
  for (let i = 0; i < state.refCount; i++) if (state.refs[i * REF_WORDS + 1] === id) return true;
  return false;
}

/** A held lock of one of these types. */
export function hasLock(state: VState, types: number, id: number, ptr: number): boolean {
  for (let i = 0; i < state.refCount; i++) {
    const at = i * REF_WORDS;
    if ((state.refs[at]! & types) !== 0 && state.refs[at + 1] === id && state.refs[at + 3] === ptr) return true;
  }
  return false;
}

export function releaseLock(state: VState, type: number, id: number, ptr: number): boolean {
  let prevId = 0;
  let prevPtr = 0;
  for (let i = 0; i < state.refCount; i++) {
    const at = i * REF_WORDS;
    if (state.refs[at] === type && state.refs[at + 1] === id && state.refs[at + 3] === ptr) {
      removeRef(state, i);
      state.activeLocks--;
      state.activeLockId = prevId;
      state.activeLockPtr = prevPtr;
      return true;
    }
    if ((state.refs[at]! & REF_TYPE_LOCK_MASK) !== 0) {
      prevId = state.refs[at + 1]!;
      prevPtr = state.refs[at + 3]!;
    }
  }
  return false;
}

/** False where another flag was saved later. */
export function releaseIrq(state: VState, id: number): boolean {
  if (id !== state.activeIrqId) return false;
  let prevId = 0;
  for (let i = 0; i < state.refCount; i++) {
    const at = i * REF_WORDS;
    if (state.refs[at] !== REF_TYPE_IRQ) continue;
    if (state.refs[at + 1] === id) {
      removeRef(state, i);
      state.activeIrqId = prevId;
      return true;
    }
    prevId = state.refs[at + 1]!;
  }
  return false;
}

/** Drops the reference only; registers keep it. False where it is not held. */
export function dropRef(state: VState, id: number): boolean {
  for (let i = 0; i < state.refCount; i++) {
    if (state.refs[i * REF_WORDS] === REF_TYPE_PTR && state.refs[i * REF_WORDS + 1] === id) {
      removeRef(state, i);
      return true;
    }
  }
  return false;
}

/** Drops the reference; every register that stood for it dies. False where it is not held. */
export function releaseRef(env: Env, id: number): boolean {
  if (!dropRef(env.cur, id)) return false;
  forEachReg(env.cur, (w, at) => {
    if (w[at + REF] === id) invalidReg(env, w, at);
  });
  return true;
}

/** Leaving a lock: pointers into what it protects die. */
export function invalidateNonOwning(env: Env): void {
  forEachReg(env.cur, (w, at) => {
    if (isNonOwningRef(w[at]!)) invalidReg(env, w, at);
  });
}

/** Refuses to end (or tail call, ...) while something is held. `prefix` names what would end it. */
export function checkResourceLeak(env: Env, exceptionExit: boolean, checkLock: boolean, prefix: string): void {
  const { cur, log } = env;
  if (checkLock && cur.activeLocks > 0) fail(log, EINVAL, `${prefix} cannot be used inside bpf_spin_lock-ed region`);
  if (exceptionExit || frameOf(env).frameno === 0) {
    let leaks = false;
    for (let i = 0; i < cur.refCount; i++) {
      const at = i * REF_WORDS;
      if (cur.refs[at] !== REF_TYPE_PTR) continue;
      if (env.progType === STRUCT_OPS && !exceptionExit && regsOf(env)[REF] === cur.refs[at + 1]) continue;
      say(log, `Unreleased reference id=${cur.refs[at + 1]} alloc_insn=${cur.refs[at + 2]}`);
      leaks = true;
    }
    if (leaks) fail(log, EINVAL, `${prefix} would lead to reference leak`);
  }
  if (!checkLock) return;
  if (cur.activeIrqId !== 0) fail(log, EINVAL, `${prefix} cannot be used inside bpf_local_irq_save-ed region`);
  if (cur.activeRcu !== 0) fail(log, EINVAL, `${prefix} cannot be used inside bpf_rcu_read_lock-ed region`);
  if (cur.activePreemptLocks !== 0) fail(log, EINVAL, `${prefix} cannot be used inside bpf_preempt_disable-ed region`);
}
