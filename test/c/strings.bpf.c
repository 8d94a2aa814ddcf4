/* Strings and tables in .rodata, .data and .bss; in sections of their own; switches that become tables. */
#include "case.h"

static const char names[4][8] = { "eth", "wlan", "loopback", "x" };
const char banner[] SEC(".rodata.banner") = "skep";
u32 own_data SEC(".data.counters") = 11;
u64 own_bss[5] SEC(".data.cells");
char buffer[32] = "start";
static u8 zeroed[24];

CASE(name_table)
{
	const char *name = names[p[0] & 3];
	u32 n = 0;

	for (int i = 0; i < 8; i++)
		n = n * 31 + name[i];
	return n;
}

CASE(own_sections)
{
	own_data += banner[p[0] & 3];
	own_bss[2] += own_data;
	own_bss[p[1] & 3]++;
	return own_data + own_bss[2] * 3 + own_bss[4];
}

CASE(writable_text)
{
	buffer[p[0] & 31] = 'z';
	zeroed[p[1] & 15] = p[2];
	zeroed[3] |= 1;
	return buffer[0] + buffer[4] * 3 + buffer[5] * 5 + zeroed[3] * 7 + zeroed[p[1] & 15];
}

static __always_inline const char *word(u8 n)
{
	switch (n & 7) {
	case 0:
		return "none";
	case 1:
		return "one";
	case 2:
		return "two";
	case 5:
		return "five";
	default:
		return "many";
	}
}

CASE(words)
{
	const char *w = word(p[0]);

	return w[0] * 256 + w[2];
}

CASE(switch_values)
{
	switch (p[0] & 15) {
	case 0: return 17;
	case 1: return 34;
	case 2: return 5;
	case 3: return 99;
	case 4: return 1234;
	case 5: return 8;
	case 6: return 77;
	case 7: return 3;
	case 8: return 65;
	case 9: return 2;
	default: return 1000;
	}
}

CASE(literal_compare)
{
	char a[8] = "GET /xy";

	a[4] = p[0];
	return __builtin_memcmp(a, "GET ", 4) == 0 && a[4] != '/' ? 1 : 2;
}

CASE(long_literal)
{
	char path[] = "/sys/kernel/debug/tracing/events/syscalls/sys_enter_openat/format";
	u32 n = sizeof(path);

	for (u32 i = 0; i < sizeof(path); i++)
		n = n * 33 ^ path[i];
	return n + path[p[0] & 63];
}
