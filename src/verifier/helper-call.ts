/** Calls of helpers: may it be called here, do the arguments fit, what is in R0 afterwards. Source: check_helper_call. */

import { HELPERS } from "../abi/helpers.ts";
import { EACCES, EFAULT, EINVAL, ENOTSUPP } from "../base/errno.ts";
import { checkBounds, clobberCallerSaved, invalidReg, unknownReg } from "./args.ts";
import { syncBounds } from "./bounds.ts";
import { pushPath } from "./branch.ts";
import { findVmaEntry, loopEntry, mapElemEntry, timerEntry, userRingbufEntry } from "./callbacks.ts";
import { clearPacketPointers, leaveFunction, pushCallback } from "./calls.ts";
import {
  DYNPTR_INVALID,
  DYNPTR_SKB,
  DYNPTR_SKB_META,
  dynptrId,
  dynptrRef,
  dynptrType,
  releaseDynptr,
} from "./dynptr.ts";
import { type Env, frameOf, regsOf } from "./env.ts";
import { noteMap } from "./facts.ts";
import { checkFormat } from "./format.ts";
import { checkHelperArg } from "./helper-args.ts";
import { setReturn } from "./helper-ret.ts";
import { fail, Reject, scratchReg, write } from "./log.ts";
import { checkMapHelper } from "./map-compat.ts";
import { checkMem } from "./mem.ts";
import { type CallMeta, newMeta, WRITE } from "./meta.ts";
import { markPrecise } from "./precision.ts";
import { typeText } from "./print.ts";
import { ARG_PTR_TO_DYNPTR, isAllowedHere, type Proto, protoOf } from "./protos.ts";
import { acquireRef, checkResourceLeak, dropRef, forEachReg, releaseRef } from "./refs.ts";
import {
  baseType,
  CONST_PTR_TO_DYNPTR,
  ID,
  isConst,
  isNull,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  PTR_TO_MAP_VALUE,
  RAW1,
  REF,
  REG_WORDS,
  S32MAX,
  S32MIN,
  SMAX,
  SMIN,
  U32MAX,
  U32MIN,
  UMAX,
  UMIN,
  VAL,
  type Words,
} from "./regs.ts";
import { ult } from "./words.ts";

// Helper ids by name.
const MAP_LOOKUP = 1;
const SMP_PROCESSOR_ID = 8;
const TAIL_CALL = 12;
const GET_STACK = 67;
const GET_LOCAL_STORAGE = 81;
const GET_TASK_STACK = 141;
const PER_CPU_PTR = 153;
const THIS_CPU_PTR = 154;
const FOR_EACH_MAP_ELEM = 164;
const SNPRINTF = 165;
const TIMER_SET_CALLBACK = 170;
const GET_FUNC_IP = 173;
const FIND_VMA = 180;
const LOOP = 181;
const KPTR_XCHG = 194;
const DYNPTR_FROM_MEM = 197;
const DYNPTR_WRITE = 202;
const DYNPTR_DATA = 203;
const USER_RINGBUF_DRAIN = 209;

/** sk_lookup_tcp, sk_lookup_udp, skc_lookup_tcp, ringbuf_reserve, kptr_xchg; map lookups in sock maps. */
const ACQUIRE = new Set([84, 85, 99, 131, KPTR_XCHG]);
/** tcp_sock, sk_fullsock, skc_to_*: another view of the socket given. */
const PTR_CAST = new Set([95, 96, 136, 137, 138, 139, 140, 196]);
/** Helpers that the JIT inlines or specialises by map. */
const RECORDED = new Set([TAIL_CALL, MAP_LOOKUP, 2, 3, 87, 88, 89, FOR_EACH_MAP_ELEM, 51, 195]);
/** get_stack, get_task_stack, probe_read_str and its kin: the result is at most the size given. */
const SIZED_RESULT = new Set([GET_STACK, GET_TASK_STACK, 45, 114, 115]);
const MAX_ERRNO = 4095;
const PROG_ARRAY = 3;
const MAP_SOCKMAP = 15;
const MAP_SOCKHASH = 18;
const RDONLY_PROG = 0x80;
const KPROBE = 2;
const TRACING = 26;
/** fentry, fexit, fmod_ret. */
const TRAMPOLINE = new Set([24, 25, 26]);

