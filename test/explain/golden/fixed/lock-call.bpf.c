// lock-call, with the advice followed.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct total {
	struct bpf_spin_lock lock;
	__u64 bytes;
	__u64 last;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct total);
	__uint(max_entries, 1);
} totals SEC(".maps");

SEC("tc")
int account(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct total *t = bpf_map_lookup_elem(&totals, &zero);

	if (!t)
		return TC_ACT_OK;
	__u64 now = bpf_ktime_get_ns();
	bpf_spin_lock(&t->lock);
	t->bytes += skb->len;
	t->last = now;
	bpf_spin_unlock(&t->lock);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";
