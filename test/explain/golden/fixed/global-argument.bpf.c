// global-argument, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct flow {
	__u32 saddr;
	__u16 port;
};

__attribute__((noinline)) int is_ssh(struct flow *flow)
{
	if (!flow)
		return 0;
	return flow->port == 22;
}

SEC("xdp")
int filter(struct xdp_md *ctx)
{
	struct flow flow = { .port = ctx->rx_queue_index };

	return is_ssh(&flow) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
