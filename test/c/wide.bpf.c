/* 128-bit integers. */
#include "case.h"

typedef unsigned __int128 u128;
typedef __int128 s128;

struct addresses {
	u128 from, to;
};

static __always_inline u128 u128_at(const u8 *p, int at)
{
	return (u128)u64_at(p, at + 8) << 64 | u64_at(p, at);
}

static __always_inline u32 fold128(u128 x)
{
	return fold((u64)x ^ (u64)(x >> 64));
}

CASE(wide_copy)
{
	struct addresses a = { .from = u128_at(p, 0) }, b;

	a.to = a.from;
	b = a;
	if (b.to == 0)
		return 1;
	if (b.to != a.from)
		return 2;
	return fold128(b.to);
}

CASE(wide_arithmetic)
{
	u128 a = u128_at(p, 0), b = u128_at(p, 16);
	s128 c = a;

	a += b;
	b -= 3;
	return fold128(a) + fold128(b) * 3 + fold128(a & b) * 5 + fold128(~a ^ b) * 7 + fold128(a << 13) * 11 +
	       fold128(c >> 70) * 13 + (a < b) * 17 + (c < 0) * 19;
}
