/** The walk over all paths, one insn at a time. Source: kernel/bpf/verifier.c, do_check, do_check_common. */
import { hasSince } from "../abi/since.ts";
import { E2BIG, EFAULT, EINVAL } from "../base/errno.ts";
import { checkAlu } from "./alu.ts";
import { clobberCallerSaved, defReg, unknownReg, useReg } from "./args.ts";
import { checkAtomic } from "./atomic.ts";
import { checkCondJump, pushPath } from "./branch.ts";
import { checkFuncCall, leaveFunction } from "./calls.ts";
import { findSubprog } from "./cfg.ts";
import { DYNPTR_LOCAL, markDynptrReg } from "./dynptr.ts";
import { type Env, regsOf } from "./env.ts";
import { checkReturn } from "./exit.ts";
import { checkHelperCall } from "./helper-call.ts";
import { pushHistory } from "./history.ts";
import { insnText } from "./insn-text.ts";
import { checkKfuncCall } from "./kfunc-call.ts";
import { isSpinAllowed } from "./kfunc-table.ts";
import { pseudoBtf } from "./ksym.ts";
import { beginWrites, commitWrites, updateLiveStack } from "./liveness.ts";
import { anyScratched, fail, Reject, resetLog, scratchAll, scratchNone, scratchReg, write, writeLine } from "./log.ts";
import { checkLoad, checkStore, checkStoreImm } from "./mem.ts";
import { writeInsnState, writeState } from "./print.ts";
import { isStateVisited, maybeFree } from "./prune.ts";
import { checkResourceLeak } from "./refs.ts";
import { checkPtrOff } from "./region.ts";
import {
  BTF_KERNEL,
  CONST_PTR_TO_MAP,
  ID,
  markKnown,
  markUnknown,
  OFF,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_CTX,
  PTR_TO_FUNC,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  RAW0,
  RAW1,
  REG_WORDS,
  SCALAR_VALUE,
} from "./regs.ts";
import { exitScc } from "./scc.ts";
import { copyState, enterFrame, freeState, newState, type VState } from "./state.ts";
import { prepareArgs, rejectArgs } from "./subprog-args.ts";

const MAX_PROCESSED = 1_000_000;
const SPIN_UNLOCK = 94;
const MAP_ARENA = 33;
const EXT = 28;
/** socket_filter, sched_cls, sched_act: types that have the packet loads of classic BPF. */
const LD_ABS_TYPES = new Set([1, 3, 4]);

// What an insn leaves to do.
const GO_ON = 0;
const PATH_ENDS = 1;

function checkLdImm64(env: Env): void {
  const { insns, insnIdx: i, log } = env;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  if (insns.off[i] !== 0) fail(log, EINVAL, "BPF_LD_IMM64 uses reserved fields");
  defReg(env, dst);
  unknownReg(env, dst);
  const w = regsOf(env);
  const d = dst * REG_WORDS;
  const lo = insns.imm[i]!;
  const hi = insns.imm[i + 1]!;
  if (src === 0) {
    markKnown(w, d, lo, hi);
    return;
  }
  markKnown(w, d, 0, 0);
  if (src === 3) {
    pseudoBtf(env, dst);
    return;
  }
  if (src === 4) {
    const subprog = findSubprog(env, i + lo + 1);
    if (!env.hasFuncInfo) fail(log, EINVAL, "missing btf func_info");
    if (env.subprogs[subprog]!.global) fail(log, EINVAL, "callback function not static");
    w[d] = PTR_TO_FUNC;
    w[d + RAW0] = subprog;
    return;
  }
  const map = env.maps[lo]!;
  if (src === 2 || src === 6) {
    if (map.spec.type === MAP_ARENA) {
      markUnknown(w, d, !env.bpfCapable);
      return;
    }
    w[d] = PTR_TO_MAP_VALUE;
    w[d + OFF] = hi;
  } else {
    w[d] = CONST_PTR_TO_MAP;
  }
  w[d + RAW0] = map.index + 1;
}

