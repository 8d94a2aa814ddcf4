/* Maps: array and hash, look-up, update, delete. */
#include "case.h"

struct key {
	u32 a;
	u16 b;
	u16 pad;
};

struct value {
	u64 count;
	u32 last;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct key);
	__type(value, struct value);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, 128);
} scratch SEC(".maps");

CASE(array_map)
{
	u32 key = p[0] & 7;
	u64 *slot = bpf_map_lookup_elem(&slots, &key);

	if (!slot)
		return 0;
	*slot += p[1];
	return *slot;
}

CASE(hash_map)
{
	struct key key = { .a = u32_at(p, 0) & 3, .b = p[4] };
	struct value *v, fresh = { .count = 1 };

	v = bpf_map_lookup_elem(&seen, &key);
	if (v) {
		v->count++;
		v->last = p[5];
		return v->count + 100;
	}
	fresh.last = p[6];
	return 50 - bpf_map_update_elem(&seen, &key, &fresh, BPF_ANY);
}

CASE(hash_delete)
{
	struct key key = { .a = 1000 };
	struct value v = { 7, p[0], 0 };
	long err;

	err = bpf_map_update_elem(&seen, &key, &v, BPF_NOEXIST);
	if (err)
		return 1;
	if (bpf_map_update_elem(&seen, &key, &v, BPF_NOEXIST) == 0)
		return 2;
	if (bpf_map_delete_elem(&seen, &key))
		return 3;
	return bpf_map_lookup_elem(&seen, &key) ? 4 : 5;
}

CASE(value_buffer)
{
	u32 zero = 0, sum = 0;
	u8 *buf = bpf_map_lookup_elem(&scratch, &zero);

	if (!buf)
		return 0;
	__builtin_memcpy(buf, p, 64);
	buf[100] = 9;
	for (int i = 0; i < 128; i += 4)
		sum = sum * 5 + buf[i];
	return sum + buf[p[0] & 127];
}
