// One line reads from the context or from the stack, by which way it was reached.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int length(struct __sk_buff *skb)
{
	volatile __u32 least = 60;

	if (skb->mark == 7)
		return skb->len > 100;
	return least > 100;
}

char LICENSE[] SEC("license") = "GPL";
