// stack-depth, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct scratch {
	char buf[300];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct scratch);
	__uint(max_entries, 1);
} scratches SEC(".maps");

static __attribute__((noinline)) int inner(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct scratch *s = bpf_map_lookup_elem(&scratches, &zero);
	char *buf;

	if (!s)
		return 0;
	buf = s->buf;
	bpf_skb_load_bytes(skb, 0, buf, sizeof(s->buf));
	return buf[7];
}

SEC("socket")
int outer(struct __sk_buff *skb)
{
	char buf[300] = {};

	bpf_skb_load_bytes(skb, 0, buf, sizeof(buf));
	return buf[3] + inner(skb);
}

char LICENSE[] SEC("license") = "GPL";
