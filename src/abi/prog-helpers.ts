/**
 * Which helpers a program may call, and in which form: the kernel's get_func_proto functions as sets of names.
 *
 *     own set  -> next set -> ... -> base      the first set that names a helper decides, also where it then refuses
 *
 * A word "name:variant" picks a form of helper-facts.ts. A set may ask for a capability (what the loading process or its
 * BPF token needs) and for attach types.
 * Source: 6.18 kernel/bpf/{helpers,cgroup,bpf_lsm,syscall}.c, kernel/trace/bpf_trace.c, net/core/filter.c,
 * net/ipv4/bpf_tcp_ca.c, net/netfilter/nf_bpf_link.c, drivers/media/rc/bpf-lirc.c.
 */
import * as at from "./attach-types.ts";
import { HELPERS, helperByName } from "./helpers.ts";
import * as pt from "./prog-types.ts";
import type { HelperRow } from "./types.ts";

export type Capability = "none" | "bpf" | "perfmon" | "admin";

export interface HelperQuery {
  /** Name of the kernel struct whose member a struct_ops program is: "tcp_congestion_ops". */
  readonly structOps?: string;
  /** Name of that member: "release". */
  readonly member?: string;
  /** Name of the kernel function an lsm, tracing or iter program is for: "bpf_lsm_file_open", "bpf_iter_tcp". */
  readonly attachTo?: string;
  /** What the loader holds; "admin" (everything) unless given. */
  readonly capability?: Capability;
}

interface HelperSet {
  readonly helpers: string;
  readonly capability?: Capability;
  /** Attach types that may call them; all if absent. */
  readonly attach?: readonly number[];
  readonly notAttach?: readonly number[];
  readonly when?: (query: HelperQuery) => boolean;
}

// CAP_SYS_ADMIN implies the others; CAP_BPF and CAP_PERFMON are asked for one after the other.
const RANK: Readonly<Record<Capability, number>> = { none: 0, bpf: 1, perfmon: 2, admin: 3 };

const BASE: readonly HelperSet[] = [
  {
    helpers: `map_lookup_elem map_update_elem map_delete_elem map_push_elem map_pop_elem map_peek_elem
      map_lookup_percpu_elem get_prandom_u32 get_smp_processor_id:raw get_numa_node_id tail_call ktime_get_ns
      ktime_get_boot_ns ktime_get_tai_ns ringbuf_output ringbuf_reserve ringbuf_submit ringbuf_discard ringbuf_query
      strncmp strtol strtoul get_current_pid_tgid get_ns_current_pid_tgid get_current_uid_gid`,
  },
  {
    capability: "bpf",
    helpers: `spin_lock spin_unlock jiffies64 per_cpu_ptr this_cpu_ptr timer_init timer_set_callback timer_start
      timer_cancel kptr_xchg for_each_map_elem loop user_ringbuf_drain ringbuf_reserve_dynptr ringbuf_submit_dynptr
      ringbuf_discard_dynptr dynptr_from_mem dynptr_read dynptr_write dynptr_data cgrp_storage_get cgrp_storage_delete
      get_current_cgroup_id get_current_ancestor_cgroup_id current_task_under_cgroup get_cgroup_classid:curr
      task_storage_get task_storage_delete`,
  },
  {
    capability: "perfmon",
    helpers: `trace_printk get_current_task get_current_task_btf get_current_comm probe_read_user probe_read_kernel
      probe_read_user_str probe_read_kernel_str copy_from_user copy_from_user_task snprintf_btf snprintf task_pt_regs
      trace_vprintk perf_event_read_value perf_event_read send_signal send_signal_thread get_task_stack
      get_branch_snapshot find_vma`,
  },
];

/** bpf_sk_base_func_proto. */
const SK_BASE: readonly HelperSet[] = [
  {
    capability: "perfmon",
    helpers: `skc_to_tcp6_sock skc_to_tcp_sock skc_to_tcp_timewait_sock skc_to_tcp_request_sock skc_to_udp6_sock
      skc_to_unix_sock skc_to_mptcp_sock`,
  },
  { helpers: "ktime_get_coarse_ns" },
  ...BASE,
];

/** bpf_tracing_func_proto. */
const TRACE_BASE: readonly HelperSet[] = [
  { helpers: "get_smp_processor_id probe_read probe_read_str get_func_ip" },
  ...BASE,
  { capability: "admin", helpers: "probe_write_user" },
];

const RAW_TP: readonly HelperSet[] = [
  { helpers: "perf_event_output get_stackid get_stack get_attach_cookie" },
  ...TRACE_BASE,
];

