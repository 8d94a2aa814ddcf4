/* Other program types: their contexts. */
#include "case.h"
#include <linux/pkt_cls.h>

SEC("tc")
int skb_fields(struct __sk_buff *skb)
{
	skb->mark = skb->len * 3;
	skb->cb[1] = skb->protocol;
	return skb->len + skb->cb[1] + skb->mark;
}

SEC("tc")
int skb_helpers(struct __sk_buff *skb)
{
	u8 bytes[4];

	if (bpf_skb_load_bytes(skb, 2, bytes, sizeof(bytes)) < 0)
		return TC_ACT_SHOT;
	return bytes[0] + bytes[3] * 256;
}

SEC("socket")
int filter(struct __sk_buff *skb)
{
	u32 sum = 0;

	for (int i = 0; i < 4; i++) {
		u8 b = 0;

		bpf_skb_load_bytes(skb, i * 2, &b, 1);
		sum += b;
	}
	return sum;
}

struct args {
	u64 a;
	u32 b;
	u32 result;
};

SEC("syscall")
int syscall_ctx(struct args *args)
{
	args->result = args->a * args->b;
	return args->b + 1;
}
