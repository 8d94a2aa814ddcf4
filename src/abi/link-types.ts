/**
 * enum bpf_link_type: what a link fd stands for. Source: include/uapi/linux/bpf.h of 6.18; words as bpftool prints them.
 */
import type { Since } from "./types.ts";

export interface LinkTypeRow {
  readonly id: number;
  /** "BPF_LINK_TYPE_XDP". */
  readonly name: string;
  /** bpftool's word: "xdp". */
  readonly word: string;
  readonly since: Since;
}

export const BPF_LINK_TYPE_UNSPEC = 0;
export const BPF_LINK_TYPE_RAW_TRACEPOINT = 1;
export const BPF_LINK_TYPE_TRACING = 2;
export const BPF_LINK_TYPE_CGROUP = 3;
export const BPF_LINK_TYPE_ITER = 4;
export const BPF_LINK_TYPE_NETNS = 5;
export const BPF_LINK_TYPE_XDP = 6;
export const BPF_LINK_TYPE_PERF_EVENT = 7;
export const BPF_LINK_TYPE_KPROBE_MULTI = 8;
export const BPF_LINK_TYPE_STRUCT_OPS = 9;
export const BPF_LINK_TYPE_NETFILTER = 10;
export const BPF_LINK_TYPE_TCX = 11;
export const BPF_LINK_TYPE_UPROBE_MULTI = 12;
export const BPF_LINK_TYPE_NETKIT = 13;
export const BPF_LINK_TYPE_SOCKMAP = 14;

/** By id. */
export const LINK_TYPES: readonly LinkTypeRow[] = [
  { id: BPF_LINK_TYPE_UNSPEC, name: "BPF_LINK_TYPE_UNSPEC", word: "unspec", since: "5.7" },
  { id: BPF_LINK_TYPE_RAW_TRACEPOINT, name: "BPF_LINK_TYPE_RAW_TRACEPOINT", word: "raw_tracepoint", since: "5.8" },
  { id: BPF_LINK_TYPE_TRACING, name: "BPF_LINK_TYPE_TRACING", word: "tracing", since: "5.8" },
  { id: BPF_LINK_TYPE_CGROUP, name: "BPF_LINK_TYPE_CGROUP", word: "cgroup", since: "5.8" },
  { id: BPF_LINK_TYPE_ITER, name: "BPF_LINK_TYPE_ITER", word: "iter", since: "5.8" },
  { id: BPF_LINK_TYPE_NETNS, name: "BPF_LINK_TYPE_NETNS", word: "netns", since: "5.8" },
  { id: BPF_LINK_TYPE_XDP, name: "BPF_LINK_TYPE_XDP", word: "xdp", since: "5.9" },
  { id: BPF_LINK_TYPE_PERF_EVENT, name: "BPF_LINK_TYPE_PERF_EVENT", word: "perf_event", since: "5.15" },
  { id: BPF_LINK_TYPE_KPROBE_MULTI, name: "BPF_LINK_TYPE_KPROBE_MULTI", word: "kprobe_multi", since: "5.18" },
  { id: BPF_LINK_TYPE_STRUCT_OPS, name: "BPF_LINK_TYPE_STRUCT_OPS", word: "struct_ops", since: "6.4" },
  { id: BPF_LINK_TYPE_NETFILTER, name: "BPF_LINK_TYPE_NETFILTER", word: "netfilter", since: "6.4" },
  { id: BPF_LINK_TYPE_TCX, name: "BPF_LINK_TYPE_TCX", word: "tcx", since: "6.6" },
  { id: BPF_LINK_TYPE_UPROBE_MULTI, name: "BPF_LINK_TYPE_UPROBE_MULTI", word: "uprobe_multi", since: "6.6" },
  { id: BPF_LINK_TYPE_NETKIT, name: "BPF_LINK_TYPE_NETKIT", word: "netkit", since: "6.7" },
  { id: BPF_LINK_TYPE_SOCKMAP, name: "BPF_LINK_TYPE_SOCKMAP", word: "sockmap", since: "6.10" },
];

/** undefined for a type that is not in the table. */
export function linkType(id: number): LinkTypeRow | undefined {
  return LINK_TYPES[id];
}