/** bpf_prog_has_trampoline(). */
const TRAMPOLINE = [
  at.BPF_TRACE_FENTRY,
  at.BPF_TRACE_FEXIT,
  at.BPF_MODIFY_RETURN,
  at.BPF_LSM_MAC,
] as const satisfies number[];

/** tracing_prog_func_proto. */
const TRACING: readonly HelperSet[] = [
  {
    helpers: `skb_output xdp_output skc_to_tcp6_sock skc_to_tcp_sock skc_to_tcp_timewait_sock skc_to_tcp_request_sock
      skc_to_udp6_sock skc_to_unix_sock skc_to_mptcp_sock sk_storage_get:tracing sk_storage_delete:tracing
      sock_from_file get_socket_cookie:ptr xdp_get_buff_len:trace d_path`,
  },
  { attach: [at.BPF_TRACE_ITER], helpers: "seq_printf seq_write seq_printf_btf" },
  { attach: TRAMPOLINE, helpers: "get_func_arg get_func_ret get_func_arg_cnt" },
  { attach: [...TRAMPOLINE, at.BPF_TRACE_RAW_TP], helpers: "get_attach_cookie" },
  {
    attach: [at.BPF_TRACE_ITER],
    when: (q) => q.attachTo === "bpf_iter_tcp" || q.attachTo === "bpf_iter_unix",
    helpers: "setsockopt getsockopt",
  },
  ...RAW_TP,
];

/** cgroup_common_func_proto. */
const CGROUP: readonly HelperSet[] = [
  { helpers: "get_local_storage" },
  {
    notAttach: [
      at.BPF_CGROUP_INET_INGRESS,
      at.BPF_CGROUP_INET_EGRESS,
      at.BPF_CGROUP_SOCK_OPS,
      at.BPF_CGROUP_UDP4_RECVMSG,
      at.BPF_CGROUP_UDP6_RECVMSG,
      at.BPF_CGROUP_UNIX_RECVMSG,
      at.BPF_CGROUP_INET4_GETPEERNAME,
      at.BPF_CGROUP_INET6_GETPEERNAME,
      at.BPF_CGROUP_UNIX_GETPEERNAME,
      at.BPF_CGROUP_INET4_GETSOCKNAME,
      at.BPF_CGROUP_INET6_GETSOCKNAME,
      at.BPF_CGROUP_UNIX_GETSOCKNAME,
    ],
    helpers: "get_retval set_retval",
  },
];

const SK_FILTER: readonly HelperSet[] = [
  {
    helpers:
      "skb_load_bytes skb_load_bytes_relative get_socket_cookie get_netns_cookie get_socket_uid perf_event_output",
  },
  ...SK_BASE,
];

const SYNCOOKIES = `tcp_check_syncookie tcp_gen_syncookie tcp_raw_gen_syncookie_ipv4 tcp_raw_gen_syncookie_ipv6
  tcp_raw_check_syncookie_ipv4 tcp_raw_check_syncookie_ipv6`;

const SCHED: readonly HelperSet[] = [
  {
    helpers: `skb_store_bytes skb_load_bytes skb_load_bytes_relative skb_pull_data csum_diff csum_update csum_level
      l3_csum_replace l4_csum_replace clone_redirect get_cgroup_classid skb_vlan_push skb_vlan_pop skb_change_proto
      skb_change_type skb_adjust_room skb_change_tail skb_change_head skb_get_tunnel_key skb_set_tunnel_key
      skb_get_tunnel_opt skb_set_tunnel_opt redirect redirect_neigh redirect_peer get_route_realm get_hash_recalc
      set_hash_invalid set_hash perf_event_output get_smp_processor_id skb_under_cgroup get_socket_cookie
      get_netns_cookie get_socket_uid fib_lookup check_mtu sk_fullsock sk_storage_get sk_storage_delete
      skb_get_xfrm_state skb_cgroup_classid skb_cgroup_id skb_ancestor_cgroup_id sk_lookup_tcp sk_lookup_udp sk_release
      tcp_sock get_listener_sock skc_lookup_tcp skb_ecn_set_ce sk_assign skb_set_tstamp ${SYNCOOKIES}`,
  },
  ...SK_BASE,
];

const LWT: readonly HelperSet[] = [
  {
    helpers: `skb_load_bytes skb_pull_data csum_diff get_cgroup_classid get_route_realm get_hash_recalc
      perf_event_output get_smp_processor_id skb_under_cgroup`,
  },
  ...SK_BASE,
];

