// An array in the context with an index that varies.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int pick(struct __sk_buff *skb)
{
	return skb->cb[skb->mark & 3];
}

char LICENSE[] SEC("license") = "GPL";
