/* Primes below a bound by trial division: divisions and branches. */
#include "bench.h"

SEC("xdp")
int primes(struct xdp_md *ctx)
{
	INPUT(p);
	u64 bound = 300 + (p[30] & 1);
	u64 count = 0;

	for (u64 n = 2; n < bound; n++) {
		u64 d = 2;

		for (; d * d <= n; d++)
			if (n % d == 0)
				break;
		if (d * d > n)
			count++;
	}
	return count;
}
