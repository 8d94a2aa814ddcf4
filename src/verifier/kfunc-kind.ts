/** What a kfunc's pointer parameter is for. Source: kernel/bpf/verifier.c, get_kfunc_ptr_arg_type. */
import { EINVAL } from "../base/errno.ts";
import type { BtfType, BtfView } from "../btf/types.ts";
import { type Env, regsOf } from "./env.ts";
import type { Kfunc } from "./kfunc-table.ts";
import { fail, say } from "./log.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  isNull,
  PTR_TO_BTF_ID,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  REG_WORDS,
  SCALAR_VALUE,
} from "./regs.ts";
import { isCtxStruct } from "./subprog-args.ts";

export type ArgKind =
  | "null"
  | "ctx"
  | "alloc"
  | "refcounted"
  | "dynptr"
  | "iter"
  | "list_head"
  | "list_node"
  | "rb_root"
  | "rb_node"
  | "const_str"
  | "map"
  | "workqueue"
  | "task_work"
  | "irq_flag"
  | "res_lock"
  | "struct"
  | "callback"
  | "mem"
  | "mem_size";

/** Kernel structs of register types that are BTF pointers by another name. */
export const SOCK_STRUCTS: ReadonlyMap<number, string> = new Map([
  [PTR_TO_SOCKET, "sock"],
  [PTR_TO_SOCK_COMMON, "sock_common"],
  [PTR_TO_TCP_SOCK, "tcp_sock"],
  [CONST_PTR_TO_MAP, "bpf_map"],
]);

const BY_STRUCT: Readonly<Record<string, ArgKind>> = {
  bpf_dynptr: "dynptr",
  bpf_list_head: "list_head",
  bpf_list_node: "list_node",
  bpf_rb_root: "rb_root",
  bpf_rb_node: "rb_node",
  bpf_wq: "workqueue",
  bpf_task_work: "task_work",
  bpf_res_spin_lock: "res_lock",
};

export function hasSuffix(name: string, suffix: string): boolean {
  return name.endsWith(suffix);
}

/** BTF kinds as the kernel's sentences call them. */
export function kindText(t: BtfType): string {
  return t.kind === "void" ? "UNKNOWN" : t.kind.toUpperCase();
}

function isScalar(t: BtfType): boolean {
  return t.kind === "int" || t.kind === "enum" || t.kind === "enum64";
}

/** A struct of numbers, arrays of numbers and such structs. */
export function isScalarStruct(env: Env, btf: BtfView, t: BtfType, depth = 0): boolean {
  if (t.kind !== "struct" && t.kind !== "union") return false;
  for (const member of t.members) {
    const m = btf.type(btf.skipMods(member.typeId));
    if (m.kind === "struct" || m.kind === "union") {
      if (depth >= 3) {
        say(env.log, "max struct nesting depth exceeded");
        return false;
      }
      if (!isScalarStruct(env, btf, m, depth + 1)) return false;
    } else if (m.kind === "array") {
      if (m.nelems === 0 || !isScalar(btf.type(btf.skipMods(m.typeId)))) return false;
    } else if (!isScalar(m)) {
      return false;
    }
  }
  return true;
}

/** Parameter `i` is the size of the memory that the one before points to. */
export function isSizeArg(env: Env, kfunc: Kfunc, i: number, btf: BtfView): boolean {
  const param = kfunc.params[i];
  if (param === undefined || !isScalar(btf.type(btf.skipMods(param.typeId)))) return false;
  if (regsOf(env)[(i + 1) * REG_WORDS] !== SCALAR_VALUE) return false;
  return hasSuffix(param.name, "__sz") || hasSuffix(param.name, "__szk");
}

/** Parameter `i`, a pointer to type `refId`. */
export function argKind(env: Env, kfunc: Kfunc, i: number, btf: BtfView, refId: number): ArgKind {
  const { name } = kfunc.params[i]!;
  const t = btf.type(refId);
  const w = regsOf(env);
  const at = (i + 1) * REG_WORDS;
  if (kfunc.name === "bpf_cast_to_kern_ctx" || isCtxStruct(env.progType, t.name)) return "ctx";
  if (hasSuffix(name, "__nullable") && isNull(w, at)) return "null";
  if (hasSuffix(name, "__alloc")) return "alloc";
  if (hasSuffix(name, "__refcounted_kptr")) return "refcounted";
  const byStruct = t.kind === "struct" ? BY_STRUCT[t.name] : undefined;
  if (byStruct === "dynptr") return byStruct;
  const isIterKfunc = kfunc.isIterNew || kfunc.isIterNext || kfunc.isIterDestroy;
  if (isIterKfunc ? i === 0 : hasSuffix(name, "__iter")) return "iter";
  if (byStruct?.startsWith("list") || byStruct?.startsWith("rb")) return byStruct;
  if (hasSuffix(name, "__str")) return "const_str";
  if (hasSuffix(name, "__map")) return "map";
  if (byStruct === "workqueue" || byStruct === "task_work") return byStruct;
  if (hasSuffix(name, "__irq_flag")) return "irq_flag";
  if (byStruct === "res_lock") return byStruct;
  const base = baseType(w[at]!);
  if (base === PTR_TO_BTF_ID || SOCK_STRUCTS.has(base)) {
    if (t.kind !== "struct" && t.kind !== "union") {
      fail(
        env.log,
        EINVAL,
        `kernel function ${kfunc.name} args#${i} pointer type ${kindText(t)} ${t.name} is not supported`,
      );
    }
    return "struct";
  }
  if (t.kind === "func_proto") return "callback";
  const sized = isSizeArg(env, kfunc, i + 1, btf);
  if (!isScalar(t) && !isScalarStruct(env, btf, t) && !(sized && t.kind === "void")) {
    const orVoid = sized ? "void, " : "";
    fail(
      env.log,
      EINVAL,
      `arg#${i} pointer type ${kindText(t)} ${t.name} must point to ${orVoid}scalar, or struct with scalar`,
    );
  }
  return sized ? "mem_size" : "mem";
}
