/**
 * enum bpf_prog_type: every program type with bpftool's word for it, its uapi ctx struct and the kernel that brought it.
 * Source: include/uapi/linux/bpf.h of 6.18; words as libbpf_bpf_prog_type_str() gives them; ctx of
 * include/linux/bpf_types.h. A ctx of "" has no table: tracepoint records (8 KiB of scalars), BTF-typed arguments
 * (tracing, lsm, struct_ops, ext) and the caller's own struct (syscall).
 */
import type { ProgTypeRow } from "./types.ts";

export const BPF_PROG_TYPE_UNSPEC = 0;
export const BPF_PROG_TYPE_SOCKET_FILTER = 1;
export const BPF_PROG_TYPE_KPROBE = 2;
export const BPF_PROG_TYPE_SCHED_CLS = 3;
export const BPF_PROG_TYPE_SCHED_ACT = 4;
export const BPF_PROG_TYPE_TRACEPOINT = 5;
export const BPF_PROG_TYPE_XDP = 6;
export const BPF_PROG_TYPE_PERF_EVENT = 7;
export const BPF_PROG_TYPE_CGROUP_SKB = 8;
export const BPF_PROG_TYPE_CGROUP_SOCK = 9;
export const BPF_PROG_TYPE_LWT_IN = 10;
export const BPF_PROG_TYPE_LWT_OUT = 11;
export const BPF_PROG_TYPE_LWT_XMIT = 12;
export const BPF_PROG_TYPE_SOCK_OPS = 13;
export const BPF_PROG_TYPE_SK_SKB = 14;
export const BPF_PROG_TYPE_CGROUP_DEVICE = 15;
export const BPF_PROG_TYPE_SK_MSG = 16;
export const BPF_PROG_TYPE_RAW_TRACEPOINT = 17;
export const BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18;
export const BPF_PROG_TYPE_LWT_SEG6LOCAL = 19;
export const BPF_PROG_TYPE_LIRC_MODE2 = 20;
export const BPF_PROG_TYPE_SK_REUSEPORT = 21;
export const BPF_PROG_TYPE_FLOW_DISSECTOR = 22;
export const BPF_PROG_TYPE_CGROUP_SYSCTL = 23;
export const BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE = 24;
export const BPF_PROG_TYPE_CGROUP_SOCKOPT = 25;
export const BPF_PROG_TYPE_TRACING = 26;
export const BPF_PROG_TYPE_STRUCT_OPS = 27;
export const BPF_PROG_TYPE_EXT = 28;
export const BPF_PROG_TYPE_LSM = 29;
export const BPF_PROG_TYPE_SK_LOOKUP = 30;
export const BPF_PROG_TYPE_SYSCALL = 31;
export const BPF_PROG_TYPE_NETFILTER = 32;

