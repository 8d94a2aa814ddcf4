/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * tc_edit: changes packets on their way, and keeps their checksums right.
 *
 *   - TTL and hop limit go down by one; a packet that has none left is dropped
 *   - the destination port `from_port` becomes `to_port`, for TCP and UDP
 *   - packets leave with VLAN tag `vlan_id` (0: none)
 *
 * Checksums are mended from the difference (RFC 1624): the rest of the packet need not be read.
 */
#include <linux/pkt_cls.h>
#include "parse.h"

const volatile __u16 vlan_id = 42;
const volatile __u16 from_port = 80;
const volatile __u16 to_port = 8080;

#define L3_OFF ETH_HLEN
#define TTL_OFF (L3_OFF + __builtin_offsetof(struct iphdr, ttl))
#define IP_CSUM_OFF (L3_OFF + __builtin_offsetof(struct iphdr, check))
#define HOP_OFF (L3_OFF + __builtin_offsetof(struct ipv6hdr, hop_limit))

/* What became of a packet, to be read by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

enum counter {
	COUNT_EDITED,
	COUNT_EXPIRED,
	COUNT_OTHER,
};

static __always_inline int done(__u32 what, int verdict)
{
	__u64 *n = bpf_map_lookup_elem(&counters, &what);

	if (n)
		__sync_fetch_and_add(n, 1);
	return verdict;
}

/* IPv4 has a checksum over its header. TTL and protocol share a 16-bit word: the sum changes by the word's difference. */
static __always_inline int lower_ttl(struct __sk_buff *skb, __u8 ttl, __u8 proto)
{
	__be16 old = bpf_htons(ttl << 8 | proto);
	__be16 new = bpf_htons((ttl - 1) << 8 | proto);
	__u8 less = ttl - 1;

	if (bpf_l3_csum_replace(skb, IP_CSUM_OFF, old, new, sizeof(old)) < 0)
		return -1;
	return bpf_skb_store_bytes(skb, TTL_OFF, &less, sizeof(less), 0);
}

static __always_inline int move_port(struct __sk_buff *skb, __u32 l4_off, __u8 proto)
{
	__u32 port_off = l4_off + __builtin_offsetof(struct udphdr, dest);
	__u32 csum_off = l4_off;
	__be16 to = bpf_htons(to_port);
	__u64 flags = sizeof(to);
	__be16 port;

	if (proto == IPPROTO_TCP) {
		csum_off += __builtin_offsetof(struct tcphdr, check);
	} else if (proto == IPPROTO_UDP) {
		csum_off += __builtin_offsetof(struct udphdr, check);
		/* UDP over IPv4 may go without a checksum: 0 stays 0, and a sum of 0 is sent as 0xffff. */
		flags |= BPF_F_MARK_MANGLED_0;
	} else {
		return 0;
	}
	if (bpf_skb_load_bytes(skb, port_off, &port, sizeof(port)) < 0)
		return 0;
	if (port != bpf_htons(from_port))
		return 0;
	if (bpf_l4_csum_replace(skb, csum_off, port, to, flags) < 0)
		return -1;
	return bpf_skb_store_bytes(skb, port_off, &to, sizeof(to), 0);
}

SEC("tc")
int tc_edit(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	__u32 l4_off;
	__u8 ttl, proto;

	/* Helpers that change the packet make data and end stale: all that is needed is read before the first of them. */
	if (skb->protocol == bpf_htons(ETH_P_IP)) {
		struct iphdr *ip = data + L3_OFF;

		if ((void *)(ip + 1) > end)
			return done(COUNT_OTHER, TC_ACT_OK);
		ttl = ip->ttl;
		proto = ip->protocol;
		/* Fragments after the first have no ports. */
		l4_off = ip->frag_off & bpf_htons(0x1fff) ? 0 : L3_OFF + ip->ihl * 4;
		if (ttl <= 1)
			return done(COUNT_EXPIRED, TC_ACT_SHOT);
		if (lower_ttl(skb, ttl, proto) < 0)
			return done(COUNT_OTHER, TC_ACT_SHOT);
	} else if (skb->protocol == bpf_htons(ETH_P_IPV6)) {
		struct ipv6hdr *ip6 = data + L3_OFF;
		__u8 less;

		if ((void *)(ip6 + 1) > end)
			return done(COUNT_OTHER, TC_ACT_OK);
		ttl = ip6->hop_limit;
		proto = ip6->nexthdr;
		l4_off = L3_OFF + sizeof(*ip6);
		if (ttl <= 1)
			return done(COUNT_EXPIRED, TC_ACT_SHOT);
		/* IPv6 has no header checksum. */
		less = ttl - 1;
		if (bpf_skb_store_bytes(skb, HOP_OFF, &less, sizeof(less), 0) < 0)
			return done(COUNT_OTHER, TC_ACT_SHOT);
	} else {
		return done(COUNT_OTHER, TC_ACT_OK);
	}

	if (l4_off && move_port(skb, l4_off, proto) < 0)
		return done(COUNT_OTHER, TC_ACT_SHOT);
	if (vlan_id && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), vlan_id) < 0)
		return done(COUNT_OTHER, TC_ACT_SHOT);
	return done(COUNT_EDITED, TC_ACT_OK);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
