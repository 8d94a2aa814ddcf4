/* What is rare but C: switches over blocks and 64 bits, loops with several ways out, shadowing, comma, sizes, precedence, volatile. */
#include "case.h"

CASE(duff)
{
	u32 n = p[0] & 7, sum = 0, i = 0;

	switch (n & 3) {
	case 0:
		do {
			sum += p[i++ & 15];
	case 3:
			sum += p[i++ & 15] * 2;
	case 2:
			sum += p[i++ & 15] * 3;
	case 1:
			sum += p[i++ & 15] * 4;
		} while (i < 12);
	}
	return sum * 16 + i;
}

CASE(switch_wide)
{
	switch (u64_at(p, 0)) {
	case 0:
		return 1;
	case 0x0807060504030201:
		return 2;
	case ~0ULL:
		return 3;
	case 0x100000000 ... 0x1ffffffff:
		return 4;
	}
	return 5;
}

CASE(switch_signed)
{
	switch ((s8)p[0]) {
	case -128 ... -2:
		return 1;
	case -1:
		return 2;
	case 0:
		return 3;
	case 'a' ... 'z':
		return 4;
	default:
		return 5;
	}
}

CASE(shadowed)
{
	u32 n = p[0];

	{
		u32 n = p[1];

		{
			typeof(n) n = p[2];

			if (n & 1)
				return n;
		}
		n++;
		if (n > 3)
			return n * 3;
	}
	for (u32 n = 5; n < 7; n++)
		if (p[n] == n + 1)
			return n * 5;
	return n;
}

CASE(precedence)
{
	u32 a = p[0], b = p[1], c = p[2];

	return (a + b << 2 & 0xff | c ^ a & b) + (a & 1 ? b ? 1 : 2 : c ? 3 : 4) + (!a == b) + (-a + b) + (~c >> 3 & 7) +
	       (a < b == b < c) + (sizeof a + 1);
}


CASE(volatile_members)
{
	struct {
		volatile u32 a;
		u32 b;
	} v = { p[0], p[1] };
	volatile u8 *at = (volatile u8 *)&v.b;

	v.a += 1;
	at[1] = 3;
	return v.a + v.a + v.b;
}

CASE(pointer_casts)
{
	u64 word = u64_at(p, 0);
	u16 *halves = (u16 *)&word;
	u8 *bytes = (void *)halves;
	long address = (long)halves;

	halves[1] = bytes[0];
	*(u32 *)(bytes + 4) += 7;
	return fold(word) + (u32)(*(u16 *)(address + 2)) + (bytes == (u8 *)address);
}

CASE(array_pointers)
{
	u16 grid[3][4] = {};
	u16 (*row)[4] = grid + 1;
	u16 *flat = &grid[0][0];

	(*row)[2] = p[0];
	row[1][3] = p[1];
	(*(row - 1))[0] = p[2];
	return flat[6] + flat[11] * 3 + flat[0] * 5 + sizeof(*row) + (&grid[2] - row) + 2 [*row];
}

CASE(boolean_values)
{
	_Bool a = p[0], b = !!(p[1] & 2), c = p[2] > p[3];
	u8 flags[2] = { a && b, a || c };

	a ^= 1;
	b += 5;
	c = c && (flags[0]++, flags[1] = 7);
	return a + b * 2 + c * 4 + flags[0] * 8 + flags[1] * 16 + (int)(bool)0.5 * 1000;
}

CASE(integer_edges)
{
	s32 a = -2147483647 - 1;
	u32 b = 0xffffffff;
	s64 c = -9223372036854775807LL - 1;

	a += p[0];
	b += p[1];
	c += p[2];
	return (a < -2147483640) + (b > 10) * 2 + (c < 0) * 4 + (u32)(a >> 31) + (u32)(c >> 40) + (b + 1U > b) * 8 +
	       ((u8)-1 == 255) * 16 + ((s8)200 < 0) * 32;
}

CASE(enum_kinds)
{
	enum __attribute__((packed)) tiny { ONE = 1, BIG = 200 } t = p[0] & 1 ? ONE : BIG;
	enum signs { MINUS = -1, PLUS } s = p[1] & 1 ? MINUS : PLUS;
	enum wide { HUGE = 0x100000000ULL, NEXT } w = p[2] & 1 ? HUGE : NEXT;

	return t + s + fold(w) + sizeof(t) * 10 + sizeof(s) * 100 + sizeof(w) * 1000 + (s < 0) * 10000;
}