function resetMeta(meta: CallMeta): void {
  meta.map = null;
  meta.mapUid = 0;
  meta.rawMode = false;
  meta.releaseReg = 0;
  meta.rawReg = 0;
  meta.rawSize = 0;
  meta.memSize = 0;
  meta.maxSizeLo = 0;
  meta.maxSizeHi = 0;
  meta.refId = 0;
  meta.dynptrId = 0;
  meta.retBtf = 0;
  meta.retBtfId = 0;
  meta.subprog = 0;
  meta.kptrField = null;
  meta.constKey = -1;
}

const meta = newMeta();

function findProto(env: Env, id: number): Proto {
  const { log } = env;
  const name = HELPERS[id]?.name;
  if (id <= 0 || name === undefined) {
    const text = id === 0 ? "bpf_unspec" : "unknown";
    if (id === 0) fail(log, EINVAL, `program of this type cannot use helper ${text}#${id}`);
    fail(log, EINVAL, `invalid func ${text}#${id}`);
  }
  const proto = protoOf(env, id);
  if (proto === null) fail(log, EINVAL, `program of this type cannot use helper bpf_${name}#${id}`);
  return proto;
}

function checkCallable(env: Env, id: number, proto: Proto): void {
  const { cur, log } = env;
  const { row } = proto;
  if (!env.gplCompatible && row.gplOnly) {
    fail(log, EINVAL, "cannot call GPL-restricted function from non-GPL compatible program");
  }
  if (!isAllowedHere(env, id)) fail(log, EINVAL, "helper call is not allowed in probe");
  if (!row.mightSleep) return;
  if (!cur.inSleepable) fail(log, EINVAL, "helper call might sleep in a non-sleepable prog");
  const what = `sleepable helper bpf_${row.name}#${id} in`;
  if (cur.activeRcu !== 0) fail(log, EINVAL, `${what} rcu_read_lock region`);
  if (cur.activePreemptLocks !== 0) fail(log, EINVAL, `${what} non-preemptible region`);
  if (cur.activeIrqId !== 0) fail(log, EINVAL, `${what} IRQ-disabled region`);
}

function recordMap(env: Env, id: number): void {
  if (meta.map !== null) noteMap(env, meta.map.index);
  if (!RECORDED.has(id) || meta.map === null) return;
  const writes = id === 2 || id === 3 || id === 87 || id === 88;
  if (writes && meta.map.spec.flags & RDONLY_PROG) fail(env.log, EACCES, "write into map forbidden");
  env.aux.callMap[env.insnIdx] = meta.map.index + 1;
}

/** A tail call with a constant index becomes a direct jump in the kernel, so that the index must be exact. */
function recordKey(env: Env, id: number): void {
  if (id !== TAIL_CALL) return;
  if (meta.map === null || meta.map.spec.type !== PROG_ARRAY) {
    fail(env.log, EINVAL, "expected prog array map for tail call");
  }
  const w = regsOf(env);
  const at = 3 * REG_WORDS;
  if (w[at] === 1 && isConst(w, at) && ult(w[at + VAL]!, w[at + VAL + 1]!, meta.map.spec.maxEntries, 0)) {
    markPrecise(env, 3);
  }
}

function release(env: Env, id: number, proto: Proto): void {
  const r = meta.releaseReg;
  if (r === 0) return;
  const w = regsOf(env);
  const at = r * REG_WORDS;
  let ok = false;
  if (baseType(proto.args[r - 1]!) === ARG_PTR_TO_DYNPTR) {
    if (w[at] === CONST_PTR_TO_DYNPTR) throw new Reject(EFAULT);
    ok = releaseDynptr(env, w, at);
  } else if (id === KPTR_XCHG && meta.refId !== 0) {
    ok = dropRef(env.cur, meta.refId);
    if (ok) convertXchg(env, meta.refId);
  } else if (meta.refId !== 0) {
    ok = releaseRef(env, meta.refId);
  } else if (isNull(w, at)) {
    ok = true;
  }
  if (!ok) {
    fail(env.log, EINVAL, `func bpf_${proto.row.name}#${id} reference has not been acquired before`);
  }
}

