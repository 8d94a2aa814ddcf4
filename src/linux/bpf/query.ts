/**
 * What is attached where: BPF_PROG_QUERY asks a place for its programs, BPF_TASK_FD_QUERY a process's fd for the program on it.
 *
 *     query       0 target fd or ifindex  4 attach type  8 flags  12 attach flags  16 prog ids  24 count
 *                 32 flags a program  40 link ids  48 flags a link  56 revision
 *     fd query    0 pid  4 fd  8 flags  12 name length  16 name  24 prog id  28 type  32 offset  40 address
 *
 * Source: include/uapi/linux/bpf.h, union bpf_attr, 6.18.
 */
import { BPF_PROG_QUERY, BPF_TASK_FD_QUERY } from "../../abi/cmds.ts";
import { cString } from "../../base/bytes.ts";
import { E2BIG, EINVAL } from "../../base/errno.ts";
import { getU64, setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";

export const BPF_F_QUERY_EFFECTIVE = 1;

const MAX_PROGS = 1024;
const QUERY_BYTES = 64;
/** What every kernel with the command knows. */
const OLD_QUERY_BYTES = 32;

export interface QueriedProg {
  readonly id: number;
  /** BPF_F_*: its own where the kernel tells them, else those of the place. */
  readonly flags: number;
  /** 0 where it is attached without one, or the hook does not tell. */
  readonly linkId: number;
  readonly linkFlags: number;
}

/** In their order, or -errno. `links` for hooks that tell them: tcx and netkit. */
export function queryProgs(
  bpf: Bpf,
  target: number,
  attachType: number,
  flags = 0,
  links = false,
): QueriedProg[] | number {
  const lists = bpf.scratch("query", 4 * 4 * MAX_PROGS);
  const listAt = (i: number): number => lists.addr + 4 * MAX_PROGS * i;
  const ask = (bytes: number): number => {
    lists.bytes.fill(0, 0, 4 * 4 * MAX_PROGS);
    const attr = bpf.clear();
    attr.setUint32(0, target, true);
    attr.setUint32(4, attachType, true);
    attr.setUint32(8, flags, true);
    setAddr(attr, 16, listAt(0));
    attr.setUint32(24, MAX_PROGS, true);
    if (bytes > OLD_QUERY_BYTES && (flags & BPF_F_QUERY_EFFECTIVE) === 0) setAddr(attr, 32, listAt(1));
    if (bytes > OLD_QUERY_BYTES && links) {
      setAddr(attr, 40, listAt(2));
      setAddr(attr, 48, listAt(3));
    }
    return bpf.call(BPF_PROG_QUERY, bytes);
  };
  let result = ask(QUERY_BYTES);
  if (result === -EINVAL || result === -E2BIG) result = ask(OLD_QUERY_BYTES);
  if (result < 0) return result;
  const common = bpf.attr.getUint32(12, true);
  const count = Math.min(bpf.attr.getUint32(24, true), MAX_PROGS);
  const at = (list: number, i: number): number => lists.view.getUint32(4 * (MAX_PROGS * list + i), true);
  return Array.from({ length: count }, (_, i) => ({
    id: at(0, i),
    flags: at(1, i) || common,
    linkId: at(2, i),
    linkFlags: at(3, i),
  }));
}

/** enum bpf_task_fd_type. */
export const FD_TYPES = ["raw_tracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe"] as const;

export interface FdProg {
  readonly progId: number;
  readonly type: (typeof FD_TYPES)[number] | undefined;
  /** Tracepoint, function or file; "" for a kprobe by address. */
  readonly name: string;
  readonly offset: number;
  readonly addr: number;
}

const NAME_BYTES = 4096;

/** 0 or what the kernel answers instead: ENOTSUPP for a fd that cannot hold a program. */
export function fdQueryErrno(bpf: Bpf, pid: number, fd: number): number {
  const name = bpf.scratch("fd query", NAME_BYTES);
  name.bytes.fill(0, 0, NAME_BYTES);
  const attr = bpf.clear();
  attr.setUint32(0, pid, true);
  attr.setUint32(4, fd, true);
  attr.setUint32(12, NAME_BYTES, true);
  setAddr(attr, 16, name.addr);
  return Math.max(0, -bpf.call(BPF_TASK_FD_QUERY, 48));
}

/** Undefined where the fd holds no program. */
export function queryFd(bpf: Bpf, pid: number, fd: number): FdProg | undefined {
  if (fdQueryErrno(bpf, pid, fd) !== 0) return undefined;
  const { attr } = bpf;
  const name = bpf.scratch("fd query", NAME_BYTES);
  return {
    progId: attr.getUint32(24, true),
    type: FD_TYPES[attr.getUint32(28, true)],
    name: cString(name.bytes.subarray(0, NAME_BYTES)),
    offset: getU64(attr, 32),
    addr: getU64(attr, 40),
  };
}
