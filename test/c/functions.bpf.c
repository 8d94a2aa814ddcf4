/* Functions: inlined, static, global, with many arguments, recursive by unrolling. */
#include "case.h"

static __noinline u32 plain(u32 a, u32 b)
{
	return a * 3 + b;
}

__noinline int global_function(int a, long b)
{
	return a - (int)b;
}

static __always_inline u32 seven(u32 a, u32 b, u32 c, u32 d, u32 e, u32 f, const u8 *g)
{
	return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g[0] * 7;
}

static u32 maybe(const u8 *p, int n)
{
	if (n > 3)
		return p[n];
	return n;
}

static __noinline u64 narrow(u8 a, s8 b, u16 c, bool d)
{
	return a + b * 2 + c * 3 + d * 4;
}

CASE(calls)
{
	return plain(p[0], p[1]) + plain(3, 4) + global_function(p[2], p[3]) + maybe(p, 7) + maybe(p, 2);
}

CASE(many_arguments)
{
	return seven(p[0], p[1], p[2], p[3], p[4], p[5], p + 6);
}

CASE(narrow_arguments)
{
	return narrow(p[0] + 200, p[1], u16_at(p, 2) + 7, p[4]);
}

static __noinline u32 read_struct(const struct bpf_sock_tuple *t)
{
	return t->ipv4.saddr + t->ipv4.dport;
}

CASE(pointer_argument)
{
	struct bpf_sock_tuple t = {};

	t.ipv4.saddr = u32_at(p, 0);
	t.ipv4.dport = p[4];
	return read_struct(&t);
}

/* Helpers as headers before libbpf 1.0 declare them: no const. */
static long (*old_lookup)(void *map, const void *key, void *value, __u64 flags) = (void *)BPF_FUNC_map_update_elem;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} last SEC(".maps");

CASE(old_helper)
{
	u32 zero = 0, value = p[0];

	return 7 - old_lookup(&last, &zero, &value, 0);
}
