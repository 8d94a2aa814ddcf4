// result-range, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup/sock_create")
int allow(struct bpf_sock *sk)
{
	return sk->protocol != 0;
}

char LICENSE[] SEC("license") = "GPL";
