/** Calls of kernel functions by BTF id. Source: kernel/bpf/verifier.c, check_kfunc_call. */
import { EACCES, EFAULT, EINVAL } from "../base/errno.ts";
import { clobberCallerSaved } from "./args.ts";
import { syncBounds } from "./bounds.ts";
import { pushPath } from "./branch.ts";
import { taskWorkEntry, timerEntry } from "./callbacks.ts";
import { clearPacketPointers, type EntrySetter, pushCallback } from "./calls.ts";
import { type Env, regsOf } from "./env.ts";
import { checkReturn } from "./exit.ts";
import { disown, rbtreeAddEntry } from "./graph-nodes.ts";
import { forkIterNext } from "./iters.ts";
import { checkKfuncArgs, type KfuncMeta, newKfuncMeta } from "./kfunc-args.ts";
import { setKfuncResult } from "./kfunc-ret.ts";
import { isResLock, isTaskWork, kfuncAt } from "./kfunc-table.ts";
import { inRbtreeCallback } from "./locks.ts";
import { fail, Reject, say } from "./log.ts";
import { inRcu } from "./null-check.ts";
import { forEachReg, releaseRef } from "./refs.ts";
import {
  MEM_RCU,
  markUnknown,
  PTR_MAYBE_NULL,
  PTR_UNTRUSTED,
  REF,
  REG_WORDS,
  S32MAX,
  S32MIN,
  SMAX,
  SMIN,
  type Words,
} from "./regs.ts";
import { STACK_ITER, slotAt, slotType } from "./state.ts";

const MAX_ERRNO = 4095;
const INSERTS = new Set(["bpf_list_push_front_impl", "bpf_list_push_back_impl", "bpf_rbtree_add_impl"]);

/** The lock may fail: a path of its own with the error in R0. */
function forkLockFailure(env: Env): void {
  const branch = pushPath(env, env.insnIdx + 1, env.insnIdx);
  const { w } = branch.frames[branch.curframe]!;
  clobberCallerSaved(env, w);
  markUnknown(w, 0, !env.bpfCapable);
  w[S32MIN] = -MAX_ERRNO;
  w[S32MAX] = -1;
  w[SMIN] = -MAX_ERRNO;
  w[SMIN + 1] = -1;
  w[SMAX] = -1;
  w[SMAX + 1] = -1;
  syncBounds(w, 0);
}

function callbackOf(name: string): EntrySetter | null {
  if (name === "bpf_rbtree_add_impl") return rbtreeAddEntry;
  if (name === "bpf_wq_set_callback_impl") return timerEntry;
  return isTaskWork(name) ? taskWorkEntry : null;
}

function pushKfuncCallback(env: Env, meta: KfuncMeta, entry: EntrySetter): void {
  const { name, id, callsAsyncCallback } = meta.kfunc;
  try {
    // Work queues and task work run where sleeping is allowed.
    pushCallback(env, env.insnIdx, meta.subprog, callsAsyncCallback, entry);
  } catch (error) {
    if (error instanceof Reject) say(env.log, `kfunc ${name}#${id} failed callback verification`);
    throw error;
  }
}

/** Objects under RCU are no longer held: only guarded reads are left. */
function leaveRcu(env: Env): void {
  const distrust = (w: Words, at: number): void => {
    if (w[at]! & MEM_RCU) w[at] = (w[at]! & ~(MEM_RCU | PTR_MAYBE_NULL)) | PTR_UNTRUSTED;
  };
  forEachReg(env.cur, distrust);
  for (let f = 0; f <= env.cur.curframe; f++) {
    const frame = env.cur.frames[f]!;
    for (let i = 0; i < frame.slots; i++) {
      if (slotType(frame, i, 0) === STACK_ITER) distrust(frame.w, slotAt(i));
    }
  }
}

