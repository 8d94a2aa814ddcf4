// The helper is told to write 64 bytes into an array of 16.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe/do_nanosleep")
int name(void *ctx)
{
	char comm[16];

	bpf_get_current_comm(comm, 64);
	return comm[0] == 'x';
}

char LICENSE[] SEC("license") = "GPL";
