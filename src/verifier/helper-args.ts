/** The arguments of a helper call. Source: kernel/bpf/verifier.c, check_func_arg, check_reg_type, compatible_reg_types. */
import { EACCES, EFAULT, EINVAL } from "../base/errno.ts";
import { isPointerValue, useReg } from "./args.ts";
import { structsMatch } from "./btf-match.ts";
import {
  dynptrOfFlag,
  dynptrType,
  frameOfPtr,
  isInitDynptr,
  isUninitDynptr,
  makeDynptr,
  readDynptr,
  stackObjectSlot,
} from "./dynptr.ts";
import { type Env, regsOf } from "./env.ts";
import { checkHelperMem, checkSizeArg } from "./helper-mem.ts";
import { kptrMatches } from "./kptr.ts";
import { checkSpinLock, checkTimer, inRbtreeCallback } from "./locks.ts";
import { fail } from "./log.ts";
import { checkAlignment, checkMem } from "./mem.ts";
import { type CallMeta, READ, WRITE } from "./meta.ts";
import { btSetSlot, markChain, markPrecise } from "./precision.ts";
import { btfName, DYNPTR_TEXT, typeText } from "./print.ts";
import * as A from "./protos.ts";
import { BPF_KPTR, BPF_KPTR_PERCPU, BPF_KPTR_REF, findField, hasField } from "./record.ts";
import { recordOfReg } from "./reg-record.ts";
import { checkMapAccess, checkPtrOff, mapOf, mayAccessPacket } from "./region.ts";
import * as R from "./regs.ts";
import { isSpilled, STACK_SPILL, STACK_ZERO, slotAt, slotType } from "./state.ts";

const { PTR_TO_BTF_ID, PTR_TO_MEM, PTR_MAYBE_NULL, MEM_RDONLY, REG_WORDS } = R;

const SOCK_TYPES = [R.PTR_TO_SOCK_COMMON, R.PTR_TO_SOCKET, R.PTR_TO_TCP_SOCK, R.PTR_TO_XDP_SOCK];
const MEM_TYPES = [
  R.PTR_TO_STACK,
  R.PTR_TO_PACKET,
  R.PTR_TO_PACKET_META,
  R.PTR_TO_MAP_KEY,
  R.PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_MEM | R.MEM_RINGBUF,
  R.PTR_TO_BUF,
  PTR_TO_BTF_ID | R.PTR_TRUSTED,
];
const SCALAR = [R.SCALAR_VALUE];

/** Register types that an argument takes. */
const COMPATIBLE: ReadonlyMap<number, readonly number[]> = new Map([
  [A.ARG_PTR_TO_MAP_KEY, MEM_TYPES],
  [A.ARG_PTR_TO_MAP_VALUE, MEM_TYPES],
  [A.ARG_CONST_SIZE, SCALAR],
  [A.ARG_CONST_SIZE_OR_ZERO, SCALAR],
  [A.ARG_CONST_ALLOC_SIZE_OR_ZERO, SCALAR],
  [A.ARG_CONST_MAP_PTR, [R.CONST_PTR_TO_MAP]],
  [A.ARG_PTR_TO_CTX, [R.PTR_TO_CTX]],
  [A.ARG_PTR_TO_SOCK_COMMON, SOCK_TYPES],
  [A.ARG_PTR_TO_BTF_ID_SOCK_COMMON, [...SOCK_TYPES, PTR_TO_BTF_ID, PTR_TO_BTF_ID | R.PTR_TRUSTED]],
  [A.ARG_PTR_TO_SOCKET, [R.PTR_TO_SOCKET]],
  [A.ARG_PTR_TO_BTF_ID, [PTR_TO_BTF_ID, PTR_TO_BTF_ID | R.PTR_TRUSTED, PTR_TO_BTF_ID | R.MEM_RCU]],
  [A.ARG_PTR_TO_SPIN_LOCK, [R.PTR_TO_MAP_VALUE, PTR_TO_BTF_ID | R.MEM_ALLOC]],
  [A.ARG_PTR_TO_MEM, MEM_TYPES],
  [A.ARG_PTR_TO_RINGBUF_MEM, [PTR_TO_MEM | R.MEM_RINGBUF]],
  [
    A.ARG_PTR_TO_PERCPU_BTF_ID,
    [
      PTR_TO_BTF_ID | R.MEM_PERCPU,
      PTR_TO_BTF_ID | R.MEM_PERCPU | R.MEM_RCU,
      PTR_TO_BTF_ID | R.MEM_PERCPU | R.PTR_TRUSTED,
    ],
  ],
  [A.ARG_PTR_TO_FUNC, [R.PTR_TO_FUNC]],
  [A.ARG_PTR_TO_STACK, [R.PTR_TO_STACK]],
  [A.ARG_PTR_TO_CONST_STR, [R.PTR_TO_MAP_VALUE]],
  [A.ARG_PTR_TO_TIMER, [R.PTR_TO_MAP_VALUE]],
  [A.ARG_KPTR_XCHG_DEST, [R.PTR_TO_MAP_VALUE, PTR_TO_BTF_ID | R.MEM_ALLOC]],
  [A.ARG_PTR_TO_DYNPTR, [R.PTR_TO_STACK, R.CONST_PTR_TO_DYNPTR]],
]);

