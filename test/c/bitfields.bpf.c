/* Bit-fields: reading, writing, signs, across bytes. */
#include "case.h"

struct flags {
	u32 a : 3;
	u32 b : 7;
	s32 c : 5;
	u32 d : 17;
	u16 e : 4;
	u16 f : 12;
	s8 g : 1;
	u8 h : 7;
	u64 i : 33;
	u64 j : 31;
};

CASE(bits_write)
{
	struct flags f = {};

	f.a = p[0];
	f.b = p[1];
	f.c = p[2];
	f.d = u32_at(p, 3);
	f.e = p[7];
	f.f = u16_at(p, 8);
	f.g = p[10];
	f.h = p[11];
	f.i = u64_at(p, 12);
	f.j = u64_at(p, 20);
	return f.a + f.b * 3 + f.c * 5 + f.d * 7 + f.e * 11 + f.f * 13 + f.g * 17 + f.h * 19 + fold(f.i) * 23 +
	       (u32)f.j * 29;
}

CASE(bits_read)
{
	const struct flags *f = (const struct flags *)p;

	return f->a + f->b * 3 + f->c * 5 + f->d * 7 + f->e * 11 + f->f * 13 + f->g * 17 + f->h * 19 + fold(f->i) * 23 +
	       (u32)f->j * 29;
}

CASE(bits_update)
{
	struct flags f = { .a = 5, .b = 100, .c = -3 };

	f.a += p[0];
	f.b++;
	f.c -= p[1];
	f.e |= 3;
	f.d = f.b << 4;
	return f.a | (f.b = p[2]) << 4 | (u32)f.c << 12 | f.d << 16 | f.e;
}

/* A bit-field narrower than int promotes to int; cast to its own type it is unsigned. */
CASE(bits_cast)
{
	struct flags f = { .a = p[0] };

	return ((typeof(+(u32)f.a))-1 < 0) | ((typeof(+f.a))-1 < 0) << 1 | ((u32)f.a - 64 < 0) << 2 | (f.a - 64 < 0) << 3;
}
