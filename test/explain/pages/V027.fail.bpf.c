#include "page.h"
SEC("tc")
int sum(struct __sk_buff *skb)
{
	struct bpf_iter_num it = {};

	return bpf_iter_num_next(&it) != NULL;
}
