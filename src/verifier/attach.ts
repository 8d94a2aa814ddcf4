/**
 * What a program is attached to, where its ctx is that function's arguments: tracing, lsm and struct_ops programs.
 * Source: kernel/bpf/verifier.c, check_attach_btf_id, bpf_check_attach_target; the iterators' bpf_iter_reg structs.
 */
import { isDisabledLsmHook, isSleepableLsmHook } from "../abi/lsm.ts";
import { hasSince } from "../abi/since.ts";
import { EINVAL, ENOENT, ENOTSUPP } from "../base/errno.ts";
import type { BtfFuncProto, BtfView } from "../btf/types.ts";
import type { Env } from "./env.ts";
import { checkFuncModel } from "./func-model.ts";
import { fail, Reject } from "./log.ts";
import { MEM_RDONLY, PTR_MAYBE_NULL, PTR_TO_BTF_ID, PTR_TO_BUF, PTR_TRUSTED } from "./regs.ts";

export interface CtxArg {
  readonly off: number;
  /** Register type. */
  readonly type: number;
  readonly btfId: number;
}

export interface Attach {
  /** "tcp_v4_connect", "sched_switch", "bpf_iter_task"; the member of a struct_ops struct. */
  readonly name: string;
  readonly proto: BtfFuncProto;
  /** The first parameter is not in the ctx (btf_trace_*). */
  readonly skipFirst: boolean;
  /** Arguments of which more is known than their type. */
  readonly args: readonly CtxArg[];
  /** Struct of a struct_ops program's member, "" for others. */
  readonly structName: string;
}

const SYSCALL = 31;
const TRACING = 26;
const STRUCT_OPS = 27;
const LSM = 29;
const TRACE_RAW_TP = 23;
const TRACE_ITER = 28;
const MODIFY_RETURN = 26;
const TRACE_FENTRY = 24;
const TRACE_FEXIT = 25;
const LSM_MAC = 27;
const LSM_CGROUP = 43;

const OR_NULL = PTR_TO_BTF_ID | PTR_MAYBE_NULL;
const TRUSTED_OR_NULL: number = OR_NULL | PTR_TRUSTED;
const BUF_OR_NULL = PTR_TO_BUF | PTR_MAYBE_NULL;
const RDONLY_BUF: number = BUF_OR_NULL | MEM_RDONLY;

/** Arguments of the iterators, by target: offset, type, struct. */
const ITERATORS: Readonly<Record<string, readonly (readonly [off: number, type: number, struct: string])[]>> = {
  task: [[8, TRUSTED_OR_NULL, "task_struct"]],
  task_file: [
    [8, OR_NULL, "task_struct"],
    [24, OR_NULL, "file"],
  ],
  task_vma: [
    [8, OR_NULL, "task_struct"],
    [16, OR_NULL, "vm_area_struct"],
  ],
  bpf_map: [[8, TRUSTED_OR_NULL, "bpf_map"]],
  bpf_map_elem: [
    [16, RDONLY_BUF, ""],
    [24, BUF_OR_NULL, ""],
  ],
  bpf_prog: [[8, OR_NULL, "bpf_prog"]],
  bpf_link: [[8, OR_NULL, "bpf_link"]],
  cgroup: [[8, TRUSTED_OR_NULL, "cgroup"]],
  dmabuf: [[8, OR_NULL, "dma_buf"]],
  kmem_cache: [[8, TRUSTED_OR_NULL, "kmem_cache"]],
  tcp: [[8, TRUSTED_OR_NULL, "sock_common"]],
  udp: [[8, TRUSTED_OR_NULL, "udp_sock"]],
  unix: [[8, TRUSTED_OR_NULL, "unix_sock"]],
  netlink: [[8, OR_NULL, "netlink_sock"]],
  ipv6_route: [[8, OR_NULL, "fib6_info"]],
  sockmap: [
    [16, RDONLY_BUF, ""],
    [24, OR_NULL, "sock"],
  ],
  bpf_sk_storage_map: [
    [16, OR_NULL, "sock"],
    [24, BUF_OR_NULL, ""],
  ],
  ksym: [[8, OR_NULL, "kallsym_iter"]],
};

