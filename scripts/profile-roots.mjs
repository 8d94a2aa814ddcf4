// What scripts/profile.mjs keeps of a kernel's types: roots, by name or pattern, and how far pointers are followed from them.
import { CTX_LAYOUTS } from "../dist/abi/ctx.js";
import { HELPERS } from "../dist/abi/helpers.js";
import { KFUNCS } from "../dist/abi/kfuncs.js";

const words = (text) => text.trim().split(/\s+/);
const named = (list) => {
  const set = new Set(list);
  return (name) => set.has(name);
};
const STRUCT = ["struct", "union"];

/** Structs that programs walk through, and all that hangs on them. */
const WALKED = words(`
  task_struct signal_struct sighand_struct mm_struct vm_area_struct files_struct fs_struct fdtable nsproxy pid_namespace
  uts_namespace ipc_namespace mnt_namespace user_namespace time_namespace cred pid linux_binprm pt_regs rq cfs_rq
  thread_info rusage
  file inode dentry path qstr super_block mount vfsmount address_space kiocb iov_iter file_system_type kernfs_node
  page folio kmem_cache
  sock sock_common inet_sock tcp_sock udp_sock unix_sock request_sock socket sk_buff net_device net ns_common msghdr
  cgroup css_set cgroup_subsys_state mem_cgroup
  request request_queue gendisk bio block_device
  bpf_map bpf_prog bpf_link bpf_prog_aux perf_event`);

/** Structs that are kept with what they point to. */
const KEPT = words(`
  inet_connection_sock inet_timewait_sock inet_request_sock tcp_request_sock tcp_timewait_sock tcp6_sock udp6_sock raw_sock
  raw6_sock ipv6_pinfo sockaddr sockaddr_storage sockaddr_in sockaddr_in6 sockaddr_un sock_cgroup_data netlink_sock mptcp_sock rtable
  fib_info neighbour dst_entry nf_conn nf_hook_state skb_shared_info sk_psock xdp_buff xdp_frame bpf_nf_ctx
  bpf_sock_addr_kern bpf_sock_ops_kern bpf_sysctl_kern bpf_sockopt_kern bpf_sk_lookup_kern sk_reuseport_kern
  tcp_skb_cb flowi4 flowi6 fib_lookup_arg
  ethhdr vlan_hdr vlan_ethhdr arphdr iphdr ipv6hdr ipv6_opt_hdr ipv6_rt_hdr frag_hdr tcphdr udphdr icmphdr icmp6hdr igmphdr
  gre_base_hdr ip_esp_hdr ip_auth_hdr vxlanhdr genevehdr mpls_label sctphdr mld_msg nd_msg rt0_hdr inet_sock_state
  in_addr in6_addr ethtool_drvinfo iovec kvec pollfd epoll_event
  user_pt_regs stat kstat statfs kstatfs statx timespec64 __kernel_timespec timespec timeval itimerspec64 utsname new_utsname
  old_utsname rlimit rlimit64 robust_list_head clone_args open_how flock io_uring_params io_kiocb io_uring_sqe sigaction
  kernel_siginfo siginfo rseq futex_key futex_q mutex rw_semaphore rwsem_waiter mutex_waiter rt_mutex spinlock raw_spinlock
  seq_file kref list_head hlist_head hlist_node rb_node rb_root kobject device module device_driver
  trace_entry trace_event_call trace_event_file uprobe kretprobe_instance kprobe ftrace_regs fprobe kernel_clone_args
  syscall_trace_enter syscall_trace_exit bpf_perf_event_data_kern perf_sample_data perf_branch_entry perf_event_attr
  bpf_trace_run_ctx bpf_tracing_link bpf_kprobe_multi_link bpf_uprobe_multi_link bpf_perf_link bpf_tramp_link
  bpf_cgroup_link bpf_netns_link bpf_raw_tp_link bpf_iter_target_info bpf_xdp_link bpf_tcx_link bpf_netfilter_link
  bpf_struct_ops_link bpf_dummy_ops bpf_dummy_ops_state Qdisc_ops Qdisc vxlan_metadata erspan_metadata geneve_opt if6_iter_state udp_iter_state seq_net_private tcp_iter_state kallsym_iter bpf_array_aux socket_alloc tcp_word_hdr mptcp_subflow_context sockaddr_ll sockaddr_nl xfrm_state
  xfrm_replay_state_esn lpm_trie xsk_map reuseport_array hid_bpf_ctx compat_iovec
  compat_msghdr compat_mmsghdr mmsghdr user_msghdr sec_path if_dqblk if_dqinfo tty_driver perf_mmap_event tcp_congestion_ops bpf_array bpf_htab bpf_ringbuf bpf_lpm_trie
  bpf_shtab bpf_stab bpf_stack_map bpf_dtab bpf_cpu_map sock_hash_bucket bpf_local_storage bpf_local_storage_map
  bpf_local_storage_elem bpf_cgroup_storage bpf_ksym btf btf_type linux_dirent linux_dirent64 getdents_callback
  filename user_arg_ptr nameidata open_flags fd ctl_table swap_info_struct scan_control zone pglist_data
  oom_control shrinker workqueue_struct worker work_struct timer_list hrtimer irqaction softirq_action irq_desc
  blk_plug bio_vec scsi_cmnd scsi_device nvme_command dma_buf dma_fence loop_device
  nfs_fattr tty_struct console proc_dir_entry pipe_inode_info eventpoll eventfd_ctx`);

