// Each round may end in two states, and no two are alike: a million instructions are not enough.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int checksum(struct __sk_buff *skb)
{
	__u32 sum = skb->hash;

	for (int i = 0; i < 100000; i++) {
		if (sum & 1)
			sum = sum * 31 + i;
		else
			sum ^= skb->mark + i;
		bpf_get_prandom_u32();
	}
	return sum & 1;
}

char LICENSE[] SEC("license") = "GPL";
