/* Anonymous structs and unions, flexible and zero-length arrays, packed and aligned members, bit-fields among them. */
#include "case.h"

struct tagged {
	u8 tag;
	union {
		struct {
			u16 port, mark;
		};
		struct {
			u32 low : 12, : 4, high : 16;
		};
		union {
			u8 bytes[4];
			u32 word;
		};
	};
	struct {
		u8 a;
		struct {
			u32 b;
		} __attribute__((packed));
	};
};

CASE(nested_anonymous)
{
	struct tagged t = { .tag = p[0], .port = u16_at(p, 1), .b = u32_at(p, 4) };

	t.mark = p[3];
	t.high ^= 0x1111;
	t.bytes[0]++;
	return t.tag + t.low * 3 + t.high * 5 + t.word * 7 + t.a + t.b + sizeof(t) + __builtin_offsetof(struct tagged, b);
}

struct message {
	u8 type;
	u8 len;
	u8 body[];
};

CASE(flexible_in_packet)
{
	const struct message *m = (const struct message *)p;
	u32 sum = m->type;

	for (int i = 0; i < 8; i++)
		sum = sum * 3 + m->body[i];
	return sum + sizeof(*m);
}

struct tail {
	u32 n;
	u16 list[0];
	u8 bytes[4];
};

CASE(zero_length)
{
	struct tail t = { p[0], {}, { p[1], p[2], p[3], p[4] } };

	return t.n + t.list[1] + sizeof(t) * 100 + __builtin_offsetof(struct tail, list);
}

struct empty {};

struct holder {
	struct empty none;
	u8 a;
	struct empty also[3];
	u16 b;
};

CASE(empty_struct)
{
	struct holder h = { .a = p[0], .b = p[1] }, copy = h;

	return sizeof(struct empty) + sizeof(h) * 10 + copy.a * 3 + copy.b;
}

struct __attribute__((packed)) squeezed {
	u8 a : 3;
	u32 b : 17;
	u16 c;
	u64 d : 40;
	struct {
		u8 x;
		u32 y;
	} inner;
};

CASE(packed_bits)
{
	struct squeezed s = {};

	s.a = p[0];
	s.b = u32_at(p, 1);
	s.c = u16_at(p, 5);
	s.d = u64_at(p, 8);
	s.inner.y = u32_at(p, 16);
	return s.a + s.b * 3 + s.c * 5 + fold(s.d) * 7 + s.inner.y * 11 + sizeof(s);
}

struct list {
	struct list *next, **prev;
	u8 v;
};

CASE(linked)
{
	struct list c = { 0, 0, p[0] }, b = { &c, &c.next, p[1] }, a = { &b, &a.next, p[2] };
	u32 sum = 0;

	for (struct list *at = &a; at; at = at->next)
		sum = sum * 5 + at->v;
	return sum;
}