const SOCK_ADDR_SOCKOPT = [
  at.BPF_CGROUP_INET4_BIND,
  at.BPF_CGROUP_INET6_BIND,
  at.BPF_CGROUP_INET4_CONNECT,
  at.BPF_CGROUP_INET6_CONNECT,
  at.BPF_CGROUP_UNIX_CONNECT,
  at.BPF_CGROUP_UDP4_RECVMSG,
  at.BPF_CGROUP_UDP6_RECVMSG,
  at.BPF_CGROUP_UNIX_RECVMSG,
  at.BPF_CGROUP_UDP4_SENDMSG,
  at.BPF_CGROUP_UDP6_SENDMSG,
  at.BPF_CGROUP_UNIX_SENDMSG,
  at.BPF_CGROUP_INET4_GETPEERNAME,
  at.BPF_CGROUP_INET6_GETPEERNAME,
  at.BPF_CGROUP_UNIX_GETPEERNAME,
  at.BPF_CGROUP_INET4_GETSOCKNAME,
  at.BPF_CGROUP_INET6_GETSOCKNAME,
  at.BPF_CGROUP_UNIX_GETSOCKNAME,
];

const KPROBE_MULTI = [
  at.BPF_TRACE_KPROBE_MULTI,
  at.BPF_TRACE_KPROBE_SESSION,
  at.BPF_TRACE_UPROBE_MULTI,
  at.BPF_TRACE_UPROBE_SESSION,
];

/** bpf_lsm_{locked,unlocked}_sockopt_hooks. */
const LSM_SOCKOPT_HOOKS = new Set([
  "bpf_lsm_sock_graft",
  "bpf_lsm_inet_csk_clone",
  "bpf_lsm_inet_conn_established",
  "bpf_lsm_socket_post_create",
  "bpf_lsm_socket_socketpair",
]);

const onLsmCgroup = (set: HelperSet): HelperSet => ({ ...set, attach: [at.BPF_LSM_CGROUP] });

