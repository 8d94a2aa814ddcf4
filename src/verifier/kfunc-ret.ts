/** What a kfunc leaves in R0. Source: kernel/bpf/verifier.c, check_kfunc_call and check_special_kfunc. */
import { EFAULT, EINVAL } from "../base/errno.ts";
import type { BtfType, BtfView } from "../btf/types.ts";
import { unknownReg } from "./args.ts";
import { flagOfDynptr } from "./dynptr.ts";
import { type Env, regsOf } from "./env.ts";
import { isNodeType, markGraphNode, setNonOwning } from "./graph-nodes.ts";
import { isRcuIter } from "./iters.ts";
import type { KfuncMeta } from "./kfunc-args.ts";
import { isScalarStruct, kindText } from "./kfunc-kind.ts";
import { isResLock } from "./kfunc-table.ts";
import { fail, Reject } from "./log.ts";
import { WRITE } from "./meta.ts";
import { BPF_RES_SPIN_LOCK, BPF_SPIN_LOCK, hasField } from "./record.ts";
import { acquireRef } from "./refs.ts";
import { recordOfReg, recordOfStruct } from "./reg-record.ts";
import { mayAccessPacket } from "./region.ts";
import * as R from "./regs.ts";

const { PTR_TO_BTF_ID, PTR_TO_MEM } = R;
const PERCPU_MAX = 512;
const OBJECTS = new Set(["bpf_obj_new_impl", "bpf_percpu_obj_new_impl", "bpf_refcount_acquire_impl"]);

function setPointer(w: R.Words, type: number, raw0: number, raw1: number): void {
  R.markKnown(w, 0, 0, 0);
  w[0] = type;
  w[R.RAW0] = raw0;
  w[R.RAW1] = raw1;
}

