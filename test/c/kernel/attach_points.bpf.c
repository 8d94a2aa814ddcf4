/* Programs of many kinds: what their sections are called, and how the macros of bpf_tracing.h hand over arguments. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

u64 total;

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	total += prev->pid + next->tgid + preempt;
	return 0;
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm)
{
	total += BPF_CORE_READ(p, tgid) + old_pid + BPF_CORE_READ(bprm, file, f_inode, i_ino);
	return 0;
}

SEC("fentry/do_unlinkat")
int BPF_PROG(enter_unlink, int dfd, struct filename *name)
{
	total += dfd + name->name[0];
	return 0;
}

SEC("fexit/do_unlinkat")
int BPF_PROG(leave_unlink, int dfd, struct filename *name, long ret)
{
	total += ret;
	return 0;
}

SEC("fexit/vfs_read")
int BPF_PROG2(leave_read, struct file *, file, char *, buf, size_t, count, loff_t *, pos, ssize_t, ret)
{
	total += count + ret + file->f_flags;
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(may_open, struct file *file)
{
	return file->f_flags == 0x7fffffff ? -1 : 0;
}

SEC("lsm.s/bprm_check_security")
int BPF_PROG(may_exec, struct linux_binprm *bprm)
{
	return bprm->argc > 100000 ? -1 : 0;
}

SEC("fmod_ret/bpf_modify_return_test")
int BPF_PROG(change_return, int a, int *b, int ret)
{
	return a + ret;
}

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(probe_unlink, int dfd, struct filename *name)
{
	char text[16] = {};

	bpf_probe_read_kernel_str(text, sizeof(text), BPF_CORE_READ(name, name));
	total += dfd + text[0];
	return 0;
}

SEC("kretprobe/do_unlinkat")
int BPF_KRETPROBE(probe_unlink_ret, long ret)
{
	total += ret;
	return 0;
}

SEC("ksyscall/kill")
int BPF_KSYSCALL(probe_kill, pid_t pid, int sig)
{
	total += pid * 100 + sig;
	return 0;
}

SEC("kprobe.multi/vfs_*")
int BPF_KPROBE(probe_many)
{
	total += bpf_get_func_ip(ctx) & 1;
	return 0;
}

SEC("uprobe//bin/true:main")
int BPF_UPROBE(probe_main, int argc, char **argv)
{
	char *first = NULL;

	bpf_probe_read_user(&first, sizeof(first), argv);
	total += argc + (first != NULL);
	return 0;
}

SEC("uretprobe.s")
int BPF_URETPROBE(probe_main_ret, int ret)
{
	total += ret;
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int on_openat(struct trace_event_raw_sys_enter *ctx)
{
	char name[32];

	if (bpf_probe_read_user_str(name, sizeof(name), (void *)ctx->args[1]) > 0)
		total += name[0];
	total += ctx->id;
	return 0;
}

SEC("perf_event")
int on_sample(struct bpf_perf_event_data *ctx)
{
	total += ctx->sample_period + PT_REGS_IP(&ctx->regs);
	return 0;
}

SEC("cgroup_skb/egress")
int out_of_cgroup(struct __sk_buff *skb)
{
	return skb->len > 60;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	if (ctx->user_port == 0x3500)
		ctx->user_ip4 = 0x0100007f;
	return 1;
}

SEC("cgroup/sock_create")
int on_create(struct bpf_sock *sk)
{
	return sk->family != 17;
}

SEC("cgroup/sysctl")
int on_sysctl(struct bpf_sysctl *ctx)
{
	char name[16];

	bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
	return ctx->write == 0 || name[0] == 'n';
}

SEC("cgroup/dev")
int on_device(struct bpf_cgroup_dev_ctx *ctx)
{
	return (ctx->access_type >> 16) != 2 || ctx->major == 1;
}

SEC("cgroup/setsockopt")
int on_setsockopt(struct bpf_sockopt *ctx)
{
	u8 *value = ctx->optval;

	if (value + 4 > (u8 *)ctx->optval_end)
		return 1;
	if (ctx->level == 6 && value[0] == 77)
		ctx->optlen = -1;
	return 1;
}

SEC("sockops")
int on_sockops(struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_TCP_CONNECT_CB)
		ctx->reply = ctx->remote_port;
	return 1;
}

SEC("sk_lookup")
int on_lookup(struct bpf_sk_lookup *ctx)
{
	return ctx->local_port == 7 ? 0 : 1;
}

SEC("sk_msg")
int on_msg(struct sk_msg_md *msg)
{
	u8 *data = msg->data;

	return data + 1 > (u8 *)msg->data_end ? 1 : data[0] & 1;
}

SEC("sk_skb/stream_parser")
int parse_stream(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("sk_reuseport")
int pick_socket(struct sk_reuseport_md *ctx)
{
	return ctx->len > 8;
}

SEC("flow_dissector")
int dissect(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;

	keys->nhoff = 14;
	return 0;
}

SEC("lwt_xmit")
int on_xmit(struct __sk_buff *skb)
{
	return skb->len < 20 ? 2 : 0;
}

SEC("netfilter")
int on_netfilter(struct bpf_nf_ctx *ctx)
{
	return ctx->skb->len > 10;
}

SEC("tcx/ingress")
int on_ingress(struct __sk_buff *skb)
{
	return skb->ifindex ? -1 : 2;
}

SEC("xdp.frags")
int on_frags(struct xdp_md *ctx)
{
	return bpf_xdp_get_buff_len(ctx) > 10 ? XDP_PASS : XDP_DROP;
}

SEC("xdp/devmap")
int on_devmap(struct xdp_md *ctx)
{
	return ctx->egress_ifindex ? XDP_PASS : XDP_DROP;
}

SEC("iter/task")
int dump_task(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;

	if (!task)
		return 0;
	if (ctx->meta->seq_num == 0)
		BPF_SEQ_PRINTF(seq, "tgid pid\n");
	BPF_SEQ_PRINTF(seq, "%8d %8d %s\n", task->tgid, task->pid, task->comm);
	return 0;
}

SEC("iter.s/bpf_map")
int dump_map(struct bpf_iter__bpf_map *ctx)
{
	struct bpf_map *map = ctx->map;

	if (map)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%u %d\n", map->id, map->map_type);
	return 0;
}

SEC("?kprobe/never_there")
int not_loaded(struct pt_regs *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
