/**
 * Calls of subprograms: global ones are checked by their BTF and trusted, static ones walked through; callbacks of helpers
 * and kfuncs; returns. Source: kernel/bpf/verifier.c, check_func_call, push_callback_call, prepare_func_exit.
 */
import { hasSince } from "../abi/since.ts";
import { E2BIG, EACCES, EFAULT, EINVAL } from "../base/errno.ts";
import { clobberCallerSaved, invalidReg, unknownReg } from "./args.ts";
import { pushPath } from "./branch.ts";
import { checkCallArgs } from "./call-args.ts";
import { findSubprog, isAsyncCallbackCall } from "./cfg.ts";
import { isPacketSlice } from "./dynptr.ts";
import { type Env, frameOf } from "./env.ts";
import { resetCallchain, updateLiveStack } from "./liveness.ts";
import { fail, Reject, say, scratchAll, write } from "./log.ts";
import { markPrecise } from "./precision.ts";
import { writeState } from "./print.ts";
import { findPrevEntry, widenImprecise } from "./prune.ts";
import { forEachReg } from "./refs.ts";
import {
  copyReg,
  isPacketPointer,
  PTR_TO_PACKET_END,
  PTR_TO_STACK,
  REG_WORDS,
  S32MAX,
  S32MIN,
  SCALAR_VALUE,
  SMAX,
  SMIN,
  type Words,
} from "./regs.ts";
import { enterFrame, type Frame, freeFrame, MAX_FRAMES, newState, type VState } from "./state.ts";
import { ArgsError } from "./subprog-args.ts";
import { signedBig } from "./words.ts";

const MAX_PENDING = 8192;

/** Fills the registers of a called frame from its caller's. */
export type EntrySetter = (env: Env, caller: Frame, callee: Frame, insn: number) => void;

/** Packet pointers (and slices of packets) are stale. */
export function clearPacketPointers(env: Env): void {
  forEachReg(env.cur, (w, at) => {
    const type = w[at]!;
    if (isPacketPointer(type) || type === PTR_TO_PACKET_END || isPacketSlice(type)) invalidReg(env, w, at);
  });
}

/** Adds a frame to a state that is about to run the function. */
function setupEntry(env: Env, state: VState, subprog: number, callsite: number, set: EntrySetter): void {
  if (state.curframe + 1 >= MAX_FRAMES) {
    fail(env.log, E2BIG, `the call stack of ${state.curframe + 2} frames is too deep`);
  }
  const caller = state.frames[state.curframe]!;
  const callee = enterFrame(env.pool, callsite, state.curframe + 1, subprog, !env.bpfCapable);
  scratchAll(env.log);
  state.frames[state.curframe + 1] = callee;
  set(env, caller, callee, callsite);
  state.curframe++;
}

/** Static functions take R1 to R5 as they are. */
const copyArgs: EntrySetter = (_env, caller, callee) => {
  for (let r = 1; r <= 5; r++) copyReg(callee.w, r * REG_WORDS, caller.w, r * REG_WORDS);
};

/** The call's arguments against the function's BTF. Null where they fit, else the errno. */
function matchArgs(env: Env, subprog: number): number {
  const s = env.subprogs[subprog]!;
  if (!env.hasFuncInfo) return EINVAL;
  if (s.typeId === 0) return EFAULT;
  if (s.unreliable) return EINVAL;
  try {
    checkCallArgs(env, s);
    return 0;
  } catch (error) {
    if (!(error instanceof Reject) && !(error instanceof ArgsError)) throw error;
    s.unreliable = true;
    return error.errno;
  }
}

function callGlobal(env: Env, subprog: number, errno: number): void {
  const s = env.subprogs[subprog]!;
  const { cur, log } = env;
  if (cur.activeLocks !== 0) {
    say(log, "global function calls are not allowed while holding a lock,");
    fail(log, EINVAL, "use static function instead");
  }
  if (cur.activePreemptLocks !== 0 && !hasSince(env.kernel, "6.15")) {
    say(log, "global function calls are not allowed with preemption disabled,");
    fail(log, EINVAL, "use static function instead");
  }
  const atomic = cur.activeRcu !== 0 || cur.activePreemptLocks !== 0 || cur.activeIrqId !== 0 || !cur.inSleepable;
  if (s.mightSleep && atomic) {
    say(log, "global functions that may sleep are not allowed in non-sleepable context,");
    say(log, "i.e., in a RCU/IRQ/preempt-disabled section, or in");
    fail(log, EINVAL, "a non-sleepable BPF program context");
  }
  if (errno !== 0) fail(log, errno, `Caller passes invalid args into func#${subprog} ('${s.name}')`);
  if (log.level > 0) write(log, `Func#${subprog} ('${s.name}') is global and assumed valid.\n`);
  if (s.changesPkt) clearPacketPointers(env);
  s.called = true;
  const frame = frameOf(env);
  clobberCallerSaved(env, frame.w);
  unknownReg(env, 0);
}

