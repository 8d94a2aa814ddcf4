/**
 * enum bpf_attach_type: where a program of a type may be attached, with bpftool's word and the kernel that brought it.
 * Source: include/uapi/linux/bpf.h of 6.18; words as libbpf_bpf_attach_type_str() gives them.
 */
import type { Since } from "./types.ts";

export interface AttachTypeRow {
  readonly id: number;
  /** "BPF_CGROUP_INET_INGRESS". */
  readonly name: string;
  /** bpftool's word: "cgroup_inet_ingress". */
  readonly word: string;
  readonly since: Since;
}

export const BPF_CGROUP_INET_INGRESS = 0;
export const BPF_CGROUP_INET_EGRESS = 1;
export const BPF_CGROUP_INET_SOCK_CREATE = 2;
export const BPF_CGROUP_SOCK_OPS = 3;
export const BPF_SK_SKB_STREAM_PARSER = 4;
export const BPF_SK_SKB_STREAM_VERDICT = 5;
export const BPF_CGROUP_DEVICE = 6;
export const BPF_SK_MSG_VERDICT = 7;
export const BPF_CGROUP_INET4_BIND = 8;
export const BPF_CGROUP_INET6_BIND = 9;
export const BPF_CGROUP_INET4_CONNECT = 10;
export const BPF_CGROUP_INET6_CONNECT = 11;
export const BPF_CGROUP_INET4_POST_BIND = 12;
export const BPF_CGROUP_INET6_POST_BIND = 13;
export const BPF_CGROUP_UDP4_SENDMSG = 14;
export const BPF_CGROUP_UDP6_SENDMSG = 15;
export const BPF_LIRC_MODE2 = 16;
export const BPF_FLOW_DISSECTOR = 17;
export const BPF_CGROUP_SYSCTL = 18;
export const BPF_CGROUP_UDP4_RECVMSG = 19;
export const BPF_CGROUP_UDP6_RECVMSG = 20;
export const BPF_CGROUP_GETSOCKOPT = 21;
export const BPF_CGROUP_SETSOCKOPT = 22;
export const BPF_TRACE_RAW_TP = 23;
export const BPF_TRACE_FENTRY = 24;
export const BPF_TRACE_FEXIT = 25;
export const BPF_MODIFY_RETURN = 26;
export const BPF_LSM_MAC = 27;
export const BPF_TRACE_ITER = 28;
export const BPF_CGROUP_INET4_GETPEERNAME = 29;
export const BPF_CGROUP_INET6_GETPEERNAME = 30;
export const BPF_CGROUP_INET4_GETSOCKNAME = 31;
export const BPF_CGROUP_INET6_GETSOCKNAME = 32;
export const BPF_XDP_DEVMAP = 33;
export const BPF_CGROUP_INET_SOCK_RELEASE = 34;
export const BPF_XDP_CPUMAP = 35;
export const BPF_SK_LOOKUP = 36;
export const BPF_XDP = 37;
export const BPF_SK_SKB_VERDICT = 38;
export const BPF_SK_REUSEPORT_SELECT = 39;
export const BPF_SK_REUSEPORT_SELECT_OR_MIGRATE = 40;
export const BPF_PERF_EVENT = 41;
export const BPF_TRACE_KPROBE_MULTI = 42;
export const BPF_LSM_CGROUP = 43;
export const BPF_STRUCT_OPS = 44;
export const BPF_NETFILTER = 45;
export const BPF_TCX_INGRESS = 46;
export const BPF_TCX_EGRESS = 47;
export const BPF_TRACE_UPROBE_MULTI = 48;
export const BPF_CGROUP_UNIX_CONNECT = 49;
export const BPF_CGROUP_UNIX_SENDMSG = 50;
export const BPF_CGROUP_UNIX_RECVMSG = 51;
export const BPF_CGROUP_UNIX_GETPEERNAME = 52;
export const BPF_CGROUP_UNIX_GETSOCKNAME = 53;
export const BPF_NETKIT_PRIMARY = 54;
export const BPF_NETKIT_PEER = 55;
export const BPF_TRACE_KPROBE_SESSION = 56;
export const BPF_TRACE_UPROBE_SESSION = 57;

