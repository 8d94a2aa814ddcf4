/* CO-RE of every kind on the kernel's types: reads, questions about fields, types and enumerators, bit-fields, flavours. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

struct task_struct___old {
	long state;
} __attribute__((preserve_access_index));

struct task_struct___new {
	unsigned int __state;
	int no_such_field;
};

struct no_such_struct {
	int a;
};

struct mm_struct___small {
	struct {
		unsigned long start_code, start_stack;
	};
} __attribute__((preserve_access_index));

enum bpf_attach_type___far {
	BPF_XDP___far = 1,
	BPF_NO_SUCH_TYPE___far = 7777,
};

enum bpf_attach_type___far2 { BPF_TRACE_UPROBE_MULTI___x = 3 };

u64 out[16];
char text[32];

SEC("raw_tp/sys_enter")
int reads(void *ctx)
{
	struct task_struct *t = (void *)bpf_get_current_task(), *parent;
	struct mm_struct___small *small;

	out[0] = BPF_CORE_READ(t, pid);
	out[1] = BPF_CORE_READ(t, real_parent, real_parent, tgid);
	out[2] = BPF_CORE_READ(t, mm, start_stack);
	BPF_CORE_READ_INTO(&parent, t, group_leader);
	BPF_CORE_READ_STR_INTO(&text, t, group_leader, comm);
	out[3] = BPF_CORE_READ(t, signal, rlim[7].rlim_cur);
	bpf_core_read(&out[4], sizeof(out[4]), &t->start_time);
	out[5] = BPF_PROBE_READ(t, flags);
	out[6] = BPF_CORE_READ(t, nsproxy, uts_ns, ns.inum);
	bpf_probe_read_kernel(&out[7], 8, __builtin_preserve_access_index(&((struct mm_struct___small *)0)->start_stack));
	small = (void *)BPF_CORE_READ(t, mm);
	out[8] = BPF_CORE_READ(small, start_code);
	return parent == t;
}

SEC("raw_tp/sys_enter")
int fields(void *ctx)
{
	struct task_struct *t = (void *)bpf_get_current_task();

	if (bpf_core_field_exists(struct task_struct___old, state))
		out[0] = BPF_CORE_READ((struct task_struct___old *)t, state);
	else
		out[0] = BPF_CORE_READ((struct task_struct___new *)t, __state);
	out[1] = bpf_core_field_exists(t->comm) + bpf_core_field_exists(struct task_struct___new, no_such_field) * 2;
	out[2] = bpf_core_field_size(t->comm) + bpf_core_field_size(struct task_struct, pid) * 100;
	out[3] = bpf_core_field_offset(struct task_struct, tgid);
	return 0;
}

SEC("raw_tp/sys_enter")
int types(void *ctx)
{
	out[0] = bpf_core_type_exists(struct task_struct) + bpf_core_type_exists(struct no_such_struct) * 2 +
		 bpf_core_type_exists(pid_t) * 4 + bpf_core_type_exists(enum bpf_attach_type) * 8;
	out[1] = bpf_core_type_size(struct list_head) + bpf_core_type_size(struct no_such_struct);
	out[2] = bpf_core_type_matches(struct list_head) + bpf_core_type_matches(struct no_such_struct) * 2;
	out[3] = bpf_core_type_id_kernel(struct task_struct);
	out[4] = bpf_core_type_id_local(struct task_struct___new) != 0;
	return 0;
}

SEC("raw_tp/sys_enter")
int enumerators(void *ctx)
{
	out[0] = bpf_core_enum_value_exists(enum bpf_attach_type, BPF_XDP) +
		 bpf_core_enum_value_exists(enum bpf_attach_type___far, BPF_NO_SUCH_TYPE___far) * 2;
	out[1] = bpf_core_enum_value(enum bpf_attach_type, BPF_TRACE_ITER) +
		 bpf_core_enum_value(enum bpf_attach_type___far, BPF_XDP___far);
	out[2] = bpf_core_enum_value(enum pid_type, PIDTYPE_SID);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(bits, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	out[0] = BPF_CORE_READ_BITFIELD(prev, sched_reset_on_fork) + BPF_CORE_READ_BITFIELD_PROBED(next, in_iowait) * 2;
	out[1] = prev->in_execve + next->no_cgroup_migration * 2;
	out[2] = prev->comm[3] + next->cred->uid.val;
	out[3] = next->mm ? next->mm->total_vm : 0;
	return 0;
}

SEC("raw_tp/kfree_skb")
int BPF_PROG(nested, struct sk_buff *skb)
{
	struct net_device *dev = BPF_CORE_READ(skb, dev);

	out[0] = BPF_CORE_READ(dev, ifindex) + BPF_CORE_READ(skb, sk, __sk_common.skc_family);
	out[1] = BPF_CORE_READ(skb, sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[3]);
	out[2] = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header) != 0;
	out[3] = BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
