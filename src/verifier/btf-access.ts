/**
 * Accesses through pointers to kernel objects, and the ctx of types that BTF describes. Source: kernel/bpf/verifier.c,
 * check_ptr_to_btf_access, check_ptr_to_map_access; kernel/bpf/btf.c, btf_struct_access, btf_ctx_access.
 */
import { isUntrustedLsmHook } from "../abi/lsm.ts";
import { EACCES, EFAULT, EINVAL, ENOTSUPP, EPERM } from "../base/errno.ts";
import type { BtfType, BtfView } from "../btf/types.ts";
import { unknownReg } from "./args.ts";
import type { Attach } from "./attach.ts";
import { syncBounds } from "./bounds.ts";
import { tagFlags, WALK_OTHER_PTR, WALK_PTR, WALK_STRUCT, type Walk, walkStruct } from "./btf-walk.ts";
import { type Env, regsOf } from "./env.ts";
import { fail, Reject, say, write, writeLine } from "./log.ts";
import { lsmRange } from "./lsm.ts";
import { READ, WRITE } from "./meta.ts";
import { inRcu, isTrusted } from "./null-check.ts";
import { tnumText } from "./print.ts";
import { mayBeError, mayBeNull } from "./raw-tp.ts";
import { fieldName } from "./record.ts";
import { recordOfStruct } from "./reg-record.ts";
import * as R from "./regs.ts";
import { checkStructWrite } from "./struct-writes.ts";

const { PTR_TO_BTF_ID, PTR_TO_MEM, REG_WORDS, SCALAR_VALUE } = R;
const TRUSTED_FLAGS = R.MEM_ALLOC | R.PTR_TRUSTED | R.NON_OWN_REF | R.MEM_RCU;

const TRACING = 26;
const STRUCT_OPS = 27;
const LSM = 29;
const TRACE_RAW_TP = 23;
const TRACE_FEXIT = 25;
const MODIFY_RETURN = 26;
const LSM_MAC = 27;
const TRACE_ITER = 28;
const LSM_CGROUP = 43;
const MAX_ARGS_BYTES = 8 * 12;

/** Kernel struct behind a map pointer, by map type. */
const MAP_STRUCTS: readonly string[] =
  ` bpf_htab bpf_array bpf_array bpf_array bpf_htab bpf_array bpf_stack_map bpf_array bpf_htab bpf_htab lpm_trie bpf_array
  bpf_htab bpf_dtab bpf_stab bpf_cpu_map xsk_map bpf_shtab bpf_cgroup_storage_map reuseport_array bpf_cgroup_storage_map
  bpf_queue_stack bpf_queue_stack bpf_local_storage_map bpf_dtab bpf_struct_ops_map bpf_ringbuf_map bpf_local_storage_map
  bpf_local_storage_map bpf_bloom_filter bpf_ringbuf_map bpf_local_storage_map bpf_arena`.split(/\s+/);

function viewOf(env: Env, which: number): BtfView {
  const btf = which === R.BTF_KERNEL ? env.prog.kernelBtf : env.prog.btf;
  if (btf === null) throw new Reject(EFAULT);
  return btf;
}

/** What was loaded, in R`value`. */
function setLoaded(env: Env, value: number, type: number, btf: number, id: number, flags: number): void {
  if (type === SCALAR_VALUE) {
    unknownReg(env, value);
    return;
  }
  const w = regsOf(env);
  const at = value * REG_WORDS;
  R.markKnown(w, at, 0, 0);
  w[at] = type | flags;
  if (type !== PTR_TO_BTF_ID) return;
  w[at + R.RAW0] = btf;
  w[at + R.RAW1] = id;
  if (flags & R.PTR_MAYBE_NULL) w[at + R.ID] = ++env.idGen;
}

/** SCALAR_VALUE, PTR_TO_BTF_ID or PTR_TO_MEM; walk says more of it. */
function accessStruct(env: Env, btf: BtfView, walk: Walk, from: number, size: number, isAlloc: boolean): number {
  let off = from;
  for (;;) {
    const found = walkStruct(btf, walk, off, size);
    if (found < 0) fail(env.log, -found, walk.error);
    if (found === WALK_PTR) return isAlloc ? SCALAR_VALUE : PTR_TO_BTF_ID;
    if (found === WALK_OTHER_PTR) {
      walk.flags = R.MEM_RDONLY | R.PTR_UNTRUSTED;
      return PTR_TO_MEM;
    }
    if (found !== WALK_STRUCT) return SCALAR_VALUE;
    off = 0;
  }
}

