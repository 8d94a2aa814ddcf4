/* FNV-1a, 64 bits, over the packet: a load, an xor and a multiply a byte. */
#include "bench.h"

SEC("xdp")
int fnv(struct xdp_md *ctx)
{
	INPUT(p);
	u64 hash = 0xcbf29ce484222325ULL;

	for (u32 i = 0; i < 256; i++) {
		hash ^= p[i];
		hash *= 0x100000001b3ULL;
	}
	return (u32)(hash ^ (hash >> 32));
}
