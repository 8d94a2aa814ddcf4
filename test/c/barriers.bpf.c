/* Inline assembly. */
#include "case.h"

CASE(empty_barrier)
{
	u32 a = p[0], b = p[1];

	asm volatile("" ::: "memory");
	barrier_var(a);
	a += b;
	asm volatile("" : "+r"(a), "+r"(b));
	return a * 3 + b;
}

static const u8 table[32] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5 };

CASE(clamp)
{
	u64 i = p[0];

	asm volatile("%[i] &= 31" : [i] "+r"(i));
	return table[i] + i;
}

CASE(asm_operands)
{
	u64 a = p[0], b;

	asm volatile("%0 = %1; %0 += %2; %0 <<= 2" : "=r"(b) : "r"(a), "i"(5));
	return b;
}

volatile u32 seen;

CASE(volatile_access)
{
	volatile u32 local = p[0];

	seen = local;
	local += seen;
	return local + seen;
}
