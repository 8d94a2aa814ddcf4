/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * rate_limit: a token bucket for each source address.
 *
 * A source may send `burst` packets at once and `rate` packets a second in the long run. Its bucket holds tokens, counted in
 * nanoseconds: each packet takes 1/rate of a second out, time puts it back in, and a bucket never holds more than `burst`
 * packets' worth. So no division is needed for a packet, but one when the cost is worked out.
 */
#include "parse.h"

#define NSEC_PER_SEC 1000000000ULL

const volatile __u64 rate = 100; /* packets a second */
const volatile __u64 burst = 20; /* packets */

struct bucket {
	struct bpf_spin_lock lock;
	__u32 dropped;
	__u64 tokens_ns;
	__u64 last_ns;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct addr);
	__type(value, struct bucket);
} buckets SEC(".maps");

SEC("xdp")
int rate_limit(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	/* No helper may be called while the lock is held: the time comes first. */
	__u64 now = bpf_ktime_get_ns();
	__u64 cost, most, tokens;
	struct bucket *b;
	struct packet p;
	int ok;

	if (parse_ip(&p, data, end) < 0 || !rate)
		return XDP_PASS;
	cost = NSEC_PER_SEC / rate;
	most = cost * burst;

	b = bpf_map_lookup_elem(&buckets, &p.saddr);
	if (!b) {
		struct bucket fresh = { .tokens_ns = most - cost, .last_ns = now };

		/* A new source: its bucket is full, less this packet. */
		bpf_map_update_elem(&buckets, &p.saddr, &fresh, BPF_NOEXIST);
		return XDP_PASS;
	}

	bpf_spin_lock(&b->lock);
	tokens = b->tokens_ns;
	/* Another CPU's clock may be a little ahead. */
	if (now > b->last_ns) {
		tokens += now - b->last_ns;
		b->last_ns = now;
	}
	if (tokens > most)
		tokens = most;
	ok = tokens >= cost;
	if (ok)
		tokens -= cost;
	else
		b->dropped++;
	b->tokens_ns = tokens;
	bpf_spin_unlock(&b->lock);

	return ok ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
