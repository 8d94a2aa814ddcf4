/* Pointers: arithmetic, differences, comparison, to pointers, to functions that are constant. */
#include "case.h"

static __always_inline u32 twice(u32 x)
{
	return x * 2;
}

static __always_inline u32 thrice(u32 x)
{
	return x * 3;
}

typedef u32 (*op)(u32);

static __always_inline u32 apply(op f, u32 x)
{
	return f(x) + 1;
}

CASE(function_pointer)
{
	return apply(twice, p[0]) + apply(thrice, p[1]);
}

CASE(differences)
{
	u32 a[8] = {}, *from = a + 1, *to = &a[6];
	const u8 *end = p + 40;

	*to = p[0];
	return (to - from) * 10 + (from < to) + (end - p) + *(from + 5);
}

CASE(double_pointer)
{
	u32 a = p[0], b = p[1];
	u32 *x = &a, **y = &x;

	if (p[2] & 1)
		*y = &b;
	**y += 5;
	return a * 256 + b;
}

CASE(unions)
{
	union {
		u64 whole;
		u32 half[2];
		u8 bytes[8];
		struct {
			u16 lo, hi;
		};
	} u = { .whole = u64_at(p, 0) };

	u.bytes[1] ^= 0xff;
	return u.half[1] + u.lo * 3 + u.hi;
}
