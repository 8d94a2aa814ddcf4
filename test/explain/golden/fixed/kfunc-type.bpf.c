// needs: kernel BTF
// kfunc-type, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int bpf_dynptr_from_xdp(struct xdp_md *ctx, __u64 flags, struct bpf_dynptr *out) __ksym;

SEC("xdp")
int first(struct xdp_md *ctx)
{
	struct bpf_dynptr packet;

	return bpf_dynptr_from_xdp(ctx, 0, &packet) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
