// helper-unavailable, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int first(struct xdp_md *ctx)
{
	char byte = 0;

	bpf_xdp_load_bytes(ctx, 0, &byte, 1);
	return byte ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
