/* struct_ops: a congestion control algorithm of TCP, its functions and numbers, and one that is registered by a link. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

extern __u32 tcp_slow_start(struct tcp_sock *tp, __u32 acked) __ksym __weak;

struct own {
	u32 seen;
};

static struct own *own_of(struct sock *sk)
{
	return (struct own *)((struct inet_connection_sock *)sk)->icsk_ca_priv;
}

SEC("struct_ops")
void BPF_PROG(begin, struct sock *sk)
{
	own_of(sk)->seen = 0;
}

SEC("struct_ops")
void BPF_PROG(avoid, struct sock *sk, __u32 ack, __u32 acked)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	own_of(sk)->seen += acked;
	if (tp->snd_cwnd < tp->snd_ssthresh)
		tp->snd_cwnd += 1;
}

SEC("struct_ops")
__u32 BPF_PROG(threshold, struct sock *sk)
{
	struct tcp_sock *tp = (struct tcp_sock *)sk;

	return tp->snd_cwnd > 4 ? tp->snd_cwnd / 2 : 2;
}

SEC("struct_ops")
__u32 BPF_PROG(undo, struct sock *sk)
{
	return ((struct tcp_sock *)sk)->snd_cwnd;
}

SEC(".struct_ops")
struct tcp_congestion_ops slow = {
	.init = (void *)begin,
	.cong_avoid = (void *)avoid,
	.ssthresh = (void *)threshold,
	.undo_cwnd = (void *)undo,
	.name = "corpus_slow",
};

SEC(".struct_ops.link")
struct tcp_congestion_ops linked = {
	.cong_avoid = (void *)avoid,
	.ssthresh = (void *)threshold,
	.undo_cwnd = (void *)undo,
	.name = "corpus_linked",
};

char LICENSE[] SEC("license") = "GPL";