/** The kernel's lists of members whose pointers are as good as the struct's: structs named "file__safe_trusted". */
function isListed(btf: BtfView, structId: number, field: string, id: number, suffix: string): boolean {
  const t = btf.type(structId);
  if (t.kind !== "struct" && t.kind !== "union") return false;
  const safe = btf.type(btf.find(t.name + suffix, t.kind));
  if (safe.kind !== "struct" && safe.kind !== "union") return false;
  return safe.members.some((member) => {
    const ptr = btf.type(member.typeId);
    return ptr.kind === "ptr" && member.name === field && btf.skipMods(ptr.typeId) === id;
  });
}

/** How far a pointer that was loaded from a struct may be trusted: flags for it. */
function trustOf(env: Env, btf: BtfView, at: number, walk: Walk): number {
  const w = regsOf(env);
  const type = w[at]!;
  const structId = w[at + R.RAW1]!;
  const listed = (suffix: string): boolean => isListed(btf, structId, walk.field, walk.id, suffix);
  let { flags } = walk;
  if (type & R.PTR_UNTRUSTED) return R.PTR_UNTRUSTED;
  if (!isTrusted(w, at) && !(type & R.MEM_RCU)) return flags & ~TRUSTED_FLAGS;
  if (listed("__safe_trusted")) return flags | R.PTR_TRUSTED;
  if (listed("__safe_trusted_or_null")) return flags | R.PTR_TRUSTED | R.PTR_MAYBE_NULL;
  if (!inRcu(env) || type & R.PTR_MAYBE_NULL) return R.PTR_UNTRUSTED;
  if (listed("__safe_rcu")) return flags | R.MEM_RCU;
  const orNull = listed("__safe_rcu_or_null");
  if (flags & R.MEM_RCU || orNull) {
    flags |= R.MEM_RCU | R.PTR_MAYBE_NULL;
    return orNull ? flags & ~R.PTR_UNTRUSTED : flags;
  }
  return flags & (R.MEM_PERCPU | R.MEM_USER) ? flags : flags & ~TRUSTED_FLAGS;
}

function refusePrivileged(env: Env, struct: string): never {
  return fail(env.log, EPERM, `'struct ${struct}' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN`);
}

/** An access of `size` bytes at R`r` + off, off with the register's own. */
export function checkBtfAccess(env: Env, r: number, off: number, size: number, type: number, value: number): void {
  const { log } = env;
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const ptr = w[at]!;
  const which = w[at + R.RAW0]!;
  const btf = viewOf(env, which);
  const id = w[at + R.RAW1]!;
  const { name } = btf.type(id);
  if (!env.allowPtrLeaks) refusePrivileged(env, name);
  if (!env.gplCompatible && which === R.BTF_KERNEL) {
    fail(log, EINVAL, `Cannot access kernel 'struct ${name}' from non-GPL compatible program`);
  }
  if (off < 0) fail(log, EACCES, `R${r} is ptr_${name} invalid negative access: off=${off}`);
  if (!R.isConst(w, at) || w[at + R.VAL] !== 0 || w[at + R.VAL + 1] !== 0) {
    const varOff = tnumText(w, at + R.VAL);
    fail(log, EACCES, `R${r} is ptr_${name} invalid variable offset: off=${off}, var_off=${varOff}`);
  }
  if (ptr & R.MEM_USER) fail(log, EACCES, `R${r} is ptr_${name} access user memory: off=${off}`);
  if (ptr & R.MEM_PERCPU) fail(log, EACCES, `R${r} is ptr_${name} access percpu memory: off=${off}`);
  const isAlloc = (ptr & R.MEM_ALLOC) !== 0;
  if (type === WRITE && !isAlloc && checkStructWrite(env, btf, at, off, size)) return;
  if (type !== READ && !isAlloc) fail(log, EACCES, "only read is supported");
  if (isAlloc) {
    if (!(ptr & (R.NON_OWN_REF | R.MEM_RCU)) && w[at + R.REF] === 0) throw new Reject(EFAULT);
    const record = which === R.BTF_PROG ? recordOfStruct(env, id) : null;
    for (const field of record?.fields ?? []) {
      if (off < field.offBytes + field.sizeBytes && field.offBytes < off + size) {
        fail(log, EACCES, `direct access to ${fieldName(field.type)} is disallowed`);
      }
    }
  }
  const walk: Walk = { id, flags: 0, field: "", error: "" };
  const found = accessStruct(env, btf, walk, off, size, isAlloc);
  const flags = found === PTR_TO_BTF_ID ? trustOf(env, btf, at, walk) : walk.flags;
  if (type === READ && value >= 0) setLoaded(env, value, found, which, walk.id, flags);
}