/** By id. */
export const PROG_TYPES: readonly ProgTypeRow[] = [
  { id: BPF_PROG_TYPE_UNSPEC, name: "BPF_PROG_TYPE_UNSPEC", word: "unspec", ctx: "", since: "3.19" },
  {
    id: BPF_PROG_TYPE_SOCKET_FILTER,
    name: "BPF_PROG_TYPE_SOCKET_FILTER",
    word: "socket_filter",
    ctx: "__sk_buff",
    since: "3.19",
  },
  { id: BPF_PROG_TYPE_KPROBE, name: "BPF_PROG_TYPE_KPROBE", word: "kprobe", ctx: "bpf_user_pt_regs", since: "4.1" },
  { id: BPF_PROG_TYPE_SCHED_CLS, name: "BPF_PROG_TYPE_SCHED_CLS", word: "sched_cls", ctx: "__sk_buff", since: "4.1" },
  { id: BPF_PROG_TYPE_SCHED_ACT, name: "BPF_PROG_TYPE_SCHED_ACT", word: "sched_act", ctx: "__sk_buff", since: "4.1" },
  { id: BPF_PROG_TYPE_TRACEPOINT, name: "BPF_PROG_TYPE_TRACEPOINT", word: "tracepoint", ctx: "", since: "4.7" },
  { id: BPF_PROG_TYPE_XDP, name: "BPF_PROG_TYPE_XDP", word: "xdp", ctx: "xdp_md", since: "4.8" },
  {
    id: BPF_PROG_TYPE_PERF_EVENT,
    name: "BPF_PROG_TYPE_PERF_EVENT",
    word: "perf_event",
    ctx: "bpf_perf_event_data",
    since: "4.9",
  },
  {
    id: BPF_PROG_TYPE_CGROUP_SKB,
    name: "BPF_PROG_TYPE_CGROUP_SKB",
    word: "cgroup_skb",
    ctx: "__sk_buff",
    since: "4.10",
  },
  {
    id: BPF_PROG_TYPE_CGROUP_SOCK,
    name: "BPF_PROG_TYPE_CGROUP_SOCK",
    word: "cgroup_sock",
    ctx: "bpf_sock",
    since: "4.10",
  },
  { id: BPF_PROG_TYPE_LWT_IN, name: "BPF_PROG_TYPE_LWT_IN", word: "lwt_in", ctx: "__sk_buff", since: "4.10" },
  { id: BPF_PROG_TYPE_LWT_OUT, name: "BPF_PROG_TYPE_LWT_OUT", word: "lwt_out", ctx: "__sk_buff", since: "4.10" },
  { id: BPF_PROG_TYPE_LWT_XMIT, name: "BPF_PROG_TYPE_LWT_XMIT", word: "lwt_xmit", ctx: "__sk_buff", since: "4.10" },
  { id: BPF_PROG_TYPE_SOCK_OPS, name: "BPF_PROG_TYPE_SOCK_OPS", word: "sock_ops", ctx: "bpf_sock_ops", since: "4.13" },
  { id: BPF_PROG_TYPE_SK_SKB, name: "BPF_PROG_TYPE_SK_SKB", word: "sk_skb", ctx: "__sk_buff", since: "4.14" },
  {
    id: BPF_PROG_TYPE_CGROUP_DEVICE,
    name: "BPF_PROG_TYPE_CGROUP_DEVICE",
    word: "cgroup_device",
    ctx: "bpf_cgroup_dev_ctx",
    since: "4.15",
  },
  { id: BPF_PROG_TYPE_SK_MSG, name: "BPF_PROG_TYPE_SK_MSG", word: "sk_msg", ctx: "sk_msg_md", since: "4.17" },
  {
    id: BPF_PROG_TYPE_RAW_TRACEPOINT,
    name: "BPF_PROG_TYPE_RAW_TRACEPOINT",
    word: "raw_tracepoint",
    ctx: "bpf_raw_tracepoint_args",
    since: "4.17",
  },
  {
    id: BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
    name: "BPF_PROG_TYPE_CGROUP_SOCK_ADDR",
    word: "cgroup_sock_addr",
    ctx: "bpf_sock_addr",
    since: "4.17",
  },
  {
    id: BPF_PROG_TYPE_LWT_SEG6LOCAL,
    name: "BPF_PROG_TYPE_LWT_SEG6LOCAL",
    word: "lwt_seg6local",
    ctx: "__sk_buff",
    since: "4.18",
  },
  {
    id: BPF_PROG_TYPE_LIRC_MODE2,
    name: "BPF_PROG_TYPE_LIRC_MODE2",
    word: "lirc_mode2",
    ctx: "lirc_mode2",
    since: "4.18",
  },
  {
    id: BPF_PROG_TYPE_SK_REUSEPORT,
    name: "BPF_PROG_TYPE_SK_REUSEPORT",
    word: "sk_reuseport",
    ctx: "sk_reuseport_md",
    since: "4.19",
  },
  {
    id: BPF_PROG_TYPE_FLOW_DISSECTOR,
    name: "BPF_PROG_TYPE_FLOW_DISSECTOR",
    word: "flow_dissector",
    ctx: "__sk_buff",
    since: "4.20",
  },
  {
    id: BPF_PROG_TYPE_CGROUP_SYSCTL,
    name: "BPF_PROG_TYPE_CGROUP_SYSCTL",
    word: "cgroup_sysctl",
    ctx: "bpf_sysctl",
    since: "5.2",
  },
  {
    id: BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
    name: "BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE",
    word: "raw_tracepoint_writable",
    ctx: "bpf_raw_tracepoint_args",
    since: "5.2",
  },
  {
    id: BPF_PROG_TYPE_CGROUP_SOCKOPT,
    name: "BPF_PROG_TYPE_CGROUP_SOCKOPT",
    word: "cgroup_sockopt",
    ctx: "bpf_sockopt",
    since: "5.3",
  },
  { id: BPF_PROG_TYPE_TRACING, name: "BPF_PROG_TYPE_TRACING", word: "tracing", ctx: "", since: "5.5" },
  { id: BPF_PROG_TYPE_STRUCT_OPS, name: "BPF_PROG_TYPE_STRUCT_OPS", word: "struct_ops", ctx: "", since: "5.6" },
  { id: BPF_PROG_TYPE_EXT, name: "BPF_PROG_TYPE_EXT", word: "ext", ctx: "", since: "5.6" },
  { id: BPF_PROG_TYPE_LSM, name: "BPF_PROG_TYPE_LSM", word: "lsm", ctx: "", since: "5.7" },
  {
    id: BPF_PROG_TYPE_SK_LOOKUP,
    name: "BPF_PROG_TYPE_SK_LOOKUP",
    word: "sk_lookup",
    ctx: "bpf_sk_lookup",
    since: "5.9",
  },
  { id: BPF_PROG_TYPE_SYSCALL, name: "BPF_PROG_TYPE_SYSCALL", word: "syscall", ctx: "", since: "5.14" },
  { id: BPF_PROG_TYPE_NETFILTER, name: "BPF_PROG_TYPE_NETFILTER", word: "netfilter", ctx: "bpf_nf_ctx", since: "6.4" },
];

/** Row of a program type, undefined for an id this table does not know. */
export function progType(id: number): ProgTypeRow | undefined {
  return PROG_TYPES[id];
}

/** bpftool's word for a program type: "xdp"; "type 99" for an unknown one. */
export function progTypeWord(id: number): string {
  return PROG_TYPES[id]?.word ?? `type ${id}`;
}
