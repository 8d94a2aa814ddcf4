// not-written, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define fence(var) asm volatile("" : "+r"(var))

SEC("xdp")
int sample(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data;

	bpf_ktime_get_ns();
	fence(len);
	if (len > 1500)
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
