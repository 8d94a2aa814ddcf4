// The size of what is sent is limited from above only, and the number is signed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("tc")
int copy(struct __sk_buff *skb)
{
	char head[64] = {};
	long n = (int)skb->len - 14;

	if (n < 0 || n > (long)sizeof(head))
		return 0;
	bpf_perf_event_output(skb, &events, BPF_F_CURRENT_CPU, head, n);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