/** Reads the kernel's struct of a map through a map pointer. */
export function checkMapPtrAccess(env: Env, r: number, off: number, size: number, type: number, value: number): void {
  const { log } = env;
  const map = env.maps[regsOf(env)[r * REG_WORDS + R.RAW0]! - 1]!;
  const btf = env.prog.kernelBtf;
  const name = MAP_STRUCTS[map.spec.type] ?? "";
  if (btf === null) fail(log, ENOTSUPP, "map_ptr access not supported without CONFIG_DEBUG_INFO_BTF");
  const id = name === "" ? 0 : btf.find(name, "struct");
  if (id === 0) fail(log, ENOTSUPP, `map_ptr access not supported for map type ${map.spec.type}`);
  if (!env.allowPtrLeaks) refusePrivileged(env, name);
  if (off < 0) fail(log, EACCES, `R${r} is ${name} invalid negative access: off=${off}`);
  if (type !== READ) fail(log, EACCES, `only read from ${name} is supported`);
  const walk: Walk = { id, flags: 0, field: "", error: "" };
  const found = accessStruct(env, btf, walk, off, size, false);
  if (value >= 0) setLoaded(env, value, found, R.BTF_KERNEL, walk.id, walk.flags);
}

function roundUp8(size: number): number {
  return (size + 7) & ~7;
}

function argBytes(btf: BtfView, typeId: number): number {
  const t = btf.type(btf.skipMods(typeId));
  return t.kind === "ptr" ? 8 : "sizeBytes" in t ? roundUp8(t.sizeBytes) : 0;
}

/** Number of the argument at that offset of the ctx; the parameters' number for the result, one more behind it. */
function argAt(btf: BtfView, proto: Attach["proto"], off: number): number {
  let end = 0;
  for (const [i, param] of proto.params.entries()) {
    end += argBytes(btf, param.typeId);
    if (off < end) return i;
  }
  end += argBytes(btf, proto.retTypeId);
  return off < end ? proto.params.length : proto.params.length + 1;
}

/** BTF as the kernel's log calls a type. */
function kindText(t: BtfType): string {
  return t.kind.toUpperCase();
}

function argsTrusted(env: Env): boolean {
  if (env.progType === TRACING) return env.attachType === TRACE_RAW_TP || env.attachType === TRACE_ITER;
  if (env.progType === LSM) return !isUntrustedLsmHook(env.attach!.name);
  return env.progType === STRUCT_OPS;
}

/** What a load from the ctx gives: register type, struct, whether it is the hook's result. */
interface CtxValue {
  type: number;
  btfId: number;
  isResult: boolean;
}

function isSmallInt(t: BtfType): boolean {
  return t.kind === "int" && t.sizeBytes <= 8;
}

/** null, perhaps with the reason said, where there is no such access. */
function argValue(env: Env, btf: BtfView, attach: Attach, off: number, size: number): CtxValue | null {
  const { log } = env;
  const { name, proto } = attach;
  const out: CtxValue = { type: SCALAR_VALUE, btfId: 0, isResult: false };
  const no = (text: string): null => {
    say(log, text);
    return null;
  };
  if (off % 8 !== 0) return no(`func '${name}' offset ${off} is not multiple of 8`);
  const arg = argAt(btf, proto, off);
  const params = attach.skipFirst ? proto.params.slice(1) : proto.params;
  if (arg > params.length) return no(`func '${name}' doesn't have ${arg + 1}-th argument`);
  let typeId: number;
  if (arg === params.length) {
    typeId = proto.retTypeId;
    const by = env.attachType;
    if (env.progType === STRUCT_OPS) return no(`func '${name}' doesn't have ${arg + 1}-th argument`);
    if (by === MODIFY_RETURN) {
      const ret = btf.type(btf.skipMods(typeId));
      if (!isSmallInt(ret)) return no(`ret type ${kindText(ret)} not allowed for fmod_ret`);
    } else if (by !== LSM_MAC && by !== LSM_CGROUP && by !== TRACE_FEXIT) {
      return no(`func '${name}' doesn't have ${arg + 1}-th argument`);
    }
    out.isResult = by === LSM_MAC;
  } else {
    typeId = params[arg]!.typeId;
  }
  const t = btf.type(btf.skipMods(typeId));
  if (isSmallInt(t) || t.kind === "enum" || t.kind === "enum64" || t.kind === "struct" || t.kind === "union")
    return out;
  if (t.kind !== "ptr") {
    return no(`func '${name}' arg${arg} '${t.name}' has type ${kindText(t)}. Only pointer access is allowed`);
  }
  if (size !== 8) return no(`func '${name}' size ${size} must be 8`);
  const info = attach.args.find((each) => each.off === off);
  if (info !== undefined && R.baseType(info.type) === R.PTR_TO_BUF) return { ...out, type: info.type };
  const target = btf.type(btf.skipMods(t.typeId));
  if (target.kind === "void" || target.kind === "int") return out;
  if (info !== undefined) return { ...out, type: info.type, btfId: info.btfId };
  return structArg(env, btf, attach, arg, t.typeId, out, no);
}

