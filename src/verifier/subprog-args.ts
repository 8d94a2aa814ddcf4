/**
 * What the BTF of a function says its arguments are. Global functions are verified on their own under it, and each call is
 * checked against it. Source: kernel/bpf/btf.c, btf_prepare_func_args; kernel/bpf/verifier.c, btf_check_func_arg_match.
 */

import { progTypeWord } from "../abi/prog-types.ts";
import { hasSince } from "../abi/since.ts";
import { EFAULT, EINVAL, EOPNOTSUPP } from "../base/errno.ts";
import type { BtfType, BtfView } from "../btf/types.ts";
import type { Env, Subprog, SubprogArg } from "./env.ts";
import { Reject, say } from "./log.ts";
import { MEM_RDONLY, PTR_MAYBE_NULL, PTR_TRUSTED, PTR_UNTRUSTED } from "./regs.ts";

/** Tags of a parameter: btf_decl_tag("arg:..."). */
interface Tags {
  ctx: boolean;
  trusted: boolean;
  untrusted: boolean;
  nonnull: boolean;
  nullable: boolean;
  arena: boolean;
  any: boolean;
}

/** Kernels before take no notice of them. */
const TAGS_SINCE = "6.8";
const TAG_SINCE: Readonly<Record<string, string>> = {
  trusted: "6.9",
  nullable: "6.9",
  arena: "6.9",
  untrusted: "6.17",
};

/** Structs of the program's side that stand for the ctx, by program type word. */
const CTX_STRUCTS: Readonly<Record<string, string>> = {
  socket_filter: "__sk_buff",
  sched_cls: "__sk_buff",
  sched_act: "__sk_buff",
  xdp: "xdp_md",
  cgroup_skb: "__sk_buff",
  cgroup_sock: "bpf_sock",
  cgroup_sock_addr: "bpf_sock_addr",
  lwt_in: "__sk_buff",
  lwt_out: "__sk_buff",
  lwt_xmit: "__sk_buff",
  lwt_seg6local: "__sk_buff",
  sock_ops: "bpf_sock_ops",
  sk_skb: "__sk_buff",
  sk_msg: "sk_msg_md",
  flow_dissector: "__sk_buff",
  kprobe: "bpf_user_pt_regs_t",
  perf_event: "bpf_perf_event_data",
  raw_tracepoint: "bpf_raw_tracepoint_args",
  raw_tracepoint_writable: "bpf_raw_tracepoint_args",
  cgroup_device: "bpf_cgroup_dev_ctx",
  cgroup_sysctl: "bpf_sysctl",
  cgroup_sockopt: "bpf_sockopt",
  sk_reuseport: "sk_reuseport_md",
  sk_lookup: "bpf_sk_lookup",
  netfilter: "bpf_nf_ctx",
};

/** The kernel's structs behind them, where the name differs from the program's side. */
const KERNEL_CTX: Readonly<Record<string, string>> = {
  __sk_buff: "sk_buff",
  xdp_md: "xdp_buff",
  bpf_sock: "sock",
  bpf_sock_addr: "bpf_sock_addr_kern",
  bpf_sock_ops: "bpf_sock_ops_kern",
  sk_msg_md: "sk_msg",
  bpf_user_pt_regs_t: "pt_regs",
  bpf_perf_event_data: "bpf_perf_event_data_kern",
  bpf_sysctl: "bpf_sysctl_kern",
  bpf_sockopt: "bpf_sockopt_kern",
  sk_reuseport_md: "sk_reuseport_kern",
  bpf_sk_lookup: "bpf_sk_lookup_kern",
};

/** The struct that the kernel passes as ctx, "" where it is none. */
export function kernelCtxStruct(progType: number): string {
  const word = progTypeWord(progType);
  if (word === "flow_dissector") return "bpf_flow_dissector";
  const name = CTX_STRUCTS[word] ?? "";
  return KERNEL_CTX[name] ?? name;
}

/** A kernel function takes the ctx as a struct of this name: the program's side, or sk_buff and xdp_buff. */
export function isCtxStruct(progType: number, name: string): boolean {
  const wanted = CTX_STRUCTS[progTypeWord(progType)];
  if (wanted === undefined || name === "") return false;
  if (wanted === "__sk_buff" && name === "sk_buff") return true;
  if (wanted === "xdp_md" && name === "xdp_buff") return true;
  return name === wanted || (wanted === "bpf_user_pt_regs_t" && name === "pt_regs");
}

/** A refusal that is no fault of the program as a whole: the caller decides. */
export class ArgsError extends Error {
  readonly errno: number;
  constructor(errno: number) {
    super("unusable argument types");
    this.errno = errno;
  }
}

