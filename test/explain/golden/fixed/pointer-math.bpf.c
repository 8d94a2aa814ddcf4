// pointer-math, with the advice followed.
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
	__u64 n = *jump;
	if (n > 1500)
		return XDP_PASS;
	next = data + n;
	if ((void *)(next + 1) > end)
		return XDP_PASS;
	return *next ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
