/* What the kernel gives besides helpers: kfuncs, variables, configuration; iterators; weak ones that are not there. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned int CONFIG_HZ __kconfig __weak;
extern enum libbpf_tristate CONFIG_BPF_SYSCALL __kconfig __weak;
extern bool CONFIG_NO_SUCH_OPTION __kconfig __weak;
extern bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
extern char CONFIG_DEFAULT_HOSTNAME[16] __kconfig __weak;

extern const struct rq runqueues __ksym;
extern const int bpf_prog_active __ksym;
extern const void init_task_no_such __ksym __weak;
extern const void init_task __ksym __weak;

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym __weak;
extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern int bpf_no_such_kfunc(int a) __ksym __weak;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym __weak;
extern void bpf_cpumask_set_cpu(u32 cpu, struct bpf_cpumask *cpumask) __ksym __weak;
extern bool bpf_cpumask_test_cpu(u32 cpu, const struct cpumask *cpumask) __ksym __weak;
extern void bpf_cpumask_release(struct bpf_cpumask *cpumask) __ksym __weak;

u64 out[8];

SEC("raw_tp/sys_enter")
int configuration(void *ctx)
{
	out[0] = LINUX_KERNEL_VERSION > KERNEL_VERSION(5, 4, 0);
	out[1] = CONFIG_HZ + CONFIG_NO_SUCH_OPTION;
	out[2] = CONFIG_BPF_SYSCALL == TRI_YES;
	out[3] = LINUX_HAS_SYSCALL_WRAPPER;
	out[4] = CONFIG_DEFAULT_HOSTNAME[1];
	if (CONFIG_NO_SUCH_OPTION)
		out[5] = bpf_no_such_kfunc(1);
	return 0;
}

SEC("raw_tp/sys_enter")
int variables(void *ctx)
{
	struct rq *rq = bpf_per_cpu_ptr(&runqueues, 0);
	int *active = bpf_this_cpu_ptr(&bpf_prog_active);

	if (rq)
		out[0] = rq->cpu;
	out[1] = *active;
	out[2] = &init_task_no_such ? 1 : 2;
	out[3] = (u64)&init_task;
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(tasks, struct task_struct *task, u64 clone_flags)
{
	struct task_struct *got = bpf_task_acquire(task), *by_pid;

	if (got) {
		out[0] = got->pid;
		bpf_task_release(got);
	}
	if (bpf_ksym_exists(bpf_task_from_pid)) {
		by_pid = bpf_task_from_pid(1);
		if (by_pid) {
			out[1] = by_pid->tgid;
			bpf_task_release(by_pid);
		}
	}
	if (bpf_ksym_exists(bpf_no_such_kfunc))
		out[2] = bpf_no_such_kfunc(3);
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(masks, struct task_struct *task, u64 clone_flags)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();

	if (!mask)
		return 0;
	bpf_cpumask_set_cpu(3, mask);
	out[0] = bpf_cpumask_test_cpu(3, (const struct cpumask *)mask);
	bpf_cpumask_release(mask);
	bpf_rcu_read_lock();
	out[1] = task->real_parent->pid;
	bpf_rcu_read_unlock();
	return 0;
}

extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, unsigned int flags) __ksym __weak;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym __weak;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym __weak;

SEC("iter.s/task")
int all_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *pos;

	bpf_rcu_read_lock();
	bpf_for_each(task, pos, NULL, 0) {
		out[0]++;
		if (pos->pid == 100)
			break;
	}
	bpf_rcu_read_unlock();
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
