/* Weak, hidden and static symbols; statics of one name in several functions; attributes on them. */
#include "case.h"

__weak u32 tunable = 40;
__hidden u64 private_sum;
static volatile const u16 step = 3;

__weak __noinline u32 overridable(u32 a, u32 b)
{
	return a * b + 1;
}

__hidden __noinline u32 hidden_function(u32 a)
{
	static u32 seen = 100;

	seen += a;
	return seen;
}

static __noinline u32 other_static(u32 a)
{
	static u32 seen = 200;
	static u8 bits[4] = { 1, 2, 3 };

	seen ^= a;
	bits[3] += bits[1];
	return seen + bits[3];
}

CASE(weak_symbols)
{
	private_sum += tunable;
	return overridable(p[0], step) + hidden_function(p[1]) * 3 + other_static(p[2]) * 5 + private_sum * 7;
}


__noinline int global_void_pointer(const u32 *at __arg_nonnull)
{
	return *at * 3;
}

__noinline int global_maybe(const u32 *at)
{
	return at ? *at : 77;
}

CASE(global_arguments)
{
	u32 a = p[0];

	return global_void_pointer(&a) + global_maybe(&a) * 5 + global_maybe(NULL) * 7;
}

struct args {
	u32 a;
	u64 b;
	u8 c[4];
};

__noinline u64 global_struct(struct args *args __arg_nonnull, u32 n)
{
	args->b += n;
	args->c[2] = n;
	return args->a + args->b;
}

CASE(global_out)
{
	struct args args = { p[0], p[1], { 1, 2, 3, 4 } };
	u64 r = global_struct(&args, p[2]);

	return r + args.b * 3 + args.c[2] * 5 + args.c[3];
}

static __noinline __attribute__((section(".text"))) u32 placed(u32 a, u32 b, u32 c, u32 d, u32 e)
{
	return a + b * 3 + c * 5 + d * 7 + e * 11;
}

CASE(five_arguments)
{
	return placed(p[0], p[1], p[2], p[3], p[4]) + placed(1, p[5], 2, p[6], 3);
}
