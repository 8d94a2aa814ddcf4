/* Structs on the stack: members, nesting, assignment, initialisers, arrays within. */
#include "case.h"

struct inner {
	u16 a;
	u32 b;
};

struct outer {
	u8 tag;
	struct inner in;
	u64 big;
	u8 bytes[6];
	union {
		u32 word;
		u8 parts[4];
	};
};

CASE(members)
{
	struct outer o = { .tag = p[0], .in = { u16_at(p, 1), 7 }, .big = u64_at(p, 8) };

	o.bytes[2] = p[3];
	o.word = u32_at(p, 16);
	return o.tag + o.in.a + o.in.b + fold(o.big) + o.bytes[2] + o.bytes[5] + o.parts[1];
}

CASE(assign)
{
	struct outer a = {}, b;

	a.big = u64_at(p, 0);
	a.in.b = p[9];
	a.parts[3] = p[10];
	b = a;
	a.big = 0;
	a.in = b.in;
	a.in.a++;
	return fold(b.big) + a.in.b * 3 + a.in.a + b.word;
}

static __always_inline void fill(struct inner *to, const u8 *p, int n)
{
	to->a = u16_at(p, n);
	to->b = to->a * n;
}

CASE(pointers)
{
	struct inner list[3];
	struct inner *at = list;
	u32 sum = 0;

	for (int i = 0; i < 3; i++)
		fill(&list[i], p, i * 2 + 1);
	at++;
	sum = at->a + at[1].b;
	return sum + (u32)(&list[2] - at) + at[-1].b;
}

struct packed {
	u8 a;
	u32 b;
	u16 c;
	u64 d;
} __attribute__((packed));

CASE(packed_struct)
{
	struct packed s;

	__builtin_memset(&s, 0, sizeof(s));
	s.a = p[0];
	s.b = u32_at(p, 1);
	s.c = u16_at(p, 5);
	s.d = u64_at(p, 8);
	return s.a + s.b + s.c + fold(s.d) + sizeof(s);
}

CASE(packet_struct)
{
	const struct packed *s = (const struct packed *)p;

	return s->a + s->b + s->c + fold(s->d);
}

struct pair {
	u32 x, y;
};

static __always_inline struct pair swap(struct pair in)
{
	struct pair out = { in.y, in.x };

	in.x = 0;
	return out;
}

CASE(by_value)
{
	struct pair a = { u32_at(p, 0), u32_at(p, 4) };
	struct pair b = swap(a);

	return a.x + b.x * 5 + swap(b).x * 9;
}

CASE(literal)
{
	struct inner *a = &(struct inner){ .a = p[0], .b = p[1] };

	*a = (struct inner){ a->b, a->a };
	return a->a << 8 | a->b;
}
