/** The end of a program: what R0 may be, by program type. Source: kernel/bpf/verifier.c, check_return_code. */
import { EACCES, EINVAL, ENOTSUPP } from "../base/errno.ts";
import { isPointerValue, useReg } from "./args.ts";
import { failRange, isWithin } from "./calls.ts";
import { type Env, regsOf } from "./env.ts";
import { fail, Reject } from "./log.ts";
import { lsmRange } from "./lsm.ts";
import { markPrecise } from "./precision.ts";
import { typeText } from "./print.ts";
import { REG_WORDS, SCALAR_VALUE } from "./regs.ts";

// Program types and attach types that a result range depends on.
const KPROBE = 2;
const CGROUP_SKB = 8;
const CGROUP_SOCK = 9;
const SOCK_OPS = 13;
const CGROUP_DEVICE = 15;
const RAW_TRACEPOINT = 17;
const CGROUP_SOCK_ADDR = 18;
const CGROUP_SYSCTL = 23;
const CGROUP_SOCKOPT = 25;
const TRACING = 26;
const STRUCT_OPS = 27;
const LSM = 29;
const SK_LOOKUP = 30;
const NETFILTER = 32;
const LSM_CGROUP = 43;
const INET_EGRESS = 1;
const TRACE_RAW_TP = 23;
const TRACE_FENTRY = 24;
const TRACE_FEXIT = 25;
const MODIFY_RETURN = 26;
const TRACE_ITER = 28;
/** kprobe session, uprobe session. */
const SESSION = new Set([56, 57]);
/** udp4/6 recvmsg, getpeername and getsockname of inet4/6 and unix, unix recvmsg: only 1. */
const ONLY_ONE = new Set([19, 20, 29, 30, 31, 32, 51, 52, 53]);
/** inet4/6 bind: 0 to 3. */
const BIND = new Set([8, 9]);

/** [min, max], or null where any value will do. */
function rangeOf(env: Env): readonly [number, number] | null {
  switch (env.progType) {
    case CGROUP_SOCK_ADDR:
      if (ONLY_ONE.has(env.attachType)) return [1, 1];
      return BIND.has(env.attachType) ? [0, 3] : [0, 1];
    case CGROUP_SKB:
      return env.attachType === INET_EGRESS ? [0, 3] : [0, 1];
    case CGROUP_SOCK:
    case SOCK_OPS:
    case CGROUP_DEVICE:
    case CGROUP_SYSCTL:
    case CGROUP_SOCKOPT:
    case SK_LOOKUP:
    case NETFILTER:
      return [0, 1];
    case RAW_TRACEPOINT:
      return env.prog.spec.attachTo !== "" && hasAttachBtf(env) ? [0, 0] : null;
    case TRACING:
      switch (env.attachType) {
        case TRACE_FENTRY:
        case TRACE_FEXIT:
          return [0, 0];
        case TRACE_RAW_TP:
        case MODIFY_RETURN:
          return null;
        case TRACE_ITER:
          return [0, 1];
        default:
          throw new Reject(ENOTSUPP);
      }
    case KPROBE:
      return SESSION.has(env.attachType) ? [0, 1] : null;
    default:
      return null;
  }
}

/** raw_tracepoint programs are loaded without an attach BTF id. */
function hasAttachBtf(_env: Env): boolean {
  return false;
}

/** EXIT of the entry function with R`r` as the result. */
export function checkReturn(env: Env, r: number): void {
  const { cur, log } = env;
  const frame = cur.frames[0]!;
  const at = r * REG_WORDS;
  const isSubprog = frame.subprogno !== 0;
  const lsm = env.progType === LSM ? lsmRange(env) : null;
  if (!isSubprog || frame.inExceptionCallback) {
    if (env.progType === LSM && env.attachType !== LSM_CGROUP && lsm?.isVoid) return;
    if (env.progType === STRUCT_OPS && lsmRange(env)?.isVoid) return;
  }
  useReg(env, r);
  if (isPointerValue(env, r)) fail(log, EACCES, `R${r} leaks addr as return value`);
  const w = regsOf(env);
  if (frame.inAsyncCallback) {
    enforce(env, r, frame.retMin, frame.retMax, "At async callback return", false);
    return;
  }
  if (isSubprog && !frame.inExceptionCallback) {
    if (w[at] !== SCALAR_VALUE) {
      fail(log, EINVAL, `At subprogram exit the register R${r} is not a scalar value (${typeText(w[at]!)})`);
    }
    return;
  }
  if (env.progType === LSM) {
    if (env.attachType === LSM_CGROUP) {
      enforce(env, r, lsm?.isVoid ? 1 : 0, 1, "At program exit", false);
    } else if (lsm !== null && lsm.range !== null) {
      enforce(env, r, lsm.range[0], lsm.range[1], "At program exit", true);
    }
    return;
  }
  const range = rangeOf(env);
  if (range !== null) enforce(env, r, range[0], range[1], "At program exit", false);
}

function enforce(env: Env, r: number, min: number, max: number, where: string, is32: boolean): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (w[at] !== SCALAR_VALUE) {
    fail(env.log, EINVAL, `${where} the register R${r} is not a known value (${typeText(w[at]!)})`);
  }
  markPrecise(env, r);
  if (isWithin(w, at, min, max, is32)) return;
  const note =
    env.progType === LSM && env.attachType === LSM_CGROUP && min === 1
      ? "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!"
      : "";
  failRange(env, w, at, min, max, where, `R${r}`, note);
}