/** CALL of a subprogram: env.insnIdx goes to the insn before the next one. */
export function checkFuncCall(env: Env): void {
  const { insns, insnIdx, log } = env;
  const subprog = findSubprog(env, insnIdx + insns.imm[insnIdx]! + 1);
  const said = log.said.length;
  const errno = matchArgs(env, subprog);
  if (errno === EFAULT) throw new Reject(EFAULT);
  if (env.subprogs[subprog]!.global) {
    callGlobal(env, subprog, errno);
    return;
  }
  // What a static function's BTF says is no reason to refuse.
  log.said.length = said;
  const caller = frameOf(env);
  setupEntry(env, env.cur, subprog, insnIdx, copyArgs);
  clobberCallerSaved(env, caller.w);
  env.insnIdx = env.subprogs[subprog]!.start - 1;
  resetCallchain(env);
  if (log.level > 0) {
    write(log, "caller:\n");
    writeState(env, env.cur, caller.frameno, true);
    write(log, "callee:\n");
    writeState(env, env.cur, env.cur.curframe, true);
  }
}

function pushAsync(env: Env, subprog: number, insn: number, sleepable: boolean): Frame {
  const state = newState(env.pool);
  state.branches = 1;
  state.inSleepable = sleepable;
  const frame = enterFrame(env.pool, -1, 0, subprog, !env.bpfCapable);
  scratchAll(env.log);
  state.frames[0] = frame;
  env.stack.push({ state, insnIdx: env.subprogs[subprog]!.start, prevInsnIdx: insn, logPos: env.log.end });
  if (env.stack.length > MAX_PENDING) {
    fail(env.log, EFAULT, `The sequence of ${env.stack.length} jumps is too complex for async cb.`);
  }
  return frame;
}

/** A helper or kfunc calls back: the callback's body is queued, once for this round. */
export function pushCallback(env: Env, insn: number, subprog: number, asyncSleepable: boolean, set: EntrySetter): void {
  const caller = frameOf(env);
  const said = env.log.said.length;
  const errno = matchArgs(env, subprog);
  if (errno === EFAULT) throw new Reject(EFAULT);
  env.log.said.length = said;
  const s = env.subprogs[subprog]!;
  s.isCallback = true;
  if (isAsyncCallbackCall(env, insn)) {
    s.isAsyncCallback = true;
    const callee = pushAsync(env, subprog, insn, asyncSleepable);
    callee.asyncEntries = caller.asyncEntries + 1;
    set(env, caller, callee, insn);
    return;
  }
  const state = pushPath(env, s.start, insn);
  setupEntry(env, state, subprog, insn, set);
  state.callbackUnrollDepth++;
  const outer = state.frames[state.curframe - 1]!;
  outer.callbackDepth++;
  caller.callbackDepth = 0;
}

/** The result lies within min..max (signed; of the low half where `is32`). */
export function isWithin(w: Words, at: number, min: number, max: number, is32: boolean): boolean {
  if (is32) return min <= w[at + S32MIN]! && w[at + S32MAX]! <= max;
  const smin = signedBig(w[at + SMIN]!, w[at + SMIN + 1]!);
  const smax = signedBig(w[at + SMAX]!, w[at + SMAX + 1]!);
  return BigInt(min) <= smin && smax <= BigInt(max);
}

/** "At program exit the register R0 has smin=0 smax=5 should have been in [0, 1]". */
export function failRange(
  env: Env,
  w: Words,
  at: number,
  min: number,
  max: number,
  where: string,
  name: string,
  note = "",
): never {
  let text = `${where} the register ${name} has`;
  const smin = signedBig(w[at + SMIN]!, w[at + SMIN + 1]!);
  const smax = signedBig(w[at + SMAX]!, w[at + SMAX + 1]!);
  let unknown = true;
  if (smin > -(1n << 63n)) {
    text += ` smin=${smin}`;
    unknown = false;
  }
  if (smax < (1n << 63n) - 1n) {
    text += ` smax=${smax}`;
    unknown = false;
  }
  if (unknown) text += " unknown scalar value";
  text += ` should have been in [${min}, ${max}]`;
  if (note === "") fail(env.log, EINVAL, text);
  say(env.log, text);
  fail(env.log, EINVAL, note);
}

/** EXIT of a subprogram or callback: env.insnIdx goes to the insn to run next. */
export function leaveFunction(env: Env): void {
  const { cur, log } = env;
  updateLiveStack(env);
  const callee = cur.frames[cur.curframe]!;
  const caller = cur.frames[cur.curframe - 1]!;
  const r0 = callee.w[0]!;
  if (r0 === PTR_TO_STACK) fail(log, EINVAL, "cannot return stack pointer to the caller");
  if (callee.inCallback) {
    if (r0 !== SCALAR_VALUE) fail(log, EACCES, "R0 not a scalar value");
    markPrecise(env, 0);
    if (!isWithin(callee.w, 0, callee.retMin, callee.retMax, false)) {
      failRange(env, callee.w, 0, callee.retMin, callee.retMax, "At callback return", "R0");
    }
  } else {
    copyReg(caller.w, 0, callee.w, 0);
  }
  const inCallback = callee.inCallback;
  env.insnIdx = inCallback ? callee.callsite : callee.callsite + 1;
  if (log.level > 0) {
    write(log, "returning from callee:\n");
    writeState(env, cur, callee.frameno, true);
    write(log, `to caller at ${env.insnIdx}:\n`);
    writeState(env, cur, caller.frameno, true);
  }
  freeFrame(env.pool, callee);
  cur.frames[cur.curframe] = null;
  cur.curframe--;
  if (!inCallback) return;
  const prev = findPrevEntry(env, cur, env.insnIdx);
  if (prev !== null) widenImprecise(env, prev, cur);
}
