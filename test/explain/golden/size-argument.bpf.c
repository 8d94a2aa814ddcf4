// The length of a copy comes from the context and is only limited from above, as a signed number.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int copy(struct __sk_buff *skb)
{
	char buf[64] = {};
	long n = (int)skb->len - 14;

	if (n > (long)sizeof(buf))
		return 0;
	bpf_skb_load_bytes(skb, 0, buf, n);
	return buf[0];
}

char LICENSE[] SEC("license") = "GPL";
