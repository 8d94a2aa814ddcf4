/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Parsing shared by the packet examples. Each step returns NULL where the packet ends too early. */
#ifndef EXAMPLES_PARSE_H
#define EXAMPLES_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* An IPv6 address, or an IPv4 address as ::ffff:a.b.c.d: one kind of key for both. */
struct addr {
	__u8 bytes[16];
};

struct packet {
	void *end;
	struct addr saddr;
	void *l4;
	__u8 proto;
};

static __always_inline void addr_from_v4(struct addr *to, __be32 from)
{
	__builtin_memset(to, 0, 10);
	to->bytes[10] = to->bytes[11] = 0xff;
	__builtin_memcpy(&to->bytes[12], &from, 4);
}

/* Fills `p` from an Ethernet frame. Returns 0 for IP, -1 for what is not, or is cut short. */
static __always_inline int parse_ip(struct packet *p, void *data, void *end)
{
	struct ethhdr *eth = data;

	p->end = end;
	if ((void *)(eth + 1) > end)
		return -1;

	switch (eth->h_proto) {
	case bpf_htons(ETH_P_IP): {
		struct iphdr *ip = (void *)(eth + 1);

		if ((void *)(ip + 1) > end || ip->ihl < 5)
			return -1;
		/* Only the first fragment has a transport header. */
		if (ip->frag_off & bpf_htons(0x1fff))
			return -1;
		addr_from_v4(&p->saddr, ip->saddr);
		p->proto = ip->protocol;
		p->l4 = (void *)ip + ip->ihl * 4;
		return 0;
	}
	case bpf_htons(ETH_P_IPV6): {
		struct ipv6hdr *ip6 = (void *)(eth + 1);

		if ((void *)(ip6 + 1) > end)
			return -1;
		__builtin_memcpy(&p->saddr, &ip6->saddr, sizeof(p->saddr));
		p->proto = ip6->nexthdr;
		p->l4 = ip6 + 1;
		return 0;
	}
	}
	return -1;
}

static __always_inline struct tcphdr *parse_tcp(const struct packet *p)
{
	struct tcphdr *tcp = p->l4;

	if (p->proto != IPPROTO_TCP || (void *)(tcp + 1) > p->end)
		return NULL;
	return tcp;
}

#endif
