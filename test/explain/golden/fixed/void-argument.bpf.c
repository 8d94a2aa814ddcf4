// A global function is given a pointer to nobody knows what.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int first(char *bytes)
{
	return bytes ? *(volatile char *)bytes : 0;
}

SEC("xdp")
int guard(struct xdp_md *ctx)
{
	char buf[8] = {};

	return first(buf) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
