// map-negative, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct stats {
	__u8 seen[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct stats);
	__uint(max_entries, 1);
} table SEC(".maps");

SEC("socket")
int by_hash(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct stats *s = bpf_map_lookup_elem(&table, &zero);
	long slot = (int)skb->hash;

	if (!s || slot > 63)
		return 0;
	if (slot < 0)
		return 0;
	s->seen[slot] = 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
