// kernel-pointer, with the advice followed.
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

struct file_head {
	__u64 flags;
};

SEC("kprobe/vfs_read")
int on_read(struct pt_regs *ctx)
{
	struct file_head *file = (void *)ctx->rdi;

	__u64 flags = 0;

	bpf_probe_read_kernel(&flags, sizeof(flags), &file->flags);
	return flags & 1;
}

char LICENSE[] SEC("license") = "GPL";
