/** BPF_LINK_CREATE and BPF_RAW_TRACEPOINT_OPEN. Source: include/uapi/linux/bpf.h, union bpf_attr.link_create, 6.18. */
import { BPF_LINK_CREATE, BPF_RAW_TRACEPOINT_OPEN } from "../../abi/cmds.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import type { Bpf } from "./call.ts";

const LINK_CREATE_BYTES = 32;
const RAW_TRACEPOINT_BYTES = 24;
/** Kernels before 6.10 know no cookie here. */
const RAW_TRACEPOINT_OLD_BYTES = 12;

export interface LinkAttr {
  readonly progFd: number;
  /** fd or interface index. */
  readonly target: number;
  readonly attachType: number;
  readonly flags?: number;
  readonly cookie?: bigint;
  readonly netfilter?: {
    readonly pf: number;
    readonly hook: number;
    readonly priority: number;
    readonly flags: number;
  };
}

/** fd of the link, or -errno. */
export function createLink(bpf: Bpf, link: LinkAttr): number {
  const attr = bpf.clear();
  attr.setUint32(0, link.progFd, true);
  attr.setUint32(4, link.target, true);
  attr.setUint32(8, link.attachType, true);
  attr.setUint32(12, link.flags ?? 0, true);
  if (link.cookie !== undefined) attr.setBigUint64(16, link.cookie, true);
  if (link.netfilter !== undefined) {
    attr.setUint32(16, link.netfilter.pf, true);
    attr.setUint32(20, link.netfilter.hook, true);
    attr.setInt32(24, link.netfilter.priority, true);
    attr.setUint32(28, link.netfilter.flags, true);
  }
  return bpf.call(BPF_LINK_CREATE, LINK_CREATE_BYTES);
}

/** A raw tracepoint by name; programs that know their target (tp_btf, fentry, lsm) take null. fd or -errno. */
export function openRawTracepoint(bpf: Bpf, progFd: number, name: string | null, cookie = 0n): number {
  const attr = bpf.clear();
  if (name !== null) bpf.put("tracepoint name", fromUtf8(name), 0);
  attr.setUint32(8, progFd, true);
  if (cookie === 0n) return bpf.call(BPF_RAW_TRACEPOINT_OPEN, RAW_TRACEPOINT_OLD_BYTES);
  attr.setBigUint64(16, cookie, true);
  return bpf.call(BPF_RAW_TRACEPOINT_OPEN, RAW_TRACEPOINT_BYTES);
}