/** RCU read sections and preemption: what the call begins or ends, and whether it may sleep there. */
function checkSections(env: Env, meta: KfuncMeta): void {
  const { cur, log } = env;
  const { name, isSleepable, rcuProtected } = meta.kfunc;
  const lock = name === "bpf_rcu_read_lock";
  const unlock = name === "bpf_rcu_read_unlock";
  if (cur.activeRcu !== 0) {
    if (inRbtreeCallback(env) && (lock || unlock)) {
      fail(log, EACCES, "Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback");
    }
    if (lock) fail(log, EINVAL, `nested rcu read lock (kernel function ${name})`);
    if (unlock) {
      leaveRcu(env);
      cur.activeRcu = 0;
    } else if (isSleepable) {
      fail(log, EACCES, `kernel func ${name} is sleepable within rcu_read_lock region`);
    }
  } else if (lock) {
    cur.activeRcu = 1;
  } else if (unlock) {
    fail(log, EINVAL, `unmatched rcu read unlock (kernel function ${name})`);
  }
  if (name === "bpf_preempt_disable") {
    cur.activePreemptLocks++;
  } else if (name === "bpf_preempt_enable") {
    if (cur.activePreemptLocks === 0) {
      fail(log, EINVAL, `unmatched attempt to enable preemption (kernel function ${name})`);
    }
    cur.activePreemptLocks--;
  } else if (cur.activePreemptLocks !== 0 && isSleepable) {
    fail(log, EACCES, `kernel func ${name} is sleepable within non-preemptible region`);
  }
  if (cur.activeIrqId !== 0 && isSleepable) {
    fail(log, EACCES, `kernel func ${name} is sleepable within IRQ-disabled region`);
  }
  if (rcuProtected && !inRcu(env)) {
    fail(log, EACCES, `kernel func ${name} requires RCU critical section protection`);
  }
}

function releaseArgs(env: Env, meta: KfuncMeta): void {
  const { name, id } = meta.kfunc;
  const w = regsOf(env);
  const notHeld = `kfunc ${name}#${id} reference has not been acquired before`;
  if (meta.releaseReg !== 0 && !releaseRef(env, w[meta.releaseReg * REG_WORDS + REF]!)) {
    fail(env.log, EINVAL, notHeld);
  }
  if (!INSERTS.has(name)) return;
  const ref = w[2 * REG_WORDS + REF]!;
  disown(env, ref);
  if (!releaseRef(env, ref)) fail(env.log, EINVAL, notHeld);
}

/** True where the kfunc is bpf_throw: the path ends. */
export function checkKfuncCall(env: Env): boolean {
  const { insns, insnIdx: i, log } = env;
  const btf = env.prog.kernelBtf;
  // A weak kfunc that this kernel lacks: the call is dead code, and the kernel drops it.
  if (insns.imm[i] === 0) return false;
  const kfunc = kfuncAt(env, i);
  if (kfunc === null || btf === null) {
    const id = insns.imm[i]!;
    const name = btf !== null && id > 0 && id < btf.length && insns.off[i] === 0 ? btf.type(id).name : "";
    fail(log, name === "" ? EINVAL : EACCES, `calling kernel function ${name} is not allowed`);
  }
  const { name } = kfunc;
  const meta = newKfuncMeta(kfunc);
  env.aux.isIterNext[i] = kfunc.isIterNext ? 1 : 0;
  if (isResLock(name)) forkLockFailure(env);
  if (name === "__bpf_trap") fail(log, EFAULT, "unexpected __bpf_trap() due to uninitialized variable?");
  if (kfunc.isSleepable && !env.cur.inSleepable) {
    fail(log, EACCES, `program must be sleepable to call sleepable kfunc ${name}`);
  }
  checkKfuncArgs(env, meta, btf);
  const entry = callbackOf(name);
  if (entry !== null) pushKfuncCallback(env, meta, entry);
  if (name === "bpf_session_cookie") meta.retSize = 8;
  checkSections(env, meta);
  releaseArgs(env, meta);
  if (name === "bpf_throw") {
    env.seenException = true;
    if (env.exceptionCallback === 0) checkReturn(env, 1);
  }
  clobberCallerSaved(env, regsOf(env));
  setKfuncResult(env, meta, btf);
  if (kfunc.changesPkt) clearPacketPointers(env);
  if (kfunc.isIterNext) forkIterNext(env, meta);
  return name === "bpf_throw";
}