/** What is kept only where a root names it: drivers, file systems, tables of functions. */
const ASIDE =
  /^(kvm|x86_|xfs|xlog|btrfs|ext4|ext2|jbd2|journal|transaction|fuse|nfs|rpc|svc|erofs|iomap|fscrypt|phy|mii|clk|thermal|dcb|ethtool|devlink|usb|virtio|vring|scsi|nvme|ata_|mmc|pci|acpi|regmap|regulator|spi|i2c|gpio|pinctrl|irq_domain|irq_chip|dev_pm|dma_(buf|fence)|drm|snd|xfrm|nft_|nf_tables|net_bridge|br_|dsa_|macsec|tls_|tcf|Qdisc_ops|rtnl_link|fwnode|device_node|crypto|key_|audit|ima_|io_|mptcp|psi|ioc|blkcg|blkg|elevator|cpufreq|cpuidle|edac|mce|hwmon|rtc|wakeup|power_|led|input|hid_|tty_|con_|vc_|fb_|raid|md_|mddev|dm_|watch_|pnp|serdev|sk_psock|page_pool|xsk_|pps|ptp)|_(ops|operations|driver)$/;

/** Structs by pattern, without what they point to. */
const STRUCTS =
  /^(trace_event_raw_(?!kvm|xfs|btrfs|ext4|jbd2|fuse|nfs|rpc|svc|erofs|iomap|clk|thermal|regmap|spi|i2c|gpio|drm|snd|dma_fence|ata_|mmc|scsi|nvme|wbt|mptcp|fib6|devlink|hyperv|xen|mce|rtc|power_domain|pwm|swiotlb|vmscan_lru|iocost|io_uring_)|bpf_|btf_|__sk_buff$|xdp_md$|sk_(msg|reuseport)_md$)|__safe_(rcu|trusted)/;

/** Typedefs of the types of a tracepoint's arguments: raw_tp and tp_btf programs. */
const TRACEPOINTS =
  /^(btf_trace|__bpf_trace)_(?!kvm|xfs|btrfs|ext4|jbd2|fuse|nfs|rpc|svc|erofs|iomap|clk|thermal|regmap|spi|i2c|gpio|drm|snd|dma_fence|ata_|mmc|scsi|nvme|wbt|devlink|hyperv|xen|mce|rtc|power_domain|pwm|swiotlb)/;

/** Enums by the name, or by the name of the first enumerator where they have none. */
const ENUMS =
  /bpf|btf|^(iter_type|pid_type|tcp_|sock_type|perf_|nf_|ip_conntrack|hrtimer_|zone_|node_stat|vm_event|xdp_|sk_|skb_|net_|req_op|rw_hint|migrate|uclamp|cgroup|uprobe|kmalloc|lru_list|writeback|compact|tick_|cpu_|dev_|fs_)/i;
const ENUMERATORS =
  /^(false$|BPF_|BTF_|TCP|IPPROTO_|SS_|SOCK_|SOCKET|INET_|NF_|NFPROTO|PIDTYPE|IFLA_XDP|XDP_|TC_|TCA_|PERF_|PF_|AF_|IFF_|SKB|FMODE|TRACE_|CGRP|REQ_|__REQ|BIO_|QUEUE|HRTIMER|MAX_|RTM_|RTN_|NETLINK_|CSS_|IP_CT|BLK_|XA_|WORK|DN|SB_|MNT_|IRQ_|SOFTIRQ|HI_SOFT|RAW|ICMP|IPV6|IP6|NUD|NDA|MM_)/;

/** Functions that programs attach to, beside kfuncs: the hooks of LSM and iterators, system calls, and what tools trace. */
const FUNCTIONS =
  /^(bpf_(lsm|iter|dummy_ops_|tcp_ca)_|security_|rcu_tasks_trace_p|bpf_fentry_test|bpf_modify_return_test|vfs_|__x64_sys_|tcp_(v[46]|rcv|send|recv|conn|close|set|init|ack|retr|drop|cong|enter|release|finish|slow|reno|syn|abort|cleanup)|udp_(send|recv)msg|udpv6_(send|recv)msg|inet_(csk|listen|stream|accept|bind|release|shutdown|send|recv)|inet6_(bind|release|send|recv)|ip_(rcv|local|output|finish|forward|queue)|ip6_(rcv|output|input|forward|xmit)|ipv6_rcv|mutex_(lock|unlock|trylock)|(down|up)_(read|write)|do_(unlinkat|filp_open|sys_open|sys_openat2|exit|group_exit|nanosleep|mkdirat|rmdir|renameat2|linkat|truncate|page_cache_ra|accept|execveat_common))/;