const SK_RELEASE = 86;
const SPIN_LOCK = 93;
const SPIN_UNLOCK = 94;
const KPTR_XCHG = 194;
const MAP_PEEK = 89;
const MAP_ARRAY = 2;
const MAP_PERCPU_ARRAY = 6;
const MAP_SOCKMAP = 15;
const MAP_SOCKHASH = 18;
const MAP_BLOOM = 30;

/** The register's type fits the argument's; BTF pointers also by struct. `btfId`: struct wanted, 0 where the type says. */
export function checkArgType(env: Env, r: number, arg: number, btfId: number, meta: CallMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const reg = w[at]!;
  const base = R.baseType(arg);
  const compatible = COMPATIBLE.get(base);
  const { log } = env;
  if (compatible === undefined) fail(log, EFAULT, `verifier bug: unsupported arg type ${arg}`);
  let type = reg;
  if (arg & MEM_RDONLY) type &= ~MEM_RDONLY;
  if (arg & PTR_MAYBE_NULL) type &= ~PTR_MAYBE_NULL;
  if (base === A.ARG_PTR_TO_MEM) type &= ~R.DYNPTR_TYPE_MASK;
  if (meta.id === KPTR_XCHG && type & R.MEM_ALLOC && r === 2) type &= ~(R.MEM_ALLOC | R.MEM_PERCPU);
  if (!compatible.includes(type)) {
    fail(log, EACCES, `R${r} type=${typeText(reg)} expected=${compatible.map(typeText).join(", ")}`);
  }
  if (R.baseType(reg) !== PTR_TO_BTF_ID) return;
  if (compatible === MEM_TYPES) {
    if (!(arg & MEM_RDONLY)) {
      fail(log, EACCES, `bpf_${meta.name}() may write into memory pointed by R${r} type=${typeText(reg)}`);
    }
    return;
  }
  checkBtfArg(env, r, arg, btfId, meta, reg);
}

function checkBtfArg(env: Env, r: number, arg: number, btfId: number, meta: CallMeta, reg: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  if (reg & R.MEM_ALLOC) {
    if (meta.id !== SPIN_LOCK && meta.id !== SPIN_UNLOCK && meta.id !== KPTR_XCHG) {
      fail(log, EFAULT, "verifier bug: unimplemented handling of MEM_ALLOC");
    }
    if (meta.id === KPTR_XCHG && r === 2) kptrMatches(env, r, meta.kptrField!);
    return;
  }
  if (reg & R.MEM_PERCPU) return;
  const release = (arg & R.OBJ_RELEASE) !== 0;
  if (reg & PTR_MAYBE_NULL && (!(arg & PTR_MAYBE_NULL) || release)) {
    fail(log, EACCES, `Possibly NULL pointer passed to helper arg${r}`);
  }
  if (meta.id === KPTR_XCHG) {
    kptrMatches(env, r, meta.kptrField!);
    return;
  }
  const wanted = btfId !== 0 ? btfId : (env.prog.kernelBtf?.find("sock_common", "struct") ?? 0);
  const strict = release && meta.id !== SK_RELEASE;
  if (!structsMatch(env, w[at + R.RAW0]!, w[at + R.RAW1]!, w[at + R.OFF]!, R.BTF_KERNEL, wanted, strict)) {
    const have = btfName(env, w[at + R.RAW0]!, w[at + R.RAW1]!);
    fail(log, EACCES, `R${r} is of type ${have} but ${btfName(env, R.BTF_KERNEL, wanted)} is expected`);
  }
}

