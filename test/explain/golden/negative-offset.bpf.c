// An index that is limited on both sides, and then moved below the start.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct table {
	__u32 count[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct table);
} tables SEC(".maps");

SEC("xdp")
int count_queue(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct table *t = bpf_map_lookup_elem(&tables, &zero);
	long slot;

	if (!t)
		return XDP_PASS;
	slot = ctx->rx_queue_index & 63;
	t->count[slot - 16]++;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
