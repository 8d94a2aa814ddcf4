// needs: kernel BTF
// A node is put on a list without the lock that belongs to it.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct bpf_list_head {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_list_node {
	__u64 opaque[3];
} __attribute__((aligned(8)));

struct item {
	struct bpf_list_node node;
	__u64 value;
};

struct queue {
	struct bpf_spin_lock lock;
	struct bpf_list_head head __attribute__((btf_decl_tag("contains:item:node")));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct queue);
} queues SEC(".maps");

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;

SEC("tc")
int push(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct queue *q = bpf_map_lookup_elem(&queues, &zero);
	struct item *item;

	if (!q)
		return 0;
	item = bpf_obj_new_impl(bpf_core_type_id_local(struct item), (void *)0);
	if (!item)
		return 0;
	item->value = skb->len;
	bpf_spin_lock(&q->lock);
	bpf_list_push_back_impl(&q->head, &item->node, (void *)0, 0);
	bpf_spin_unlock(&q->lock);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
