/** The arguments of a kfunc, by its BTF and the suffixes of its parameters. Source: kernel/bpf/verifier.c, check_kfunc_args. */
import { EACCES, EFAULT, EINVAL } from "../base/errno.ts";
import type { BtfType, BtfView } from "../btf/types.ts";
import { structsMatch } from "./btf-match.ts";
import { DYNPTR_INVALID, dynptrId, dynptrRef, dynptrType, flagOfDynptr } from "./dynptr.ts";
import { type Env, regsOf } from "./env.ts";
import { checkNode, checkRoot } from "./graph-nodes.ts";
import { checkArgOffset, checkConstStr, checkDynptrArg } from "./helper-args.ts";
import { checkMemArg, checkMemSizeArg } from "./helper-mem.ts";
import { checkIrqFlag, checkIterArg } from "./iters.ts";
import { type ArgKind, argKind, hasSuffix, kindText, SOCK_STRUCTS } from "./kfunc-kind.ts";
import { isResLock, type Kfunc } from "./kfunc-table.ts";
import { checkMapField, checkSpinLock, inRbtreeCallback } from "./locks.ts";
import { fail, Reject, say } from "./log.ts";
import type { MapView } from "./maps.ts";
import { newMeta } from "./meta.ts";
import { hasUnsafeFlags, isTrusted } from "./null-check.ts";
import { markPrecise } from "./precision.ts";
import { typeText } from "./print.ts";
import { ARG_DONTCARE, ARG_PTR_TO_DYNPTR } from "./protos.ts";
import {
  BPF_LIST_HEAD,
  BPF_LIST_NODE,
  BPF_RB_NODE,
  BPF_RB_ROOT,
  BPF_REFCOUNT,
  BPF_TASK_WORK,
  BPF_WORKQUEUE,
  type Field,
  hasField,
} from "./record.ts";
import { recordOfReg } from "./reg-record.ts";
import * as R from "./regs.ts";
import { kernelCtxStruct } from "./subprog-args.ts";

const { REG_WORDS, SCALAR_VALUE, PTR_TO_BTF_ID, PTR_TO_MAP_VALUE } = R;
const OWNED = PTR_TO_BTF_ID | R.MEM_ALLOC;
const TRUSTED_FLAGS = R.MEM_ALLOC | R.PTR_TRUSTED | R.NON_OWN_REF;
const LSM = 29;
const TRACING = 26;
const TRACE_ITER = 28;
const MAX_ARGS = 5;

/** What the arguments say, for the checks that follow. */
export interface KfuncMeta {
  readonly kfunc: Kfunc;
  map: MapView | null;
  mapUid: number;
  refId: number;
  releaseReg: number;
  /** A constant argument, low and high word. */
  constant: { readonly lo: number; readonly hi: number } | null;
  retSize: number;
  retReadonly: boolean;
  retBtfId: number;
  subprog: number;
  argBtf: number;
  argBtfId: number;
  /** bpf_refcount_acquire was given an owning reference. */
  owning: boolean;
  root: Field | null;
  dynptr: { readonly id: number; readonly type: number; readonly ref: number } | null;
  iterFrame: number;
  iterSlot: number;
}

export function newKfuncMeta(kfunc: Kfunc): KfuncMeta {
  return {
    kfunc,
    map: null,
    mapUid: 0,
    refId: 0,
    releaseReg: 0,
    constant: null,
    retSize: 0,
    retReadonly: false,
    retBtfId: 0,
    subprog: 0,
    argBtf: 0,
    argBtfId: 0,
    owning: false,
    root: null,
    dynptr: null,
    iterFrame: 0,
    iterSlot: 0,
  };
}

function setConstant(env: Env, r: number, meta: KfuncMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (meta.constant !== null) throw new Reject(EFAULT);
  if (!R.isConst(w, at)) fail(env.log, EINVAL, `R${r} must be a known constant`);
  meta.constant = { lo: w[at + R.VAL]!, hi: w[at + R.VAL + 1]! };
}

