/**
 * ELF section names of programs -> program type, attach type and flags, as libbpf knows them.
 * Source: section_defs[] and sec_def_matches() in tools/lib/bpf/libbpf.c of Linux 6.18; the names at the end are those
 * that libbpf before 1.0 took and that objects in the field still carry.
 */
import * as attach from "../abi/attach-types.ts";
import { BPF_F_SLEEPABLE, BPF_F_XDP_HAS_FRAGS } from "../abi/flags.ts";
import * as prog from "../abi/prog-types.ts";

export interface SectionDef {
  /** "xdp": exactly that; "kprobe+": "kprobe" or "kprobe/..."; "xdp_devmap/": that prefix. */
  readonly pattern: string;
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  /** BPF_*: enum bpf_attach_type. */
  readonly attachType: number;
  /** BPF_F_* for BPF_PROG_LOAD. */
  readonly flags: number;
  /** What follows the '/' names a kernel type or function whose BTF id the kernel wants at load. */
  readonly attachBtf: boolean;
  /** expected_attach_type may be left out on kernels that do not know it. */
  readonly optional: boolean;
  readonly usdt: boolean;
}

const ATTACH_BTF = 1;
const SLEEPABLE = 2;
const FRAGS = 4;
const OPTIONAL = 8;
const USDT = 16;

type Row = readonly [pattern: string, type: number, attachType?: number, bits?: number];

