/**
 * What BPF LSM says of its hooks. Names are those of the BTF functions: "bpf_lsm_file_open". Which hooks exist at all, their
 * arguments and whether they return void is in the kernel's BTF.
 * Source: kernel/bpf/bpf_lsm.c, 6.18.
 */

/** LSM hooks (without "bpf_lsm_") that run with page faults enabled: their programs may sleep. */
const SLEEPABLE_LSM_HOOKS = new Set(
  `bpf bpf_map bpf_map_create bpf_map_free bpf_prog bpf_prog_load bpf_prog_free bpf_token_create bpf_token_free
  bpf_token_cmd bpf_token_capable bprm_check_security bprm_committed_creds bprm_committing_creds bprm_creds_for_exec
  bprm_creds_from_file capget capset cred_prepare file_ioctl file_lock file_open file_post_open file_receive inode_create
  inode_free_security inode_getattr inode_getxattr inode_mknod inode_need_killpriv inode_post_setxattr
  inode_post_removexattr inode_readlink inode_removexattr inode_rename inode_rmdir inode_setattr inode_setxattr
  inode_symlink inode_unlink kernel_module_request kernel_read_file kernfs_init_security path_unlink path_mkdir path_rmdir
  path_truncate path_symlink path_link path_rename path_chmod path_chown mmap_file netlink_send path_notify release_secctx
  sb_alloc_security sb_eat_lsm_opts sb_kern_mount sb_mount sb_remount sb_set_mnt_opts sb_show_options sb_statfs sb_umount
  settime inet_conn_established socket_accept socket_bind socket_connect socket_create socket_getpeername
  socket_getpeersec_dgram socket_getsockname socket_getsockopt socket_listen socket_post_create socket_recvmsg
  socket_sendmsg socket_shutdown socket_socketpair syslog task_alloc task_prctl task_setscheduler task_to_inode
  userns_create`.split(/\s+/),
);

export function isSleepableLsmHook(hook: string): boolean {
  return hook.startsWith("bpf_lsm_") && SLEEPABLE_LSM_HOOKS.has(hook.slice("bpf_lsm_".length));
}

/** Hooks that no program may attach to: their results are more than 0 or an error. */
const DISABLED = new Set(
  `vm_enough_memory inode_need_killpriv inode_getsecurity inode_listsecurity inode_copy_up_xattr getselfattr getprocattr
  setprocattr key_getsecurity audit_rule_match ismaclabel`.split(/\s+/),
);

export function isDisabledLsmHook(hook: string): boolean {
  return DISABLED.has(bare(hook));
}

/** Hooks whose pointer arguments are not trusted: the object is being made or freed. */
const UNTRUSTED = new Set(
  "bpf_map_free bpf_prog_free file_alloc_security file_free_security sk_alloc_security sk_free_security task_free".split(
    " ",
  ),
);

export function isUntrustedLsmHook(hook: string): boolean {
  return UNTRUSTED.has(bare(hook));
}

const BOOL = new Set(["xfrm_state_pol_flow_match", "audit_rule_known", "inode_xattr_skipcap"]);
const MAX_ERRNO = 4095;

/** Least and largest r0 of a hook's programs. Hooks that return void have no range (the caller knows by BTF). */
export function lsmRetvalRange(hook: string): readonly [min: number, max: number] {
  return BOOL.has(bare(hook)) ? [0, 1] : [-MAX_ERRNO, 0];
}

function bare(hook: string): string {
  return hook.startsWith("bpf_lsm_") ? hook.slice("bpf_lsm_".length) : hook;
}