function checkScalar(env: Env, r: number, name: string, meta: KfuncMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  if (w[at] !== SCALAR_VALUE) fail(log, EINVAL, `R${r} is not a scalar`);
  if (hasSuffix(name, "__k")) {
    setConstant(env, r, meta);
    markPrecise(env, r);
    return;
  }
  if (name !== "rdonly_buf_size" && name !== "rdwr_buf_size") return;
  if (name === "rdonly_buf_size") meta.retReadonly = true;
  if (meta.retSize !== 0) fail(log, EINVAL, "2 or more rdonly/rdwr_buf_size parameters for kfunc");
  if (!R.isConst(w, at)) fail(log, EINVAL, `R${r} is not a const`);
  meta.retSize = w[at + R.VAL]! >>> 0;
  markPrecise(env, r);
}

function checkTrust(env: Env, r: number, kfunc: Kfunc): void {
  if (!kfunc.trustedArgs && !kfunc.rcu) return;
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (isTrusted(w, at)) return;
  if (!kfunc.rcu) fail(env.log, EINVAL, `R${r} must be referenced or trusted`);
  if (!(w[at]! & R.MEM_RCU)) fail(env.log, EINVAL, `R${r} must be a rcu pointer`);
}

function checkMapArg(env: Env, r: number, meta: KfuncMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const type = R.baseType(w[at]!);
  const { log } = env;
  // A struct bpf_map by BTF (from an iterator) will do as well.
  if (type === PTR_TO_BTF_ID) return;
  if (type !== R.CONST_PTR_TO_MAP && type !== PTR_TO_MAP_VALUE && type !== R.PTR_TO_MAP_KEY) {
    fail(log, EINVAL, `pointer in R${r} isn't map pointer`);
  }
  const map = env.maps[w[at + R.RAW0]! - 1]!;
  const uid = w[at + R.RAW1]!;
  if (meta.map !== null && hasField(map.record, BPF_WORKQUEUE | BPF_TASK_WORK)) {
    if (meta.map !== map || meta.mapUid !== uid) {
      const [what, from, to] = hasField(map.record, BPF_TASK_WORK)
        ? ["bpf_task_work", "R2", "R3"]
        : ["workqueue", "R1", "R2"];
      fail(
        log,
        EINVAL,
        `${what} pointer in ${from} map_uid=${meta.mapUid} doesn't match map pointer in ${to} map_uid=${uid}`,
      );
    }
  }
  meta.map = map;
  meta.mapUid = uid;
}

function checkAllocated(env: Env, r: number, meta: KfuncMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  const { name } = meta.kfunc;
  if (w[at] === OWNED) {
    if (name !== "bpf_obj_drop_impl") fail(log, EINVAL, `arg#${r - 1} expected for bpf_obj_drop_impl()`);
  } else if (w[at] === (OWNED | R.MEM_PERCPU)) {
    if (name !== "bpf_percpu_obj_drop_impl") fail(log, EINVAL, `arg#${r - 1} expected for bpf_percpu_obj_drop_impl()`);
  } else {
    fail(log, EINVAL, `arg#${r - 1} expected pointer to allocated object`);
  }
  if (w[at + R.REF] === 0) fail(log, EINVAL, "allocated object must be referenced");
  meta.argBtf = w[at + R.RAW0]!;
  meta.argBtfId = w[at + R.RAW1]!;
}

