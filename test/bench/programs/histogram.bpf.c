/* A histogram on the stack: stores and loads at computed stack addresses. */
#include "bench.h"

SEC("xdp")
int histogram(struct xdp_md *ctx)
{
	INPUT(p);
	u32 bins[32] = {};
	u32 best = 0;

#pragma clang loop unroll(disable)
	for (u32 i = 54; i < 54 + 64; i++)
		bins[p[i] & 31]++;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 32; i++)
		if (bins[i] > best)
			best = bins[i] << 8 | i;
	return best;
}
