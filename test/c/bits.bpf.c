/* Byte order and bit counting. */
#include "case.h"

CASE(swap_bytes)
{
	return bpf_htons(u16_at(p, 0)) + bpf_ntohl(u32_at(p, 2)) + fold(bpf_cpu_to_be64(u64_at(p, 8)));
}

CASE(swap_constant)
{
	switch (u16_at(p, 0)) {
	case bpf_htons(0x0001):
		return 1;
	case bpf_htons(0x0203):
		return 2;
	}
	return bpf_htonl(0x01020304);
}

CASE(count_bits)
{
	u32 a = u32_at(p, 0) | 1;
	u64 b = u64_at(p, 4) | 1ULL << 40;

	return __builtin_popcount(a) + __builtin_popcountll(b) * 3 + __builtin_ctz(a << 3) * 5 + __builtin_clz(a) * 7 +
	       __builtin_clzll(b) * 11 + __builtin_ctzll(b << 9) * 13 + __builtin_ffs(a << 5) * 17 +
	       __builtin_parity(a) * 19;
}

CASE(overflows)
{
	u32 a, n;
	u64 b;
	s32 c;

	n = __builtin_add_overflow(u32_at(p, 0), u32_at(p, 4), &a);
	n |= __builtin_add_overflow(u64_at(p, 8), u64_at(p, 16), &b) << 1;
	n |= __builtin_sub_overflow((s32)u32_at(p, 20), (s32)u32_at(p, 24), &c) << 2;
	return n ^ a ^ fold(b) ^ c;
}
