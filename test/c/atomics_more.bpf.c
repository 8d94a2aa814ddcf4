/* Every read-modify-write of 32 and 64 bits, on map values and globals; compare and exchange in its four spellings; loads and stores. */
#include "case.h"

u32 word = 7;
u64 wide = 9;
s64 sign = -5;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct counts);
} counts_map SEC(".maps");

struct counts {
	u64 a;
	u32 b, c;
};

CASE(all_words)
{
	u32 n = __atomic_fetch_add(&word, p[0], __ATOMIC_SEQ_CST);

	n = n * 3 + __atomic_fetch_sub(&word, p[1], __ATOMIC_RELAXED);
	n = n * 3 + __atomic_fetch_or(&word, p[2], __ATOMIC_ACQUIRE);
	n = n * 3 + __atomic_fetch_and(&word, 0xfffff0ff, __ATOMIC_RELEASE);
	n = n * 3 + __atomic_fetch_xor(&word, u32_at(p, 3), __ATOMIC_ACQ_REL);
	n = n * 3 + __atomic_or_fetch(&word, 1, __ATOMIC_SEQ_CST);
	n = n * 3 + __atomic_and_fetch(&word, ~2, __ATOMIC_SEQ_CST);
	n = n * 3 + __atomic_xor_fetch(&word, p[7], __ATOMIC_SEQ_CST);
	n = n * 3 + __atomic_sub_fetch(&word, p[8], __ATOMIC_SEQ_CST);
	return n + word;
}

CASE(all_wides)
{
	u64 n = __sync_fetch_and_sub(&wide, p[0]);

	n = n * 3 + __sync_or_and_fetch(&wide, (u64)p[1] << 40);
	n = n * 3 + __sync_and_and_fetch(&wide, ~0xffULL);
	n = n * 3 + __sync_xor_and_fetch(&wide, u64_at(p, 2));
	n = n * 3 + __sync_fetch_and_xor(&wide, -1);
	n = n * 3 + __sync_fetch_and_add(&sign, -100);
	n = n * 3 + __sync_fetch_and_or(&sign, 1);
	return fold(n) + fold(wide) + fold(sign);
}

CASE(no_result)
{
	__sync_fetch_and_add(&word, p[0]);
	__sync_fetch_and_sub(&wide, p[1]);
	__sync_fetch_and_or(&word, 0x100);
	__sync_fetch_and_and(&word, 0xffff);
	__sync_fetch_and_xor(&wide, u64_at(p, 2));
	__atomic_add_fetch(&sign, 3, __ATOMIC_RELAXED);
	return word + fold(wide) + fold(sign);
}

CASE(compare_exchange)
{
	u64 want = p[0] & 1 ? wide : 3;
	u32 expect = word + (p[1] & 1);
	bool a = __atomic_compare_exchange_n(&wide, &want, p[2], false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	bool b = __atomic_compare_exchange_n(&word, &expect, p[3], true, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
	u32 old = __sync_val_compare_and_swap(&word, p[3], 77);

	return a | b << 1 | fold(want) << 2 | expect << 10 | old << 16;
}

CASE(in_map)
{
	u32 zero = 0;
	struct counts *c = bpf_map_lookup_elem(&counts_map, &zero);
	u64 a;

	if (!c)
		return 0;
	a = __sync_fetch_and_add(&c->a, u64_at(p, 0));
	__sync_fetch_and_add(&c->b, p[8]);
	return fold(a) + __sync_add_and_fetch(&c->c, p[9]) + __sync_lock_test_and_set(&c->b, p[10]);
}

CASE(on_stack)
{
	u64 local = p[0];
	u32 small = p[1];

	__sync_fetch_and_add(&local, 40);
	return __sync_fetch_and_or(&small, 0x80) + local * 3 + small * 5;
}

