// A counter within the packet is raised as one step.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int bump(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 *counter = data;

	if ((void *)(counter + 1) > end)
		return XDP_PASS;
	__sync_fetch_and_add(counter, 1);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
