// A timestamp is added at an odd place of a record on the stack, as one step.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 64);
	__uint(key_size, 0);
	__uint(value_size, 24);
} records SEC(".maps");

SEC("xdp")
int stamp(struct xdp_md *ctx)
{
	char record[24] __attribute__((aligned(8))) = {};

	*(volatile __u64 *)(record + 4) = bpf_ktime_get_ns();
	bpf_map_push_elem(&records, record, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