function checkDynptr(env: Env, r: number, meta: KfuncMeta, param: string): void {
  const at = r * REG_WORDS;
  let arg = ARG_PTR_TO_DYNPTR;
  let cloneRef = 0;
  if (regsOf(env)[at] === R.CONST_PTR_TO_DYNPTR) arg |= R.MEM_RDONLY;
  if (hasSuffix(param, "__uninit")) arg |= R.MEM_UNINIT;
  const { name } = meta.kfunc;
  if (name === "bpf_dynptr_from_skb") arg |= R.DYNPTR_TYPE_SKB;
  else if (name === "bpf_dynptr_from_xdp") arg |= R.DYNPTR_TYPE_XDP;
  else if (name === "bpf_dynptr_from_skb_meta") arg |= R.DYNPTR_TYPE_SKB_META;
  else if (name === "bpf_dynptr_clone" && arg & R.MEM_UNINIT) {
    const parent = meta.dynptr;
    if (parent === null || parent.type === DYNPTR_INVALID) throw new Reject(EFAULT);
    arg |= flagOfDynptr(parent.type);
    cloneRef = parent.ref;
  }
  checkDynptrArg(env, r, env.insnIdx, arg, cloneRef);
  if (arg & R.MEM_UNINIT) return;
  meta.dynptr = { id: dynptrId(env, at), type: dynptrType(env, at), ref: dynptrRef(env, at) };
}

/** "x___init" and "x" are not to be mixed up. */
function isNocastAlias(a: string, b: string): boolean {
  return a === `${b}___init` || b === `${a}___init`;
}

function checkStructArg(env: Env, r: number, meta: KfuncMeta, btf: BtfView, wantedId: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const type = w[at]!;
  const base = R.baseType(type);
  const { log } = env;
  const i = r - 1;
  const named = SOCK_STRUCTS.get(base);
  const bad = base !== PTR_TO_BTF_ID || (hasUnsafeFlags(type) && !(type & R.MEM_RCU));
  if (bad && named === undefined) {
    say(log, `arg#${i} is ${typeText(type)} expected ${typeText(base | (type & TRUSTED_FLAGS))} or socket`);
    throw new Reject(EINVAL);
  }
  const which = base === PTR_TO_BTF_ID ? w[at + R.RAW0]! : R.BTF_KERNEL;
  const view = which === R.BTF_KERNEL ? btf : env.prog.btf;
  if (view === null) throw new Reject(EFAULT);
  const id = view.skipMods(base === PTR_TO_BTF_ID ? w[at + R.RAW1]! : btf.find(named!, "struct"));
  const have = view.type(id);
  const want = btf.type(wantedId);
  const strict = (meta.kfunc.release && w[at + R.REF] !== 0) || isNocastAlias(have.name, want.name);
  if (structsMatch(env, which, id, w[at + R.OFF]!, R.BTF_KERNEL, wantedId, strict)) return;
  // btf_is_projection_of: the program's side of a kernel struct.
  if (want.name === "__sk_buff" && have.name === "sk_buff") return;
  if (want.name === "xdp_md" && have.name === "xdp_buff") return;
  fail(
    log,
    EINVAL,
    `kernel function ${meta.kfunc.name} args#${i} expected pointer to ${kindText(want)} ${want.name} but R${r} has a ` +
      `pointer to ${kindText(have)} ${have.name}`,
  );
}

function checkMemPair(env: Env, r: number, meta: KfuncMeta, param: string, sizeParam: string): void {
  const at = r * REG_WORDS;
  if (!R.isNull(regsOf(env), at) || !hasSuffix(param, "__opt")) {
    try {
      checkMemSizeArg(env, r + 1, newMeta());
    } catch (error) {
      if (error instanceof Reject) {
        say(env.log, `arg#${r - 1} arg#${r} memory, len pair leads to invalid memory access`);
      }
      throw error;
    }
  }
  if (hasSuffix(sizeParam, "__szk")) setConstant(env, r + 1, meta);
}

function checkRefcounted(env: Env, r: number, meta: KfuncMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  if (!R.isAllocObject(w[at]!)) fail(log, EINVAL, `arg#${r - 1} is neither owning or non-owning ref`);
  if (!R.isNonOwningRef(w[at]!)) meta.owning = true;
  const record = recordOfReg(env, w, at);
  if (record === null) throw new Reject(EFAULT);
  if (!hasField(record, BPF_REFCOUNT)) {
    fail(log, EINVAL, `arg#${r - 1} doesn't point to a type with bpf_refcount field`);
  }
  meta.argBtf = w[at + R.RAW0]!;
  meta.argBtfId = w[at + R.RAW1]!;
}