const ROWS: readonly Row[] = [
  ["socket", prog.BPF_PROG_TYPE_SOCKET_FILTER],
  ["sk_reuseport/migrate", prog.BPF_PROG_TYPE_SK_REUSEPORT, attach.BPF_SK_REUSEPORT_SELECT_OR_MIGRATE],
  ["sk_reuseport", prog.BPF_PROG_TYPE_SK_REUSEPORT, attach.BPF_SK_REUSEPORT_SELECT],
  ["kprobe+", prog.BPF_PROG_TYPE_KPROBE],
  ["uprobe+", prog.BPF_PROG_TYPE_KPROBE],
  ["uprobe.s+", prog.BPF_PROG_TYPE_KPROBE, 0, SLEEPABLE],
  ["kretprobe+", prog.BPF_PROG_TYPE_KPROBE],
  ["uretprobe+", prog.BPF_PROG_TYPE_KPROBE],
  ["uretprobe.s+", prog.BPF_PROG_TYPE_KPROBE, 0, SLEEPABLE],
  ["kprobe.multi+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_KPROBE_MULTI],
  ["kretprobe.multi+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_KPROBE_MULTI],
  ["kprobe.session+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_KPROBE_SESSION],
  ["uprobe.multi+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_UPROBE_MULTI],
  ["uretprobe.multi+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_UPROBE_MULTI],
  ["uprobe.session+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_UPROBE_SESSION],
  ["uprobe.multi.s+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_UPROBE_MULTI, SLEEPABLE],
  ["uretprobe.multi.s+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_UPROBE_MULTI, SLEEPABLE],
  ["uprobe.session.s+", prog.BPF_PROG_TYPE_KPROBE, attach.BPF_TRACE_UPROBE_SESSION, SLEEPABLE],
  ["ksyscall+", prog.BPF_PROG_TYPE_KPROBE],
  ["kretsyscall+", prog.BPF_PROG_TYPE_KPROBE],
  ["usdt+", prog.BPF_PROG_TYPE_KPROBE, 0, USDT],
  ["usdt.s+", prog.BPF_PROG_TYPE_KPROBE, 0, USDT | SLEEPABLE],
  ["tc/ingress", prog.BPF_PROG_TYPE_SCHED_CLS, attach.BPF_TCX_INGRESS],
  ["tc/egress", prog.BPF_PROG_TYPE_SCHED_CLS, attach.BPF_TCX_EGRESS],
  ["tcx/ingress", prog.BPF_PROG_TYPE_SCHED_CLS, attach.BPF_TCX_INGRESS],
  ["tcx/egress", prog.BPF_PROG_TYPE_SCHED_CLS, attach.BPF_TCX_EGRESS],
  ["tc", prog.BPF_PROG_TYPE_SCHED_CLS],
  ["classifier", prog.BPF_PROG_TYPE_SCHED_CLS],
  ["action", prog.BPF_PROG_TYPE_SCHED_ACT],
  ["netkit/primary", prog.BPF_PROG_TYPE_SCHED_CLS, attach.BPF_NETKIT_PRIMARY],
  ["netkit/peer", prog.BPF_PROG_TYPE_SCHED_CLS, attach.BPF_NETKIT_PEER],
  ["tracepoint+", prog.BPF_PROG_TYPE_TRACEPOINT],
  ["tp+", prog.BPF_PROG_TYPE_TRACEPOINT],
  ["raw_tracepoint+", prog.BPF_PROG_TYPE_RAW_TRACEPOINT],
  ["raw_tp+", prog.BPF_PROG_TYPE_RAW_TRACEPOINT],
  ["raw_tracepoint.w+", prog.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE],
  ["raw_tp.w+", prog.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE],
  ["tp_btf+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_TRACE_RAW_TP, ATTACH_BTF],
  ["fentry+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_TRACE_FENTRY, ATTACH_BTF],
  ["fmod_ret+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_MODIFY_RETURN, ATTACH_BTF],
  ["fexit+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_TRACE_FEXIT, ATTACH_BTF],
  ["fentry.s+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_TRACE_FENTRY, ATTACH_BTF | SLEEPABLE],
  ["fmod_ret.s+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_MODIFY_RETURN, ATTACH_BTF | SLEEPABLE],
  ["fexit.s+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_TRACE_FEXIT, ATTACH_BTF | SLEEPABLE],
  ["freplace+", prog.BPF_PROG_TYPE_EXT, 0, ATTACH_BTF],
  ["lsm+", prog.BPF_PROG_TYPE_LSM, attach.BPF_LSM_MAC, ATTACH_BTF],
  ["lsm.s+", prog.BPF_PROG_TYPE_LSM, attach.BPF_LSM_MAC, ATTACH_BTF | SLEEPABLE],
  ["lsm_cgroup+", prog.BPF_PROG_TYPE_LSM, attach.BPF_LSM_CGROUP, ATTACH_BTF],
  ["iter+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_TRACE_ITER, ATTACH_BTF],
  ["iter.s+", prog.BPF_PROG_TYPE_TRACING, attach.BPF_TRACE_ITER, ATTACH_BTF | SLEEPABLE],
  ["syscall", prog.BPF_PROG_TYPE_SYSCALL, 0, SLEEPABLE],
  ["xdp.frags/devmap", prog.BPF_PROG_TYPE_XDP, attach.BPF_XDP_DEVMAP, FRAGS],
  ["xdp/devmap", prog.BPF_PROG_TYPE_XDP, attach.BPF_XDP_DEVMAP],
  ["xdp.frags/cpumap", prog.BPF_PROG_TYPE_XDP, attach.BPF_XDP_CPUMAP, FRAGS],
  ["xdp/cpumap", prog.BPF_PROG_TYPE_XDP, attach.BPF_XDP_CPUMAP],
  ["xdp.frags", prog.BPF_PROG_TYPE_XDP, attach.BPF_XDP, FRAGS],
  ["xdp", prog.BPF_PROG_TYPE_XDP, attach.BPF_XDP, OPTIONAL],
  ["perf_event", prog.BPF_PROG_TYPE_PERF_EVENT],
  ["lwt_in", prog.BPF_PROG_TYPE_LWT_IN],
  ["lwt_out", prog.BPF_PROG_TYPE_LWT_OUT],
  ["lwt_xmit", prog.BPF_PROG_TYPE_LWT_XMIT],
  ["lwt_seg6local", prog.BPF_PROG_TYPE_LWT_SEG6LOCAL],
  ["sockops", prog.BPF_PROG_TYPE_SOCK_OPS, attach.BPF_CGROUP_SOCK_OPS, OPTIONAL],
  ["sk_skb/stream_parser", prog.BPF_PROG_TYPE_SK_SKB, attach.BPF_SK_SKB_STREAM_PARSER, OPTIONAL],
  ["sk_skb/stream_verdict", prog.BPF_PROG_TYPE_SK_SKB, attach.BPF_SK_SKB_STREAM_VERDICT, OPTIONAL],
  ["sk_skb/verdict", prog.BPF_PROG_TYPE_SK_SKB, attach.BPF_SK_SKB_VERDICT, OPTIONAL],
  ["sk_skb", prog.BPF_PROG_TYPE_SK_SKB],
  ["sk_msg", prog.BPF_PROG_TYPE_SK_MSG, attach.BPF_SK_MSG_VERDICT, OPTIONAL],
  ["lirc_mode2", prog.BPF_PROG_TYPE_LIRC_MODE2, attach.BPF_LIRC_MODE2, OPTIONAL],
  ["flow_dissector", prog.BPF_PROG_TYPE_FLOW_DISSECTOR, attach.BPF_FLOW_DISSECTOR, OPTIONAL],
  ["cgroup_skb/ingress", prog.BPF_PROG_TYPE_CGROUP_SKB, attach.BPF_CGROUP_INET_INGRESS, OPTIONAL],
  ["cgroup_skb/egress", prog.BPF_PROG_TYPE_CGROUP_SKB, attach.BPF_CGROUP_INET_EGRESS, OPTIONAL],
  ["cgroup/skb", prog.BPF_PROG_TYPE_CGROUP_SKB],
  ["cgroup/sock_create", prog.BPF_PROG_TYPE_CGROUP_SOCK, attach.BPF_CGROUP_INET_SOCK_CREATE],
  ["cgroup/sock_release", prog.BPF_PROG_TYPE_CGROUP_SOCK, attach.BPF_CGROUP_INET_SOCK_RELEASE],
  ["cgroup/sock", prog.BPF_PROG_TYPE_CGROUP_SOCK, attach.BPF_CGROUP_INET_SOCK_CREATE, OPTIONAL],
  ["cgroup/post_bind4", prog.BPF_PROG_TYPE_CGROUP_SOCK, attach.BPF_CGROUP_INET4_POST_BIND],
  ["cgroup/post_bind6", prog.BPF_PROG_TYPE_CGROUP_SOCK, attach.BPF_CGROUP_INET6_POST_BIND],
  ["cgroup/bind4", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_INET4_BIND],
  ["cgroup/bind6", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_INET6_BIND],
  ["cgroup/connect4", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_INET4_CONNECT],
  ["cgroup/connect6", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_INET6_CONNECT],
  ["cgroup/connect_unix", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UNIX_CONNECT],
  ["cgroup/sendmsg4", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UDP4_SENDMSG],
  ["cgroup/sendmsg6", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UDP6_SENDMSG],
  ["cgroup/sendmsg_unix", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UNIX_SENDMSG],
  ["cgroup/recvmsg4", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UDP4_RECVMSG],
  ["cgroup/recvmsg6", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UDP6_RECVMSG],
  ["cgroup/recvmsg_unix", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UNIX_RECVMSG],
  ["cgroup/getpeername4", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_INET4_GETPEERNAME],
  ["cgroup/getpeername6", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_INET6_GETPEERNAME],
  ["cgroup/getpeername_unix", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UNIX_GETPEERNAME],
  ["cgroup/getsockname4", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_INET4_GETSOCKNAME],
  ["cgroup/getsockname6", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_INET6_GETSOCKNAME],
  ["cgroup/getsockname_unix", prog.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach.BPF_CGROUP_UNIX_GETSOCKNAME],
  ["cgroup/sysctl", prog.BPF_PROG_TYPE_CGROUP_SYSCTL, attach.BPF_CGROUP_SYSCTL],
  ["cgroup/getsockopt", prog.BPF_PROG_TYPE_CGROUP_SOCKOPT, attach.BPF_CGROUP_GETSOCKOPT],
  ["cgroup/setsockopt", prog.BPF_PROG_TYPE_CGROUP_SOCKOPT, attach.BPF_CGROUP_SETSOCKOPT],
  ["cgroup/dev", prog.BPF_PROG_TYPE_CGROUP_DEVICE, attach.BPF_CGROUP_DEVICE, OPTIONAL],
  ["struct_ops+", prog.BPF_PROG_TYPE_STRUCT_OPS],
  ["struct_ops.s+", prog.BPF_PROG_TYPE_STRUCT_OPS, 0, SLEEPABLE],
  ["sk_lookup", prog.BPF_PROG_TYPE_SK_LOOKUP, attach.BPF_SK_LOOKUP],
  ["netfilter", prog.BPF_PROG_TYPE_NETFILTER, attach.BPF_NETFILTER],
  // Before libbpf 1.0.
  ["xdp_devmap/", prog.BPF_PROG_TYPE_XDP, attach.BPF_XDP_DEVMAP],
  ["xdp_cpumap/", prog.BPF_PROG_TYPE_XDP, attach.BPF_XDP_CPUMAP],
];

/** Rows in the order in which they are tried; the first that matches counts. */
export const SECTION_DEFS: readonly SectionDef[] = ROWS.map(([pattern, type, attachType = 0, bits = 0]) => ({
  pattern,
  type,
  attachType,
  flags: (bits & SLEEPABLE ? BPF_F_SLEEPABLE : 0) | (bits & FRAGS ? BPF_F_XDP_HAS_FRAGS : 0),
  attachBtf: (bits & ATTACH_BTF) !== 0,
  optional: (bits & OPTIONAL) !== 0,
  usdt: (bits & USDT) !== 0,
}));

export interface SectionMatch {
  readonly def: SectionDef;
  /** What follows the '/', "" for patterns that match whole names. */
  readonly attachTo: string;
  /** False for names that only libbpf before 1.0 took ("xdp_prog", "classifier/foo"). */
  readonly strict: boolean;
}

/** Looks a section name up, without a leading '?'. Null for a name that says nothing. */
export function matchSection(section: string): SectionMatch | null {
  const exact = EXACT.get(section);
  if (exact !== undefined) return { def: exact, attachTo: "", strict: true };
  const slash = section.indexOf("/");
  if (slash > 0) {
    const def = OPEN.get(section.slice(0, slash));
    if (def !== undefined) return { def, attachTo: section.slice(slash + 1), strict: true };
  }
  return loose(section);
}

const EXACT = new Map<string, SectionDef>();
/** Patterns with '+' or '/' at the end, by what stands before it. */
const OPEN = new Map<string, SectionDef>();
for (const def of SECTION_DEFS) {
  const last = def.pattern.at(-1);
  const stem = last === "+" || last === "/" ? def.pattern.slice(0, -1) : def.pattern;
  if (last !== "/" && !EXACT.has(stem)) EXACT.set(stem, def);
  if (stem !== def.pattern && !OPEN.has(stem)) OPEN.set(stem, def);
}

/** libbpf 0.x took any name that begins with a known one. A separator or a digit must follow here: "tcp_x" is no "tc". */
function loose(section: string): SectionMatch | null {
  let best: SectionDef | null = null;
  let length = 0;
  for (const [stem, def] of EXACT) {
    if (stem.length <= length || !section.startsWith(stem)) continue;
    if (!/^[/_.\-0-9]/.test(section.slice(stem.length))) continue;
    best = def;
    length = stem.length;
  }
  return best === null ? null : { def: best, attachTo: "", strict: false };
}