/** The pointer that was put into a map may still be read under RCU where it points to per-CPU memory. */
function convertXchg(env: Env, ref: number): void {
  const { cur } = env;
  const inRcu = cur.activeRcu !== 0 || cur.activeLocks !== 0 || !cur.inSleepable;
  forEachReg(cur, (w, at) => {
    if (w[at + REF] !== ref) return;
    if (inRcu && w[at]! & MEM_ALLOC && w[at]! & MEM_PERCPU) {
      w[at + REF] = 0;
      w[at] = (w[at]! & ~MEM_ALLOC) | MEM_RCU;
    } else {
      invalidReg(env, w, at);
    }
  });
}

function dynptrArg(proto: Proto): number {
  return (proto.args.findIndex((arg) => baseType(arg) === ARG_PTR_TO_DYNPTR) + 1) * REG_WORDS;
}

/** The kernel inlines a loop with one callback and flags that are always zero. Source: update_loop_inline_state. */
function noteLoop(env: Env, insn: number, w: Words): void {
  const { loopCallback } = env.aux;
  if (loopCallback[insn] === -1) return;
  const first = loopCallback[insn] === 0;
  const zero = isNull(w, 4 * REG_WORDS);
  if (zero) markPrecise(env, 4);
  loopCallback[insn] = zero && (first || loopCallback[insn] === meta.subprog + 1) ? meta.subprog + 1 : -1;
}

function callLoop(env: Env, insn: number): void {
  const w = regsOf(env);
  noteLoop(env, insn, w);
  markPrecise(env, 1);
  const frame = frameOf(env);
  const at = REG_WORDS;
  if (ult(frame.callbackDepth, 0, w[at + UMAX]!, w[at + UMAX + 1]!)) {
    pushCallback(env, insn, meta.subprog, false, loopEntry);
    return;
  }
  frame.callbackDepth = 0;
  if (env.log.level > 1) write(env.log, `frame${env.cur.curframe} bpf_loop iteration limit reached\n`);
}

/** What particular helpers ask for; true where packet pointers die although the table does not say so. */
function checkSpecial(env: Env, id: number, proto: Proto): boolean {
  const { log, insnIdx } = env;
  const w = regsOf(env);
  switch (id) {
    case TAIL_CALL:
      checkResourceLeak(env, false, true, "tail_call");
      return false;
    case GET_LOCAL_STORAGE:
      if (!isNull(w, 2 * REG_WORDS)) fail(log, EINVAL, "get_local_storage() doesn't support non-zero flags");
      return false;
    case FOR_EACH_MAP_ELEM:
      pushCallback(env, insnIdx, meta.subprog, false, mapElemEntry);
      return false;
    case TIMER_SET_CALLBACK:
      pushCallback(env, insnIdx, meta.subprog, false, timerEntry);
      return false;
    case FIND_VMA:
      pushCallback(env, insnIdx, meta.subprog, false, findVmaEntry);
      return false;
    case USER_RINGBUF_DRAIN:
      pushCallback(env, insnIdx, meta.subprog, false, userRingbufEntry);
      return false;
    case SNPRINTF:
      checkFormat(env);
      return false;
    case LOOP:
      callLoop(env, insnIdx);
      return false;
    case DYNPTR_FROM_MEM:
      if (w[REG_WORDS] !== PTR_TO_MAP_VALUE) {
        fail(log, EACCES, `Unsupported reg type ${typeText(w[REG_WORDS]!)} for bpf_dynptr_from_mem data`);
      }
      return false;
    case DYNPTR_DATA: {
      const at = dynptrArg(proto);
      meta.dynptrId = dynptrId(env, at);
      meta.refId = dynptrRef(env, at);
      if (meta.dynptrId < 0 || meta.refId < 0) throw new Reject(EFAULT);
      return false;
    }
    case DYNPTR_WRITE: {
      const type = dynptrType(env, dynptrArg(proto));
      if (type === DYNPTR_INVALID) throw new Reject(EFAULT);
      return type === DYNPTR_SKB || type === DYNPTR_SKB_META;
    }
    default:
      return false;
  }
}

