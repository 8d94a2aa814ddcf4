/* Calls through pointers that turn out to be constant: tables, structs of operations, arguments. */
#include "case.h"

struct ops {
	u32 (*get)(const u8 *p, int at);
	u32 (*mix)(u32 a, u32 b);
};

static u32 get_small(const u8 *p, int at)
{
	return p[at];
}

static u32 get_big(const u8 *p, int at)
{
	return u32_at(p, at);
}

static u32 add(u32 a, u32 b)
{
	return a + b;
}

static u32 mul(u32 a, u32 b)
{
	return a * b + 1;
}

static const struct ops small = { get_small, add }, big = { .mix = mul, .get = get_big };

static __always_inline u32 run(const struct ops *ops, const u8 *p)
{
	u32 n = 0;

	for (int i = 0; i < 4; i++)
		n = ops->mix(n, ops->get(p, i * 4));
	return n;
}

CASE(operations)
{
	return run(&small, p) * 3 + run(&big, p);
}

CASE(local_pointer)
{
	u32 (*f)(u32, u32) = add;
	u32 n = f(p[0], p[1]);

	f = &mul;
	return n * 1000 + (*f)(p[2], p[3]);
}

static __always_inline u32 each(const u8 *p, int n, u32 (*fn)(u32, u32), u32 start)
{
	for (int i = 0; i < n; i++)
		start = fn(start, p[i]);
	return start;
}

CASE(argument)
{
	return each(p, 8, add, 5) + each(p, 6, mul, p[9]);
}

static u32 (*const table[])(u32, u32) = { add, mul, add };

CASE(table_unrolled)
{
	u32 n = p[0];

#pragma clang loop unroll(full)
	for (int i = 0; i < 3; i++)
		n = table[i](n, p[i + 1]);
	return n;
}
