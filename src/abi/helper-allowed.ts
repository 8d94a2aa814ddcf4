/**
 * The second question the kernel asks of a helper: bpf_func_proto.allowed ("helper call is not allowed in probe"). Four
 * helpers have it; the answer depends on the kernel function a program is attached to.
 * Source: 6.18 kernel/trace/bpf_trace.c bpf_d_path_allowed, kernel/bpf/bpf_lsm.c bpf_ima_inode_hash_allowed,
 * net/core/bpf_sk_storage.c bpf_sk_storage_tracing_allowed.
 */
import { BPF_TRACE_FENTRY, BPF_TRACE_FEXIT, BPF_TRACE_ITER, BPF_TRACE_RAW_TP } from "./attach-types.ts";
import { helperName } from "./helpers.ts";
import { isSleepableLsmHook } from "./lsm.ts";
import { BPF_PROG_TYPE_LSM, BPF_PROG_TYPE_SYSCALL, BPF_PROG_TYPE_TRACING } from "./prog-types.ts";

/** Kernel functions where fentry and fexit programs may call bpf_d_path. */
const D_PATH_FUNCTIONS = new Set(
  `security_file_permission security_inode_getattr security_file_open security_path_truncate vfs_truncate vfs_fallocate
  dentry_open vfs_getattr filp_close`.split(/\s+/),
);

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
