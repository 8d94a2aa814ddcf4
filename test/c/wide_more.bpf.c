/* 128-bit integers: shifts by a variable, compound assignment, members, increments, conversions. */
#include "case.h"

typedef unsigned __int128 u128;
typedef __int128 s128;

static __always_inline u128 u128_at(const u8 *p, int at)
{
	return (u128)u64_at(p, at + 8) << 64 | u64_at(p, at);
}

static __always_inline u32 fold128(u128 x)
{
	return fold((u64)x ^ (u64)(x >> 64));
}

struct net {
	u8 bits;
	u128 address;
};

CASE(wide_shift)
{
	u128 a = u128_at(p, 0);
	s128 b = a;

	return fold128(a << 1) + fold128(a >> 64) * 3 + fold128(b >> 65) * 5 + fold128(a << 127) * 7 + fold128(b >> 63) * 9;
}

CASE(wide_mask)
{
	struct net n = { p[0] & 127, u128_at(p, 1) };
	u128 mask = ~(u128)0 << 28;

	n.address &= mask;
	n.address |= 1;
	n.address ^= (u128)p[2] << 100;
	return fold128(n.address) + (n.address > mask);
}

CASE(wide_steps)
{
	u128 a = u128_at(p, 0), b;
	s128 c = (s8)p[3];

	b = a++;
	++a;
	a += p[20];
	a -= 1;
	c = -c;
	return fold128(a) + fold128(b) * 3 + fold128(c) * 5 + (c > 3) + !a + (a ? 7 : 9) + (u8)a + (bool)b;
}

CASE(wide_array)
{
	u128 list[4] = { 1, u128_at(p, 0), -1 };

	list[p[0] & 3] += list[1];
	return fold128(list[0]) + fold128(list[1]) * 3 + fold128(list[2]) * 5 + sizeof(list);
}

CASE(wide_condition)
{
	u128 a = u128_at(p, 0), b = u128_at(p, 8);
	u128 c = a > b ? a : b;

	switch ((u32)(c >> 96)) {
	case 0:
		return 1;
	default:
		return fold128(c) + (a >= b) + (a <= b) * 2 + (a == b) * 4;
	}
}
