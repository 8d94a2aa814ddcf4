/* Per-CPU maps, LRU, maps in maps, ring buffers. */
#include "case.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, u32);
} lru SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { [0] = &first, [2] = &second },
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

CASE(percpu_map)
{
	u32 key = p[0] & 3;
	u32 *v = bpf_map_lookup_elem(&percpu, &key);

	return v ? (*v += p[1], *v) : 1000;
}

CASE(lru_map)
{
	u32 key = p[0], value = p[1], *v;

	bpf_map_update_elem(&lru, &key, &value, 0);
	v = bpf_map_lookup_elem(&lru, &key);
	return v ? *v : 1000;
}

CASE(map_in_map)
{
	u32 key = 2, zero = 1, *v;
	void *inner = bpf_map_lookup_elem(&outer, &key);

	if (!inner)
		return 1;
	v = bpf_map_lookup_elem(inner, &zero);
	if (!v)
		return 2;
	*v += p[0] + 10;
	return *v;
}

CASE(ring_record)
{
	struct event {
		u64 a;
		u8 b[8];
	} *e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);

	if (!e)
		return 1;
	e->a = u64_at(p, 0);
	__builtin_memcpy(e->b, p + 8, 8);
	if (p[0] & 1) {
		bpf_ringbuf_discard(e, 0);
		return 2;
	}
	bpf_ringbuf_submit(e, 0);
	return 3;
}
