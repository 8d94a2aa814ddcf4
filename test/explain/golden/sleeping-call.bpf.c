// Reading user memory that may have to be fetched first, in a program that must not wait.
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

SEC("uprobe/readline")
int line(struct pt_regs *ctx)
{
	char text[16];

	bpf_copy_from_user(text, sizeof(text), (void *)ctx->rax);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
