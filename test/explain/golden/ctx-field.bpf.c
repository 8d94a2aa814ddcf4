// A field of the context that programs may read but not set.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int shorten(struct __sk_buff *skb)
{
	skb->len = 64;
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
