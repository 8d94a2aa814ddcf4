/* Eight lookups in an array map, sixteen times over, at indices from the packet. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

SEC("xdp")
int lookups(struct xdp_md *ctx)
{
	INPUT(p);
	u64 sum = 0;

#pragma clang loop unroll(disable)
	for (u32 round = 0; round < 16; round++) {
#pragma clang loop unroll(full)
		for (u32 i = 0; i < 8; i++) {
			u32 key = p[54 + 8 * round + i] & 63;
			u64 *value = bpf_map_lookup_elem(&counters, &key);

			if (value)
				sum += ++*value;
		}
	}
	return (u32)sum;
}
