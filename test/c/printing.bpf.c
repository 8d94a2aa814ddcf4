/* Formats: string literals and static arrays in .rodata. */
#include "case.h"

CASE(format)
{
	char out[32] = {};
	u32 sum = 0;

	BPF_SNPRINTF(out, sizeof(out), "%d-%s-%x", (s32)(s8)p[0], "abc", u16_at(p, 1));
	for (int i = 0; i < 32; i++)
		sum = sum * 31 + (u8)out[i];
	return sum;
}

CASE(strncmp_helper)
{
	char name[8] = "abcdefg";

	name[3] = p[0];
	return bpf_strncmp(name, 8, "abcdefg") == 0;
}

CASE(printk)
{
	if (p[0] == 0xfe)
		bpf_printk("case %d of %u", p[1], u32_at(p, 2));
	return p[0];
}
