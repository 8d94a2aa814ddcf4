// dynptr-unmade, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("socket")
int record(struct __sk_buff *skb)
{
	struct bpf_dynptr d;
	__u32 len = skb->len;

	bpf_ringbuf_reserve_dynptr(&events, 64, 0, &d);
	bpf_dynptr_write(&d, 0, &len, sizeof(len), 0);
	bpf_dynptr_read(&len, sizeof(len), &d, 0, 0);
	bpf_ringbuf_submit_dynptr(&d, 0);
	return len;
}

char LICENSE[] SEC("license") = "GPL";
