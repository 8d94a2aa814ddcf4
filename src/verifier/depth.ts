/**
 * The stack that a call chain needs: at most 512 bytes together, or 512 for each function on a private stack.
 * Source: kernel/bpf/verifier.c, check_max_stack_depth.
 */
import { hasSince } from "../abi/since.ts";
import { E2BIG, EACCES, EINVAL } from "../base/errno.ts";
import { findSubprog, subprogEnd } from "./cfg.ts";
import type { Env } from "./env.ts";
import { kfuncAt } from "./kfunc-table.ts";
import { fail } from "./log.ts";

const MAX_STACK = 512;
const MAX_FRAMES = 8;
const PRIV_STACK_MIN = 64;
/** kprobe, tracepoint, perf_event, raw_tracepoint. */
const ALWAYS_PRIVATE = new Set([2, 5, 7, 17]);
const TRACING = 26;
const TRACE_ITER = 28;

/** The kernel may give this type's programs a stack of their own (x86-64). */
function mayHavePrivateStack(env: Env): boolean {
  if (!hasSince(env.kernel, "6.13")) return false;
  if (ALWAYS_PRIVATE.has(env.progType)) return true;
  return env.progType === TRACING && env.attachType !== TRACE_ITER;
}

function roundUp(depth: number): number {
  return (depth + 15) & ~15;
}

function walk(env: Env, entry: number, privateOk: boolean): void {
  const { insns, log, subprogs } = env;
  const retInsn: number[] = [];
  const retProg: number[] = [];
  let depth = 0;
  let frame = 0;
  let idx = entry;
  let tailCall = false;
  let i = subprogs[idx]!.start;
  if (!privateOk) subprogs[idx]!.privStack = "no";
  let enter = true;
  for (;;) {
    const s = subprogs[idx]!;
    if (enter) {
      enter = false;
      if (idx !== 0 && s.hasTailCall && depth >= 256) {
        fail(log, EACCES, `tail_calls are not allowed when call stack of previous frames is ${depth} bytes. Too large`);
      }
      const own = roundUp(s.stackDepth);
      if (privateOk && s.privStack === "unknown" && own >= PRIV_STACK_MIN) s.privStack = "adaptive";
      if (s.privStack === "adaptive") {
        if (own > MAX_STACK) fail(log, EACCES, `stack size of subprog ${idx} is ${own}. Too large`);
      } else {
        depth += own;
        if (depth > MAX_STACK) {
          fail(log, EACCES, `combined stack size of ${frame + 1} calls is ${depth}. Too large`);
        }
      }
    }
    const end = subprogEnd(env, idx);
    let called = false;
    for (; i < end; i++) {
      const isCall = insns.code[i] === 0x85 && insns.src[i] === 1;
      const isFunc = insns.code[i] === 0x18 && insns.src[i] === 4;
      if (insns.code[i] === 0x85 && insns.src[i] === 2) checkThrow(env, i, idx, retProg, frame);
      if (!isCall && !isFunc) continue;
      const next = i + insns.imm[i]! + 1;
      const callee = findSubprog(env, next);
      const c = subprogs[callee]!;
      if (c.isAsyncCallback) {
        if (!isCall) continue;
        if (c.isExceptionCallback) fail(log, EINVAL, `insn ${i} cannot call exception cb directly`);
      }
      retInsn[frame] = i + 1;
      retProg[frame] = idx;
      i = next;
      idx = callee;
      if (!privateOk) c.privStack = "no";
      if (c.hasTailCall) tailCall = true;
      frame++;
      if (frame >= MAX_FRAMES) fail(log, E2BIG, `the call stack of ${frame} frames is too deep !`);
      called = true;
      enter = true;
      break;
    }
    if (called) continue;
    if (tailCall) {
      for (let j = 0; j < frame; j++) {
        const outer = subprogs[retProg[j]!]!;
        if (outer.isExceptionCallback) fail(log, EINVAL, "cannot tail call within exception cb");
        outer.tailCallReachable = true;
      }
    }
    if (frame === 0) return;
    if (s.privStack !== "adaptive") depth -= roundUp(s.stackDepth);
    frame--;
    i = retInsn[frame]!;
    idx = retProg[frame]!;
  }
}

/** bpf_throw may not be reached through a callback. */
function checkThrow(env: Env, i: number, idx: number, callers: readonly number[], frame: number): void {
  if (kfuncAt(env, i)?.name !== "bpf_throw") return;
  let bad = env.subprogs[idx]!.isCallback;
  for (let c = 0; c < frame && !bad; c++) bad = env.subprogs[callers[c]!]!.isCallback;
  if (bad) {
    fail(env.log, EINVAL, `bpf_throw kfunc (insn ${i}) cannot be called from callback subprog ${idx}`);
  }
}

export function checkStackDepth(env: Env): void {
  const tailCalls = env.subprogs.some((s) => s.hasTailCall);
  const privateOk = !tailCalls && mayHavePrivateStack(env);
  for (let i = env.subprogs.length - 1; i >= 0; i--) {
    if (i === 0 || env.subprogs[i]!.isAsyncCallback) walk(env, i, i === 0 && privateOk);
  }
}