function checkNodeArg(env: Env, r: number, meta: KfuncMeta, type: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  const { name } = meta.kfunc;
  if (type === BPF_LIST_NODE || name === "bpf_rbtree_add_impl") {
    if (w[at] !== OWNED) fail(log, EINVAL, `arg#${r - 1} expected pointer to allocated object`);
    if (w[at + R.REF] === 0) fail(log, EINVAL, "allocated object must be referenced");
  } else {
    if (!R.isNonOwningRef(w[at]!) && w[at + R.REF] === 0) {
      fail(log, EINVAL, `${name} can only take non-owning or refcounted bpf_rb_node pointer`);
    }
    if (inRbtreeCallback(env)) fail(log, EINVAL, `${name} not allowed in rbtree cb`);
  }
  checkNode(env, r, meta, type);
}

/** The field that a workqueue or task work kfunc works on. */
function checkAsyncField(env: Env, r: number, meta: KfuncMeta, field: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (w[at] !== PTR_TO_MAP_VALUE) fail(env.log, EINVAL, `arg#${r - 1} doesn't point to a map value`);
  checkMapField(env, r, field);
  if (meta.map !== null) throw new Reject(EFAULT);
  meta.map = env.maps[w[at + R.RAW0]! - 1]!;
  meta.mapUid = w[at + R.RAW1]!;
}

function checkResLockArg(env: Env, r: number, name: string): void {
  const type = regsOf(env)[r * REG_WORDS];
  if (type !== PTR_TO_MAP_VALUE && type !== OWNED) {
    fail(env.log, EINVAL, `arg#${r - 1} doesn't point to map value or allocated object`);
  }
  checkSpinLock(env, r, isResLock(name), true, name.includes("_irq"));
}

function mayIterateCssTasks(env: Env): boolean {
  return env.progType === LSM || (env.progType === TRACING && env.attachType === TRACE_ITER) || env.cur.inSleepable;
}

function checkPointer(env: Env, r: number, meta: KfuncMeta, btf: BtfView, kind: ArgKind, refId: number): void {
  const { log } = env;
  const { kfunc } = meta;
  const at = r * REG_WORDS;
  const i = r - 1;
  const param = kfunc.params[i]!.name;
  const type = regsOf(env)[at]!;
  switch (kind) {
    case "ctx":
      if (type !== R.PTR_TO_CTX) fail(log, EINVAL, `arg#${i} expected pointer to ctx, but got ${typeText(type)}`);
      if (kfunc.name === "bpf_cast_to_kern_ctx") {
        meta.retBtfId = btf.find(kernelCtxStruct(env.progType), "struct");
        if (meta.retBtfId === 0) throw new Reject(EINVAL);
      }
      return;
    case "alloc":
      checkAllocated(env, r, meta);
      return;
    case "dynptr":
      checkDynptr(env, r, meta, param);
      return;
    case "iter":
      if (kfunc.name === "bpf_iter_css_task_new" && !mayIterateCssTasks(env)) {
        fail(log, EINVAL, "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs");
      }
      checkIterArg(env, r, meta, btf);
      return;
    case "list_head":
      checkRoot(env, r, meta, BPF_LIST_HEAD);
      return;
    case "rb_root":
      checkRoot(env, r, meta, BPF_RB_ROOT);
      return;
    case "list_node":
      checkNodeArg(env, r, meta, BPF_LIST_NODE);
      return;
    case "rb_node":
      checkNodeArg(env, r, meta, BPF_RB_NODE);
      return;
    case "map":
      checkStructArg(env, r, meta, btf, btf.find("bpf_map", "struct"));
      return;
    case "struct":
      checkStructArg(env, r, meta, btf, refId);
      return;
    case "mem": {
      let size: number;
      try {
        size = btf.sizeOf(refId);
      } catch {
        const t = btf.type(refId);
        fail(log, EINVAL, `arg#${i} reference type('${kindText(t)} ${t.name}') size cannot be determined: -22`);
      }
      checkMemArg(env, r, size);
      return;
    }
    case "mem_size":
      checkMemPair(env, r, meta, param, kfunc.params[i + 1]!.name);
      return;
    case "callback":
      if (type !== R.PTR_TO_FUNC) fail(log, EINVAL, `arg${i} expected pointer to func`);
      meta.subprog = regsOf(env)[at + R.RAW0]!;
      return;
    case "refcounted":
      checkRefcounted(env, r, meta);
      return;
    case "const_str":
      if (type !== PTR_TO_MAP_VALUE) fail(log, EINVAL, `arg#${i} doesn't point to a const string`);
      checkConstStr(env, r);
      return;
    case "workqueue":
      checkAsyncField(env, r, meta, BPF_WORKQUEUE);
      return;
    case "task_work":
      checkAsyncField(env, r, meta, BPF_TASK_WORK);
      return;
    case "irq_flag":
      if (type !== R.PTR_TO_STACK) fail(log, EINVAL, `arg#${i} doesn't point to an irq flag on stack`);
      checkIrqFlag(env, r, kfunc.name);
      return;
    case "res_lock":
      checkResLockArg(env, r, kfunc.name);
      return;
    default:
  }
}

