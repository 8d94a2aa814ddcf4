/* Fields of packed structs at odd places of the stack, at indexes that are not known: byte by byte. */
#include "case.h"

struct odd {
	u8 first;
	u32 words[4];
	u16 halves[2];
	u64 last;
} __attribute__((packed));

CASE(read_at_index)
{
	struct odd o = { .words = { u32_at(p, 1), u32_at(p, 5), u32_at(p, 9), 7 }, .halves = { 3, u16_at(p, 13) } };

	return o.words[p[0] & 3] + o.halves[p[1] & 1];
}

CASE(write)
{
	struct odd o = { .words = { 1, 2, 3, 4 } };

	o.words[2] = u32_at(p, 1);
	o.halves[1] += 0x1234;
	o.last = u64_at(p, 8);
	return o.words[2] * 5 + o.halves[1] + fold(o.last);
}
