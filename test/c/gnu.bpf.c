/* More of GNU C: local labels, compile-time choices, elvis, alignment, strings, names of functions, macros with variable arguments. */
#include "case.h"

#define first(a, ...) a
#define count_(_0, _1, _2, _3, n, ...) n
#define count(...) count_(0 __VA_OPT__(,) __VA_ARGS__, 3, 2, 1, 0)
#define join_(a, b) a##b
#define join(a, b) join_(a, b)
#define text_(x) #x
#define text(x) text_(x)

#define find(p, n, what)                                       \
	({                                                     \
		__label__ found;                               \
		int _at = 0;                                   \
		for (; _at < (n); _at++)                       \
			if ((p)[_at] == (what))                \
				goto found;                    \
		_at = -1;                                      \
	found:                                                 \
		_at;                                           \
	})

CASE(local_labels)
{
	return find(p, 16, 7) * 100 + find(p, 8, p[3]) + find(p, 4, 255);
}

CASE(choose)
{
	u8 a = p[0];
	u64 b = __builtin_choose_expr(sizeof(a) == 1, u64_at(p, 0), &a);

	return fold(b) + __builtin_types_compatible_p(typeof(a), u8) * 10 +
	       __builtin_types_compatible_p(typeof(&a), u16 *) * 20 + __builtin_constant_p(3 * 4) * 40;
}

CASE(macro_arguments)
{
	u32 join(val, 1) = p[0], join(val, 2) = p[1];

	return first(val1, val2) + val2 * count() + count(a) * 10 + count(a, b, c) * 100 + sizeof(text(count(a))) * 1000;
}

CASE(typeof_kinds)
{
	typeof(p[0]) a = p[0] + 250;
	typeof(u16_at(p, 0) + 1) b = -1 * (int)a;
	typeof(u32[3]) list = { a, b, 3 };
	typeof(*list) *at = &list[1];
	__typeof__(const u8 *) q = p + 3;

	return a + b * 3 + *at * 5 + at[1] * 7 + *q + sizeof(list);
}

CASE(auto_type)
{
	__auto_type a = u64_at(p, 0) >> 3;
	__auto_type b = (u8)(p[8] + 255);
	const __auto_type c = &p[9];

	return fold(a) + b + c[1] + sizeof(a) * 100 + sizeof(b) * 1000;
}

struct lined {
	u8 a;
	u16 b __attribute__((aligned(16)));
	u8 c;
} __attribute__((aligned(32)));

CASE(alignment)
{
	_Alignas(16) u8 buf[24] = { 1, 2, 3 };
	struct lined l = { p[0], p[1], p[2] };

	return _Alignof(struct lined) + __alignof__(u64) * 100 + sizeof(struct lined) * 1000 + buf[2] +
	       l.a + l.b * 3 + l.c * 5 + __builtin_offsetof(struct lined, c);
}

static __always_inline u32 named(const u8 *p)
{
	return sizeof(__func__) + __func__[1] * p[0] + __FUNCTION__[0];
}

CASE(function_names)
{
	return named(p) + sizeof(__func__);
}

CASE(literals)
{
	static const char s[] = "a\tb\x41\101\0z" "tail\u00e9";
	u32 n = 0;

	for (u32 i = 0; i < sizeof(s); i++)
		n = n * 31 + (u8)s[i];
	return n + 'a' + '\n' + '\'' + 0b1011 + 017 + 0x7fU + (u32)1e3 + p[0];
}

CASE(elvis)
{
	u32 n = 0;
	u32 a = (n++, p[0] & 1) ?: (n += 10, p[1]);

	return a * 100 + n;
}

CASE(statement_value)
{
	u32 sum = 0;

	for (int i = 0; i < 6; i++)
		sum += ({
			u32 t = p[i];
			if (t & 1)
				continue;
			if (t == 250)
				break;
			t * 2;
		});
	return sum + ({ struct { u32 a, b; } pair = { sum, 3 }; pair; }).b;
}

CASE(compound_assignment)
{
	u8 a = p[0];
	s16 b = u16_at(p, 1);
	u32 c = u32_at(p, 3);
	s64 d = u64_at(p, 7);

	a += 300;
	a <<= 1;
	b *= -3;
	b >>= 2;
	c /= 7;
	c %= 1000;
	d ^= a;
	d |= 1;
	d &= ~6;
	d -= b;
	return a + b * 3 + c * 5 + fold(d);
}

CASE(increments)
{
	u8 a = p[0];
	s8 b = p[1];
	const u8 *at = p + 2;
	u32 sum = a++;

	sum = sum * 5 + ++a;
	sum = sum * 5 + (u32)b--;
	sum = sum * 5 + (u32)--b;
	sum = sum * 5 + *at++;
	sum = sum * 5 + *++at;
	return sum + a + b;
}
