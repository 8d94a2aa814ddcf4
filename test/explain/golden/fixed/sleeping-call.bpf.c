// sleeping-call, with the advice followed.
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

SEC("uprobe.s/readline")
int line(struct pt_regs *ctx)
{
	char text[16];

	bpf_copy_from_user(text, sizeof(text), (void *)ctx->rax);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
