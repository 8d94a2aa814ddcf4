/* Structs, unions and pairs of numbers passed and returned by value; small ones in registers of static functions. */
#include "case.h"

struct pair {
	u32 a, b;
};

struct triple {
	u64 a, b;
	u8 c;
};

union either {
	u32 n;
	u8 bytes[4];
};

static __always_inline struct pair make(u32 a, u32 b)
{
	return (struct pair){ a + 1, b * 2 };
}

static __always_inline struct triple spread(struct pair in, u8 c)
{
	struct triple t = { .a = in.a, .b = (u64)in.b << 8, .c = c };

	return t;
}

static __always_inline u32 sum(struct triple t)
{
	t.a ^= 1;
	return fold(t.a) + fold(t.b) * 3 + t.c * 5;
}

CASE(returned)
{
	struct pair x = make(p[0], p[1]);

	return x.a * 1000 + x.b + make(x.b, 3).b;
}

CASE(chained)
{
	return sum(spread(make(p[0], p[1]), p[2])) + sum(spread((struct pair){ 1, p[3] }, 9));
}

static __always_inline union either pick(u32 n, bool swap)
{
	union either e = { n };

	if (swap)
		e.n = __builtin_bswap32(e.n);
	return e;
}

CASE(unions_returned)
{
	union either e = pick(u32_at(p, 0), p[4] & 1);

	return e.bytes[0] + e.bytes[3] * 256 + (p[5] & 1 ? e : pick(7, false)).n;
}

CASE(conditional_struct)
{
	struct pair a = { p[0], p[1] }, b = { p[2], p[3] };
	struct pair c = p[4] & 1 ? a : b, d;

	d = c.a > c.b ? b : a;
	return c.a + c.b * 3 + d.a * 5 + d.b * 7;
}

CASE(struct_assignment_value)
{
	struct triple a = { 1, 2, 3 }, b, c;

	c = b = a;
	b.a = p[0];
	a.a = (a = b).a + c.b * 3;
	return a.a + (c = a, c.c);
}
