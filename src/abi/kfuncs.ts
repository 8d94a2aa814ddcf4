/**
 * Kernel functions that programs may call (kfuncs), as sets: which hooks they are registered for and with what flags. Their
 * arguments and results are described by the kernel's BTF. Modules add more (sched_ext, HID, test modules): a kfunc that is
 * not here is looked up by its BTF alone. cgroup_rstat_* are the names of css_rstat_* before 6.16.
 *
 * Source: BTF_KFUNCS_START and register_btf_kfunc_id_set() in kernel/bpf, kernel/trace, kernel/cgroup, net, fs, 6.18;
 * include/linux/btf.h KF_*.
 *
 * Long because it is one table.
 */
import { BPF_TRACE_ITER, BPF_TRACE_KPROBE_SESSION, BPF_TRACE_UPROBE_SESSION } from "./attach-types.ts";
import * as pt from "./prog-types.ts";

/** enum btf_kfunc_hook: program types share some. */
export type KfuncHook =
  | "common"
  | "xdp"
  | "tc"
  | "sched_act"
  | "cgroup"
  | "socket_filter"
  | "sk_skb"
  | "lwt"
  | "netfilter"
  | "tracing"
  | "kprobe"
  | "struct_ops"
  | "syscall";

/** KF_* without the prefix. */
export type KfuncFlag =
  | "acquire"
  | "release"
  | "ret_null"
  | "trusted_args"
  | "sleepable"
  | "destructive"
  | "rcu"
  | "rcu_protected"
  | "fastcall"
  | "iter_new"
  | "iter_next"
  | "iter_destroy"
  | "arena_ret"
  | "arena_arg1"
  | "arena_arg2";

export interface KfuncRow {
  readonly name: string;
  readonly hooks: ReadonlySet<KfuncHook>;
  readonly flags: ReadonlySet<KfuncFlag>;
  /** Word of the only program type that may call it, where the hook has several. */
  readonly only?: string;
}

interface KfuncSet {
  readonly hooks: string;
  readonly flags: string;
  readonly only?: string;
  readonly names: string;
}

