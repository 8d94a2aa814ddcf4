// null-branch, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
	__uint(max_entries, 1024);
} hits SEC(".maps");

SEC("socket")
int count(struct __sk_buff *skb)
{
	__u32 key = skb->protocol;
	volatile __u64 *n = bpf_map_lookup_elem(&hits, &key);

	if (n)
		*n = 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