const SETS: Readonly<Record<number, readonly HelperSet[]>> = {
  [pt.BPF_PROG_TYPE_SOCKET_FILTER]: SK_FILTER,
  [pt.BPF_PROG_TYPE_KPROBE]: [
    { helpers: "perf_event_output get_stackid get_stack override_return get_attach_cookie" },
    // A set that only some attach types see must not refuse for the rest: two sets, each with its own half.
    { attach: KPROBE_MULTI, helpers: "get_func_ip:multi" },
    { notAttach: KPROBE_MULTI, helpers: "get_func_ip" },
    ...TRACE_BASE,
  ],
  [pt.BPF_PROG_TYPE_SCHED_CLS]: SCHED,
  [pt.BPF_PROG_TYPE_SCHED_ACT]: SCHED,
  [pt.BPF_PROG_TYPE_TRACEPOINT]: RAW_TP,
  [pt.BPF_PROG_TYPE_XDP]: [
    {
      helpers: `perf_event_output get_smp_processor_id csum_diff xdp_adjust_head xdp_adjust_meta redirect redirect_map
        xdp_adjust_tail xdp_get_buff_len xdp_load_bytes xdp_store_bytes fib_lookup check_mtu sk_lookup_udp
        sk_lookup_tcp sk_release skc_lookup_tcp ${SYNCOOKIES}`,
    },
    ...SK_BASE,
  ],
  [pt.BPF_PROG_TYPE_PERF_EVENT]: [
    {
      helpers: "perf_event_output get_stackid:pe get_stack perf_prog_read_value read_branch_records get_attach_cookie",
    },
    ...TRACE_BASE,
  ],
  [pt.BPF_PROG_TYPE_CGROUP_SKB]: [
    ...CGROUP,
    {
      helpers: `sk_fullsock sk_storage_get sk_storage_delete perf_event_output skb_cgroup_id skb_ancestor_cgroup_id
        sk_cgroup_id sk_ancestor_cgroup_id sk_lookup_tcp sk_lookup_udp sk_release skc_lookup_tcp tcp_sock
        get_listener_sock skb_ecn_set_ce`,
    },
    ...SK_FILTER,
  ],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK]: [
    ...CGROUP,
    { helpers: "get_socket_cookie get_netns_cookie perf_event_output sk_storage_get:cg_sock ktime_get_coarse_ns" },
    ...BASE,
  ],
  [pt.BPF_PROG_TYPE_LWT_IN]: [{ helpers: "lwt_push_encap" }, ...LWT],
  [pt.BPF_PROG_TYPE_LWT_OUT]: LWT,
  [pt.BPF_PROG_TYPE_LWT_XMIT]: [
    {
      helpers: `skb_get_tunnel_key skb_set_tunnel_key skb_get_tunnel_opt skb_set_tunnel_opt redirect clone_redirect
        skb_change_tail skb_change_head skb_store_bytes csum_update csum_level l3_csum_replace l4_csum_replace
        set_hash_invalid lwt_push_encap`,
    },
    ...LWT,
  ],
  [pt.BPF_PROG_TYPE_LWT_SEG6LOCAL]: [{ helpers: "lwt_seg6_store_bytes lwt_seg6_action lwt_seg6_adjust_srh" }, ...LWT],
  [pt.BPF_PROG_TYPE_SOCK_OPS]: [
    ...CGROUP,
    {
      helpers: `setsockopt:ctx getsockopt:ctx sock_ops_cb_flags_set sock_map_update sock_hash_update get_socket_cookie
        perf_event_output sk_storage_get sk_storage_delete get_netns_cookie load_hdr_opt store_hdr_opt reserve_hdr_opt
        tcp_sock`,
    },
    ...SK_BASE,
  ],
  [pt.BPF_PROG_TYPE_SK_SKB]: [
    {
      helpers: `skb_store_bytes skb_load_bytes skb_pull_data skb_change_tail skb_change_head skb_adjust_room
        get_socket_cookie get_socket_uid sk_redirect_map sk_redirect_hash perf_event_output sk_lookup_tcp sk_lookup_udp
        sk_release skc_lookup_tcp`,
    },
    ...SK_BASE,
  ],
  [pt.BPF_PROG_TYPE_CGROUP_DEVICE]: [...CGROUP, { helpers: "perf_event_output" }, ...BASE],
  [pt.BPF_PROG_TYPE_SK_MSG]: [
    {
      helpers: `msg_redirect_map msg_redirect_hash msg_apply_bytes msg_cork_bytes msg_pull_data msg_push_data
        msg_pop_data perf_event_output sk_storage_get sk_storage_delete get_netns_cookie`,
    },
    ...SK_BASE,
  ],
  [pt.BPF_PROG_TYPE_RAW_TRACEPOINT]: RAW_TP,
  [pt.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE]: RAW_TP,
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR]: [
    ...CGROUP,
    { attach: [at.BPF_CGROUP_INET4_CONNECT, at.BPF_CGROUP_INET6_CONNECT], helpers: "bind" },
    {
      helpers: `get_socket_cookie get_netns_cookie perf_event_output sk_lookup_tcp:sock_addr sk_lookup_udp:sock_addr
        sk_release skc_lookup_tcp:sock_addr sk_storage_get sk_storage_delete`,
    },
    { attach: SOCK_ADDR_SOCKOPT, helpers: "setsockopt:ctx getsockopt:ctx" },
    ...SK_BASE,
  ],
  [pt.BPF_PROG_TYPE_LIRC_MODE2]: [
    {
      helpers: `rc_repeat rc_keydown rc_pointer_rel map_lookup_elem map_update_elem map_delete_elem map_push_elem
        map_pop_elem map_peek_elem ktime_get_ns ktime_get_boot_ns tail_call get_prandom_u32`,
    },
    { capability: "perfmon", helpers: "trace_printk" },
  ],
  [pt.BPF_PROG_TYPE_SK_REUSEPORT]: [
    {
      helpers: `sk_select_reuseport skb_load_bytes skb_load_bytes_relative get_socket_cookie:ptr ktime_get_coarse_ns`,
    },
    ...BASE,
  ],
  [pt.BPF_PROG_TYPE_FLOW_DISSECTOR]: [{ helpers: "skb_load_bytes" }, ...SK_BASE],
  [pt.BPF_PROG_TYPE_CGROUP_SYSCTL]: [
    ...CGROUP,
    {
      helpers: `sysctl_get_name sysctl_get_current_value sysctl_get_new_value sysctl_set_new_value ktime_get_coarse_ns
        perf_event_output`,
    },
    ...BASE,
  ],
  [pt.BPF_PROG_TYPE_CGROUP_SOCKOPT]: [
    ...CGROUP,
    { helpers: "get_netns_cookie sk_storage_get sk_storage_delete tcp_sock perf_event_output" },
    { attach: [at.BPF_CGROUP_SETSOCKOPT], helpers: "setsockopt getsockopt" },
    ...BASE,
  ],
  [pt.BPF_PROG_TYPE_TRACING]: TRACING,
  [pt.BPF_PROG_TYPE_STRUCT_OPS]: [
    {
      when: (q) => q.structOps === "tcp_congestion_ops",
      helpers: "tcp_send_ack sk_storage_get sk_storage_delete ktime_get_coarse_ns",
    },
    {
      when: (q) => q.structOps === "tcp_congestion_ops" && q.member !== "release",
      helpers: "setsockopt getsockopt",
    },
    ...BASE,
  ],
  [pt.BPF_PROG_TYPE_LSM]: [
    ...CGROUP.map(onLsmCgroup),
    {
      helpers: `inode_storage_get inode_storage_delete sk_storage_get sk_storage_delete spin_lock spin_unlock
        bprm_opts_set ima_inode_hash ima_file_hash`,
    },
    { attach: TRAMPOLINE, helpers: "get_attach_cookie" },
    {
      attach: [at.BPF_LSM_CGROUP],
      when: (q) => q.attachTo !== undefined && LSM_SOCKOPT_HOOKS.has(q.attachTo),
      helpers: "setsockopt getsockopt",
    },
    ...TRACING,
  ],
  [pt.BPF_PROG_TYPE_SK_LOOKUP]: [{ helpers: "perf_event_output sk_assign:sk_lookup sk_release" }, ...SK_BASE],
  [pt.BPF_PROG_TYPE_SYSCALL]: [
    { capability: "perfmon", helpers: "sys_bpf" },
    { helpers: "btf_find_by_name_kind sys_close kallsyms_lookup_name" },
    ...TRACING,
  ],
  [pt.BPF_PROG_TYPE_NETFILTER]: BASE,
};

