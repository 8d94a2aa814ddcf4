/* A small interpreter: a switch on each byte of the packet. */
#include "bench.h"

SEC("xdp")
int switch_loop(struct xdp_md *ctx)
{
	INPUT(p);
	u32 a = 1, b = 2;

	for (u32 i = 54; i < 54 + 128; i++) {
		switch (p[i] & 15) {
		case 0: a += b; break;
		case 1: a ^= b; break;
		case 2: b += a; break;
		case 3: b -= a; break;
		case 4: a <<= 1; break;
		case 5: b >>= 1; break;
		case 6: a *= 3; break;
		case 7: b |= 5; break;
		case 8: a = ~a; break;
		case 9: b ^= 0xff00; break;
		case 10: a += 7; break;
		case 11: b += 11; break;
		case 12: a -= 13; break;
		case 13: b *= 17; break;
		case 14: a ^= 0x5555; break;
		default: b ^= a >> 3; break;
		}
	}
	return a ^ b;
}
