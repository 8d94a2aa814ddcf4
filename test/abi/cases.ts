/** Program types and attach types that a plain BPF_PROG_LOAD reaches: what live tests of the abi tables go through. */
import * as at from "../../src/abi/attach-types.ts";
import * as pt from "../../src/abi/prog-types.ts";
import type { Btf } from "../../src/btf/btf.ts";

export interface ProgCase {
  readonly type: number;
  readonly attach: number;
  /** Kernel function that the program is for. */
  readonly attachTo?: string;
  readonly flags?: number;
  readonly attachBtfId?: (btf: Btf) => number;
}

export function caseLabel(each: ProgCase): string {
  const hook = each.attachTo === undefined ? "" : ` ${each.attachTo}`;
  return `${pt.progTypeWord(each.type)}/${at.attachTypeWord(each.attach)}${hook}`;
}

const plain = (type: number, ...attach: number[]): ProgCase[] =>
  (attach.length === 0 ? [0] : attach).map((each) => ({ type, attach: each }));

/** Types whose ctx is a uapi struct. */
export const PLAIN_CASES: readonly ProgCase[] = [
  ...plain(pt.BPF_PROG_TYPE_SOCKET_FILTER),
  ...plain(
    pt.BPF_PROG_TYPE_KPROBE,
    0,
    at.BPF_TRACE_KPROBE_MULTI,
    at.BPF_TRACE_UPROBE_MULTI,
    at.BPF_TRACE_UPROBE_SESSION,
  ),
  ...plain(pt.BPF_PROG_TYPE_SCHED_CLS, 0, at.BPF_TCX_INGRESS),
  ...plain(pt.BPF_PROG_TYPE_SCHED_ACT),
  ...plain(pt.BPF_PROG_TYPE_TRACEPOINT),
  ...plain(pt.BPF_PROG_TYPE_XDP, at.BPF_XDP, at.BPF_XDP_DEVMAP, at.BPF_XDP_CPUMAP),
  ...plain(pt.BPF_PROG_TYPE_PERF_EVENT),
  ...plain(pt.BPF_PROG_TYPE_CGROUP_SKB, at.BPF_CGROUP_INET_INGRESS, at.BPF_CGROUP_INET_EGRESS),
  ...plain(
    pt.BPF_PROG_TYPE_CGROUP_SOCK,
    at.BPF_CGROUP_INET_SOCK_CREATE,
    at.BPF_CGROUP_INET_SOCK_RELEASE,
    at.BPF_CGROUP_INET4_POST_BIND,
    at.BPF_CGROUP_INET6_POST_BIND,
  ),
  ...plain(pt.BPF_PROG_TYPE_LWT_IN),
  ...plain(pt.BPF_PROG_TYPE_LWT_OUT),
  ...plain(pt.BPF_PROG_TYPE_LWT_XMIT),
  ...plain(pt.BPF_PROG_TYPE_SOCK_OPS, at.BPF_CGROUP_SOCK_OPS),
  ...plain(pt.BPF_PROG_TYPE_SK_SKB, at.BPF_SK_SKB_STREAM_VERDICT),
  ...plain(pt.BPF_PROG_TYPE_CGROUP_DEVICE, at.BPF_CGROUP_DEVICE),
  ...plain(pt.BPF_PROG_TYPE_SK_MSG, at.BPF_SK_MSG_VERDICT),
  ...plain(pt.BPF_PROG_TYPE_RAW_TRACEPOINT),
  ...plain(
    pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
    at.BPF_CGROUP_INET4_BIND,
    at.BPF_CGROUP_INET6_BIND,
    at.BPF_CGROUP_INET4_CONNECT,
    at.BPF_CGROUP_INET6_CONNECT,
    at.BPF_CGROUP_UNIX_CONNECT,
    at.BPF_CGROUP_UDP4_SENDMSG,
    at.BPF_CGROUP_UDP6_SENDMSG,
    at.BPF_CGROUP_UNIX_SENDMSG,
    at.BPF_CGROUP_UDP4_RECVMSG,
    at.BPF_CGROUP_UDP6_RECVMSG,
    at.BPF_CGROUP_UNIX_RECVMSG,
    at.BPF_CGROUP_INET4_GETPEERNAME,
    at.BPF_CGROUP_INET6_GETPEERNAME,
    at.BPF_CGROUP_UNIX_GETPEERNAME,
    at.BPF_CGROUP_INET4_GETSOCKNAME,
    at.BPF_CGROUP_INET6_GETSOCKNAME,
    at.BPF_CGROUP_UNIX_GETSOCKNAME,
  ),
  ...plain(pt.BPF_PROG_TYPE_LWT_SEG6LOCAL),
  ...plain(pt.BPF_PROG_TYPE_LIRC_MODE2),
  ...plain(pt.BPF_PROG_TYPE_SK_REUSEPORT, at.BPF_SK_REUSEPORT_SELECT),
  ...plain(pt.BPF_PROG_TYPE_FLOW_DISSECTOR),
  ...plain(pt.BPF_PROG_TYPE_CGROUP_SYSCTL, at.BPF_CGROUP_SYSCTL),
  ...plain(pt.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE),
  ...plain(pt.BPF_PROG_TYPE_CGROUP_SOCKOPT, at.BPF_CGROUP_SETSOCKOPT, at.BPF_CGROUP_GETSOCKOPT),
  ...plain(pt.BPF_PROG_TYPE_SK_LOOKUP, at.BPF_SK_LOOKUP),
  ...plain(pt.BPF_PROG_TYPE_NETFILTER, at.BPF_NETFILTER),
  { type: pt.BPF_PROG_TYPE_SYSCALL, attach: 0, flags: 0x10 },
];

/** Types whose ctx BTF describes: they name a kernel function or struct. */
export const BTF_CASES: readonly ProgCase[] = [
  {
    type: pt.BPF_PROG_TYPE_TRACING,
    attach: at.BPF_TRACE_RAW_TP,
    attachTo: "sched_switch",
    attachBtfId: (btf) => btf.find("btf_trace_sched_switch", "typedef"),
  },
  ...["bpf_iter_task", "bpf_iter_tcp", "bpf_iter_unix", "bpf_iter_udp"].map(
    (name): ProgCase => ({
      type: pt.BPF_PROG_TYPE_TRACING,
      attach: at.BPF_TRACE_ITER,
      attachTo: name,
      attachBtfId: (btf) => btf.find(name, "func"),
    }),
  ),
  {
    type: pt.BPF_PROG_TYPE_STRUCT_OPS,
    attach: 0,
    attachBtfId: (btf) => btf.find("tcp_congestion_ops", "struct"),
  },
  {
    type: pt.BPF_PROG_TYPE_LSM,
    attach: at.BPF_LSM_MAC,
    attachTo: "bpf_lsm_file_open",
    attachBtfId: (btf) => btf.find("bpf_lsm_file_open", "func"),
  },
  {
    type: pt.BPF_PROG_TYPE_TRACING,
    attach: at.BPF_TRACE_FENTRY,
    attachTo: "vfs_truncate",
    attachBtfId: (btf) => btf.find("vfs_truncate", "func"),
  },
];