function structArg(
  env: Env,
  btf: BtfView,
  attach: Attach,
  arg: number,
  pointee: number,
  out: CtxValue,
  no: (text: string) => null,
): CtxValue | null {
  const { name, proto, skipFirst } = attach;
  const param = proto.params[arg + (skipFirst ? 1 : 0)];
  out.type = PTR_TO_BTF_ID;
  if (argsTrusted(env)) out.type |= R.PTR_TRUSTED;
  if (param?.name.endsWith("__nullable")) out.type |= R.PTR_MAYBE_NULL;
  if (skipFirst && mayBeNull(name, arg)) out.type |= R.PTR_MAYBE_NULL;
  out.type |= tagFlags(btf, pointee) & (R.MEM_USER | R.MEM_PERCPU);
  const id = btf.skipMods(pointee);
  const t = btf.type(id);
  if (t.kind !== "struct" && t.kind !== "union") {
    return no(`func '${name}' arg${arg} type ${kindText(t)} is not a struct`);
  }
  out.btfId = id;
  if (attach.structName === "tcp_congestion_ops" && t.name === "sock") out.btfId = btf.find("tcp_sock", "struct");
  write(env.log, `func '${name}' arg${arg} has btf_id ${id} type ${kindText(t)} '${t.name}'\n`);
  if (skipFirst && mayBeError(name, arg)) {
    write(env.log, `marking pointer arg${arg} as scalar as it may encode error`);
    out.type = SCALAR_VALUE;
  }
  return out;
}

export function btfCtxAccess(env: Env, off: number, size: number, type: number, value: number): void {
  const { attach } = env;
  const btf = env.prog.kernelBtf;
  let found: CtxValue | null = null;
  if (attach !== null && btf !== null && off >= 0 && off < MAX_ARGS_BYTES && type === READ && off % size === 0) {
    found = argValue(env, btf, attach, off, size);
  }
  if (found === null) {
    say(env.log, `invalid bpf_context access off=${off} size=${size}`);
    writeLine(env.log, env.insnIdx, "; ");
    throw new Reject(EACCES);
  }
  if (value < 0) return;
  const w = regsOf(env);
  const at = value * REG_WORDS;
  if (found.type === SCALAR_VALUE) {
    unknownReg(env, value);
    const range = found.isResult ? (lsmRange(env)?.range ?? null) : null;
    if (range !== null) setRange(w, at, range[0], range[1]);
    return;
  }
  R.markKnown(w, at, 0, 0);
  w[at] = found.type;
  if (found.type & R.PTR_MAYBE_NULL) w[at + R.ID] = ++env.idGen;
  if (R.baseType(found.type) !== PTR_TO_BTF_ID) return;
  w[at + R.RAW0] = R.BTF_KERNEL;
  w[at + R.RAW1] = found.btfId;
}

/** The unknown scalar lies within min..max. */
function setRange(w: R.Words, at: number, min: number, max: number): void {
  w[at + R.S32MIN] = min;
  w[at + R.S32MAX] = max;
  w[at + R.SMIN] = min;
  w[at + R.SMIN + 1] = min >> 31;
  w[at + R.SMAX] = max;
  w[at + R.SMAX + 1] = max >> 31;
  syncBounds(w, at);
}