const SETS: readonly KfuncSet[] = [
  {
    hooks: "common",
    flags: "",
    names: `
      __bpf_trap bpf_dynptr_adjust bpf_dynptr_clone bpf_dynptr_copy bpf_dynptr_is_null
      bpf_dynptr_is_rdonly bpf_dynptr_memset bpf_dynptr_size bpf_get_kmem_cache
      bpf_local_irq_restore bpf_local_irq_save bpf_modify_return_test_tp bpf_preempt_disable
      bpf_preempt_enable bpf_probe_read_kernel_dynptr bpf_probe_read_kernel_str_dynptr
      bpf_probe_read_user_dynptr bpf_probe_read_user_str_dynptr bpf_rcu_read_lock
      bpf_rcu_read_unlock bpf_res_spin_unlock bpf_res_spin_unlock_irqrestore bpf_strcasecmp
      bpf_strchr bpf_strchrnul bpf_strcmp bpf_strcspn bpf_strlen bpf_strnchr bpf_strnlen bpf_strnstr
      bpf_strrchr bpf_strspn bpf_strstr bpf_wq_init bpf_wq_set_callback_impl bpf_wq_start`,
  },
  {
    hooks: "common",
    flags: "arena_arg2 arena_ret sleepable trusted_args",
    names: `
      bpf_arena_alloc_pages`,
  },
  {
    hooks: "common",
    flags: "arena_arg2 sleepable trusted_args",
    names: `
      bpf_arena_free_pages bpf_arena_reserve_pages`,
  },
  {
    hooks: "common",
    flags: "fastcall",
    names: `
      bpf_cast_to_kern_ctx bpf_rdonly_cast`,
  },
  {
    hooks: "common",
    flags: "iter_destroy",
    names: `
      bpf_iter_bits_destroy bpf_iter_css_destroy bpf_iter_css_task_destroy bpf_iter_num_destroy
      bpf_iter_task_destroy bpf_iter_task_vma_destroy`,
  },
  {
    hooks: "common",
    flags: "iter_destroy sleepable",
    names: `
      bpf_iter_dmabuf_destroy bpf_iter_kmem_cache_destroy`,
  },
  {
    hooks: "common",
    flags: "iter_new",
    names: `
      bpf_iter_bits_new bpf_iter_num_new`,
  },
  {
    hooks: "common",
    flags: "iter_new rcu",
    names: `
      bpf_iter_task_vma_new`,
  },
  {
    hooks: "common",
    flags: "iter_new rcu_protected trusted_args",
    names: `
      bpf_iter_css_new bpf_iter_task_new`,
  },
  {
    hooks: "common",
    flags: "iter_new sleepable",
    names: `
      bpf_iter_dmabuf_new bpf_iter_kmem_cache_new`,
  },
  {
    hooks: "common",
    flags: "iter_new trusted_args",
    names: `
      bpf_iter_css_task_new`,
  },
  {
    hooks: "common",
    flags: "iter_next ret_null",
    names: `
      bpf_iter_bits_next bpf_iter_css_next bpf_iter_css_task_next bpf_iter_num_next
      bpf_iter_task_next bpf_iter_task_vma_next`,
  },
  {
    hooks: "common",
    flags: "iter_next ret_null sleepable",
    names: `
      bpf_iter_dmabuf_next bpf_iter_kmem_cache_next`,
  },
  {
    hooks: "common",
    flags: "rcu",
    names: `
      bpf_cgroup_read_xattr`,
  },
  {
    hooks: "common",
    flags: "ret_null",
    names: `
      bpf_dynptr_slice bpf_dynptr_slice_rdwr bpf_res_spin_lock bpf_res_spin_lock_irqsave`,
  },
  {
    hooks: "common",
    flags: "sleepable",
    names: `
      bpf_copy_from_user_dynptr bpf_copy_from_user_str bpf_copy_from_user_str_dynptr
      bpf_copy_from_user_task_str`,
  },
  {
    hooks: "common",
    flags: "sleepable trusted_args",
    names: `
      bpf_copy_from_user_task_dynptr bpf_copy_from_user_task_str_dynptr`,
  },
  {
    hooks: "common",
    flags: "trusted_args",
    names: `
      bpf_map_sum_elem_count bpf_stream_vprintk_impl bpf_task_work_schedule_resume_impl
      bpf_task_work_schedule_signal_impl`,
  },
  {
    hooks: "cgroup",
    flags: "",
    names: `
      bpf_sock_addr_set_sun_path`,
  },
  {
    hooks: "cgroup",
    flags: "trusted_args",
    names: `
      bpf_sock_ops_enable_tx_tstamp`,
  },
  {
    hooks: "kprobe",
    flags: "",
    names: `
      bpf_session_cookie bpf_session_is_return`,
  },
  {
    hooks: "struct_ops",
    flags: "",
    names: `
      bbr_cwnd_event bbr_init bbr_main bbr_min_tso_segs bbr_set_state bbr_sndbuf_expand bbr_ssthresh
      bbr_undo_cwnd cubictcp_acked cubictcp_cong_avoid cubictcp_cwnd_event cubictcp_init
      cubictcp_recalc_ssthresh cubictcp_state dctcp_cwnd_event dctcp_cwnd_undo dctcp_init
      dctcp_ssthresh dctcp_state dctcp_update_alpha tcp_cong_avoid_ai tcp_reno_cong_avoid
      tcp_reno_ssthresh tcp_reno_undo_cwnd tcp_slow_start`,
  },
  {
    hooks: "syscall",
    flags: "acquire rcu ret_null",
    names: `
      bpf_crypto_ctx_acquire`,
  },
  {
    hooks: "syscall",
    flags: "acquire ret_null sleepable",
    names: `
      bpf_crypto_ctx_create`,
  },
  {
    hooks: "syscall",
    flags: "release",
    names: `
      bpf_crypto_ctx_release`,
  },
  {
    hooks: "tc",
    flags: "trusted_args",
    names: `
      bpf_sk_assign_tcp_reqsk`,
  },
  {
    hooks: "tc sched_act",
    flags: "trusted_args",
    names: `
      bpf_dynptr_from_skb_meta`,
  },
  {
    hooks: "tc sched_act cgroup socket_filter sk_skb lwt netfilter tracing",
    flags: "trusted_args",
    names: `
      bpf_dynptr_from_skb`,
  },
  {
    hooks: "tracing",
    flags: "",
    names: `
      css_rstat_updated cgroup_rstat_updated`,
  },
  {
    hooks: "tracing",
    flags: "acquire ret_null trusted_args",
    only: "lsm",
    names: `
      bpf_get_task_exe_file`,
  },
  {
    hooks: "tracing",
    flags: "release",
    only: "lsm",
    names: `
      bpf_put_file`,
  },
  {
    hooks: "tracing",
    flags: "sleepable",
    names: `
      css_rstat_flush cgroup_rstat_flush`,
  },
  {
    hooks: "tracing",
    flags: "sleepable trusted_args",
    only: "lsm",
    names: `
      bpf_get_dentry_xattr bpf_get_file_xattr bpf_remove_dentry_xattr bpf_set_dentry_xattr`,
  },
  {
    hooks: "tracing",
    flags: "trusted_args",
    names: `
      bpf_sock_destroy`,
  },
  {
    hooks: "tracing",
    flags: "trusted_args",
    only: "lsm",
    names: `
      bpf_get_fsverity_digest bpf_path_d_path`,
  },
  {
    hooks: "tracing struct_ops syscall",
    flags: "acquire ret_null",
    names: `
      bpf_cpumask_create`,
  },
  {
    hooks: "tracing struct_ops syscall",
    flags: "acquire trusted_args",
    names: `
      bpf_cpumask_acquire`,
  },
  {
    hooks: "tracing struct_ops syscall",
    flags: "rcu",
    names: `
      bpf_cpumask_and bpf_cpumask_any_and_distribute bpf_cpumask_any_distribute bpf_cpumask_clear
      bpf_cpumask_clear_cpu bpf_cpumask_copy bpf_cpumask_empty bpf_cpumask_equal bpf_cpumask_first
      bpf_cpumask_first_and bpf_cpumask_first_zero bpf_cpumask_full bpf_cpumask_intersects
      bpf_cpumask_or bpf_cpumask_populate bpf_cpumask_set_cpu bpf_cpumask_setall bpf_cpumask_subset
      bpf_cpumask_test_and_clear_cpu bpf_cpumask_test_and_set_cpu bpf_cpumask_test_cpu
      bpf_cpumask_weight bpf_cpumask_xor`,
  },
  {
    hooks: "tracing struct_ops syscall",
    flags: "release",
    names: `
      bpf_cpumask_release`,
  },
  {
    hooks: "xdp",
    flags: "",
    names: `
      bpf_dynptr_from_xdp bpf_xdp_pull_data`,
  },
  {
    hooks: "xdp",
    flags: "acquire ret_null",
    names: `
      bpf_xdp_get_xfrm_state`,
  },
  {
    hooks: "xdp",
    flags: "release",
    names: `
      bpf_xdp_xfrm_state_release`,
  },
  {
    hooks: "xdp",
    flags: "trusted_args",
    names: `
      bpf_xdp_metadata_rx_hash bpf_xdp_metadata_rx_timestamp bpf_xdp_metadata_rx_vlan_tag`,
  },
  {
    hooks: "xdp tc",
    flags: "acquire release ret_null",
    names: `
      bpf_ct_insert_entry`,
  },
  {
    hooks: "xdp tc",
    flags: "acquire ret_null",
    names: `
      bpf_skb_ct_alloc bpf_skb_ct_lookup bpf_xdp_ct_alloc bpf_xdp_ct_lookup`,
  },
  {
    hooks: "xdp tc",
    flags: "release",
    names: `
      bpf_ct_release`,
  },
  {
    hooks: "xdp tc",
    flags: "trusted_args",
    names: `
      bpf_ct_change_status bpf_ct_change_timeout bpf_ct_set_nat_info bpf_ct_set_status
      bpf_ct_set_timeout`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "",
    names: `
      bpf_list_push_back_impl bpf_list_push_front_impl bpf_rbtree_add_impl bpf_throw`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "acquire rcu ret_null",
    names: `
      bpf_cgroup_acquire bpf_cgroup_ancestor bpf_refcount_acquire_impl bpf_task_acquire
      bpf_task_get_cgroup1`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "acquire ret_null",
    names: `
      bpf_cgroup_from_id bpf_list_pop_back bpf_list_pop_front bpf_lookup_system_key bpf_obj_new_impl
      bpf_percpu_obj_new_impl bpf_rbtree_remove bpf_task_from_pid bpf_task_from_vpid`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "acquire ret_null sleepable",
    names: `
      bpf_lookup_user_key`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "destructive",
    names: `
      crash_kexec`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "rcu",
    names: `
      bpf_task_under_cgroup`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "release",
    names: `
      bpf_cgroup_release bpf_key_put bpf_obj_drop_impl bpf_percpu_obj_drop_impl bpf_task_release`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "ret_null",
    names: `
      bpf_list_back bpf_list_front bpf_rbtree_first bpf_rbtree_left bpf_rbtree_right bpf_rbtree_root`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "sleepable",
    names: `
      bpf_verify_pkcs7_signature`,
  },
  {
    hooks: "xdp tc cgroup tracing struct_ops syscall",
    flags: "trusted_args",
    names: `
      bpf_send_signal_task`,
  },
  {
    hooks: "tc tracing syscall",
    flags: "release",
    names: `
      bpf_kfunc_call_memb_release bpf_kfunc_call_test_release`,
  },
  {
    hooks: "xdp tc sched_act",
    flags: "rcu",
    names: `
      bpf_crypto_decrypt bpf_crypto_encrypt`,
  },
];

