// endless-loop, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int wait(struct __sk_buff *skb)
{
	__u32 mark = skb->mark;

	for (int i = 0; i < 100 && mark != 7; i++)
		asm volatile("" : "+r"(mark));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
