/* What lies in maps besides numbers: locks, timers, referenced objects, lists; maps of every kind; printing with many arguments. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))
#define private(name) SEC(".bss." #name) __hidden __attribute__((aligned(8)))

extern void *bpf_obj_new_impl(__u64 local_type_id, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *kptr, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

struct item {
	struct bpf_list_node node;
	int value;
};

private(A) struct bpf_spin_lock lock;
private(A) struct bpf_list_head head __contains(item, node);

struct cell {
	struct bpf_spin_lock lock;
	u64 count;
	struct bpf_timer timer;
	struct task_struct __kptr *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct cell);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} per_task SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 128);
	__uint(key_size, sizeof(u32));
	__uint(value_size, 127 * sizeof(u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16);
	__type(key, struct { u32 bits; u32 address; });
	__type(value, u32);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 8);
	__type(value, u64);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__uint(map_extra, 3);
	__type(value, u64);
} bloom SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} from_user SEC(".maps");

static int expired(void *map, u32 *key, struct cell *cell)
{
	bpf_spin_lock(&cell->lock);
	cell->count += *key;
	bpf_spin_unlock(&cell->lock);
	return 0;
}

SEC("tp_btf/task_newtask")
int BPF_PROG(locked, struct task_struct *task, u64 clone_flags)
{
	u32 key = clone_flags & 3;
	struct cell *cell = bpf_map_lookup_elem(&cells, &key);
	struct task_struct *old, *kept;

	if (!cell)
		return 0;
	bpf_spin_lock(&cell->lock);
	cell->count++;
	bpf_spin_unlock(&cell->lock);
	kept = bpf_task_acquire(task);
	if (!kept)
		return 0;
	old = bpf_kptr_xchg(&cell->task, kept);
	if (old)
		bpf_task_release(old);
	return 0;
}

SEC("tc")
int timed(struct __sk_buff *skb)
{
	u32 key = 1;
	struct cell *cell = bpf_map_lookup_elem(&cells, &key);

	if (!cell)
		return 0;
	bpf_timer_init(&cell->timer, &cells, 1);
	bpf_timer_set_callback(&cell->timer, expired);
	return bpf_timer_start(&cell->timer, 1000000, 0);
}

SEC("tc")
int listed(struct __sk_buff *skb)
{
	struct item *item = bpf_obj_new_impl(bpf_core_type_id_local(struct item), NULL);
	struct bpf_list_node *node;
	int value = 0;

	if (!item)
		return 0;
	item->value = skb->len;
	bpf_spin_lock(&lock);
	bpf_list_push_front_impl(&head, &item->node, NULL, 0);
	node = bpf_list_pop_front(&head);
	bpf_spin_unlock(&lock);
	if (!node)
		return 1;
	item = container_of(node, struct item, node);
	value = item->value;
	bpf_obj_drop_impl(item, NULL);
	return value;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(stored, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	u64 *at = bpf_task_storage_get(&per_task, next, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	u64 value = prev->pid;

	if (at)
		*at += 1;
	bpf_map_push_elem(&queue, &value, 0);
	bpf_map_push_elem(&bloom, &value, 0);
	return bpf_map_peek_elem(&bloom, &value);
}

SEC("perf_event")
int sampled(struct bpf_perf_event_data *ctx)
{
	struct {
		u64 when;
		s32 user, kernel;
		char comm[16];
	} sample = { .when = bpf_ktime_get_ns() };

	sample.user = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
	sample.kernel = bpf_get_stackid(ctx, &stacks, 0);
	bpf_get_current_comm(sample.comm, sizeof(sample.comm));
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &sample, sizeof(sample));
	return 0;
}

static long drained(struct bpf_dynptr *record, u64 *sum)
{
	u32 *value = bpf_dynptr_data(record, 0, sizeof(*value));

	if (value)
		*sum += *value;
	return 0;
}

SEC("raw_tp/sys_enter")
int printed(void *ctx)
{
	struct {
		u32 bits, address;
	} route = { 32, 7 };
	u64 sum = 0;
	char line[48];
	u32 *hit = bpf_map_lookup_elem(&routes, &route);

	bpf_user_ringbuf_drain(&from_user, drained, &sum, 0);
	bpf_printk("none");
	bpf_printk("three %d %s %llx", route.bits, "word", sum);
	bpf_printk("nine %d %d %d %d %d %d %d %d %d", 1, 2, 3, hit ? *hit : 4, 5, 6, 7, 8, 9);
	return BPF_SNPRINTF(line, sizeof(line), "%d %u %lld %p %pB %s %c", -1, 2, sum, ctx, ctx, "x", 'y');
}

char LICENSE[] SEC("license") = "GPL";
