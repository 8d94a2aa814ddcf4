// The first error has no fix that could be tried; the second is on another path.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

SEC("tc")
int police(struct __sk_buff *skb)
{
	__u32 mark = skb->mark;
	__u64 *n;

	if (mark == 7)
		skb->len = 0;
	n = bpf_map_lookup_elem(&hits, &mark);
	if (mark != 7)
		*n += 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