function isScalarType(t: BtfType): boolean {
  return t.kind === "int" || t.kind === "enum" || t.kind === "enum64";
}

/** A pointer argument; true where the next one is its size. */
function checkPointerArg(env: Env, r: number, meta: KfuncMeta, btf: BtfView, ptr: BtfType): boolean {
  const { kfunc } = meta;
  const { log } = env;
  const i = r - 1;
  const at = r * REG_WORDS;
  const w = regsOf(env);
  const param = kfunc.params[i]!;
  const nullable = hasSuffix(param.name, "__nullable");
  const mayBeNull = R.isNull(w, at) || (w[at]! & R.PTR_MAYBE_NULL) !== 0;
  if ((kfunc.trustedArgs || kfunc.rcu) && mayBeNull && !nullable) {
    fail(log, EACCES, `Possibly NULL pointer passed to trusted arg${i}`);
  }
  if (w[at + R.REF] !== 0) {
    if (kfunc.release && meta.refId !== 0) throw new Reject(EFAULT);
    meta.refId = w[at + R.REF]!;
    if (kfunc.release) meta.releaseReg = r;
  }
  const refId = ptr.kind === "ptr" ? btf.skipMods(ptr.typeId) : 0;
  const kind = argKind(env, kfunc, i, btf, refId);
  if (kind === "null") return false;
  if (kind === "map") checkMapArg(env, r, meta);
  if (kind === "map" || kind === "alloc" || kind === "struct") checkTrust(env, r, kfunc);
  checkArgOffset(env, r, kfunc.release && w[at + R.REF] !== 0 ? ARG_DONTCARE | R.OBJ_RELEASE : ARG_DONTCARE);
  checkPointer(env, r, meta, btf, kind, refId);
  return kind === "mem_size";
}

export function checkKfuncArgs(env: Env, meta: KfuncMeta, btf: BtfView): void {
  const { kfunc } = meta;
  const { log } = env;
  const count = kfunc.params.length;
  if (count > MAX_ARGS) fail(log, EINVAL, `Function ${kfunc.name} has ${count} > ${MAX_ARGS} args`);
  for (let i = 0; i < count; i++) {
    const param = kfunc.params[i]!;
    if (hasSuffix(param.name, "__ign") || hasSuffix(param.name, "__prog")) continue;
    const t = btf.type(btf.skipMods(param.typeId));
    if (isScalarType(t)) checkScalar(env, i + 1, param.name, meta);
    else if (t.kind !== "ptr") fail(log, EINVAL, `Unrecognized arg#${i} type ${kindText(t)}`);
    else if (checkPointerArg(env, i + 1, meta, btf, t)) i++;
  }
  if (kfunc.release && meta.releaseReg === 0) {
    fail(log, EINVAL, `release kernel function ${kfunc.name} expects refcounted PTR_TO_BTF_ID`);
  }
}
