/* Comparisons of every kind, as values and as conditions. */
#include "case.h"

CASE(compare_unsigned)
{
	u32 a = u32_at(p, 0), b = u32_at(p, 4);
	u64 c = u64_at(p, 8), d = u64_at(p, 16);

	return (a == b) | (a != b) << 1 | (a < b) << 2 | (a <= b) << 3 | (a > b) << 4 | (a >= b) << 5 |
	       (c < d) << 6 | (c <= d) << 7 | (c > d) << 8 | (c >= d) << 9;
}

CASE(compare_signed)
{
	s32 a = u32_at(p, 0), b = u32_at(p, 4);
	s64 c = u64_at(p, 8), d = u64_at(p, 16);
	s8 e = p[24], f = p[25];

	return (a < b) | (a <= b) << 1 | (a > b) << 2 | (a >= b) << 3 | (c < d) << 4 | (c >= d) << 5 | (e < f) << 6 |
	       (e >= f) << 7 | (a < 0) << 8 | (c > -5) << 9;
}

CASE(compare_branch)
{
	u32 n = 0;

	if (p[0] > 10)
		n += 1;
	if ((s8)p[1] < -3)
		n += 2;
	else if (p[1] == 77)
		n += 4;
	if (!(p[2] & 1))
		n += 8;
	if (p[3] >= p[4] && p[5] < p[6])
		n += 16;
	if (p[7] || p[8] == 3 || p[9] > 200)
		n += 32;
	return n;
}

CASE(minmax)
{
	u32 a = u32_at(p, 0), b = u32_at(p, 4);
	s32 c = a, d = b;

	return (a < b ? a : b) ^ (c > d ? c : d) ^ (a ?: 17);
}