function refuse(env: Env, errno: number, text: string): never {
  if (text !== "") say(env.log, text);
  throw new ArgsError(errno);
}

function tagsOf(env: Env, btf: BtfView, funcId: number, index: number, global: boolean): Tags {
  const tags: Tags = {
    ctx: false,
    trusted: false,
    untrusted: false,
    nonnull: false,
    nullable: false,
    arena: false,
    any: false,
  };
  if (!hasSince(env.kernel, TAGS_SINCE)) return tags;
  for (const id of declTags(btf, funcId)) {
    const t = btf.type(id);
    if (t.kind !== "decl_tag" || t.componentIdx !== index || !t.name.startsWith("arg:")) continue;
    if (!global) refuse(env, EOPNOTSUPP, `arg#${index} type tag is not supported in static functions`);
    const name = t.name.slice(4);
    const isKnown = hasSince(env.kernel, TAG_SINCE[name] ?? TAGS_SINCE);
    if (!isKnown || !(name in tags) || name === "any")
      refuse(env, EOPNOTSUPP, `arg#${index} has unsupported set of tags`);
    tags[name as keyof Tags] = true;
    tags.any = true;
  }
  return tags;
}

const tagIndex = new WeakMap<BtfView, Map<number, number[]>>();

/** decl_tags that name a type, found once for a BTF. */
export function declTags(btf: BtfView, typeId: number): readonly number[] {
  let index = tagIndex.get(btf);
  if (index === undefined) {
    index = new Map();
    for (let id = 1; id < btf.length; id++) {
      const t = btf.type(id);
      if (t.kind !== "decl_tag") continue;
      const list = index.get(t.typeId);
      if (list === undefined) index.set(t.typeId, [id]);
      else list.push(id);
    }
    tagIndex.set(btf, index);
  }
  return index.get(typeId) ?? [];
}

function isCtxPointer(env: Env, btf: BtfView, ptr: BtfType): boolean {
  if (ptr.kind !== "ptr") return false;
  const wanted = CTX_STRUCTS[progTypeWord(env.progType)];
  if (wanted === undefined) return false;
  // A typedef of the right name counts for kprobes; else the struct's own name does.
  let t = btf.type(ptr.typeId);
  while (t.kind !== "struct" && t.kind !== "union") {
    if (t.kind === "typedef" && t.name === wanted) return true;
    if (t.kind !== "typedef" && t.kind !== "const" && t.kind !== "volatile" && t.kind !== "restrict") return false;
    t = btf.type(t.typeId);
  }
  return isCtxStruct(env.progType, t.name);
}

function isDynptrPointer(btf: BtfView, ptr: BtfType): boolean {
  if (ptr.kind !== "ptr") return false;
  const t = btf.type(btf.skipMods(ptr.typeId));
  return (t.kind === "struct" || t.kind === "fwd") && t.name === "bpf_dynptr";
}

/** Id in the kernel's BTF of the struct that a pointer of the program's BTF names. */
function kernelStruct(env: Env, btf: BtfView, ptr: BtfType, index: number): number {
  const t = ptr.kind === "ptr" ? btf.type(btf.skipMods(ptr.typeId)) : ptr;
  const kernel = env.prog.kernelBtf;
  // "struct task_struct___flavor" means task_struct.
  const name = t.name.replace(/___.*$/, "");
  const id = kernel === null || name === "" ? 0 : kernel.find(name, t.kind === "union" ? "union" : "struct");
  if (id === 0) {
    refuse(env, EINVAL, `arg#${index} reference type('${t.kind.toUpperCase()} ${t.name}') has no matches`);
  }
  return id;
}

function memArg(env: Env, btf: BtfView, ptr: BtfType, index: number, tags: Tags): SubprogArg {
  if (tags.nullable) refuse(env, EINVAL, `arg#${index} has invalid combination of tags`);
  const id = ptr.kind === "ptr" ? btf.skipMods(ptr.typeId) : 0;
  let size: number;
  try {
    size = btf.sizeOf(id);
  } catch {
    const t = btf.type(id);
    refuse(env, EINVAL, `arg#${index} reference type('${btfKindText(t)} ${t.name}') size cannot be determined: -22`);
  }
  return { kind: "mem", flags: tags.nonnull ? 0 : PTR_MAYBE_NULL, memSize: size, btfId: 0 };
}

function btfKindText(t: BtfType): string {
  return t.kind === "void" ? "UNKNOWN" : t.kind.toUpperCase();
}

