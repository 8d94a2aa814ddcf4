#include "page.h"
extern void bpf_throw(__u64 cookie) __ksym;

SEC("tc")
int walk(struct __sk_buff *skb)
{
	if (skb->len > 9000)
		bpf_throw(1);
	return 0;
}
