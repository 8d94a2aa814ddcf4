/* What came with the fourth instruction set: signed division, sign-extending loads and moves, byte swaps, long jumps. */
//! cpu: 4
#include "case.h"

CASE(divide_signed)
{
	s32 a = u32_at(p, 0), b = (s8)p[4] | 1;
	s64 c = u64_at(p, 8), d = (s16)u16_at(p, 16) | 1;

	return a / b + a % b * 3 + fold(c / d) * 5 + fold(c % d) * 7;
}

CASE(divide_signed_constant)
{
	s32 a = u32_at(p, 0);
	s64 c = u64_at(p, 8);

	return a / 10 + a % 10 * 3 + a / -7 * 5 + a / 8 * 7 + a % 16 * 11 + fold(c / 1000) * 13 + fold(c % -9) * 17;
}

CASE(divide_narrow)
{
	s8 a = p[0], b = p[1] | 1;
	s16 c = u16_at(p, 2);
	u8 d = p[4] | 1;

	return a / b + c % b * 3 + c / d * 5 + d / (a ?: 1) * 7;
}

CASE(sign_extending)
{
	const s8 *a = (const s8 *)p;
	const s16 *b = (const s16 *)(p + 2);
	const s32 *c = (const s32 *)(p + 4);
	s64 sum = *a;

	sum += *b;
	sum += *c;
	sum = sum * 3 + (s8)sum + (s16)(sum >> 8) + (s32)(sum >> 3);
	return fold(sum);
}

CASE(swaps)
{
	return __builtin_bswap16(u16_at(p, 0)) + __builtin_bswap32(u32_at(p, 2)) + fold(__builtin_bswap64(u64_at(p, 8)));
}