/** LD_ABS and LD_IND: R6 is the ctx, R0 the result. */
function checkLdAbs(env: Env, code: number): void {
  const { insns, insnIdx: i, log } = env;
  const isInd = (code & 0xe0) === 0x40;
  if (!LD_ABS_TYPES.has(env.progType)) {
    fail(log, EINVAL, "BPF_LD_[ABS|IND] instructions not allowed for this program type");
  }
  if (insns.dst[i] !== 0 || insns.off[i] !== 0 || (code & 0x18) === 0x18 || (!isInd && insns.src[i] !== 0)) {
    fail(log, EINVAL, "BPF_LD_[ABS|IND] uses reserved fields");
  }
  useReg(env, 6);
  checkResourceLeak(env, false, true, "BPF_LD_[ABS|IND]");
  const w = regsOf(env);
  if (w[6 * REG_WORDS] !== PTR_TO_CTX) {
    fail(log, EINVAL, "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
  }
  if (isInd) useReg(env, insns.src[i]!);
  checkPtrOff(env, 6, false);
  clobberCallerSaved(env, w);
  unknownReg(env, 0);
  if (env.cur.curframe === 0) return;
  // Behind the packet's end the load leaves the function with 0: a path of its own.
  scratchReg(log, 0);
  pushPath(env, i + 1, i);
  markKnown(w, 0, 0, 0);
  leaveFunction(env);
  env.insnIdx--;
}

function checkExit(env: Env, exception: boolean): number {
  const what = exception ? "bpf_throw" : "BPF_EXIT instruction in main prog";
  checkResourceLeak(env, exception, exception || env.cur.curframe === 0, what);
  if (exception) return PATH_ENDS;
  if (env.cur.curframe > 0) {
    leaveFunction(env);
    walker.printState = true;
    return GO_ON;
  }
  checkReturn(env, 0);
  return PATH_ENDS;
}

function checkCall(env: Env, code: number): number {
  const { insns, insnIdx: i, log } = env;
  const src = insns.src[i]!;
  if ((code & 8) !== 0 || (src !== 2 && insns.off[i] !== 0) || src > 2 || insns.dst[i] !== 0 || (code & 7) === 6) {
    fail(log, EINVAL, "BPF_CALL uses reserved fields");
  }
  if (env.cur.activeLocks > 0) {
    const helper = src === 0 && insns.imm[i] !== SPIN_UNLOCK;
    const early = src === 1 && !hasSince(env.kernel, "6.9");
    if (helper || early || (src === 2 && (insns.off[i] !== 0 || !isSpinAllowed(env, i)))) {
      fail(log, EINVAL, "function calls are not allowed while holding a lock");
    }
  }
  if (src === 1) checkFuncCall(env);
  else if (src === 2) {
    if (checkKfuncCall(env)) return checkExit(env, true);
  } else checkHelperCall(env);
  scratchReg(log, 0);
  env.insnIdx++;
  return GO_ON;
}

function checkJump(env: Env, code: number): number {
  const { insns, insnIdx: i, log } = env;
  const op = code & 0xf0;
  const is32 = (code & 7) === 6;
  env.jumps++;
  if (op === 0x80) return checkCall(env, code);
  if (op === 0x00) {
    if (
      (code & 8) !== 0 ||
      insns.src[i] !== 0 ||
      insns.dst[i] !== 0 ||
      (is32 ? insns.off[i] !== 0 : insns.imm[i] !== 0)
    ) {
      fail(log, EINVAL, "BPF_JA uses reserved fields");
    }
    env.insnIdx += (is32 ? insns.imm[i]! : insns.off[i]!) + 1;
    return GO_ON;
  }
  if (op === 0x90) {
    if ((code & 8) !== 0 || insns.imm[i] !== 0 || insns.src[i] !== 0 || insns.dst[i] !== 0 || is32) {
      fail(log, EINVAL, "BPF_EXIT uses reserved fields");
    }
    return checkExit(env, false);
  }
  checkCondJump(env);
  env.insnIdx++;
  return GO_ON;
}

function checkInsn(env: Env): number {
  const { insns, insnIdx: i, log } = env;
  const code = insns.code[i]!;
  const mode = code & 0xe0;
  switch (code & 7) {
    case 4:
    case 7:
      checkAlu(env);
      break;
    case 1:
      checkLoad(env, false, mode === 0x80, true, "ldx");
      break;
    case 3:
      if (mode === 0xc0) {
        checkAtomic(env);
        break;
      }
      if (mode !== 0x60 || insns.imm[i] !== 0) fail(log, EINVAL, "BPF_STX uses reserved fields");
      checkStore(env, false);
      break;
    case 2:
      if (mode !== 0x60 || insns.src[i] !== 0) fail(log, EINVAL, "BPF_ST uses reserved fields");
      checkStoreImm(env);
      break;
    case 5:
    case 6:
      return checkJump(env, code);
    default:
      if (mode === 0x20 || mode === 0x40) {
        checkLdAbs(env, code);
      } else if (mode === 0) {
        if ((code & 0x18) !== 0x18) fail(log, EINVAL, "invalid BPF_LD_IMM insn");
        checkLdImm64(env);
        env.insnIdx++;
        env.aux.seen[env.insnIdx] = 1;
      } else {
        fail(log, EINVAL, "invalid BPF_LD mode");
      }
  }
  env.insnIdx++;
  return GO_ON;
}

/** State of the walk that the log's format depends on. */
const walker = { printState: false };

function logInsn(env: Env): void {
  const { log } = env;
  if (log.level > 1 && walker.printState) {
    write(log, `\nfrom ${env.prevInsnIdx} to ${env.insnIdx}:`);
    writeState(env, env.cur, env.cur.curframe, true);
    walker.printState = false;
  }
  if (anyScratched(log)) writeInsnState(env);
  writeLine(log, env.insnIdx, "; ");
  const text = `${env.insnIdx}: ${insnText(env.prog, env.insnIdx)}\n`;
  write(log, text);
  log.prevInsnLength = text.length;
  log.prevPos = log.end;
}

/** All paths from a state are done; so may be all from its parents. */
function updateBranches(env: Env, from: VState): void {
  let state: VState | null = from;
  let listed: VState | null = null;
  while (state !== null) {
    state.branches--;
    if (state.branches > 0) break;
    exitScc(env, state);
    const parent: VState | null = state.parent;
    if (listed !== null) maybeFree(env, listed);
    state = parent;
    listed = parent;
  }
}

/** Goes on with the path that was queued last; false where none is left. */
function popPath(env: Env): boolean {
  const next = env.stack.pop();
  if (next === undefined) return false;
  copyState(env.pool, env.cur, next.state);
  if (env.log.level < 2) resetLog(env.log, next.logPos);
  env.insnIdx = next.insnIdx;
  env.prevInsnIdx = next.prevInsnIdx;
  freeState(env.pool, next.state);
  return true;
}

function walk(env: Env): void {
  const { log, aux } = env;
  const n = env.insns.length;
  walker.printState = false;
  let prev = -1;
  for (;;) {
    env.histEnt = -1;
    env.prevInsnIdx = prev;
    const i = env.insnIdx;
    if (i >= n) fail(log, EFAULT, `invalid insn idx ${i} insn_cnt ${n}`);
    env.processed++;
    if (env.processed > MAX_PROCESSED) {
      fail(log, E2BIG, `BPF program is too large. Processed ${env.processed} insn`);
    }
    env.cur.lastInsn = prev;
    env.cur.insnIdx = i;
    let ends = false;
    if (aux.prunePoint[i] === 1 && isStateVisited(env, i)) {
      ends = true;
      if (log.level > 0) {
        write(log, walker.printState ? `\nfrom ${prev} to ${i}: safe\n` : `${i}: safe\n`);
      }
    } else {
      if (aux.jmpPoint[i] === 1) pushHistory(env, env.cur, 0, null);
      if (log.level > 0) logInsn(env);
      if (log.said.length > 0) log.said.length = 0;
      aux.seen[i] = 1;
      env.onInsn?.(env);
      prev = i;
      beginWrites(env, i);
      ends = env.endsPath?.(i) === true || checkInsn(env) === PATH_ENDS;
      commitWrites(env);
    }
    if (!ends) continue;
    scratchAll(log);
    updateBranches(env, env.cur);
    updateLiveStack(env);
    if (!popPath(env)) return;
    prev = env.prevInsnIdx;
    walker.printState = true;
  }
}

function setArgs(env: Env, subprog: number): void {
  const s = env.subprogs[subprog]!;
  const w = regsOf(env);
  let args: ReturnType<typeof prepareArgs>;
  try {
    args = prepareArgs(env, s);
  } catch (error) {
    rejectArgs(error);
  }
  if (s.isExceptionCallback) {
    env.cur.frames[0]!.inExceptionCallback = true;
    if (args.length !== 1 || args[0]!.kind !== "scalar") {
      fail(env.log, EINVAL, "exception cb only supports single integer argument");
    }
  }
  args.forEach((arg, i) => {
    const at = (i + 1) * REG_WORDS;
    if (arg.kind === "scalar" || arg.kind === "arena") {
      markUnknown(w, at, !env.bpfCapable);
      w[at] = SCALAR_VALUE;
      return;
    }
    if (arg.kind === "dynptr") {
      markDynptrReg(w, at, DYNPTR_LOCAL, true, ++env.idGen);
      return;
    }
    markKnown(w, at, 0, 0);
    if (arg.kind === "ctx") {
      w[at] = PTR_TO_CTX;
    } else if (arg.kind === "mem") {
      w[at] = PTR_TO_MEM | arg.flags;
      w[at + RAW0] = arg.memSize;
      if (arg.flags & PTR_MAYBE_NULL) w[at + ID] = ++env.idGen;
    } else {
      w[at] = PTR_TO_BTF_ID | arg.flags;
      w[at + RAW0] = BTF_KERNEL;
      w[at + RAW1] = arg.btfId;
      w[at + ID] = ++env.idGen;
    }
  });
}

/** The main function's BTF must say "one ctx pointer", or it is not relied on. */
export function checkMainArgs(env: Env): void {
  if (!env.hasFuncInfo) return;
  const said = env.log.said.length;
  try {
    const args = prepareArgs(env, env.subprogs[0]!);
    if (args.length !== 1 || args[0]!.kind !== "ctx") env.subprogs[0]!.unreliable = true;
  } catch (error) {
    if (error instanceof Reject || !(error instanceof Error) || error.message !== "unusable argument types")
      throw error;
    env.subprogs[0]!.unreliable = true;
    env.log.said.length = said;
  }
}

function walkFunction(env: Env, subprog: number): void {
  const { log } = env;
  log.prevLine = null;
  freeState(env.pool, env.cur);
  const state = newState(env.pool);
  env.cur = state;
  state.branches = 1;
  state.inSleepable = env.sleepable;
  state.frames[0] = enterFrame(env.pool, -1, 0, subprog, !env.bpfCapable);
  scratchAll(log);
  const s = env.subprogs[subprog]!;
  state.firstInsn = s.start;
  state.lastInsn = -1;
  env.insnIdx = s.start;
  if (subprog !== 0 || env.prog.spec.type === EXT) {
    if (log.level > 0) write(log, `Validating ${s.name}() func#${subprog}...\n`);
    setArgs(env, subprog);
  } else {
    checkMainArgs(env);
    const w = regsOf(env);
    w[REG_WORDS] = PTR_TO_CTX;
    markKnown(w, REG_WORDS, 0, 0);
  }
  walk(env);
  if (log.level < 2) resetLog(log, 0);
  forgetStates(env);
}

/** Each function is walked on its own: states of one say nothing of another. */
function forgetStates(env: Env): void {
  for (let i = 0; i < env.explored.length; i++) {
    for (let s = env.explored[i]!; s !== null; ) {
      const next: VState | null = s.next;
      freeState(env.pool, s);
      s = next!;
    }
    env.explored[i] = null;
  }
  for (let s = env.freeHead; s !== null; ) {
    const next: VState | null = s.next;
    freeState(env.pool, s);
    s = next;
  }
  env.freeHead = null;
  env.sccVisits.length = 0;
}

export function walkMain(env: Env): void {
  scratchNone(env.log);
  walkFunction(env, 0);
}

/** Global functions that something called, and those that they call. */
export function walkSubprogs(env: Env): void {
  if (!env.hasFuncInfo) return;
  if (env.exceptionCallback > 0) env.subprogs[env.exceptionCallback]!.called = true;
  let again = true;
  while (again) {
    again = false;
    for (let i = 1; i < env.subprogs.length; i++) {
      const s = env.subprogs[i]!;
      if (!s.global || !s.called || s.verified) continue;
      walkFunction(env, i);
      if (env.log.level > 0) {
        write(env.log, `Func#${i} ('${s.name}') is safe for any args that match its prototype\n`);
      }
      s.verified = true;
      again = true;
    }
  }
}
