/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What scripts/bench-linux.mjs measures: a hash, and a ring that one run fills with some records, short ones or longer. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define RECORDS 8192

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u64);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1024 * 1024);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} small SEC(".maps");

/* Records asked for, and those that found no room. */
__u64 asked = 0;
__u64 refused = 0;

struct record {
	__u32 n;
	__u32 pad[11];
};

SEC("xdp")
int fill(struct xdp_md *ctx)
{
	struct record *r;
	int i;

	for (i = 0; i < RECORDS; i++) {
		r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
		if (!r)
			break;
		r->n = i;
		bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	}
	return XDP_PASS;
}

/* More than fits. */
SEC("xdp")
int overflow(struct xdp_md *ctx)
{
	struct record *r;
	int i;

	for (i = 0; i < 200; i++) {
		asked++;
		r = bpf_ringbuf_reserve(&small, sizeof(*r), 0);
		if (!r) {
			refused++;
			continue;
		}
		r->n = i;
		bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
