/* Walks the packet byte by byte, counting some of them: loads and branches. */
#include "bench.h"

SEC("xdp")
int byte_scan(struct xdp_md *ctx)
{
	INPUT(p);
	u8 *end = p + INPUT_BYTES;
	u32 spaces = 0, words = 0, in_word = 0;

	for (; p != end; p++) {
		if (*p == ' ' || *p == '\n') {
			spaces++;
			in_word = 0;
		} else if (!in_word) {
			in_word = 1;
			words++;
		}
	}
	return spaces << 16 | words;
}
