/* Bob Jenkins' lookup3 over the packet: 32-bit rotations and subtractions. */
#include "bench.h"

#define ROL(x, k) (((x) << (k)) | ((x) >> (32 - (k))))

SEC("xdp")
int jhash(struct xdp_md *ctx)
{
	INPUT(p);
	u32 *k = (u32 *)p;
	u32 a = 0xdeadbeef + 252, b = a, c = a;

#pragma clang loop unroll(disable)
	for (u32 i = 0; i < 20; i++) {
		a += k[3 * i];
		b += k[3 * i + 1];
		c += k[3 * i + 2];
		a -= c; a ^= ROL(c, 4); c += b;
		b -= a; b ^= ROL(a, 6); a += c;
		c -= b; c ^= ROL(b, 8); b += a;
		a -= c; a ^= ROL(c, 16); c += b;
		b -= a; b ^= ROL(a, 19); a += c;
		c -= b; c ^= ROL(b, 4); b += a;
	}
	a += k[60];
	b += k[61];
	c += k[62];
	c ^= b; c -= ROL(b, 14);
	a ^= c; a -= ROL(c, 11);
	b ^= a; b -= ROL(a, 25);
	c ^= b; c -= ROL(b, 16);
	a ^= c; a -= ROL(c, 4);
	b ^= a; b -= ROL(a, 14);
	c ^= b; c -= ROL(b, 24);
	return c;
}