function pointerArg(
  env: Env,
  btf: BtfView,
  ptr: BtfType,
  index: number,
  tags: Tags,
  global: boolean,
): SubprogArg | null {
  const combination = `arg#${index} has invalid combination of tags`;
  if (tags.ctx || isCtxPointer(env, btf, ptr)) {
    if (tags.trusted || tags.untrusted || tags.nonnull || tags.nullable || tags.arena) {
      refuse(env, EINVAL, combination);
    }
    return { kind: "ctx", flags: 0, memSize: 0, btfId: 0 };
  }
  if (isDynptrPointer(btf, ptr)) {
    if (tags.any) refuse(env, EINVAL, combination);
    return { kind: "dynptr", flags: MEM_RDONLY, memSize: 0, btfId: 0 };
  }
  if (tags.trusted) {
    if (tags.nonnull) refuse(env, EINVAL, combination);
    const flags = PTR_TRUSTED | (tags.nullable ? PTR_MAYBE_NULL : 0);
    return { kind: "btf_id", flags, memSize: 0, btfId: kernelStruct(env, btf, ptr, index) };
  }
  if (tags.untrusted) {
    if (tags.nonnull || tags.nullable || tags.arena) {
      refuse(env, EINVAL, `arg#${index} untrusted cannot be combined with any other tags`);
    }
    const target = ptr.kind === "ptr" ? btf.type(btf.skipMods(ptr.typeId)) : ptr;
    if (target.kind === "void" || target.kind === "int" || target.kind === "enum" || target.kind === "enum64") {
      return { kind: "mem", flags: MEM_RDONLY | PTR_UNTRUSTED, memSize: 0, btfId: 0 };
    }
    return { kind: "btf_id", flags: PTR_UNTRUSTED, memSize: 0, btfId: kernelStruct(env, btf, ptr, index) };
  }
  if (tags.arena) {
    if (tags.nonnull || tags.nullable) {
      refuse(env, EINVAL, `arg#${index} arena cannot be combined with any other tags`);
    }
    return { kind: "arena", flags: 0, memSize: 0, btfId: 0 };
  }
  return global ? memArg(env, btf, ptr, index, tags) : null;
}

/** Arguments of subprogram s by its BTF; throws ArgsError (with the sentence said) where they cannot be used. */
export function prepareArgs(env: Env, s: Subprog): readonly SubprogArg[] {
  if (s.args !== null) return s.args;
  const { btf } = env.prog;
  if (!env.hasFuncInfo || btf === null) throw new ArgsError(EFAULT);
  if (s.typeId === 0) refuse(env, s.global ? EFAULT : EINVAL, s.global ? "Global functions need valid BTF" : "");
  const func = btf.type(s.typeId);
  const proto = func.kind === "func" ? btf.type(func.typeId) : func;
  if (func.kind !== "func" || proto.kind !== "func_proto") {
    refuse(env, EFAULT, `Invalid type of function ${func.name}()`);
  }
  if (s.unreliable) throw new ArgsError(EFAULT);
  const n = proto.params.length;
  if (n > 5) {
    refuse(env, EINVAL, s.global ? `Global function ${func.name}() with ${n} > 5 args. Buggy compiler.` : "");
  }
  const ret = btf.type(btf.skipMods(proto.retTypeId));
  if (ret.kind !== "int" && ret.kind !== "enum" && ret.kind !== "enum64") {
    refuse(
      env,
      EINVAL,
      s.global ? `Global function ${func.name}() doesn't return scalar. Only those are supported.` : "",
    );
  }
  const args: SubprogArg[] = [];
  for (let i = 0; i < n; i++) {
    const tags = tagsOf(env, btf, s.typeId, i, s.global);
    const t = btf.type(btf.skipMods(proto.params[i]!.typeId));
    if (t.kind === "ptr") {
      const arg = pointerArg(env, btf, t, i, tags, s.global);
      if (arg !== null) {
        args.push(arg);
        continue;
      }
    }
    if (tags.any) refuse(env, EINVAL, `arg#${i} has pointer tag, but is not a pointer type`);
    if (t.kind === "int" || t.kind === "enum" || t.kind === "enum64") {
      args.push({ kind: "scalar", flags: 0, memSize: 0, btfId: 0 });
      continue;
    }
    refuse(env, EINVAL, s.global ? `Arg#${i} type ${btfKindText(t)} in ${func.name}() is not supported yet.` : "");
  }
  s.args = args;
  return args;
}

/** As a refusal of the program. */
export function rejectArgs(error: unknown): never {
  if (error instanceof ArgsError) throw new Reject(error.errno);
  throw error;
}