/** What offset from its start a pointer may have, as an argument. */
export function checkArgOffset(env: Env, r: number, arg: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const type = w[at]!;
  if (arg & R.OBJ_RELEASE) {
    if (R.baseType(arg) === A.ARG_PTR_TO_DYNPTR && type === R.PTR_TO_STACK) return;
    if (w[at + R.OFF] !== 0) {
      fail(env.log, EINVAL, `R${r} must have zero offset when passed to release func or trusted arg to kfunc`);
    }
    checkPtrOff(env, r, false);
    return;
  }
  switch (type) {
    case R.PTR_TO_STACK:
    case R.PTR_TO_PACKET:
    case R.PTR_TO_PACKET_META:
    case R.PTR_TO_MAP_KEY:
    case R.PTR_TO_MAP_VALUE:
    case PTR_TO_MEM:
    case PTR_TO_MEM | MEM_RDONLY:
    case PTR_TO_MEM | R.MEM_RINGBUF:
    case R.PTR_TO_BUF:
    case R.PTR_TO_BUF | MEM_RDONLY:
    case R.PTR_TO_ARENA:
    case R.SCALAR_VALUE:
      return;
    case PTR_TO_BTF_ID:
    case PTR_TO_BTF_ID | R.MEM_ALLOC:
    case PTR_TO_BTF_ID | R.PTR_TRUSTED:
    case PTR_TO_BTF_ID | R.MEM_RCU:
    case PTR_TO_BTF_ID | R.MEM_ALLOC | R.NON_OWN_REF:
    case PTR_TO_BTF_ID | R.MEM_ALLOC | R.NON_OWN_REF | R.MEM_RCU:
      checkPtrOff(env, r, true);
      return;
    default:
      checkPtrOff(env, r, false);
  }
}

/** A dynptr to be made, or one that is read or released. */
export function checkDynptrArg(env: Env, r: number, insn: number, arg: number, cloneRef: number): void {
  const { log } = env;
  const at = r * REG_WORDS;
  const type = regsOf(env)[at]!;
  if (type !== R.PTR_TO_STACK && type !== R.CONST_PTR_TO_DYNPTR) {
    fail(log, EINVAL, `arg#${r - 1} expected pointer to stack or const struct bpf_dynptr`);
  }
  if (arg & R.MEM_UNINIT) {
    if (!isUninitDynptr(env, regsOf(env), at)) fail(log, EINVAL, "Dynptr has to be an uninitialized dynptr");
    for (let off = 0; off < 16; off += 8) checkMem(env, r, off, 8, WRITE, -1, false, false);
    makeDynptr(env, regsOf(env), at, arg, insn, cloneRef);
    return;
  }
  if (type === R.CONST_PTR_TO_DYNPTR && !(arg & MEM_RDONLY)) {
    fail(log, EINVAL, "cannot pass pointer to const bpf_dynptr, the helper mutates it");
  }
  if (!isInitDynptr(env, regsOf(env), at)) {
    fail(log, EINVAL, `Expected an initialized dynptr as arg #${r - 1}`);
  }
  const wanted = dynptrOfFlag(arg);
  if ((arg & ~MEM_RDONLY) !== A.ARG_PTR_TO_DYNPTR && dynptrType(env, at) !== wanted) {
    fail(log, EINVAL, `Expected a dynptr of type ${DYNPTR_TEXT[wanted]} as arg #${r - 1}`);
  }
  readDynptr(env, regsOf(env), at);
}

/** Constant key on the stack of an array lookup; -1 where it is not known. */
function constantKey(env: Env, r: number, keySize: number): number {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (!env.bpfCapable || w[at] !== R.PTR_TO_STACK || !R.isConst(w, at)) return -1;
  const frame = frameOfPtr(env, w, at);
  const slot = -(w[at + R.OFF]! + w[at + R.VAL]!) - 1;
  const i = slot >> 3;
  const k = slot & 7;
  let zeros = 0;
  for (let b = k; b >= 0 && slotType(frame, i, b) === STACK_ZERO; b--) zeros++;
  if (zeros >= keySize) return 0;
  const s = slotAt(i);
  if (!isSpilled(frame, i) || frame.w[s] !== R.SCALAR_VALUE) return -1;
  let spilled = 0;
  for (let b = k; b >= 0 && slotType(frame, i, b) === STACK_SPILL; b--) spilled++;
  if (spilled !== keySize || !R.isConst(frame.w, s)) return -1;
  btSetSlot(env, w[at + R.FRAMENO]!, i);
  markChain(env, env.cur, -1);
  // Beyond any map's size counts as unknown.
  return frame.w[s + R.VAL + 1] !== 0 ? -1 : frame.w[s + R.VAL]! >>> 0;
}