/** Functions that tracing programs must leave alone: their own entry and exit call them. */
const DENIED = new Set(
  `___migrate_enable migrate_disable migrate_enable rcu_read_unlock_strict preempt_count_add preempt_count_sub
  __rcu_read_lock __rcu_read_unlock`.split(/\s+/),
);
const NO_RETURN = new Set(
  `__ia32_sys_exit __ia32_sys_exit_group __kunit_abort kunit_try_catch_throw __module_put_and_kthread_exit __x64_sys_exit
  __x64_sys_exit_group do_exit do_group_exit kthread_complete_and_exit kthread_exit make_task_dead`.split(/\s+/),
);
const SLEEPABLE_TEST = "bpf_fentry_test1";
/**
 * Functions that say that they may be changed (register_btf_fmodret_id_set), besides those of error injection: since when.
 * Before 6.2 the tests among them were marked for error injection, which kernels may be built without.
 */
const MODIFIABLE: ReadonlyMap<string, string> = new Map([
  ["bpf_modify_return_test", "6.2"],
  ["bpf_modify_return_test2", "6.5"],
  ["bpf_modify_return_test_tp", "6.10"],
  [SLEEPABLE_TEST, "6.2"],
  ["update_socket_protocol", "6.6"],
]);

function isModifiable(env: Env, name: string): boolean {
  const since = MODIFIABLE.get(name);
  return since !== undefined && hasSince(env.kernel, since);
}

/** Probe types that may sleep besides those that BTF attaches. */
const SLEEPABLE_ATTACH = new Set([TRACE_FENTRY, TRACE_FEXIT, MODIFY_RETURN, TRACE_ITER]);
const KPROBE = 2;

function maySleep(env: Env): boolean {
  if (env.progType === TRACING) return SLEEPABLE_ATTACH.has(env.attachType);
  return (
    env.progType === LSM || env.progType === KPROBE || (env.progType === STRUCT_OPS && hasSince(env.kernel, "6.3"))
  );
}

