/**
 * Helper prototypes in the form that the checks work on: numbers for types and flags, looked up once for each helper that
 * a program calls. The facts come from src/abi.
 */
import { helperAllowed } from "../abi/helper-allowed.ts";
import { helperHasSince } from "../abi/helper-since.ts";
import { helperProto } from "../abi/prog-helpers.ts";
import type { ArgBase, HelperArg, HelperRow, RetBase } from "../abi/types.ts";
import type { Env } from "./env.ts";
import {
  DYNPTR_TYPE_LOCAL,
  DYNPTR_TYPE_RINGBUF,
  DYNPTR_TYPE_SKB,
  DYNPTR_TYPE_XDP,
  MEM_ALIGNED,
  MEM_FIXED_SIZE,
  MEM_RDONLY,
  MEM_RINGBUF,
  MEM_UNINIT,
  MEM_WRITE,
  OBJ_RELEASE,
  PTR_MAYBE_NULL,
  PTR_TRUSTED,
} from "./regs.ts";

// enum bpf_arg_type without modifiers.
export const ARG_DONTCARE = 0;
export const ARG_CONST_MAP_PTR = 1;
export const ARG_PTR_TO_MAP_KEY = 2;
export const ARG_PTR_TO_MAP_VALUE = 3;
export const ARG_PTR_TO_MEM = 4;
export const ARG_PTR_TO_ARENA = 5;
export const ARG_CONST_SIZE = 6;
export const ARG_CONST_SIZE_OR_ZERO = 7;
export const ARG_PTR_TO_CTX = 8;
export const ARG_ANYTHING = 9;
export const ARG_PTR_TO_SPIN_LOCK = 10;
export const ARG_PTR_TO_SOCK_COMMON = 11;
export const ARG_PTR_TO_SOCKET = 12;
export const ARG_PTR_TO_BTF_ID = 13;
export const ARG_PTR_TO_RINGBUF_MEM = 14;
export const ARG_CONST_ALLOC_SIZE_OR_ZERO = 15;
export const ARG_PTR_TO_BTF_ID_SOCK_COMMON = 16;
export const ARG_PTR_TO_PERCPU_BTF_ID = 17;
export const ARG_PTR_TO_FUNC = 18;
export const ARG_PTR_TO_STACK = 19;
export const ARG_PTR_TO_CONST_STR = 20;
export const ARG_PTR_TO_TIMER = 21;
export const ARG_KPTR_XCHG_DEST = 22;
export const ARG_PTR_TO_DYNPTR = 23;

export interface Proto {
  readonly row: HelperRow;
  /** Base and flags of each argument, ARG_DONTCARE behind the last. */
  readonly args: readonly number[];
  /** Bytes of MEM_FIXED_SIZE arguments. */
  readonly sizes: readonly number[];
  /** Kernel struct of btf_id arguments, "" elsewhere. */
  readonly btfNames: readonly string[];
  readonly argCount: number;
  readonly ret: RetBase;
  readonly retFlags: number;
}

const ARGS: Readonly<Record<ArgBase, number>> = {
  dontcare: ARG_DONTCARE,
  const_map_ptr: ARG_CONST_MAP_PTR,
  map_key: ARG_PTR_TO_MAP_KEY,
  map_value: ARG_PTR_TO_MAP_VALUE,
  mem: ARG_PTR_TO_MEM,
  const_size: ARG_CONST_SIZE,
  const_size_or_zero: ARG_CONST_SIZE_OR_ZERO,
  ctx: ARG_PTR_TO_CTX,
  anything: ARG_ANYTHING,
  spin_lock: ARG_PTR_TO_SPIN_LOCK,
  sock_common: ARG_PTR_TO_SOCK_COMMON,
  socket: ARG_PTR_TO_SOCKET,
  btf_id: ARG_PTR_TO_BTF_ID,
  ringbuf_mem: ARG_PTR_TO_RINGBUF_MEM,
  const_alloc_size_or_zero: ARG_CONST_ALLOC_SIZE_OR_ZERO,
  btf_id_sock_common: ARG_PTR_TO_BTF_ID_SOCK_COMMON,
  percpu_btf_id: ARG_PTR_TO_PERCPU_BTF_ID,
  func: ARG_PTR_TO_FUNC,
  stack: ARG_PTR_TO_STACK,
  const_str: ARG_PTR_TO_CONST_STR,
  timer: ARG_PTR_TO_TIMER,
  kptr_dest: ARG_KPTR_XCHG_DEST,
  dynptr: ARG_PTR_TO_DYNPTR,
  arena: ARG_PTR_TO_ARENA,
};

const DYNPTRS = {
  local: DYNPTR_TYPE_LOCAL,
  ringbuf: DYNPTR_TYPE_RINGBUF,
  skb: DYNPTR_TYPE_SKB,
  xdp: DYNPTR_TYPE_XDP,
} as const;

function argNumber(arg: HelperArg): number {
  let n = ARGS[arg.type];
  if (arg.maybeNull) n |= PTR_MAYBE_NULL;
  if (arg.uninit) n |= MEM_UNINIT;
  if (arg.write) n |= MEM_WRITE;
  if (arg.rdonly) n |= MEM_RDONLY;
  if (arg.aligned) n |= MEM_ALIGNED;
  if (arg.release) n |= OBJ_RELEASE;
  if (arg.fixedSize !== undefined) n |= MEM_FIXED_SIZE;
  if (arg.dynptr !== undefined) n |= DYNPTRS[arg.dynptr];
  return n;
}

/** null where this program may not call it (or this kernel lacks it). */
export function protoOf(env: Env, id: number): Proto | null {
  const known = env.protos.get(id);
  if (known !== undefined) return known;
  const attachTo = env.attach?.name ?? env.prog.spec.attachTo;
  const structOps = env.attach?.structName ?? "";
  const query = structOps === "" ? { attachTo } : { structOps, member: attachTo };
  const row = helperProto(env.progType, env.attachType, id, query);
  const has = row !== undefined && helperHasSince(env.kernel, row, env.progType, env.attachType);
  const proto = !has || env.withoutHelpers.has(row.name) ? null : compile(row);
  env.protos.set(id, proto);
  return proto;
}

/** The kernel's second question: not in every place where the type as such may. */
export function isAllowedHere(env: Env, id: number): boolean {
  return helperAllowed(env.progType, env.attachType, id, env.attach?.name ?? env.prog.spec.attachTo);
}

function compile(row: HelperRow): Proto {
  const args = row.args.map(argNumber);
  const sizes = row.args.map((arg) => arg.fixedSize ?? 0);
  const btfNames = row.args.map((arg) => arg.btfName ?? "");
  while (args.length < 5) {
    args.push(ARG_DONTCARE);
    sizes.push(0);
    btfNames.push("");
  }
  let flags = 0;
  if (row.ret.maybeNull) flags |= PTR_MAYBE_NULL;
  if (row.ret.ringbuf) flags |= MEM_RINGBUF;
  if (row.ret.trusted) flags |= PTR_TRUSTED;
  if (row.ret.rdonly) flags |= MEM_RDONLY;
  return { row, args, sizes, btfNames, argCount: row.args.length, ret: row.ret.type, retFlags: flags };
}
