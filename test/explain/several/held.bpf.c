// A check that leaves the program has to give back the record that it holds.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_helpers.h>

struct event {
	__u32 queue;
	__u32 proto;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("xdp")
int watch(struct xdp_md *ctx)
{
	struct event *first = bpf_ringbuf_reserve(&events, sizeof(*first), 0);
	struct event *second;

	if (!first)
		return XDP_PASS;
	second = bpf_ringbuf_reserve(&events, sizeof(*second), 0);
	first->queue = ctx->rx_queue_index;
	second->queue = first->queue + 1;
	bpf_ringbuf_submit(first, 0);
	bpf_ringbuf_submit(second, 0);
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
