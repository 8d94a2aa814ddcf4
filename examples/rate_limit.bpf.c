/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * rate_limit: a token bucket for each source address.
 *
 * A source may send `burst` packets at once, and `rate` packets a second in the long run. Its bucket is one number: the time
 * at which it will be full again. A packet moves that time 1/rate of a second on; a packet that would move it further ahead
 * of now than a whole bucket lasts is dropped. (The "generic cell rate algorithm".) One number can be changed with one
 * compare-and-swap, so CPUs need no lock.
 */
#include "parse.h"

#define NSEC_PER_SEC 1000000000ULL

const volatile __u64 rate = 100; /* packets a second */
const volatile __u64 burst = 20; /* packets */

struct bucket {
	__u64 full_ns;
	__u64 dropped;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct addr);
	__type(value, struct bucket);
} buckets SEC(".maps");

/* Takes a token out. Returns 0 where there was none. */
static __always_inline int take(struct bucket *b, __u64 now, __u64 cost, __u64 most)
{
	__u64 old = b->full_ns;
	__u64 full = old > now ? old : now;

	full += cost;
	if (full - now > most) {
		__sync_fetch_and_add(&b->dropped, 1);
		return 0;
	}
	/* Where another CPU was faster, this packet goes free: rare, and cheaper than to try again. */
	__sync_val_compare_and_swap(&b->full_ns, old, full);
	return 1;
}

SEC("xdp")
int rate_limit(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u64 now = bpf_ktime_get_ns();
	__u64 cost = rate ? NSEC_PER_SEC / rate : 0;
	struct bucket *b;
	struct packet p;

	if (parse_ip(&p, data, end) < 0)
		return XDP_PASS;

	b = bpf_map_lookup_elem(&buckets, &p.saddr);
	if (!b) {
		struct bucket fresh = { .full_ns = now + cost };

		/* A new source: its bucket is full, less this packet. */
		bpf_map_update_elem(&buckets, &p.saddr, &fresh, BPF_NOEXIST);
		return XDP_PASS;
	}
	return take(b, now, cost, cost * burst) ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
