/* __builtin_*_overflow into types narrower than what is computed in, and of mixed signs. */
#include "case.h"

CASE(mul_narrow)
{
	u16 r;
	u8 s;
	s16 t;
	u32 lost = __builtin_mul_overflow(u16_at(p, 0), u16_at(p, 2), &r);

	lost = lost * 2 + __builtin_mul_overflow(p[4], p[5], &s);
	lost = lost * 2 + __builtin_mul_overflow(u16_at(p, 6), p[8], &t);
	return lost * 1000003 + r * 31 + s * 7 + t;
}

CASE(mixed_signs)
{
	s8 r;
	u32 s;
	s32 t;
	u32 lost = __builtin_add_overflow((s8)p[0], p[1], &r);

	lost = lost * 2 + __builtin_sub_overflow(u32_at(p, 4), (s32)u32_at(p, 8), &s);
	lost = lost * 2 + __builtin_mul_overflow((s32)u32_at(p, 12), u32_at(p, 16), &t);
	return lost * 1000003 + r * 31 + s * 7 + t;
}
