/* Promotions and conversions (C11 6.3.1). */
#include "case.h"

CASE(sign_extend)
{
	s8 a = p[0];
	s16 b = u16_at(p, 1);
	s32 c = u32_at(p, 3);
	s64 sum = a;

	sum += b;
	sum *= c;
	return fold(sum);
}

CASE(zero_extend)
{
	u64 sum = (u8)p[0] + (u16)u16_at(p, 1) + (u64)u32_at(p, 3);

	return fold(sum << 7);
}

CASE(truncate)
{
	u64 x = u64_at(p, 0);

	return (u8)x + (s8)(x >> 8) + (u16)(x >> 16) + (s16)(x >> 24) + (u32)(x >> 32) + (s32)(x >> 13);
}

CASE(mixed_compare)
{
	int a = (s8)p[0];
	unsigned int b = p[1];
	long c = (s8)p[2];
	unsigned char d = p[3];

	/* a is converted to unsigned, c stays signed */
	return (a < b) | (c < b) << 1 | (a < d) << 2 | (c > -1) << 3 | ((unsigned long)c > b) << 4;
}

CASE(boolean)
{
	bool a = p[0] & 4, b = u32_at(p, 1), c = !p[5];
	bool d = a == b;

	c |= 2;
	return a | b << 1 | c << 2 | d << 3 | (bool)(p[6] & 0x80) << 4;
}

CASE(character)
{
	char c = p[0];

	return c < 0 ? -c : c + 1000;
}
