/* GNU C: statement expressions, typeof, case ranges, designated initialisers, _Generic, _Static_assert, __auto_type. */
#include "case.h"

#define max(a, b)                      \
	({                             \
		typeof(a) _a = (a);    \
		typeof(b) _b = (b);    \
		_a > _b ? _a : _b;     \
	})
#define kind(x) _Generic((x), u8: 1, u16: 2, int: 3, u32: 4, u64: 5, s64: 6, default: 7)

_Static_assert(sizeof(struct xdp_md) == 24, "xdp_md");

enum color { RED = 1, GREEN = RED << 4, BLUE, LAST = ~0U };

struct list {
	struct list *next;
	u32 value;
};

#define container(ptr, type, member) ((type *)((void *)(ptr) - __builtin_offsetof(type, member)))

CASE(statement_expression)
{
	u32 a = max(p[0], p[1]), b = max(u32_at(p, 4), 1000U);

	return a + b + ({ u32 t = a; t *= 2; t; });
}

CASE(generic)
{
	__auto_type c = u64_at(p, 0);

	return kind(p[0]) + kind(p[0] + 1) * 10 + kind(c) * 100 + kind(u16_at(p, 0)) * 1000;
}

CASE(enums)
{
	enum color c = p[0] & 1 ? RED : BLUE;

	return c + GREEN * 3 + (LAST & 0xff) + sizeof(enum color);
}

CASE(offsets)
{
	struct list a = { 0, p[0] }, b = { &a, p[1] };
	u32 *v = &b.value;

	return container(v, struct list, value)->next->value * 3 + b.value + __builtin_offsetof(struct list, value);
}

CASE(comma_conditional)
{
	u32 n = p[0], m = (n++, n *= 2, n + 1);

	return n ? m ? n + m : 3 : p[1] ? 5 : 7;
}
