/* Inline assembly in the forms that programs use: constraints, names, ties, memory, labels, helpers, whole functions. */
#include "case.h"

CASE(asm_named)
{
	u64 a = p[0], b = p[1], sum;

	asm volatile("%[sum] = %[a];"
		     "%[sum] *= %[b];"
		     "%[sum] += %[k]"
		     : [sum] "=&r"(sum)
		     : [a] "r"(a), [b] "r"(b), [k] "i"(1000));
	return sum;
}

CASE(asm_tied)
{
	u64 a = p[0], b = p[1];

	asm volatile("%0 += %2\n%1 ^= %2" : "=r"(a), "=r"(b) : "r"((u64)p[2]), "0"(a), "1"(b));
	return a * 1000 + b;
}

CASE(asm_memory)
{
	u64 cell = p[0], got;
	u32 half[2] = { p[1], p[2] };

	asm volatile("%0 = *(u64 *)%1" : "=r"(got) : "m"(cell));
	asm volatile("*(u64 *)%0 = %1" : "=m"(cell) : "r"(got + 5));
	asm volatile("%0 = *(u32 *)%1" : "=r"(got) : "m"(half[1]));
	return cell * 100 + got;
}

CASE(asm_words)
{
	u32 a = u32_at(p, 0), b;

	asm volatile("%0 = %1; %0 >>= 3; %0 += 7" : "=w"(b) : "w"(a));
	asm volatile("%0 s>>= 1" : "+w"(b));
	return b;
}

CASE(asm_jumps)
{
	u64 n = p[0], out = 0;

	asm volatile("if %[n] > 9 goto 1f;"
		     "%[out] = 5;"
		     "goto 2f;"
		     "1: %[out] = 6;"
		     "2: %[out] += %[n];"
		     : [out] "+r"(out)
		     : [n] "r"(n));
	return out;
}

CASE(asm_unique_labels)
{
	u64 n = p[0];

	asm volatile("if %0 s< 40 goto l_small_%=; %0 -= 40; l_small_%=: %0 *= 2" : "+r"(n));
	return n;
}

CASE(asm_constants)
{
	u64 a;
	s64 b;

	asm volatile("%0 = %1 ll" : "=r"(a) : "i"(0x1122334455667788ULL));
	asm volatile("%0 = %1" : "=r"(b) : "i"(-3));
	return fold(a) + fold(b) + p[0];
}

CASE(asm_atomics)
{
	u64 cell = p[0], by = p[1], old = 1;

	asm volatile("lock *(u64 *)(%0 + 0) += %1" : : "r"(&cell), "r"(by) : "memory");
	asm volatile("%1 = atomic_fetch_or((u64 *)(%0 + 0), %1)" : : "r"(&cell), "r"(old) : "memory");
	return cell;
}

CASE(asm_swaps)
{
	u64 a = u64_at(p, 0);

	asm volatile("%0 = be64 %0" : "+r"(a));
	return fold(a);
}

CASE(asm_clobbers)
{
	u64 a = p[0], b = p[1], c = p[2], d = p[3];

	asm volatile("r0 = 1; r1 = 2; r6 = 3; r0 += r1; r0 += r6; %0 += r0" : "+r"(a) : : "r0", "r1", "r6");
	return a + b * 3 + c * 5 + d * 7;
}

static const u8 table[8] = { 9, 8, 7, 6, 5, 4, 3, 2 };

CASE(asm_symbol)
{
	const u8 *at;

	asm volatile("%0 = %1 ll" : "=r"(at) : "i"(table));
	return at[3] + p[0];
}

CASE(asm_helper)
{
	u32 r;

	asm volatile("call %[smp]; %[r] = r0"
		     : [r] "=r"(r)
		     : [smp] "i"(BPF_FUNC_get_smp_processor_id)
		     : "r0", "r1", "r2", "r3", "r4", "r5");
	return r < 1024;
}

static __noinline __attribute__((naked)) u64 whole(u64 a, u64 b)
{
	asm volatile("r0 = r1;"
		     "r0 <<= 4;"
		     "r0 += r2;"
		     "exit;"
		     :
		     :
		     : "r0");
}

CASE(asm_function)
{
	return whole(p[0], p[1]);
}

CASE(asm_goto)
{
	u64 n = p[0];

	asm goto("if %0 > 16 goto %l[large]; if %0 == 3 goto %l2" : : "r"(n) : : large, three);
	return 1;
three:
	return 3;
large:
	return 100 + n;
}
