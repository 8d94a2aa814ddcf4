// One line reads from the context or from the stack, by which way it was reached.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int length(struct __sk_buff *skb)
{
	volatile __u32 least = 60;
	volatile __u32 *from = &least;

	if (skb->mark == 7)
		from = (volatile __u32 *)&skb->len;
	return *from > 100;
}

char LICENSE[] SEC("license") = "GPL";
