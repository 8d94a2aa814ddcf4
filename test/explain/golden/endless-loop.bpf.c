// Nothing in the loop changes what it waits for.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("socket")
int wait(struct __sk_buff *skb)
{
	__u32 mark = skb->mark;

	while (mark != 7)
		asm volatile("" : "+r"(mark));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
