/* Integer arithmetic of every width and sign. */
#include "case.h"

CASE(add_sub)
{
	u32 a = u32_at(p, 0), b = u32_at(p, 4);
	u64 c = u64_at(p, 8), d = u64_at(p, 16);

	return (a + b) ^ (a - b) ^ fold(c + d) ^ fold(c - d);
}

CASE(multiply)
{
	u32 a = u32_at(p, 0), b = u32_at(p, 4);
	u64 c = u64_at(p, 8), d = u64_at(p, 16);

	return a * b + fold(c * d) + fold((u64)a * b) + fold((s64)(s32)a * (s32)b);
}

CASE(divide_unsigned)
{
	u32 a = u32_at(p, 0), b = p[4] | 1;
	u64 c = u64_at(p, 8), d = u16_at(p, 16) | 1;

	return a / b + a % b + fold(c / d) + fold(c % d);
}

CASE(divide_constant)
{
	u32 a = u32_at(p, 0);
	u64 c = u64_at(p, 8);

	return a / 10 + a % 10 + fold(c / 1000000007) + fold(c % 1000) + a / 8 + a % 16;
}

CASE(negate)
{
	s32 a = u32_at(p, 0);
	s64 c = u64_at(p, 8);

	return -a ^ ~a ^ fold(-c) ^ fold(~c) ^ !a ^ !!c;
}

CASE(narrow_add)
{
	u8 a = p[0], b = p[1];
	u16 c = u16_at(p, 2);
	s8 d = p[4];
	u8 sum = a + b;
	u16 wide = c + d;

	sum += 200;
	wide *= 3;
	return sum << 16 | wide;
}