function refineResult(env: Env, id: number, proto: Proto): void {
  if (proto.ret !== "integer") return;
  const w = regsOf(env);
  if (SIZED_RESULT.has(id)) {
    w[SMAX] = meta.maxSizeLo;
    w[SMAX + 1] = meta.maxSizeHi;
    w[S32MAX] = meta.maxSizeLo;
    w[SMIN] = -MAX_ERRNO;
    w[SMIN + 1] = -1;
    w[S32MIN] = -MAX_ERRNO;
    syncBounds(w, 0);
  } else if (id === SMP_PROCESSOR_ID) {
    for (const f of [UMAX, SMAX]) {
      w[f] = env.cpus - 1;
      w[f + 1] = 0;
    }
    for (const f of [UMIN, SMIN]) {
      w[f] = 0;
      w[f + 1] = 0;
    }
    w[U32MIN] = 0;
    w[S32MIN] = 0;
    w[U32MAX] = env.cpus - 1;
    w[S32MAX] = env.cpus - 1;
    syncBounds(w, 0);
  }
  checkBounds(env, w, 0, "retval");
}

function checkFuncIp(env: Env, name: string): void {
  if (env.progType === TRACING) {
    if (TRAMPOLINE.has(env.attachType)) return;
    fail(env.log, ENOTSUPP, `func bpf_${name}#${GET_FUNC_IP} supported only for fentry/fexit/fmod_ret programs`);
  }
  if (env.progType === KPROBE) return;
  fail(env.log, ENOTSUPP, `func bpf_${name}#${GET_FUNC_IP} not supported for program type ${env.progType}`);
}

/** In a subprogram a tail call that succeeds returns from the function with a result that nobody knows. */
function leaveByTailCall(env: Env): void {
  scratchReg(env.log, 0);
  pushPath(env, env.insnIdx + 1, env.insnIdx);
  clearPacketPointers(env);
  unknownReg(env, 0);
  leaveFunction(env);
  env.insnIdx--;
}

/** CALL of a helper; the caller moves env.insnIdx on. */
export function checkHelperCall(env: Env): void {
  const { insns, insnIdx } = env;
  const id = insns.imm[insnIdx]!;
  const proto = findProto(env, id);
  const { row } = proto;
  checkCallable(env, id, proto);
  resetMeta(meta);
  meta.id = id;
  meta.name = row.name;
  meta.pktAccess = row.pktAccess === true;
  let changesPkt = row.changesPkt === true;
  for (let i = 0; i < 5; i++) checkHelperArg(env, i, proto, meta);
  recordMap(env, id);
  recordKey(env, id);
  for (let i = 0; i < meta.rawSize; i++) checkMem(env, meta.rawReg, i, 1, WRITE, -1, false, false);
  release(env, id, proto);
  if (checkSpecial(env, id, proto)) changesPkt = true;
  const perCpuAlloc = (id === PER_CPU_PTR || id === THIS_CPU_PTR) && (regsOf(env)[REG_WORDS]! & MEM_RCU) !== 0;
  clobberCallerSaved(env, regsOf(env));
  setReturn(env, proto, meta, id, perCpuAlloc);
  const w = regsOf(env);
  if (id === DYNPTR_DATA) w[RAW1] = meta.dynptrId;
  const isSockMap = meta.map?.spec.type === MAP_SOCKMAP || meta.map?.spec.type === MAP_SOCKHASH;
  if (PTR_CAST.has(id) || id === DYNPTR_DATA) {
    w[REF] = meta.refId;
  } else if (ACQUIRE.has(id) || (id === MAP_LOOKUP && isSockMap)) {
    const ref = acquireRef(env, insnIdx);
    w[ID] = ref;
    w[REF] = ref;
  }
  refineResult(env, id, proto);
  checkMapHelper(env, meta.map, id, row.name);
  if (id === GET_FUNC_IP) checkFuncIp(env, row.name);
  if (id === TAIL_CALL) {
    if (env.cur.curframe > 0) leaveByTailCall(env);
    else changesPkt = false;
  }
  if (changesPkt) clearPacketPointers(env);
}
