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

struct holey {
	s8 index;
	u16 halves[2];
	s32 words[8];
};

struct holey all = { .index = -81, .words = { 44, 35, 14, 58, 9, 8, 7, 6 } };

static __always_inline s32 word_at(struct holey one)
{
	s32 word = one.words[all.index & 7];

	if (word)
		asm volatile("" ::: "memory");
	return word;
}

/* Two addresses, read often, among a copy that keeps every register busy. */
CASE(copied_and_indexed)
{
	all.words[p[15] & 7]--;
	return 468 + word_at(all);
}

/* More values go round than there are registers. */
CASE(turned)
{
	u64 a = p[0], b = p[1], c = p[2], d = p[3], e = p[4], f = p[5], g = p[6];
	u64 h = p[7], i = p[8], j = p[9], k = p[10], l = p[11], m = p[12], n = p[13];

	for (u32 round = 0; round < (p[20] & 15) + 3; round++) {
		u64 first = a;

		a = b, b = c, c = d, d = e, e = f, f = g, g = h, h = i;
		i = j, j = k, k = l, l = m, m = n, n = first;
	}
	return a + b * 3 + c * 5 + d * 7 + e * 9 + f * 11 + g * 13 + h * 15 + i * 17 + j * 19 + k * 21 + l * 23 +
	       m * 25 + n * 27;
}
