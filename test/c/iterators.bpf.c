/* bpf_for: an iterator with a cleanup attribute. */
#include "case.h"

CASE(numbers)
{
	u32 sum = 0;
	int i;

	bpf_for(i, 2, 9) {
		if (i == 4)
			continue;
		if (i == 8)
			break;
		sum += i * p[0];
	}
	return sum;
}

CASE(repeated)
{
	u32 n = 1;

	bpf_repeat(5)
		n = n * 3 + p[0];
	return n;
}
