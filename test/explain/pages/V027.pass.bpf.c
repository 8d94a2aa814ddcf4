#include "page.h"
SEC("tc")
int sum(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *i, total = 0;

	bpf_iter_num_new(&it, 0, 10);
	while ((i = bpf_iter_num_next(&it)))
		total += *i;
	bpf_iter_num_destroy(&it);
	return total > 40;
}
