// size-argument, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int copy(struct __sk_buff *skb)
{
	char buf[64] = {};
	__u32 n = skb->len - 14;

	if (n == 0 || n > 64)
		return 0;
	bpf_skb_load_bytes(skb, 0, buf, n);
	return buf[0];
}

char LICENSE[] SEC("license") = "GPL";
