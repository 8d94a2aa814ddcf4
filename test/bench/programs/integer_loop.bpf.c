/* A dependent chain of 32-bit adds, xors, shifts and a multiply. */
#include "bench.h"

SEC("xdp")
int integer_loop(struct xdp_md *ctx)
{
	INPUT(p);
	u32 n = 1000 + (p[30] & 1);
	u32 x = *(u32 *)(p + 32), y = *(u32 *)(p + 36);

	for (u32 i = 0; i < n; i++) {
		x = x * 1664525 + y;
		y = (y ^ x) + (x >> 7) + i;
	}
	return x ^ y;
}
