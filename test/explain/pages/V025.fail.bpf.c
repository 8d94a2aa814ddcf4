#include "page.h"
struct counter {
	struct bpf_spin_lock lock;
	__u64 sum;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

SEC("tc")
int count(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct counter *c = bpf_map_lookup_elem(&counters, &zero);

	if (!c)
		return 0;
	bpf_spin_lock(&c->lock);
	c->sum += bpf_ktime_get_ns();
	bpf_spin_unlock(&c->lock);
	return 0;
}
