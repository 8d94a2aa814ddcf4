/* Bit-fields of packed structs that end with them, and that lie in nine bytes: read and written where the struct is, no further. */
#include "case.h"

struct tail {
	u16 a;
	u32 b : 21;
} __attribute__((packed));

struct across {
	u8 a : 7;
	u64 b : 62;
	s32 c : 19;
} __attribute__((packed));

struct tail last;
struct across both;

CASE(at_the_end)
{
	struct tail t = { 1, 2 };

	last.b = u32_at(p, 0);
	last.b += 3;
	t.b ^= last.b;
	return last.b * 31 + t.b + sizeof(struct tail);
}

CASE(nine_bytes)
{
	struct across t = { 5, u64_at(p, 3), -2 };

	both.a = p[0];
	both.b = u64_at(p, 1);
	both.c = u32_at(p, 9);
	both.b += t.b;
	t.c -= both.c;
	return both.a + fold(both.b) * 31 + both.c * 7 + t.a + fold(t.b) + t.c;
}
