/* 64-bit multiplications and divisions by values that the compiler does not know. */
#include "bench.h"

SEC("xdp")
int muldiv64(struct xdp_md *ctx)
{
	INPUT(p);
	u64 x = *(u64 *)(p + 64) | 1, y = *(u64 *)(p + 72);
	u64 d = (*(u32 *)(p + 80) & 0xffff) + 3;

	for (u32 i = 0; i < 64; i++) {
		x = x * 6364136223846793005ULL + y;
		y += x / d;
		y ^= x % (d + i);
	}
	return (u32)(x ^ (y >> 32) ^ y);
}
