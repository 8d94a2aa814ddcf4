/** What a helper leaves in R0. Source: kernel/bpf/verifier.c, check_helper_call, the part on ret_type. */
import { EFAULT, EINVAL } from "../base/errno.ts";
import { unknownReg } from "./args.ts";
import { type Env, regsOf } from "./env.ts";
import { fail, Reject } from "./log.ts";
import type { CallMeta } from "./meta.ts";
import { btfName } from "./print.ts";
import type { Proto } from "./protos.ts";
import { BPF_KPTR_PERCPU, BPF_RES_SPIN_LOCK, BPF_SPIN_LOCK, hasField } from "./record.ts";
import {
  BTF_KERNEL,
  ID,
  MEM_ALLOC,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  markKnown,
  NOT_INIT,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  RAW0,
  RAW1,
} from "./regs.ts";

const MAP_LOOKUP = 1;
const KPTR_XCHG = 194;
const MAP_ARRAY = 2;
const MAP_PERCPU_ARRAY = 6;

function setMapValue(env: Env, meta: CallMeta, id: number, retFlags: number): void {
  const w = regsOf(env);
  const map = meta.map;
  if (map === null) throw new Reject(EFAULT);
  const array = map.spec.type === MAP_ARRAY || map.spec.type === MAP_PERCPU_ARRAY;
  let flags = retFlags;
  // An array lookup with a constant key within its size cannot fail.
  if (id === MAP_LOOKUP && array && meta.constKey >= 0 && meta.constKey < map.spec.maxEntries) {
    flags &= ~PTR_MAYBE_NULL;
  }
  w[RAW0] = map.index + 1;
  w[RAW1] = meta.mapUid;
  w[0] = PTR_TO_MAP_VALUE | flags;
  if (!(flags & PTR_MAYBE_NULL) && hasField(map.record, BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK)) w[ID] = ++env.idGen;
}

/** Pointer into per-CPU data: to a struct by BTF, to anything else as memory. */
function setMemOrBtf(env: Env, meta: CallMeta, retFlags: number, perCpuAlloc: boolean): void {
  const w = regsOf(env);
  const btf = meta.retBtf === BTF_KERNEL ? env.prog.kernelBtf : env.prog.btf;
  if (btf === null) throw new Reject(EFAULT);
  const t = btf.type(btf.skipMods(meta.retBtfId));
  if (t.kind !== "struct" && t.kind !== "union") {
    if (perCpuAlloc) fail(env.log, EFAULT, "Helper has invalid btf/btf_id in R1");
    let size = 0;
    try {
      size = btf.sizeOf(meta.retBtfId);
    } catch {
      fail(env.log, EINVAL, `unable to resolve the size of type '${t.name}': -22`);
    }
    w[0] = PTR_TO_MEM | retFlags;
    w[RAW0] = size;
    return;
  }
  w[0] = perCpuAlloc ? PTR_TO_BTF_ID | MEM_ALLOC | MEM_RCU : PTR_TO_BTF_ID | (retFlags & ~MEM_RDONLY);
  w[RAW0] = meta.retBtf;
  w[RAW1] = meta.retBtfId;
}

function setBtf(env: Env, proto: Proto, meta: CallMeta, id: number): void {
  const w = regsOf(env);
  w[0] = PTR_TO_BTF_ID | proto.retFlags;
  let btf = BTF_KERNEL;
  let btfId = 0;
  if (id === KPTR_XCHG) {
    const field = meta.kptrField!;
    btf = field.btf;
    btfId = field.btfId;
    if (btf !== BTF_KERNEL) {
      w[0] = w[0]! | MEM_ALLOC;
      if (field.type === BPF_KPTR_PERCPU) w[0] = w[0]! | MEM_PERCPU;
    }
  } else {
    const name = proto.row.ret.btfName ?? "";
    btfId = env.prog.kernelBtf?.find(name, "struct") ?? 0;
    if (btfId === 0 || btfName(env, btf, btfId) === "") {
      fail(env.log, EINVAL, `invalid return type 8 of func bpf_${proto.row.name}#${id}`);
    }
  }
  w[RAW0] = btf;
  w[RAW1] = btfId;
}

/** R0 was made uninitialised before. */
export function setReturn(env: Env, proto: Proto, meta: CallMeta, id: number, perCpuAlloc: boolean): void {
  const w = regsOf(env);
  if (proto.ret === "integer") {
    unknownReg(env, 0);
    return;
  }
  if (proto.ret === "void") {
    w[0] = NOT_INIT;
    return;
  }
  markKnown(w, 0, 0, 0);
  switch (proto.ret) {
    case "map_value":
      setMapValue(env, meta, id, proto.retFlags);
      break;
    case "socket":
      w[0] = PTR_TO_SOCKET | proto.retFlags;
      break;
    case "sock_common":
      w[0] = PTR_TO_SOCK_COMMON | proto.retFlags;
      break;
    case "tcp_sock":
      w[0] = PTR_TO_TCP_SOCK | proto.retFlags;
      break;
    case "mem":
    case "dynptr_mem":
      w[0] = PTR_TO_MEM | proto.retFlags;
      w[RAW0] = meta.memSize;
      break;
    case "mem_or_btf_id":
      setMemOrBtf(env, meta, proto.retFlags, perCpuAlloc);
      break;
    default:
      setBtf(env, proto, meta, id);
  }
  if (w[0]! & PTR_MAYBE_NULL) w[ID] = ++env.idGen;
}