function newObject(env: Env, meta: KfuncMeta): void {
  const { log } = env;
  const { constant } = meta;
  const percpu = meta.kfunc.name === "bpf_percpu_obj_new_impl";
  if (constant === null || constant.hi !== 0) {
    fail(log, EINVAL, "local type ID argument must be in range [0, U32_MAX]");
  }
  const { btf } = env.prog;
  if (btf === null) fail(log, EINVAL, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF");
  const id = constant.lo >>> 0;
  const t = id < btf.length ? btf.type(id) : null;
  if (t === null || t.kind !== "struct") {
    fail(log, EINVAL, "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct");
  }
  if (percpu) {
    if (t.sizeBytes > PERCPU_MAX) {
      fail(log, EINVAL, `bpf_percpu_obj_new type size (${t.sizeBytes}) is greater than ${PERCPU_MAX}`);
    }
    if (!isScalarStruct(env, btf, t)) {
      fail(log, EINVAL, "bpf_percpu_obj_new type ID argument must be of a struct of scalars");
    }
    if (recordOfStruct(env, id) !== null) {
      fail(log, EINVAL, "bpf_percpu_obj_new type ID argument must not contain special fields");
    }
  }
  setPointer(regsOf(env), PTR_TO_BTF_ID | R.MEM_ALLOC | (percpu ? R.MEM_PERCPU : 0), R.BTF_PROG, id);
}

function castReadOnly(env: Env, meta: KfuncMeta, btf: BtfView): void {
  const { log } = env;
  const { constant } = meta;
  if (constant === null) throw new Reject(EFAULT);
  const id = constant.hi === 0 ? constant.lo >>> 0 : btf.length;
  if (id >= btf.length) {
    const given = (BigInt(constant.hi) << 32n) | BigInt(constant.lo >>> 0);
    fail(log, EINVAL, `Unknown type ID ${given} passed to kfunc bpf_rdonly_cast`);
  }
  const t = btf.type(id);
  if (t.kind === "struct" || t.kind === "union") {
    setPointer(regsOf(env), PTR_TO_BTF_ID | R.PTR_UNTRUSTED, R.BTF_KERNEL, id);
  } else if (t.kind === "void") {
    setPointer(regsOf(env), PTR_TO_MEM | R.MEM_RDONLY | R.PTR_UNTRUSTED, 0, 0);
  } else {
    fail(log, EINVAL, "kfunc bpf_rdonly_cast type ID argument must be of a struct or void");
  }
}

function sliceOf(env: Env, meta: KfuncMeta): void {
  const { dynptr, constant } = meta;
  if (dynptr === null || constant === null || dynptr.id === 0) throw new Reject(EFAULT);
  const readOnly = meta.kfunc.name === "bpf_dynptr_slice";
  if (!readOnly && !mayAccessPacket(env, null, WRITE)) {
    fail(env.log, EINVAL, "the prog does not allow writes to packet data");
  }
  const type = PTR_TO_MEM | flagOfDynptr(dynptr.type) | (readOnly ? R.MEM_RDONLY : 0);
  setPointer(regsOf(env), type, constant.lo, dynptr.id);
}

/** False for kfuncs whose result BTF describes. */
function setSpecial(env: Env, meta: KfuncMeta, btf: BtfView, target: BtfType): boolean {
  switch (meta.kfunc.name) {
    case "bpf_obj_new_impl":
    case "bpf_percpu_obj_new_impl":
      newObject(env, meta);
      return true;
    case "bpf_refcount_acquire_impl":
      setPointer(regsOf(env), PTR_TO_BTF_ID | R.MEM_ALLOC, meta.argBtf, meta.argBtfId);
      return true;
    case "bpf_cast_to_kern_ctx":
      setPointer(regsOf(env), PTR_TO_BTF_ID | R.PTR_TRUSTED, R.BTF_KERNEL, meta.retBtfId);
      return true;
    case "bpf_rdonly_cast":
      castReadOnly(env, meta, btf);
      return true;
    case "bpf_dynptr_slice":
    case "bpf_dynptr_slice_rdwr":
      sliceOf(env, meta);
      return true;
    default:
  }
  if (!isNodeType(target.name)) return false;
  if (meta.root === null) throw new Reject(EFAULT);
  markGraphNode(regsOf(env), 0, meta.root);
  return true;
}

/** Memory of the size that an argument or the pointer's type gives. */
function setMemory(env: Env, meta: KfuncMeta, btf: BtfView, targetId: number): void {
  const { kfunc } = meta;
  if (meta.retSize === 0) {
    try {
      meta.retSize = btf.sizeOf(targetId);
      meta.retReadonly = true;
    } catch {
      // No size: refused below.
    }
  }
  if (meta.retSize === 0) {
    const t = btf.type(targetId);
    fail(
      env.log,
      EINVAL,
      `kernel function ${kfunc.name} returns pointer type ${kindText(t)} ${t.name} is not supported`,
    );
  }
  const w = regsOf(env);
  const type = PTR_TO_MEM | (meta.retReadonly ? R.MEM_RDONLY : 0) | (kfunc.rcuProtected ? R.MEM_RCU : 0);
  setPointer(w, type, meta.retSize, 0);
  if (meta.refId !== 0) w[R.REF] = meta.refId;
}

function setStruct(env: Env, meta: KfuncMeta, id: number): void {
  const { kfunc } = meta;
  let type = PTR_TO_BTF_ID;
  if (kfunc.name === "bpf_get_kmem_cache") type |= R.PTR_UNTRUSTED;
  else if (kfunc.rcuProtected) type |= R.MEM_RCU;
  if (kfunc.isIterNext) type |= isRcuIter(env, meta) ? R.MEM_RCU : R.PTR_TRUSTED;
  setPointer(regsOf(env), type, R.BTF_KERNEL, id);
}

function setPointerResult(env: Env, meta: KfuncMeta, btf: BtfView, targetId: number): void {
  const { kfunc } = meta;
  const target = btf.type(targetId);
  if (!setSpecial(env, meta, btf, target)) {
    if (target.kind === "void") unknownReg(env, 0);
    else if (target.kind !== "struct") setMemory(env, meta, btf, targetId);
    else setStruct(env, meta, targetId);
  }
  const w = regsOf(env);
  const retNull = kfunc.retNull && !(kfunc.name === "bpf_refcount_acquire_impl" && meta.owning);
  if (retNull) {
    w[0] = w[0]! | R.PTR_MAYBE_NULL;
    w[R.ID] = ++env.idGen;
  }
  if (kfunc.acquire) {
    const id = acquireRef(env, env.insnIdx);
    if (retNull) w[R.ID] = id;
    w[R.REF] = id;
  } else if (isNodeType(target.name)) {
    setNonOwning(env, w, 0);
  }
  if (w[R.ID] === 0 && hasField(recordOfReg(env, w, 0), BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK)) w[R.ID] = ++env.idGen;
}

export function setKfuncResult(env: Env, meta: KfuncMeta, btf: BtfView): void {
  const { kfunc } = meta;
  const t = btf.type(btf.skipMods(kfunc.retTypeId));
  const targetId = t.kind === "ptr" ? btf.skipMods(t.typeId) : 0;
  if (kfunc.acquire && !OBJECTS.has(kfunc.name) && btf.type(targetId).kind !== "struct") {
    fail(env.log, EINVAL, "acquire kernel function does not return PTR_TO_BTF_ID");
  }
  if (t.kind === "ptr") {
    setPointerResult(env, meta, btf, targetId);
  } else if (t.kind !== "void") {
    unknownReg(env, 0);
    if (isResLock(kfunc.name)) R.markConstZero(regsOf(env), 0, !env.bpfCapable);
  }
}
