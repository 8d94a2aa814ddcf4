/* Loops that the verifier bounds: may_goto, as bpf_experimental.h's can_loop and cond_break write it; bpf_for of other types. */
#include "case.h"

#define can_loop                                                       \
	({                                                             \
		__label__ l_break, l_continue;                         \
		bool ret = true;                                       \
		asm volatile goto("may_goto %l[l_break]" :::: l_break); \
		goto l_continue;                                       \
	l_break:                                                       \
		ret = false;                                           \
	l_continue:;                                                   \
		ret;                                                   \
	})

CASE(loop_until)
{
	u32 n = p[0] | 1, steps = 0;

	while (n != 1 && can_loop) {
		n = n & 1 ? n * 3 + 1 : n / 2;
		steps++;
	}
	return steps;
}

u32 cells[64];

CASE(for_can_loop)
{
	u32 i, sum = 0;

	for (i = 0; i < 64 && can_loop; i++)
		cells[i & 63] += i * p[0];
	for (i = 0; i < 64 && can_loop; i++)
		sum += cells[i & 63];
	return sum;
}

CASE(nested_bpf_for)
{
	u32 sum = 0;
	int i, j;

	bpf_for(i, 0, 4)
		bpf_for(j, i, 5)
			sum = sum * 3 + i * j + p[0];
	return sum;
}

CASE(leave_bpf_for)
{
	int i;

	bpf_for(i, 0, 30)
		if (i * i > p[0])
			return i + 1000;
	return i;
}