/** By id. */
export const ATTACH_TYPES: readonly AttachTypeRow[] = [
  { id: BPF_CGROUP_INET_INGRESS, name: "BPF_CGROUP_INET_INGRESS", word: "cgroup_inet_ingress", since: "4.10" },
  { id: BPF_CGROUP_INET_EGRESS, name: "BPF_CGROUP_INET_EGRESS", word: "cgroup_inet_egress", since: "4.10" },
  {
    id: BPF_CGROUP_INET_SOCK_CREATE,
    name: "BPF_CGROUP_INET_SOCK_CREATE",
    word: "cgroup_inet_sock_create",
    since: "4.10",
  },
  { id: BPF_CGROUP_SOCK_OPS, name: "BPF_CGROUP_SOCK_OPS", word: "cgroup_sock_ops", since: "4.13" },
  { id: BPF_SK_SKB_STREAM_PARSER, name: "BPF_SK_SKB_STREAM_PARSER", word: "sk_skb_stream_parser", since: "4.14" },
  { id: BPF_SK_SKB_STREAM_VERDICT, name: "BPF_SK_SKB_STREAM_VERDICT", word: "sk_skb_stream_verdict", since: "4.14" },
  { id: BPF_CGROUP_DEVICE, name: "BPF_CGROUP_DEVICE", word: "cgroup_device", since: "4.15" },
  { id: BPF_SK_MSG_VERDICT, name: "BPF_SK_MSG_VERDICT", word: "sk_msg_verdict", since: "4.17" },
  { id: BPF_CGROUP_INET4_BIND, name: "BPF_CGROUP_INET4_BIND", word: "cgroup_inet4_bind", since: "4.17" },
  { id: BPF_CGROUP_INET6_BIND, name: "BPF_CGROUP_INET6_BIND", word: "cgroup_inet6_bind", since: "4.17" },
  { id: BPF_CGROUP_INET4_CONNECT, name: "BPF_CGROUP_INET4_CONNECT", word: "cgroup_inet4_connect", since: "4.17" },
  { id: BPF_CGROUP_INET6_CONNECT, name: "BPF_CGROUP_INET6_CONNECT", word: "cgroup_inet6_connect", since: "4.17" },
  { id: BPF_CGROUP_INET4_POST_BIND, name: "BPF_CGROUP_INET4_POST_BIND", word: "cgroup_inet4_post_bind", since: "4.17" },
  { id: BPF_CGROUP_INET6_POST_BIND, name: "BPF_CGROUP_INET6_POST_BIND", word: "cgroup_inet6_post_bind", since: "4.17" },
  { id: BPF_CGROUP_UDP4_SENDMSG, name: "BPF_CGROUP_UDP4_SENDMSG", word: "cgroup_udp4_sendmsg", since: "4.18" },
  { id: BPF_CGROUP_UDP6_SENDMSG, name: "BPF_CGROUP_UDP6_SENDMSG", word: "cgroup_udp6_sendmsg", since: "4.18" },
  { id: BPF_LIRC_MODE2, name: "BPF_LIRC_MODE2", word: "lirc_mode2", since: "4.18" },
  { id: BPF_FLOW_DISSECTOR, name: "BPF_FLOW_DISSECTOR", word: "flow_dissector", since: "4.20" },
  { id: BPF_CGROUP_SYSCTL, name: "BPF_CGROUP_SYSCTL", word: "cgroup_sysctl", since: "5.2" },
  { id: BPF_CGROUP_UDP4_RECVMSG, name: "BPF_CGROUP_UDP4_RECVMSG", word: "cgroup_udp4_recvmsg", since: "5.2" },
  { id: BPF_CGROUP_UDP6_RECVMSG, name: "BPF_CGROUP_UDP6_RECVMSG", word: "cgroup_udp6_recvmsg", since: "5.2" },
  { id: BPF_CGROUP_GETSOCKOPT, name: "BPF_CGROUP_GETSOCKOPT", word: "cgroup_getsockopt", since: "5.3" },
  { id: BPF_CGROUP_SETSOCKOPT, name: "BPF_CGROUP_SETSOCKOPT", word: "cgroup_setsockopt", since: "5.3" },
  { id: BPF_TRACE_RAW_TP, name: "BPF_TRACE_RAW_TP", word: "trace_raw_tp", since: "5.5" },
  { id: BPF_TRACE_FENTRY, name: "BPF_TRACE_FENTRY", word: "trace_fentry", since: "5.5" },
  { id: BPF_TRACE_FEXIT, name: "BPF_TRACE_FEXIT", word: "trace_fexit", since: "5.5" },
  { id: BPF_MODIFY_RETURN, name: "BPF_MODIFY_RETURN", word: "modify_return", since: "5.7" },
  { id: BPF_LSM_MAC, name: "BPF_LSM_MAC", word: "lsm_mac", since: "5.7" },
  { id: BPF_TRACE_ITER, name: "BPF_TRACE_ITER", word: "trace_iter", since: "5.8" },
  {
    id: BPF_CGROUP_INET4_GETPEERNAME,
    name: "BPF_CGROUP_INET4_GETPEERNAME",
    word: "cgroup_inet4_getpeername",
    since: "5.8",
  },
  {
    id: BPF_CGROUP_INET6_GETPEERNAME,
    name: "BPF_CGROUP_INET6_GETPEERNAME",
    word: "cgroup_inet6_getpeername",
    since: "5.8",
  },
  {
    id: BPF_CGROUP_INET4_GETSOCKNAME,
    name: "BPF_CGROUP_INET4_GETSOCKNAME",
    word: "cgroup_inet4_getsockname",
    since: "5.8",
  },
  {
    id: BPF_CGROUP_INET6_GETSOCKNAME,
    name: "BPF_CGROUP_INET6_GETSOCKNAME",
    word: "cgroup_inet6_getsockname",
    since: "5.8",
  },
  { id: BPF_XDP_DEVMAP, name: "BPF_XDP_DEVMAP", word: "xdp_devmap", since: "5.8" },
  {
    id: BPF_CGROUP_INET_SOCK_RELEASE,
    name: "BPF_CGROUP_INET_SOCK_RELEASE",
    word: "cgroup_inet_sock_release",
    since: "5.9",
  },
  { id: BPF_XDP_CPUMAP, name: "BPF_XDP_CPUMAP", word: "xdp_cpumap", since: "5.9" },
  { id: BPF_SK_LOOKUP, name: "BPF_SK_LOOKUP", word: "sk_lookup", since: "5.9" },
  { id: BPF_XDP, name: "BPF_XDP", word: "xdp", since: "5.9" },
  { id: BPF_SK_SKB_VERDICT, name: "BPF_SK_SKB_VERDICT", word: "sk_skb_verdict", since: "5.13" },
  { id: BPF_SK_REUSEPORT_SELECT, name: "BPF_SK_REUSEPORT_SELECT", word: "sk_reuseport_select", since: "5.14" },
  {
    id: BPF_SK_REUSEPORT_SELECT_OR_MIGRATE,
    name: "BPF_SK_REUSEPORT_SELECT_OR_MIGRATE",
    word: "sk_reuseport_select_or_migrate",
    since: "5.14",
  },
  { id: BPF_PERF_EVENT, name: "BPF_PERF_EVENT", word: "perf_event", since: "5.15" },
  { id: BPF_TRACE_KPROBE_MULTI, name: "BPF_TRACE_KPROBE_MULTI", word: "trace_kprobe_multi", since: "5.18" },
  { id: BPF_LSM_CGROUP, name: "BPF_LSM_CGROUP", word: "lsm_cgroup", since: "6.0" },
  { id: BPF_STRUCT_OPS, name: "BPF_STRUCT_OPS", word: "struct_ops", since: "6.4" },
  { id: BPF_NETFILTER, name: "BPF_NETFILTER", word: "netfilter", since: "6.4" },
  { id: BPF_TCX_INGRESS, name: "BPF_TCX_INGRESS", word: "tcx_ingress", since: "6.6" },
  { id: BPF_TCX_EGRESS, name: "BPF_TCX_EGRESS", word: "tcx_egress", since: "6.6" },
  { id: BPF_TRACE_UPROBE_MULTI, name: "BPF_TRACE_UPROBE_MULTI", word: "trace_uprobe_multi", since: "6.6" },
  { id: BPF_CGROUP_UNIX_CONNECT, name: "BPF_CGROUP_UNIX_CONNECT", word: "cgroup_unix_connect", since: "6.7" },
  { id: BPF_CGROUP_UNIX_SENDMSG, name: "BPF_CGROUP_UNIX_SENDMSG", word: "cgroup_unix_sendmsg", since: "6.7" },
  { id: BPF_CGROUP_UNIX_RECVMSG, name: "BPF_CGROUP_UNIX_RECVMSG", word: "cgroup_unix_recvmsg", since: "6.7" },
  {
    id: BPF_CGROUP_UNIX_GETPEERNAME,
    name: "BPF_CGROUP_UNIX_GETPEERNAME",
    word: "cgroup_unix_getpeername",
    since: "6.7",
  },
  {
    id: BPF_CGROUP_UNIX_GETSOCKNAME,
    name: "BPF_CGROUP_UNIX_GETSOCKNAME",
    word: "cgroup_unix_getsockname",
    since: "6.7",
  },
  { id: BPF_NETKIT_PRIMARY, name: "BPF_NETKIT_PRIMARY", word: "netkit_primary", since: "6.7" },
  { id: BPF_NETKIT_PEER, name: "BPF_NETKIT_PEER", word: "netkit_peer", since: "6.7" },
  { id: BPF_TRACE_KPROBE_SESSION, name: "BPF_TRACE_KPROBE_SESSION", word: "trace_kprobe_session", since: "6.10" },
  { id: BPF_TRACE_UPROBE_SESSION, name: "BPF_TRACE_UPROBE_SESSION", word: "trace_uprobe_session", since: "6.13" },
];

export function attachType(id: number): AttachTypeRow | undefined {
  return ATTACH_TYPES[id];
}

/** bpftool's word for an attach type: "xdp_devmap"; "type 99" for an unknown one. */
export function attachTypeWord(id: number): string {
  return ATTACH_TYPES[id]?.word ?? `type ${id}`;
}
