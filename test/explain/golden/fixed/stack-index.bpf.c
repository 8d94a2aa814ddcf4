// stack-index, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int histogram(struct __sk_buff *skb)
{
	volatile char seen[32];
	__u32 i = skb->len & 0x3f;

	seen[0] = 0;
	if (i >= 32)
		return 0;
	seen[i] = 1;
	return seen[0];
}

char LICENSE[] SEC("license") = "GPL";
