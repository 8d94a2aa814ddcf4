/* Binary searches in a sorted table of 256 words in .data. */
#include "bench.h"

#define ENTRIES 256
#define R1(i) 3 * (i) + 1
#define R4(i) R1(i), R1(i + 1), R1(i + 2), R1(i + 3)
#define R16(i) R4(i), R4(i + 4), R4(i + 8), R4(i + 12)
#define R64(i) R16(i), R16(i + 16), R16(i + 32), R16(i + 48)

u32 sorted[ENTRIES] = { R64(0), R64(64), R64(128), R64(192) };

SEC("xdp")
int binary_search(struct xdp_md *ctx)
{
	INPUT(p);
	u32 found = 0;

#pragma clang loop unroll(disable)
	for (u32 round = 0; round < 8; round++) {
		u32 want = *(u16 *)(p + 54 + 2 * round) & 0x3ff;
		u32 at = p[30] & 1;

#pragma clang loop unroll(disable)
		for (u32 half = ENTRIES / 2; half > 0; half /= 2) {
			if (sorted[(at + half) & (ENTRIES - 1)] < want)
				at += half;
		}
		found += at;
	}
	return found;
}
