/* Parsing a packet: headers behind one another, bounds each. */
#include "case.h"
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/udp.h>

struct cursor {
	void *pos, *end;
};

static __always_inline struct ethhdr *ethernet(struct cursor *c, u16 *proto)
{
	struct ethhdr *eth = c->pos;

	if ((void *)(eth + 1) > c->end)
		return NULL;
	c->pos = eth + 1;
	*proto = bpf_ntohs(eth->h_proto);
	return eth;
}

static __always_inline struct iphdr *ipv4(struct cursor *c)
{
	struct iphdr *ip = c->pos;
	int len;

	if ((void *)(ip + 1) > c->end)
		return NULL;
	len = ip->ihl * 4;
	if (len < (int)sizeof(*ip) || c->pos + len > c->end)
		return NULL;
	c->pos += len;
	return ip;
}

SEC("xdp")
int headers(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	struct iphdr *ip;
	u16 proto;

	if (!ethernet(&c, &proto))
		return 1;
	if (proto != ETH_P_IP)
		return 2;
	ip = ipv4(&c);
	if (!ip)
		return 3;
	if (ip->protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = c.pos;

		if ((void *)(tcp + 1) > c.end)
			return 4;
		return 1000 + bpf_ntohs(tcp->dest) + tcp->syn + tcp->ack * 2 + tcp->doff * 4;
	}
	if (ip->protocol == IPPROTO_UDP) {
		struct udphdr *udp = c.pos;

		if ((void *)(udp + 1) > c.end)
			return 5;
		return 2000 + bpf_ntohs(udp->len);
	}
	return 6 + ip->ttl;
}

SEC("xdp")
int rewrite(struct xdp_md *ctx)
{
	u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)data;
	u8 t[ETH_ALEN];

	if (data + sizeof(*eth) > end)
		return XDP_DROP;
	__builtin_memcpy(t, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
	__builtin_memcpy(eth->h_source, t, ETH_ALEN);
	eth->h_proto = bpf_htons(0x88b5);
	return XDP_TX;
}

SEC("xdp")
int checksum(struct xdp_md *ctx)
{
	u16 *at = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	u32 sum = 0;

	for (int i = 0; i < 40; i++) {
		if (at + 1 > end)
			break;
		sum += *at++;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}