interface Entry {
  readonly set: HelperSet;
  readonly row: HelperRow;
}

const entries = new Map<number, readonly (readonly Entry[])[]>();

/** Sets of a program type, by helper id, made on first use. */
function entriesOf(progType: number): readonly (readonly Entry[])[] | undefined {
  const known = entries.get(progType);
  if (known !== undefined) return known;
  const sets = SETS[progType];
  if (sets === undefined) return undefined;
  const byId: Entry[][] = HELPERS.map(() => []);
  for (const set of sets) {
    for (const word of set.helpers.trim().split(/\s+/)) {
      const row = resolveWord(word);
      byId[row.id]!.push({ set, row });
    }
  }
  entries.set(progType, byId);
  return byId;
}

const resolved = new Map<string, HelperRow>();

function resolveWord(word: string): HelperRow {
  const known = resolved.get(word);
  if (known !== undefined) return known;
  const [name, variant] = word.split(":");
  let row = helperByName(name!)!;
  if (variant !== undefined) {
    const { id, name, since, proto } = row;
    row = { id, name, since, proto, ...row.variants![variant]! };
  }
  resolved.set(word, row);
  return row;
}

/**
 * The helper as a program of that type sees it, undefined where it may not call it (the kernel's "program of this type
 * cannot use helper"). For BPF_PROG_TYPE_EXT ask with the type of the program that it extends.
 */
export function helperProto(
  progType: number,
  attachType: number,
  id: number,
  query: HelperQuery = {},
): HelperRow | undefined {
  const list = entriesOf(progType)?.[id];
  if (list === undefined) return undefined;
  for (const { set, row } of list) {
    if (set.attach !== undefined && !set.attach.includes(attachType)) {
      if (refuses(set, list)) return undefined;
      continue;
    }
    if (set.notAttach?.includes(attachType)) continue;
    if (set.when !== undefined && !set.when(query)) continue;
    if (set.capability !== undefined && RANK[query.capability ?? "admin"] < RANK[set.capability]) return undefined;
    return row;
  }
  return undefined;
}

/**
 * Where a kernel switch names a helper and its condition fails, later sets are not asked. One case needs this: an iterator
 * may not get_attach_cookie although raw_tp has it. Sets that split one helper by attach type (kprobe) go on.
 */
function refuses(set: HelperSet, list: readonly Entry[]): boolean {
  return !list.some((other) => other.set.notAttach !== undefined && other.set.notAttach === set.attach);
}

/** Ids of all helpers that a program type and attach type may call. */
export function helpersOf(progType: number, attachType: number, query: HelperQuery = {}): number[] {
  const ids: number[] = [];
  for (let id = 1; id < HELPERS.length; id++) {
    if (helperProto(progType, attachType, id, query) !== undefined) ids.push(id);
  }
  return ids;
}
