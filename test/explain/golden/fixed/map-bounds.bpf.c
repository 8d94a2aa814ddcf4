// map-bounds, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct stats {
	__u32 count[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct stats);
	__uint(max_entries, 1);
} table SEC(".maps");

SEC("xdp")
int count_queue(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct stats *s = bpf_map_lookup_elem(&table, &zero);
	__u32 queue = ctx->rx_queue_index & 0xff;

	if (!s)
		return XDP_PASS;
	if (queue >= 64)
		return XDP_PASS;
	s->count[queue]++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
