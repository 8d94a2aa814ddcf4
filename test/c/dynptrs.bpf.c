/* Dynptrs, ring buffers and helpers that write through pointers. */
#include "case.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u8[64]);
} scratch SEC(".maps");

CASE(dynptr_of_map)
{
	u32 zero = 0;
	u8 *value = bpf_map_lookup_elem(&scratch, &zero);
	struct bpf_dynptr ptr;
	u8 bytes[4] = { p[0], p[1], p[2], p[3] }, back[4] = {};

	if (!value || bpf_dynptr_from_mem(value, 64, 0, &ptr))
		return 1;
	bpf_dynptr_write(&ptr, 10, bytes, 4, 0);
	bpf_dynptr_read(back, 3, &ptr, 11, 0);
	return back[0] + back[1] * 3 + back[2] * 5 + back[3];
}

CASE(dynptr_of_ring)
{
	struct bpf_dynptr ptr;
	u64 a = u64_at(p, 0);
	u8 *slice;

	if (bpf_ringbuf_reserve_dynptr(&ring, 24, 0, &ptr)) {
		bpf_ringbuf_discard_dynptr(&ptr, 0);
		return 1;
	}
	bpf_dynptr_write(&ptr, 0, &a, sizeof(a), 0);
	slice = bpf_dynptr_data(&ptr, 8, 8);
	if (slice) {
		slice[0] = p[9];
		slice[7] = 1;
	}
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return slice ? 2 : 3;
}

CASE(ring_output)
{
	struct {
		u32 kind;
		u8 data[12];
	} event = { .kind = p[0] };

	__builtin_memcpy(event.data, p + 4, 12);
	return bpf_ringbuf_output(&ring, &event, sizeof(event), 0) + bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE);
}

CASE(string_helpers)
{
	char text[8] = "-12z";
	long value = 0;
	unsigned long positive = 0;
	long a, b;

	text[1] = '1' + (p[0] & 7);
	a = bpf_strtol(text, 4, 10, &value);
	b = bpf_strtoul(text + 1, 3, 16, &positive);
	return a * 100 + value + b * 10000 + positive * 3;
}

CASE(checksum_helper)
{
	u32 from[2] = { u32_at(p, 0), u32_at(p, 4) }, to[1] = { u32_at(p, 8) };

	return bpf_csum_diff(from, sizeof(from), to, sizeof(to), 7);
}
