/* Callbacks that call helpers, that leave early, within one another; on hash maps; of timers. */
#include "case.h"

struct bpf_map;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32);
	__type(key, u32);
	__type(value, u64);
} table SEC(".maps");

struct walk {
	const u8 *unused;
	u32 sum, limit;
	u8 bytes[16];
};

static long fill(u32 i, void *data)
{
	struct walk *w = data;
	u32 key = i;
	u64 value = w->bytes[i & 15];

	bpf_map_update_elem(&table, &key, &value, BPF_ANY);
	return 0;
}

static long total(struct bpf_map *map, u32 *key, u64 *value, void *data)
{
	struct walk *w = data;

	w->sum += *key * 3 + *value;
	return w->sum > w->limit;
}

CASE(fill_and_walk)
{
	struct walk w = { .limit = 1000000 };
	long n, seen;

	__builtin_memcpy(w.bytes, p, 16);
	n = bpf_loop(12, fill, &w, 0);
	seen = bpf_for_each_map_elem(&table, total, &w, 0);
	return w.sum + n * 100000 + seen * 10000000;
}

static long inner(u32 i, u32 *sum)
{
	*sum += i;
	return i == 3;
}

static long outer(u32 i, u32 *sum)
{
	bpf_loop(10, inner, sum, 0);
	*sum *= 2;
	return *sum > 5000;
}

CASE(loop_in_loop)
{
	u32 sum = p[0];
	long n = bpf_loop(100, outer, &sum, 0);

	return sum * 10 + n;
}

static __noinline u32 helper_of_callback(u32 a, u32 b)
{
	return a * 7 + b;
}

static int step(u32 i, void *ctx)
{
	u32 *sum = ctx;

	*sum = helper_of_callback(*sum, i);
	return 0;
}

typedef int (*loop_fn)(u32, void *);

static __always_inline long times(u32 n, loop_fn fn, void *ctx)
{
	return bpf_loop(n, fn, ctx, 0);
}

CASE(passed_on)
{
	u32 sum = p[0];

	times(p[1] & 15, step, &sum);
	return sum;
}

