/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * firewall: rules for source networks, and a set of closed ports.
 *
 *   rules   network -> what to do; the longest prefix wins. IPv4 networks are ::ffff:a.b.c.d with 96 bits more
 *   ports   ports that are closed, by protocol
 *
 * A rule to allow or to drop decides. A packet that no rule matches is dropped if its port is closed, else let through.
 */
#include "parse.h"

enum action {
	ACTION_ALLOW = 1,
	ACTION_DROP = 2,
};

struct network {
	__u32 prefixlen; /* bits of addr that count, 0 to 128 */
	struct addr addr;
};

struct rule {
	__u32 action;
	__u32 pad;
	__u64 packets;
	__u64 bytes;
};

struct port {
	__u16 port; /* host order */
	__u8 proto; /* IPPROTO_TCP or IPPROTO_UDP */
	__u8 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	/* Tries take memory as they grow. */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct network);
	__type(value, struct rule);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct port);
	__type(value, __u64);
} ports SEC(".maps");

/* Packets for a closed port are counted, too. */
static __always_inline int port_closed(const struct packet *p)
{
	struct port key = { .proto = p->proto };
	/* TCP and UDP headers both begin with source and destination port. */
	struct udphdr *l4 = p->l4;
	__u64 *hits;

	if (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP)
		return 0;
	if ((void *)(l4 + 1) > p->end)
		return 0;
	key.port = bpf_ntohs(l4->dest);
	hits = bpf_map_lookup_elem(&ports, &key);
	if (!hits)
		return 0;
	__sync_fetch_and_add(hits, 1);
	return 1;
}

SEC("xdp")
int firewall(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct network from = { .prefixlen = 128 };
	struct rule *rule;
	struct packet p;

	if (parse_ip(&p, data, end) < 0)
		return XDP_PASS;

	from.addr = p.saddr;
	rule = bpf_map_lookup_elem(&rules, &from);
	if (rule) {
		__sync_fetch_and_add(&rule->packets, 1);
		__sync_fetch_and_add(&rule->bytes, end - data);
		if (rule->action == ACTION_ALLOW)
			return XDP_PASS;
		if (rule->action == ACTION_DROP)
			return XDP_DROP;
	}
	return port_closed(&p) ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
