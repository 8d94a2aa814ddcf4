/* Arrays whose length is no constant expression, but a constant. */
#include "case.h"

CASE(folded_length)
{
	const int n = 8;
	u8 list[n];
	u32 sum = 0;

	for (int i = 0; i < n; i++)
		list[i] = p[i] * 2;
	for (int i = 0; i < n; i++)
		sum = sum * 3 + list[i];
	return sum + sizeof(list);
}

CASE(folded_expression)
{
	static const u32 half = 6;
	u16 pairs[half * 2];

	__builtin_memset(pairs, 0, sizeof(pairs));
	for (u32 i = 0; i < half; i++)
		pairs[i * 2 + 1] = p[i];
	return pairs[1] + pairs[11] * 3 + pairs[2] + sizeof(pairs);
}
