/* __sync_* and __atomic_*. */
#include "case.h"

u32 word = 7;
u64 wide = 9;

CASE(fetch)
{
	u64 a = __sync_fetch_and_add(&wide, p[0]);
	u32 b = __sync_fetch_and_or(&word, p[1]);
	u64 c = __sync_fetch_and_and(&wide, 0xfff);
	u32 d = __sync_fetch_and_xor(&word, p[2]);

	__sync_fetch_and_add(&wide, 3);
	return a + b * 3 + c * 5 + d * 7 + word + wide;
}

CASE(new_value)
{
	u64 a = __sync_add_and_fetch(&wide, p[0]);
	u64 b = __sync_sub_and_fetch(&wide, p[1]);
	u32 c = __atomic_add_fetch(&word, p[2], __ATOMIC_RELAXED);

	return fold(a) + fold(b) * 3 + c * 5;
}

CASE(exchange)
{
	u64 a = __sync_lock_test_and_set(&wide, p[0]);
	u64 b = __sync_val_compare_and_swap(&wide, p[0], p[1]);
	bool c = __sync_bool_compare_and_swap(&word, 7, 8);
	u32 d = __atomic_exchange_n(&word, p[3], __ATOMIC_SEQ_CST);

	return a + b * 3 + c * 5 + d * 7 + wide;
}
