/* Loops that end by a pointer or by a number that the loop itself makes. */
#include "case.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8[48]);
} bytes SEC(".maps");

u32 words[24];

CASE(packet_pointer)
{
	u32 n = 0;

	for (const u8 *at = p; at != p + DATA_BYTES; at++)
		n = n * 5 + *at;
	return n;
}

CASE(stack_pointer)
{
	u8 buf[48];
	u32 n = 0;

	__builtin_memcpy(buf, p, sizeof(buf));
	for (u8 *at = buf; at < buf + sizeof(buf); at += 3)
		n = n * 7 + *at;
	return n;
}

CASE(map_pointer)
{
	u32 key = 0, n = 0;
	u8 *value = bpf_map_lookup_elem(&bytes, &key);

	if (!value)
		return 0;
	for (u8 *at = value; at != value + 48; at++)
		*at += p[at - value];
	for (u8 *at = value; at < value + 48; at += 2)
		n = n * 3 + *at;
	return n;
}

CASE(global_pointer)
{
	u32 n = 0;
	u32 *at;

	for (at = words; at < words + 24; at++)
		*at += u32_at(p, at - words);
	for (at = words; at - words < 24; at++)
		n ^= *at << (at - words);
	return n + (at - words);
}

CASE(fold_carries)
{
	u32 sum = 0;

	for (int i = 0; i < DATA_BYTES / 2; i++)
		sum += u16_at(p, 2 * i) << (i & 7);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

CASE(fold_carries_wide)
{
	u64 sum = u64_at(p, 0) & 0xffffffffffff;

	while (sum & ~0xffffffull)
		sum = (sum & 0xffffff) + (sum >> 24);
	return sum;
}
