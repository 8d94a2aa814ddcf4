// Half of a saved pointer is read back.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int half(struct xdp_md *ctx)
{
	void *volatile saved = (void *)ctx;
	volatile __u32 *part = (volatile __u32 *)&saved;

	return part[0] & 1 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