function checkRelease(env: Env, r: number, arg: number, meta: CallMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  if (R.baseType(arg) === A.ARG_PTR_TO_DYNPTR) {
    if (w[at] !== R.PTR_TO_STACK) fail(log, EINVAL, "cannot release unowned const bpf_dynptr");
    const slot = stackObjectSlot(env, w, at, "dynptr", 2);
    if (slot < 0 || frameOfPtr(env, w, at).w[slotAt(slot) + R.REF] === 0) {
      fail(log, EINVAL, `arg ${r} is an unacquired reference`);
    }
  } else if (w[at + R.REF] === 0 && !R.isNull(w, at)) {
    fail(log, EINVAL, `R${r} must be referenced when passed to release function`);
  }
  meta.releaseReg = r;
}

/** What the map at hand makes of a map value argument. */
function resolveMapValue(env: Env, meta: CallMeta, arg: number): number {
  const type = meta.map?.spec.type;
  if (type === MAP_SOCKMAP || type === MAP_SOCKHASH) {
    if (arg === A.ARG_PTR_TO_MAP_VALUE) return A.ARG_PTR_TO_BTF_ID_SOCK_COMMON;
    fail(env.log, EINVAL, "invalid arg_type for sockmap/sockhash");
  }
  return type === MAP_BLOOM && meta.id === MAP_PEEK ? A.ARG_PTR_TO_MAP_VALUE : arg;
}

/** A string in a read-only map, at a constant place, with its end in the map. */
export function checkConstStr(env: Env, r: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  const map = mapOf(env, r);
  if (map.frozen === null) fail(log, EACCES, `R${r} does not point to a readonly map'`);
  if (!R.isConst(w, at)) fail(log, EACCES, `R${r} is not a constant address'`);
  if (map.spec.type !== MAP_ARRAY) fail(log, EACCES, "no direct value access support for this map type");
  checkMapAccess(env, r, w[at + R.OFF]!, map.spec.valueSize - w[at + R.OFF]!, false, "helper");
  if (map.frozen.indexOf(0, w[at + R.OFF]! + w[at + R.VAL]!) < 0) fail(log, EINVAL, "string is not zero-terminated");
}

/** bpf_kptr_xchg's first argument names a referenced kptr. */
function checkKptrDest(env: Env, r: number, meta: CallMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  if (!R.isAllocObject(w[at]!)) {
    const map = mapOf(env, r);
    if (map.spec.btf === null) {
      fail(log, EINVAL, `map '${map.name}' has to have BTF in order to use bpf_kptr_xchg`);
    }
    meta.map = map;
  }
  const record = recordOfReg(env, w, at);
  if (!R.isConst(w, at)) {
    fail(log, EINVAL, `R${r} doesn't have constant offset. kptr has to be at the constant offset`);
  }
  if (!hasField(record, BPF_KPTR)) fail(log, EINVAL, `R${r} has no valid kptr`);
  const off = w[at + R.OFF]! + w[at + R.VAL]!;
  const field = findField(record, off, BPF_KPTR);
  if (field === null) fail(log, EACCES, `off=${off} doesn't point to kptr`);
  if (field.type !== BPF_KPTR_REF && field.type !== BPF_KPTR_PERCPU) {
    fail(log, EACCES, `off=${off} kptr isn't referenced kptr`);
  }
  meta.kptrField = field;
}

function checkMapPtr(env: Env, at: number, meta: CallMeta): void {
  const w = regsOf(env);
  const map = env.maps[w[at + R.RAW0]! - 1]!;
  const uid = w[at + R.RAW1]!;
  if (meta.map !== null && (meta.map !== map || meta.mapUid !== uid)) {
    fail(env.log, EINVAL, `timer pointer in R1 map_uid=${meta.mapUid} doesn't match map pointer in R2 map_uid=${uid}`);
  }
  meta.map = map;
  meta.mapUid = uid;
}

