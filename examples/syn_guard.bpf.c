/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * syn_guard: drops the TCP SYNs of a source that has sent more than `limit` of them.
 *
 *   syns    source address -> SYNs seen; the least recently used source goes first when the map is full
 *   stats   what became of packets, one counter a CPU
 *   events  one record a source, when its first SYN is dropped
 *
 * Try it:  skep run syn_guard.bpf.o --pcap synscan.pcap
 */
#include "parse.h"

#define MAX_SOURCES 4096

/* Read-only once loaded: user space may set another value before that. */
const volatile __u64 limit = 100;

enum stat {
	STAT_OTHER, /* no TCP over IP */
	STAT_TCP,   /* TCP, but no SYN */
	STAT_SYN,   /* SYN within the limit */
	STAT_DROP,  /* SYN over the limit */
	STAT_MAX,
};

struct event {
	struct addr saddr;
	__u64 syns;
	__u64 time_ns;
	__u16 dport;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_SOURCES);
	__type(key, struct addr);
	__type(value, __u64);
} syns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STAT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

static __always_inline void count(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&stats, &what);

	/* The slot is this CPU's own: a plain increment is enough. */
	if (n)
		*n += 1;
}

/* Not inlined: so BTF has the function, and with it struct event, which user space reads records by. */
static __noinline void fill(struct event *e, const struct addr *saddr, __u64 n, __be16 dport)
{
	/* Padding, too: it would otherwise carry what the ring held before. */
	__builtin_memset(e, 0, sizeof(*e));
	e->saddr = *saddr;
	e->syns = n;
	e->time_ns = bpf_ktime_get_ns();
	e->dport = bpf_ntohs(dport);
}

static __always_inline void report(const struct addr *saddr, __u64 n, __be16 dport)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	/* A full ring loses the record, never the packet's verdict. */
	if (!e)
		return;
	fill(e, saddr, n, dport);
	bpf_ringbuf_submit(e, 0);
}

/* SYNs of this source so far, this one included. */
static __always_inline __u64 count_syn(const struct addr *saddr)
{
	__u64 *seen = bpf_map_lookup_elem(&syns, saddr);
	__u64 one = 1;

	/* Packets of one source may be on several CPUs: add atomically. */
	if (seen)
		return __sync_fetch_and_add(seen, 1) + 1;

	/* Another CPU may have been first: then the element stays, and this SYN is not counted. */
	bpf_map_update_elem(&syns, saddr, &one, BPF_NOEXIST);
	return 1;
}

SEC("xdp")
int syn_guard(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct packet p;
	struct tcphdr *tcp;
	__u64 n;

	if (parse_ip(&p, data, end) < 0) {
		count(STAT_OTHER);
		return XDP_PASS;
	}
	tcp = parse_tcp(&p);
	if (!tcp) {
		count(STAT_OTHER);
		return XDP_PASS;
	}
	if (!tcp->syn || tcp->ack) {
		count(STAT_TCP);
		return XDP_PASS;
	}

	n = count_syn(&p.saddr);
	if (n <= limit) {
		count(STAT_SYN);
		return XDP_PASS;
	}
	if (n == limit + 1)
		report(&p.saddr, n, tcp->dest);
	count(STAT_DROP);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
