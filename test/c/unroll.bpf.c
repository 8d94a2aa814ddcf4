/* Loops that are unrolled by pragma. */
#include "case.h"

CASE(unrolled)
{
	u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 20; i++)
		sum += p[i] * (i + 1);
	return sum;
}

CASE(unrolled_clang)
{
	u32 hash = 2166136261;

#pragma clang loop unroll(full)
	for (int i = 0; i < 12; i++) {
		hash ^= p[i];
		hash *= 16777619;
	}
	return hash;
}

CASE(rolled)
{
	u32 sum = 0;

#pragma nounroll
	for (int i = 0; i < 40; i++)
		sum = sum * 3 + p[i];
	return sum;
}
