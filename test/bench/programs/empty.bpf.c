/* What calling any program costs: subtracted from the others. */
#include "bench.h"

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	return XDP_PASS;
}
