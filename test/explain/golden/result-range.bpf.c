// A cgroup program answers 0 or 1, this one a length.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup/sock_create")
int allow(struct bpf_sock *sk)
{
	return sk->protocol;
}

char LICENSE[] SEC("license") = "GPL";
