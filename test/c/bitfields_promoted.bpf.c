/* A bit-field computes as int where int holds it, whatever its declared type; so does what was assigned to one. */
#include "case.h"

struct wide_types {
	s64 a : 4;
	u64 b : 31;
	u64 c : 32;
	s64 d : 40;
};

#define TYPE_OF(x) _Generic((x), int: 1, unsigned: 2, long: 3, unsigned long: 4, long long: 5, unsigned long long: 6)

CASE(promoted_types)
{
	struct wide_types w = { -1, 2, 3, 4 };
	u32 n = TYPE_OF(+w.a);

	n = n * 8 + TYPE_OF(+w.b);
	n = n * 8 + TYPE_OF(+w.c);
	n = n * 8 + TYPE_OF(+w.d);
	n = n * 8 + TYPE_OF(+(w.a = p[0]));
	n = n * 8 + TYPE_OF(+(w.b += 1));
	n = n * 8 + TYPE_OF(+(++w.b));
	n = n * 8 + TYPE_OF(+(w.b++));
	return n;
}

CASE(compared_with_unsigned)
{
	struct wide_types w = { .a = p[0] };
	u32 limit = p[1];

	/* -1 as an unsigned int is large */
	return (w.a <= limit) * 2 + (w.b - 1 < limit);
}
