// The length of a header comes from the packet as a signed number that may be anything.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int skip(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__s64 *jump = data;
	__u8 *next;

	if ((void *)(jump + 1) > end)
		return XDP_PASS;
	next = data + *jump;
	if ((void *)(next + 1) > end)
		return XDP_PASS;
	return *next ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
