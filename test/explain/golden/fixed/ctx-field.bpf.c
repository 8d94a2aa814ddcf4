// ctx-field, with the advice followed.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int shorten(struct __sk_buff *skb)
{
	skb->mark = 64;
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
