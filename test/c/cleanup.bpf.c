/* The cleanup attribute, by every way out of a block. */
#include "case.h"

u32 log_;

static __always_inline void leave(u32 *v)
{
	log_ = log_ * 10 + *v;
}

static __always_inline u32 body(const u8 *p)
{
	u32 a __attribute__((cleanup(leave))) = 1;

	if (p[0] & 1) {
		u32 b __attribute__((cleanup(leave))) = 2;

		if (p[0] & 2)
			return 5;
	}
	for (int i = 0; i < 3; i++) {
		u32 c __attribute__((cleanup(leave))) = 3 + i;

		if (i == 1)
			break;
	}
	if (p[1] & 1)
		goto out;
	a = 9;
out:
	return 6;
}

CASE(cleaned)
{
	u32 r;

	log_ = 0;
	r = body(p);
	return log_ * 10 + r;
}
