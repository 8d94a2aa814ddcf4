// Each function is within 512 bytes; both together are not.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int inner(struct __sk_buff *skb)
{
	char buf[300] = {};

	bpf_skb_load_bytes(skb, 0, buf, sizeof(buf));
	return buf[7];
}

SEC("socket")
int outer(struct __sk_buff *skb)
{
	char buf[300] = {};

	bpf_skb_load_bytes(skb, 0, buf, sizeof(buf));
	return buf[3] + inner(skb);
}

char LICENSE[] SEC("license") = "GPL";