const NAMED_FUNCTIONS = named(
  words(`
  kfree_skb kfree_skb_list kfree_skb_reason consume_skb skb_consume_udp skb_copy_datagram_iter __netif_receive_skb_core
  netif_receive_skb netif_rx dev_queue_xmit __dev_queue_xmit dev_hard_start_xmit napi_gro_receive napi_poll eth_type_trans
  sock_sendmsg sock_recvmsg sock_close sock_do_ioctl sock_alloc_file unix_stream_connect unix_stream_sendmsg
  rtnetlink_rcv_msg netlink_dump netlink_sendmsg update_socket_protocol security_file_open security_inode_create
  security_socket_connect security_bprm_check security_inode_getattr cap_capable commit_creds ptrace_attach
  blk_account_io_start blk_account_io_done __blk_account_io_start __blk_account_io_done blk_mq_start_request
  submit_bio submit_bio_noacct mark_page_accessed mark_buffer_dirty folio_mark_accessed folio_account_dirtied
  filemap_add_folio filemap_alloc_folio filemap_alloc_folio_noprof filemap_fault add_to_page_cache_lru migrate_misplaced_folio
  md_flush_request oom_kill_process out_of_memory handle_mm_fault wake_up_new_task try_to_wake_up finish_task_switch schedule
  scheduler_tick account_process_tick copy_process kernel_clone exit_mm exit_creds __set_task_comm begin_new_exec
  generic_file_read_iter generic_file_write_iter ext4_file_read_iter ext4_file_write_iter ext4_file_open ext4_sync_file
  iterate_dir filp_close fput fd_install do_dentry_open dentry_open d_path path_openat lookup_fast user_path_at
  pipe_read pipe_write tty_write seq_read printk _printk hrtimer_start_range_ns bpf_check bpf_prog_load bpf_map_new_fd
  bpf_prog_get_type_path bpf_rstat_flush bpf_local_storage_update bpf_local_storage_destroy bpf_sk_storage_free
  htab_map_delete_elem htab_map_update_elem array_map_update_elem bpf_get_numa_node_id bpf_spin_lock bpf_spin_unlock
  mptcp_pm_new_connection btf_try_get_module cmdline_proc_show __sys_getsockname __sys_connect __sys_bind __sys_sendto
  mm_release bprm_execve begin_new_exec kallsyms_lookup_name sched_exec cgroup_attach_task
  skb_tx_error lookup_elem_raw bpf_map_free_deferred bpf_ktime_get_ns unix_listen inet6_sock_destruct security_inode_rename`),
);

/** Per-CPU variables, which typed ksyms name. */
const VARIABLES = words(
  "runqueues bpf_prog_active kstat kernel_cpustat cpu_info __preempt_count bpf_task_storage_busy current_task cpu_number pcpu_hot softnet_data",
);

/** Names of the structs that helpers take and give. */
const helperStructs = HELPERS.flatMap(({ ret, args, variants = {} }) =>
  [{ ret, args }, ...Object.values(variants)].flatMap((one) => [one.ret, ...one.args].map((type) => type.btfName)),
).filter((name) => name !== undefined);

/**
 * One row a rule: the kinds that it looks at, which names it takes, and how many pointers to structs are followed from them.
 * Pointers beyond become pointers to forward declarations.
 */
export { ASIDE };
export const RULES = [
  { what: "structs that programs walk", kinds: STRUCT, takes: named(WALKED), depth: 3 },
  { what: "structs", kinds: STRUCT, takes: named([...KEPT, ...helperStructs, ...Object.keys(CTX_LAYOUTS)]), depth: 1 },
  { what: "structs of iterators", kinds: STRUCT, takes: (name) => name.startsWith("bpf_iter__"), depth: 2 },
  { what: "structs of bpf and tracepoints", kinds: STRUCT, takes: (name) => STRUCTS.test(name), depth: 0 },
  {
    what: "arguments of raw tracepoints",
    kinds: ["typedef", "func"],
    takes: (name) => TRACEPOINTS.test(name),
    depth: 1,
  },
  { what: "kfuncs", kinds: ["func"], takes: (name) => KFUNCS.has(name), depth: 1 },
  { what: "functions", kinds: ["func"], takes: (name) => FUNCTIONS.test(name) || NAMED_FUNCTIONS(name), depth: 1 },
  { what: "variables", kinds: ["var"], takes: named(VARIABLES), depth: 1 },
  {
    what: "enums",
    kinds: ["enum", "enum64"],
    takes: (name, type) => (name === "" ? ENUMERATORS.test(type.values[0]?.name ?? "") : ENUMS.test(name)),
    depth: 0,
  },
  // Their existence says which helpers a kernel has.
  { what: "calls of helpers", kinds: ["typedef"], takes: (name) => name.startsWith("btf_bpf_"), depth: 0 },
  { what: "typedefs of numbers", kinds: ["typedef"], takes: (_name, _type, number) => number, depth: 0 },
];
