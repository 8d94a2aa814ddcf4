// A format that the program could change.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static char format[] = "%d packets";

SEC("xdp")
int show(struct xdp_md *ctx)
{
	char text[32];
	__u64 queue = ctx->rx_queue_index;

	format[0] = queue > 5 ? '%' : ' ';
	bpf_snprintf(text, sizeof(text), format, &queue, sizeof(queue));
	return text[0] == '1' ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
