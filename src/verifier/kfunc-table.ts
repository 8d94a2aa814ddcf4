/** Kernel functions that a program calls, as the kernel's BTF describes them. */
import { type KfuncFlag, kfuncFor } from "../abi/kfuncs.ts";
import type { BtfParam, BtfView } from "../btf/types.ts";
import type { Env } from "./env.ts";

export interface Kfunc {
  readonly name: string;
  readonly id: number;
  readonly params: readonly BtfParam[];
  readonly retTypeId: number;
  readonly isVoid: boolean;
  readonly acquire: boolean;
  readonly release: boolean;
  readonly retNull: boolean;
  /** Pointers must be trusted: KF_TRUSTED_ARGS, or a release. */
  readonly trustedArgs: boolean;
  readonly rcu: boolean;
  readonly rcuProtected: boolean;
  readonly fastcall: boolean;
  readonly isIterNew: boolean;
  readonly isIterNext: boolean;
  readonly isIterDestroy: boolean;
  readonly isSleepable: boolean;
  readonly changesPkt: boolean;
  readonly callsSyncCallback: boolean;
  readonly callsAsyncCallback: boolean;
}

const ASYNC = new Set([
  "bpf_wq_set_callback_impl",
  "bpf_task_work_schedule_signal_impl",
  "bpf_task_work_schedule_resume_impl",
]);

const tables = new WeakMap<BtfView, Map<string, Kfunc | null>>();

/** The kfunc that the call at `i` names; null where there is none that this program may call. */
export function kfuncAt(env: Env, i: number): Kfunc | null {
  const btf = env.prog.kernelBtf;
  const id = env.insns.imm[i]!;
  if (btf === null || env.insns.off[i] !== 0 || id <= 0 || id >= btf.length) return null;
  let table = tables.get(btf);
  if (table === undefined) {
    table = new Map();
    tables.set(btf, table);
  }
  const key = `${env.progType} ${env.attachType} ${id}`;
  let kfunc = table.get(key);
  if (kfunc === undefined) {
    kfunc = read(env, btf, id);
    table.set(key, kfunc);
  }
  return kfunc;
}

function read(env: Env, btf: BtfView, id: number): Kfunc | null {
  const func = btf.type(id);
  if (func.kind !== "func") return null;
  const proto = btf.type(func.typeId);
  const row = kfuncFor(env.progType, env.attachType, func.name);
  if (proto.kind !== "func_proto" || row === undefined) return null;
  const has = (flag: KfuncFlag): boolean => row.flags.has(flag);
  return {
    name: func.name,
    id,
    params: proto.params,
    retTypeId: proto.retTypeId,
    isVoid: proto.retTypeId === 0,
    acquire: has("acquire"),
    release: has("release"),
    retNull: has("ret_null"),
    trustedArgs: has("trusted_args") || has("release"),
    rcu: has("rcu"),
    rcuProtected: has("rcu_protected"),
    fastcall: has("fastcall"),
    isIterNew: has("iter_new"),
    isIterNext: has("iter_next"),
    isIterDestroy: has("iter_destroy"),
    isSleepable: has("sleepable"),
    changesPkt: func.name === "bpf_xdp_pull_data",
    callsSyncCallback: func.name === "bpf_rbtree_add_impl",
    callsAsyncCallback: ASYNC.has(func.name),
  };
}

export function isListKfunc(name: string): boolean {
  return name.startsWith("bpf_list_");
}

export function isTreeKfunc(name: string): boolean {
  return name.startsWith("bpf_rbtree_");
}

export function isResLock(name: string): boolean {
  return name === "bpf_res_spin_lock" || name === "bpf_res_spin_lock_irqsave";
}

export function isResUnlock(name: string): boolean {
  return name === "bpf_res_spin_unlock" || name === "bpf_res_spin_unlock_irqrestore";
}

export function isTaskWork(name: string): boolean {
  return name === "bpf_task_work_schedule_signal_impl" || name === "bpf_task_work_schedule_resume_impl";
}

/** The kfunc may be called with a spin lock held. */
export function isSpinAllowed(env: Env, i: number): boolean {
  const name = kfuncAt(env, i)?.name ?? "";
  return (
    isListKfunc(name) ||
    isTreeKfunc(name) ||
    name === "bpf_refcount_acquire_impl" ||
    name.startsWith("bpf_iter_num_") ||
    isResLock(name) ||
    isResUnlock(name)
  );
}