/** By name. */
export const KFUNCS: ReadonlyMap<string, KfuncRow> = new Map(
  SETS.flatMap(({ hooks, flags, only, names }) => {
    const shared = { hooks: words<KfuncHook>(hooks), flags: words<KfuncFlag>(flags) };
    return [...words(names)].map((name): [string, KfuncRow] => [
      name,
      only === undefined ? { name, ...shared } : { name, ...shared, only },
    ]);
  }),
);

function words<T extends string>(text: string): ReadonlySet<T> {
  return new Set(text.trim().split(/\s+/).filter(Boolean) as T[]);
}

/** Hook of a program type: bpf_prog_type_to_kfunc_hook(). null: only common kfuncs. */
export function kfuncHook(progType: number): KfuncHook | null {
  switch (progType) {
    case pt.BPF_PROG_TYPE_XDP:
      return "xdp";
    case pt.BPF_PROG_TYPE_SCHED_CLS:
      return "tc";
    case pt.BPF_PROG_TYPE_SCHED_ACT:
      return "sched_act";
    case pt.BPF_PROG_TYPE_STRUCT_OPS:
      return "struct_ops";
    case pt.BPF_PROG_TYPE_TRACING:
    case pt.BPF_PROG_TYPE_TRACEPOINT:
    case pt.BPF_PROG_TYPE_PERF_EVENT:
    case pt.BPF_PROG_TYPE_LSM:
      return "tracing";
    case pt.BPF_PROG_TYPE_SYSCALL:
      return "syscall";
    case pt.BPF_PROG_TYPE_CGROUP_SKB:
    case pt.BPF_PROG_TYPE_CGROUP_SOCK:
    case pt.BPF_PROG_TYPE_CGROUP_DEVICE:
    case pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case pt.BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case pt.BPF_PROG_TYPE_CGROUP_SYSCTL:
    case pt.BPF_PROG_TYPE_SOCK_OPS:
      return "cgroup";
    case pt.BPF_PROG_TYPE_SK_SKB:
      return "sk_skb";
    case pt.BPF_PROG_TYPE_SOCKET_FILTER:
      return "socket_filter";
    case pt.BPF_PROG_TYPE_LWT_OUT:
    case pt.BPF_PROG_TYPE_LWT_IN:
    case pt.BPF_PROG_TYPE_LWT_XMIT:
    case pt.BPF_PROG_TYPE_LWT_SEG6LOCAL:
      return "lwt";
    case pt.BPF_PROG_TYPE_NETFILTER:
      return "netfilter";
    case pt.BPF_PROG_TYPE_KPROBE:
      return "kprobe";
    default:
      return null;
  }
}

/** The kfunc, where a program of that type may call it ("calling kernel function X is not allowed" otherwise). */
export function kfuncFor(progType: number, attachType: number, name: string): KfuncRow | undefined {
  const row = KFUNCS.get(name);
  if (row === undefined) return undefined;
  if (row.only !== undefined && row.only !== pt.progTypeWord(progType)) return undefined;
  if (name.startsWith("bpf_session_")) {
    if (attachType !== BPF_TRACE_KPROBE_SESSION && attachType !== BPF_TRACE_UPROBE_SESSION) return undefined;
  } else if (name === "bpf_sock_destroy" && attachType !== BPF_TRACE_ITER) return undefined;
  if (row.hooks.has("common")) return row;
  const hook = kfuncHook(progType);
  return hook !== null && row.hooks.has(hook) ? row : undefined;
}
