/* memcpy, memset, memmove, memcmp. */
#include "case.h"

struct block {
	u8 bytes[24];
	u32 tail;
};

CASE(copy)
{
	struct block a, b;
	u64 first;

	__builtin_memset(&a, 0x5a, sizeof(a));
	__builtin_memcpy(a.bytes, p, 13);
	__builtin_memcpy(&b, &a, sizeof(b));
	__builtin_memcpy(&first, b.bytes + 8, 8);
	return fold(first) + b.tail + b.bytes[12] + b.bytes[13];
}

CASE(move)
{
	u8 a[16];
	u64 first;

	__builtin_memcpy(a, p, 16);
	__builtin_memmove(a + 2, a, 12);
	__builtin_memcpy(&first, a, 8);
	return fold(first) + a[13] * 7 + a[15];
}

CASE(compare_bytes)
{
	u8 a[8];

	__builtin_memcpy(a, p, 8);
	a[7] ^= p[9] & 1;
	return (__builtin_memcmp(a, p, 8) == 0) | (__builtin_memcmp(a, p, 7) == 0) << 1 |
	       (__builtin_memcmp(a, p + 8, 4) < 0) << 2;
}

CASE(string_local)
{
	char name[16] = "hello";
	char full[] = "abcdefghijklmnopqrstuvwxyz";

	name[5] = p[0];
	return name[0] + name[4] * 3 + name[5] * 5 + name[15] + full[25] + sizeof(full);
}
