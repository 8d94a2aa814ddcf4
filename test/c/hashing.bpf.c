/* Hashes of a given number of words, written as loops whose rounds depend on that number: for a constant one the loop is never entered. */
#include "case.h"

static __always_inline u32 turn(u32 x, u32 by)
{
	return x << by | x >> (32 - by);
}

#define STIR(a, b, c)                         \
	({                                    \
		a -= c; a ^= turn(c, 4); c += b; \
		b -= a; b ^= turn(a, 6); a += c; \
		c -= b; c ^= turn(b, 8); b += a; \
	})

static __always_inline u32 words_hash(const u32 *word, u32 count, u32 seed)
{
	u32 a = 0xfeedf00d + (count << 2) + seed, b = a, c = a;

	while (count > 3) {
		a += word[0];
		b += word[1];
		c += word[2];
		STIR(a, b, c);
		count -= 3;
		word += 3;
	}
	switch (count) {
	case 3:
		c += word[2];
		/* fallthrough */
	case 2:
		b += word[1];
		/* fallthrough */
	case 1:
		a += word[0];
		STIR(a, b, c);
		break;
	case 0:
		break;
	}
	return c;
}

struct key {
	u32 source[4];
	u32 ports;
};

static __always_inline u32 key_hash(struct key *key, bool wide)
{
	if (wide)
		return words_hash(key->source, 4, 7) ^ words_hash(&key->ports, 1, 0);
	return words_hash(key->source, 1, key->ports);
}

CASE(constant_counts)
{
	struct key key = {};
	u32 sum = 0;

	key.source[0] = u32_at(p, 0);
	key.ports = u32_at(p, 4);
	sum = key_hash(&key, false);
	for (int i = 0; i < 4; i++)
		key.source[i] = u32_at(p, 4 * i);
	return sum + key_hash(&key, true) * 3;
}

CASE(count_out_of_branches)
{
	u32 word[5], count = p[0] & 1 ? 2 : 5;

	for (int i = 0; i < 5; i++)
		word[i] = u32_at(p, 4 * i);
	return words_hash(word, count, 1);
}

/* One's complement sum of a header's halves, by a pointer that walks. */
static __always_inline u16 header_sum(void *header)
{
	u16 *next = header;
	u32 sum = 0;

#pragma clang loop unroll(full)
	for (int i = 0; i < (int)(20 >> 1); i++)
		sum += *next++;
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

CASE(checksum_by_pointer)
{
	u8 header[20];

	__builtin_memcpy(header, p, sizeof(header));
	return header_sum(header);
}
