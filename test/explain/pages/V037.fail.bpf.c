#include "page.h"
extern void bpf_throw(__u64 cookie) __ksym;

static int each(__u32 i, void *ctx)
{
	bpf_throw(1);
	return 0;
}

SEC("tc")
int walk(struct __sk_buff *skb)
{
	bpf_loop(4, each, NULL, 0);
	return 0;
}
