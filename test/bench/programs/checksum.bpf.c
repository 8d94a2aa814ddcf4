/* The Internet checksum over the packet, 16 bits at a time. */
#include "bench.h"

SEC("xdp")
int checksum(struct xdp_md *ctx)
{
	INPUT(p);
	u16 *word = (u16 *)p;
	u32 sum = 0;

#pragma clang loop unroll(disable)
	for (u32 i = 0; i < INPUT_BYTES / 2; i++)
		sum += word[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}
