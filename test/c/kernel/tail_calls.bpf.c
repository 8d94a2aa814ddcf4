/* Prog arrays filled by their declaration, tail calls by constant and variable slot, hashes of maps, static probes. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

int second(struct xdp_md *ctx);
int third(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(u32));
	__array(values, int(void *));
} stages SEC(".maps") = {
	.values = { [1] = (void *)&second, [3] = (void *)&third },
};

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u32);
} one SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, struct inner);
} tables SEC(".maps") = {
	.values = { &one },
};

u64 seen;

SEC("xdp")
int entry(struct xdp_md *ctx)
{
	seen++;
	bpf_tail_call_static(ctx, &stages, 1);
	bpf_tail_call(ctx, &stages, ctx->rx_queue_index);
	return XDP_PASS;
}

SEC("xdp")
int second(struct xdp_md *ctx)
{
	u32 key = 0, zero = 0;
	void *table = bpf_map_lookup_elem(&tables, &key);
	u32 *value = table ? bpf_map_lookup_elem(table, &zero) : NULL;

	bpf_tail_call(ctx, &stages, 3);
	return value ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int third(struct xdp_md *ctx)
{
	return XDP_TX;
}

SEC("usdt//bin/true:provider:probe")
int BPF_USDT(on_probe, long a, void *b, int c)
{
	seen += a + c + (b != NULL) + bpf_usdt_cookie(ctx) + bpf_usdt_arg_cnt(ctx);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
