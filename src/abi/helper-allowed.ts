/**
 * The second question the kernel asks of a helper: bpf_func_proto.allowed ("helper call is not allowed in probe"). Four
 * helpers have it; the answer depends on the kernel function a program is attached to.
 * Source: 6.18 kernel/trace/bpf_trace.c bpf_d_path_allowed, kernel/bpf/bpf_lsm.c bpf_ima_inode_hash_allowed and
 * sleepable_lsm_hooks, net/core/bpf_sk_storage.c bpf_sk_storage_tracing_allowed.
 */
import { BPF_TRACE_FENTRY, BPF_TRACE_FEXIT, BPF_TRACE_ITER, BPF_TRACE_RAW_TP } from "./attach-types.ts";
import { helperName } from "./helpers.ts";
import { BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_SYSCALL, BPF_PROG_TYPE_TRACING } from "./prog-types.ts";

/** Kernel functions where fentry and fexit programs may call bpf_d_path. */
const D_PATH_FUNCTIONS = new Set(
  `security_file_permission security_inode_getattr security_file_open security_path_truncate vfs_truncate vfs_fallocate
  dentry_open vfs_getattr filp_close`.split(/\s+/),
);

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

/** `hook` is the BTF function name: "bpf_lsm_file_open". */
export function isSleepableLsmHook(hook: string): boolean {
  return hook.startsWith("bpf_lsm_") && SLEEPABLE_LSM_HOOKS.has(hook.slice("bpf_lsm_".length));
}

/** False where helperProto() gives a row but the kernel still refuses. `attachTo` is the kernel function's name or "". */
export function helperAllowed(progType: number, attachType: number, id: number, attachTo: string): boolean {
  switch (helperName(id)) {
    case "d_path":
      if (progType === BPF_PROG_TYPE_TRACING && attachType === BPF_TRACE_ITER) return true;
      if (progType === BPF_PROG_TYPE_LSM) return isSleepableLsmHook(attachTo);
      return D_PATH_FUNCTIONS.has(attachTo);
    case "ima_inode_hash":
    case "ima_file_hash":
      return isSleepableLsmHook(attachTo);
    case "sk_storage_get":
    case "sk_storage_delete":
      return sockStorageAllowed(progType, attachType, attachTo);
    default:
      return true;
  }
}

/** Only the tracing form of the helper asks; syscall programs get that form and no hook to go with it. */
function sockStorageAllowed(progType: number, attachType: number, attachTo: string): boolean {
  if (progType !== BPF_PROG_TYPE_TRACING) return progType !== BPF_PROG_TYPE_SYSCALL;
  if (attachType === BPF_TRACE_ITER || attachType === BPF_TRACE_RAW_TP) return true;
  if (attachType === BPF_TRACE_FENTRY || attachType === BPF_TRACE_FEXIT) return !attachTo.startsWith("bpf_sk_storage");
  return false;
}
