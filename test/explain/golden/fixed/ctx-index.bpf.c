// An array in the context with an index that varies.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int pick(struct __sk_buff *skb)
{
	__u32 words[4] = {skb->cb[0], skb->cb[1], skb->cb[2], skb->cb[3]};

	return words[skb->mark & 3];
}

char LICENSE[] SEC("license") = "GPL";
