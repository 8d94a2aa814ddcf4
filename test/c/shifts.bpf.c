/* Shifts: counts known and unknown, signed and unsigned, of narrow types. */
#include "case.h"

CASE(shift_left)
{
	u32 a = u32_at(p, 0);
	u64 c = u64_at(p, 8);

	return (a << (p[4] & 31)) ^ fold(c << (p[5] & 63)) ^ a << 7;
}

CASE(shift_right)
{
	u32 a = u32_at(p, 0);
	u64 c = u64_at(p, 8);

	return (a >> (p[4] & 31)) ^ fold(c >> (p[5] & 63)) ^ a >> 9;
}

CASE(shift_signed)
{
	s32 a = u32_at(p, 0);
	s64 c = u64_at(p, 8);
	s16 e = u16_at(p, 16);
	s8 f = p[18];

	return (a >> (p[4] & 31)) ^ fold(c >> (p[5] & 63)) ^ e >> 3 ^ f >> 1;
}

CASE(shift_narrow)
{
	u8 a = p[0];
	u16 b = u16_at(p, 1);
	u8 c = a << 3;
	u16 d = b << 5;

	c >>= 2;
	d <<= 1;
	return c | d << 8;
}

CASE(rotate)
{
	u32 a = u32_at(p, 0);
	u64 c = u64_at(p, 8);
	int n = p[4] & 31;

	return (a << n | a >> (-n & 31)) + fold(c << 13 | c >> 51);
}
