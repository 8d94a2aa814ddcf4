// needs: kernel BTF
// iterator-order, with the advice followed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

SEC("tc")
int first(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 8);
	int found = bpf_iter_num_next(&it) ? 1 : 0;
	bpf_iter_num_destroy(&it);
	return found;
}

char LICENSE[] SEC("license") = "GPL";
