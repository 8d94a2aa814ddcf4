/**
 * Helpers that came to some types of program later than to the first: which release, by helper and type. What is not here came
 * with the helper itself (`since` in helper-facts.ts) or with the program type.
 *
 * Source: the get_func_proto functions of the releases. Debian's 5.10, 6.1 and 6.12 were asked for each helper in each type;
 * the release between them is that of the commit.
 */
import * as at from "./attach-types.ts";
import { progTypeWord } from "./prog-types.ts";
import { hasSince } from "./since.ts";
import type { HelperRow } from "./types.ts";

interface Later {
  readonly since: string;
  readonly helpers: string;
  readonly types: string;
  readonly attach?: readonly number[];
}

const TRACE = "kprobe tracepoint perf_event raw_tracepoint raw_tracepoint_writable tracing lsm";
const SKB = "socket_filter sched_cls sched_act cgroup_skb";
const NET = `${SKB} xdp lwt_in lwt_out lwt_xmit lwt_seg6local sock_ops sk_skb sk_reuseport flow_dissector sk_lookup`;
/** Programs of other kinds that call what bpf_base_func_proto gives. */
const REST = "netfilter struct_ops";
/** cgroup_current_func_proto of 6.1 to 6.15. */
const CGROUP_NEW = "cgroup_device cgroup_sysctl cgroup_sockopt";
const CGROUP = `cgroup_sock cgroup_sock_addr ${CGROUP_NEW}`;

const LATER: readonly Later[] = [
  {
    since: "6.16",
    helpers: `perf_event_read perf_event_read_value send_signal send_signal_thread get_task_stack copy_from_user
      copy_from_user_task task_storage_get task_storage_delete get_branch_snapshot find_vma`,
    types: `${NET} ${CGROUP} ${REST} sk_msg`,
  },
  { since: "6.16", helpers: "get_current_comm current_task_under_cgroup", types: `${NET} ${REST} sk_msg` },
  { since: "6.16", helpers: "get_current_uid_gid", types: `${NET} ${REST}` },
  {
    since: "6.16",
    helpers: "get_cgroup_classid",
    types: `${TRACE} ${REST} socket_filter xdp cgroup_skb sock_ops sk_skb sk_reuseport flow_dissector sk_lookup syscall`,
  },
  { since: "6.15", helpers: "get_netns_cookie", types: SKB },
  {
    since: "6.14",
    helpers: "setsockopt getsockopt",
    types: "cgroup_sock_addr",
    attach: [at.BPF_CGROUP_UNIX_GETPEERNAME, at.BPF_CGROUP_UNIX_GETSOCKNAME],
  },
  { since: "6.12", helpers: "current_task_under_cgroup", types: CGROUP },
  { since: "6.10", helpers: "get_ns_current_pid_tgid", types: `${NET} ${CGROUP} ${REST} sk_msg` },
  { since: "6.10", helpers: "get_current_pid_tgid", types: `${NET} ${REST}` },
  { since: "6.10", helpers: "get_attach_cookie", types: "raw_tracepoint raw_tracepoint_writable" },
  { since: "6.10", helpers: "get_attach_cookie", types: "tracing", attach: [at.BPF_TRACE_RAW_TP] },
  { since: "6.4", helpers: "get_current_cgroup_id get_current_ancestor_cgroup_id", types: `${NET} ${REST}` },
  {
    since: "6.1",
    helpers: "get_current_pid_tgid get_current_comm get_cgroup_classid get_current_ancestor_cgroup_id",
    types: CGROUP_NEW,
  },
  {
    since: "6.1",
    helpers: "strtol strtoul",
    types: `${TRACE} ${NET} ${REST} sk_msg syscall cgroup_sock cgroup_sock_addr cgroup_device cgroup_sockopt`,
  },
  { since: "5.15", helpers: "get_current_ancestor_cgroup_id", types: TRACE },
  { since: "5.15", helpers: "get_netns_cookie", types: "sock_ops sk_msg cgroup_sockopt" },
  { since: "5.15", helpers: "setsockopt getsockopt", types: "cgroup_sockopt" },
  { since: "5.15", helpers: "setsockopt getsockopt", types: "tracing", attach: [at.BPF_TRACE_ITER] },
  { since: "5.14", helpers: "get_socket_cookie", types: "sk_reuseport" },
  { since: "5.12", helpers: "get_socket_cookie", types: "tracing lsm" },
  { since: "5.12", helpers: "d_path", types: "tracing", attach: [at.BPF_TRACE_ITER] },
  {
    since: "5.12",
    helpers: "setsockopt getsockopt",
    types: "cgroup_sock_addr",
    attach: [
      at.BPF_CGROUP_INET4_BIND,
      at.BPF_CGROUP_INET6_BIND,
      at.BPF_CGROUP_UDP4_SENDMSG,
      at.BPF_CGROUP_UDP6_SENDMSG,
      at.BPF_CGROUP_UDP4_RECVMSG,
      at.BPF_CGROUP_UDP6_RECVMSG,
      at.BPF_CGROUP_INET4_GETPEERNAME,
      at.BPF_CGROUP_INET6_GETPEERNAME,
      at.BPF_CGROUP_INET4_GETSOCKNAME,
      at.BPF_CGROUP_INET6_GETSOCKNAME,
    ],
  },
  { since: "5.11", helpers: "sk_storage_get sk_storage_delete", types: "tracing" },
  { since: "5.11", helpers: "spin_lock spin_unlock", types: TRACE },
];

const byHelper = new Map<string, { readonly types: ReadonlySet<string>; readonly later: Later }[]>();
for (const later of LATER) {
  const types = new Set(later.types.split(/\s+/));
  for (const helper of later.helpers.split(/\s+/)) {
    const rows = byHelper.get(helper) ?? [];
    rows.push({ types, later });
    byHelper.set(helper, rows);
  }
}

/** Whether a kernel of `version` lets programs of that type call the helper, given that the newest does. */
export function helperHasSince(version: string, row: HelperRow, progType: number, attachType: number): boolean {
  if (!hasSince(version, row.since)) return false;
  const word = progTypeWord(progType);
  for (const { types, later } of byHelper.get(row.name) ?? []) {
    if (!types.has(word) || hasSince(version, later.since)) continue;
    if (later.attach === undefined || later.attach.includes(attachType)) return false;
  }
  return true;
}
