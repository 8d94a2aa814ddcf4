// Two checks are missing; the verifier of Linux tells of the first only.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

SEC("xdp")
int count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	__u32 queue = ctx->rx_queue_index;
	__u64 *n;

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	n = bpf_map_lookup_elem(&packets, &queue);
	*n += 1;
	if (eth->h_proto == bpf_htons(ETH_P_IP) && ip->ttl == 1)
		return XDP_DROP;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
