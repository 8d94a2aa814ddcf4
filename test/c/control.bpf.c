/* if, switch, loops, goto. */
#include "case.h"

CASE(switch_dense)
{
	switch (p[0] & 7) {
	case 0:
		return 11;
	case 1:
		return 22;
	case 2:
	case 3:
		return 33;
	case 4:
		break;
	case 5:
		return 55;
	default:
		return 99;
	}
	return 44;
}

CASE(switch_sparse)
{
	u32 n = 0;

	switch (u16_at(p, 0)) {
	case 0x0100:
		n = 1;
		/* fallthrough */
	case 0x0800:
		n += 2;
		break;
	case 0x86dd:
		n = 3;
		break;
	case 0xffff:
		n = 4;
	}
	return n;
}

CASE(switch_range)
{
	switch (p[3]) {
	case 0 ... 9:
		return 1;
	case 10 ... 99:
		return 2;
	case 100 ... 254:
		return 3;
	}
	return 4;
}

CASE(loops)
{
	u32 sum = 0;
	int i;

	for (i = 0; i < 16; i++) {
		if (p[i] == 3)
			continue;
		if (p[i] == 250)
			break;
		sum = sum * 31 + p[i];
	}
	while (i > 4) {
		sum ^= i;
		i -= 3;
	}
	do {
		sum += i;
	} while (++i < 10);
	return sum;
}

CASE(nested)
{
	u32 sum = 0;

	for (int i = 0; i < 8; i++)
		for (int j = i; j < 8; j++) {
			if (p[i * 8 + j] & 1)
				sum += i ^ j;
			else
				sum <<= 1;
		}
	return sum;
}

CASE(jump)
{
	u32 n = 0, left = 5;

	if (p[0] & 1)
		goto odd;
	n = 100;
again:
	n += p[left];
	if (--left)
		goto again;
	goto out;
odd:
	n = 200;
out:
	return n;
}

CASE(late_exit)
{
	for (int i = 0; i < 32; i++)
		if (p[i] == p[i + 1])
			return i;
	return 1000;
}
