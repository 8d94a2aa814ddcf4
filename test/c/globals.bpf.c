/* Global variables in .data, .bss and .rodata; static locals. */
#include "case.h"

u32 counter = 5;
u64 total;
static u16 hidden = 0x1234;
const volatile u32 factor = 3;
volatile u32 noise;
struct {
	u32 a;
	u64 b;
	u8 c[3];
} mixed = { .a = 1, .b = 2, .c = { 3, 4, 5 } };
s8 negative = -7;

CASE(counters)
{
	counter += p[0];
	total += counter * factor;
	hidden ^= p[1];
	return counter + fold(total) + hidden;
}

CASE(global_struct)
{
	mixed.c[1] += p[0];
	mixed.b *= 3;
	negative += 2;
	return mixed.a + mixed.b + mixed.c[0] + mixed.c[1] + mixed.c[2] + negative;
}

CASE(static_local)
{
	static u32 calls = 10;
	static u64 sum;

	calls++;
	sum += p[0];
	noise = calls;
	return calls * 1000 + sum + noise;
}
