// needs: kernel BTF
// An exception thrown from a callback.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern void bpf_throw(__u64 cookie) __ksym;

static int each(__u32 i, void *ctx)
{
	if (i == 3)
		bpf_throw(1);
	return 0;
}

SEC("tc")
int walk(struct __sk_buff *skb)
{
	bpf_loop(skb->len, each, (void *)0, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