/** Refuses what cannot be attached; null for types whose ctx has a table. */
export function checkAttach(env: Env): Attach | null {
  const { log } = env;
  if (env.progType === SYSCALL) {
    if (!env.sleepable) fail(log, EINVAL, "Syscall programs can only be sleepable");
    return null;
  }
  if (env.sleepable && !maySleep(env)) {
    fail(log, EINVAL, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable");
  }
  if (env.progType === STRUCT_OPS) return structOpsMember(env);
  if (env.progType !== TRACING && env.progType !== LSM) return null;
  const btf = env.prog.kernelBtf;
  const target = env.prog.spec.attachTo;
  if (btf === null || target === "") fail(log, EINVAL, "Tracing programs must provide btf_id");
  if (env.progType === TRACING && env.attachType === TRACE_RAW_TP) return rawTracepoint(env, btf, target);
  const isIter = env.progType === TRACING && env.attachType === TRACE_ITER;
  const prefix = env.progType === LSM ? "bpf_lsm_" : isIter ? "bpf_iter_" : "";
  if (env.progType === LSM && env.attachType !== LSM_MAC && env.attachType !== LSM_CGROUP) throw new Reject(EINVAL);
  const name = prefix + target;
  const func = btf.type(btf.find(name, "func"));
  const proto = func.kind === "func" ? btf.type(func.typeId) : null;
  if (proto === null || proto.kind !== "func_proto") fail(log, EINVAL, "Tracing programs must provide btf_id");
  checkFuncModel(log, btf, proto, name);
  if (!isIter) checkTarget(env, name);
  const args = (isIter ? (ITERATORS[target] ?? []) : []).map(([off, type, struct]) => ({
    off,
    type,
    btfId: struct === "" ? 0 : btf.find(struct, "struct"),
  }));
  return { name, proto, skipFirst: false, args, structName: "" };
}

/** The function may be attached to in that way. */
function checkTarget(env: Env, name: string): void {
  const { log } = env;
  if (!env.hasSymbol(name)) fail(log, ENOENT, `The address of function ${name} cannot be found`);
  if (env.sleepable) {
    const may =
      env.progType === LSM
        ? isSleepableLsmHook(name)
        : env.errorInjectable(name) || (name === SLEEPABLE_TEST && isModifiable(env, name));
    if (!may) fail(log, EINVAL, `${name} is not sleepable`);
  } else if (env.attachType === MODIFY_RETURN) {
    const may = isModifiable(env, name) || name.startsWith("security_") || env.errorInjectable(name);
    if (!may) fail(log, EINVAL, `${name}() is not modifiable`);
  }
  if (env.progType === LSM) {
    if (!env.gplCompatible) fail(log, EINVAL, "LSM programs must have a GPL compatible license");
    if (isDisabledLsmHook(name)) {
      const id = env.prog.kernelBtf?.find(name, "func") ?? 0;
      fail(log, EINVAL, `attach_btf_id ${id} points to disabled hook ${name}`);
    }
  } else if (DENIED.has(name)) {
    fail(log, EINVAL, `Attaching tracing programs to function '${name}' is rejected.`);
  } else if (env.attachType !== TRACE_FENTRY && NO_RETURN.has(name)) {
    fail(log, EINVAL, `Attaching fexit/fmod_ret to __noreturn function '${name}' is rejected.`);
  }
}

function rawTracepoint(env: Env, btf: BtfView, target: string): Attach {
  const typedef = btf.type(btf.find(`btf_trace_${target}`, "typedef"));
  if (typedef.kind !== "typedef") fail(env.log, EINVAL, "Tracing programs must provide btf_id");
  // The template function has the parameters' names; the typedef, a pointer to its proto, does not.
  const func = btf.type(btf.find(`__bpf_trace_${target}`, "func"));
  const ptr = btf.type(typedef.typeId);
  const protoId = func.kind === "func" ? func.typeId : ptr.kind === "ptr" ? ptr.typeId : 0;
  const proto = btf.type(protoId);
  if (proto.kind !== "func_proto") throw new Reject(EINVAL);
  return { name: target, proto, skipFirst: true, args: [], structName: "" };
}

/** Members whose programs may sleep, for structs that do not allow it everywhere. */
const SLEEPABLE_MEMBERS: Readonly<Record<string, string>> = {
  bpf_dummy_ops: "test_sleepable",
  sched_ext_ops: "init_task cgroup_init cgroup_exit cgroup_prep_move cpu_online cpu_offline init exit",
};

function structOpsMember(env: Env): Attach {
  const { log } = env;
  if (!env.gplCompatible) fail(log, EINVAL, "struct ops programs must have a GPL compatible license");
  const btf = env.prog.kernelBtf;
  const at = env.attachTo;
  if (btf === null || at === null || at.btfId === 0) throw new Reject(ENOTSUPP);
  const t = btf.type(at.btfId);
  if (t.kind !== "struct" || btf.find(`bpf_struct_ops_${t.name}`, "struct") === 0) {
    fail(log, ENOTSUPP, `attach_btf_id ${at.btfId} is not a supported struct`);
  }
  const member = t.members[at.memberIdx];
  if (member === undefined) fail(log, EINVAL, `attach to invalid member idx ${at.memberIdx} of struct ${t.name}`);
  const ptr = btf.type(btf.skipMods(member.typeId));
  const proto = ptr.kind === "ptr" ? btf.type(btf.skipMods(ptr.typeId)) : null;
  if (proto === null || proto.kind !== "func_proto") {
    fail(log, EINVAL, `attach to invalid member ${member.name}(@idx ${at.memberIdx}) of struct ${t.name}`);
  }
  const sleepable = SLEEPABLE_MEMBERS[t.name];
  if (env.sleepable && sleepable !== undefined && !sleepable.split(" ").includes(member.name)) {
    fail(log, EINVAL, `attach to unsupported member ${member.name} of struct ${t.name}`);
  }
  return {
    name: member.name,
    proto,
    skipFirst: false,
    args: stubArgs(btf, t.name, member.name, proto),
    structName: t.name,
  };
}

/** The kernel's stub of a member says by the suffix __nullable or __ref what its arguments are. */
function stubArgs(btf: BtfView, structName: string, member: string, proto: BtfFuncProto): CtxArg[] {
  const out: CtxArg[] = [];
  for (const name of [`${structName}__${member}`, `bpf_${structName}__${member}`, `__${structName}_${member}`]) {
    const func = btf.type(btf.find(name, "func"));
    const stub = func.kind === "func" ? btf.type(func.typeId) : null;
    if (stub === null || stub.kind !== "func_proto") continue;
    stub.params.forEach((param, i) => {
      const ptr = btf.type(btf.skipMods(proto.params[i]?.typeId ?? 0));
      if (ptr.kind !== "ptr" || !param.name.endsWith("__nullable")) return;
      out.push({ off: 8 * i, type: TRUSTED_OR_NULL, btfId: btf.skipMods(ptr.typeId) });
    });
  }
  return out;
}
