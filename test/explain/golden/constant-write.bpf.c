// A constant that user space sets before loading is written by the program.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile __u64 limit = 5;

SEC("xdp")
int raise(struct xdp_md *ctx)
{
	*(volatile __u64 *)&limit = ctx->rx_queue_index;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
