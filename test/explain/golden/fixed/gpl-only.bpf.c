// gpl-only, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe/do_nanosleep")
int peek(void *ctx)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)0);
	return word != 0;
}

char LICENSE[] SEC("license") = "GPL";
