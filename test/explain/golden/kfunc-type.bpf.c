// needs: kernel BTF
// A kernel function for socket buffers, in a program that has none.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *out) __ksym;

SEC("xdp")
int first(struct xdp_md *ctx)
{
	struct bpf_dynptr packet;

	return bpf_dynptr_from_skb((void *)ctx, 0, &packet) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
