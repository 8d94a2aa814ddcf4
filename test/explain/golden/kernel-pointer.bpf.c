// A pointer from the registers of a kprobe is dereferenced as if it were ours.
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

	return file->flags & 1;
}

char LICENSE[] SEC("license") = "GPL";
