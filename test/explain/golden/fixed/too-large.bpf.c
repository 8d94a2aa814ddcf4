// too-large, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int checksum(struct __sk_buff *skb)
{
	__u32 sum = skb->hash;

	for (int i = 0; i < 100; i++) {
		if (sum & 1)
			sum = sum * 31 + i;
		else
			sum ^= skb->mark + i;
		bpf_get_prandom_u32();
	}
	return sum & 1;
}

char LICENSE[] SEC("license") = "GPL";