/** Argument number `index` of a helper. */
export function checkHelperArg(env: Env, index: number, proto: A.Proto, meta: CallMeta): void {
  let arg = proto.args[index]!;
  if (arg === A.ARG_DONTCARE) return;
  const r = index + 1;
  const at = r * REG_WORDS;
  const { log } = env;
  useReg(env, r);
  if (arg === A.ARG_ANYTHING) {
    if (isPointerValue(env, r)) fail(log, EACCES, `R${r} leaks addr into helper function`);
    return;
  }
  if (R.isPacketPointer(regsOf(env)[at]!) && !mayAccessPacket(env, meta, READ)) {
    fail(log, EACCES, "helper access to the packet is not allowed");
  }
  if (R.baseType(arg) === A.ARG_PTR_TO_MAP_VALUE) arg = resolveMapValue(env, meta, arg);
  const isNullArg = R.isNull(regsOf(env), at);
  if (!(isNullArg && arg & PTR_MAYBE_NULL)) {
    const name = proto.btfNames[index]!;
    const btfId = name === "" ? 0 : (env.prog.kernelBtf?.find(name, "struct") ?? 0);
    checkArgType(env, r, arg, btfId, meta);
    checkArgOffset(env, r, arg);
  }
  if (arg & R.OBJ_RELEASE) checkRelease(env, r, arg, meta);
  const ref = regsOf(env)[at + R.REF]!;
  if (ref !== 0 && R.baseType(arg) !== A.ARG_KPTR_XCHG_DEST) {
    if (meta.refId !== 0) {
      fail(log, EACCES, `more than one arg with ref_obj_id R${r} ${ref} ${meta.refId}`);
    }
    meta.refId = ref;
  }
  checkValue(env, index, proto, arg, meta, isNullArg);
}

function checkValue(env: Env, index: number, proto: A.Proto, arg: number, meta: CallMeta, isNullArg: boolean): void {
  const r = index + 1;
  const at = r * REG_WORDS;
  const { log } = env;
  const access = arg & R.MEM_WRITE ? WRITE : READ;
  switch (R.baseType(arg)) {
    case A.ARG_CONST_MAP_PTR:
      checkMapPtr(env, at, meta);
      return;
    case A.ARG_PTR_TO_MAP_KEY: {
      const map = meta.map!;
      checkHelperMem(env, r, map.spec.keySize, READ, false, null);
      if (map.spec.type === MAP_ARRAY || map.spec.type === MAP_PERCPU_ARRAY) {
        meta.constKey = constantKey(env, r, map.spec.keySize);
      }
      return;
    }
    case A.ARG_PTR_TO_MAP_VALUE:
      if (arg & PTR_MAYBE_NULL && isNullArg) return;
      meta.rawMode = (arg & R.MEM_UNINIT) !== 0;
      checkHelperMem(env, r, meta.map!.spec.valueSize, access, false, meta);
      return;
    case A.ARG_PTR_TO_PERCPU_BTF_ID: {
      const w = regsOf(env);
      if (w[at + R.RAW1] === 0) fail(log, EACCES, `Helper has invalid btf_id in R${r}`);
      meta.retBtf = w[at + R.RAW0]!;
      meta.retBtfId = w[at + R.RAW1]!;
      return;
    }
    case A.ARG_PTR_TO_SPIN_LOCK:
      if (inRbtreeCallback(env)) fail(log, EACCES, "can't spin_{lock,unlock} in rbtree cb");
      checkSpinLock(env, r, meta.id === SPIN_LOCK, false, false);
      return;
    case A.ARG_PTR_TO_TIMER:
      checkTimer(env, r, meta);
      return;
    case A.ARG_PTR_TO_FUNC:
      meta.subprog = regsOf(env)[at + R.RAW0]!;
      return;
    case A.ARG_PTR_TO_MEM:
      meta.rawMode = (arg & R.MEM_UNINIT) !== 0;
      if (arg & R.MEM_FIXED_SIZE) {
        checkHelperMem(env, r, proto.sizes[index]!, access, false, meta);
        if (arg & R.MEM_ALIGNED) checkAlignment(env, r, 0, proto.sizes[index]!, true);
      }
      return;
    case A.ARG_CONST_SIZE:
    case A.ARG_CONST_SIZE_OR_ZERO: {
      const before = proto.args[index - 1]! & R.MEM_WRITE ? WRITE : READ;
      checkSizeArg(env, r, before, R.baseType(arg) === A.ARG_CONST_SIZE_OR_ZERO, meta);
      return;
    }
    case A.ARG_PTR_TO_DYNPTR:
      checkDynptrArg(env, r, env.insnIdx, arg, 0);
      return;
    case A.ARG_CONST_ALLOC_SIZE_OR_ZERO: {
      const w = regsOf(env);
      if (!R.isConst(w, at)) fail(log, EACCES, `R${r} is not a known constant'`);
      meta.memSize = w[at + R.VAL]!;
      markPrecise(env, r);
      return;
    }
    case A.ARG_PTR_TO_CONST_STR:
      checkConstStr(env, r);
      return;
    case A.ARG_KPTR_XCHG_DEST:
      checkKptrDest(env, r, meta);
      return;
    default:
  }
}
