/* Callbacks: bpf_loop and bpf_for_each_map_elem. */
#include "case.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 5);
	__type(key, u32);
	__type(value, u32);
} cells SEC(".maps");

struct bpf_map;

struct sum {
	u32 total;
	u32 by;
};

static int step(u32 index, void *ctx)
{
	struct sum *sum = ctx;

	sum->total += index * sum->by;
	return index == 20;
}

static long each(struct bpf_map *map, u32 *key, u32 *value, struct sum *sum)
{
	*value += *key + 1;
	sum->total += *value;
	return 0;
}

CASE(loop_callback)
{
	struct sum sum = { 0, p[0] };

	bpf_loop(30, step, &sum, 0);
	return sum.total;
}

CASE(map_callback)
{
	struct sum sum = { p[0], 0 };

	bpf_for_each_map_elem(&cells, each, &sum, 0);
	return sum.total;
}
