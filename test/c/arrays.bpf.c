/* Arrays: on the stack, of two dimensions, of constants, indexed by what the packet says. */
#include "case.h"

static const u32 powers[8] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000 };
static const char text[] = "the quick brown fox";
static const u16 grid[3][4] = { { 1, 2, 3, 4 }, [2] = { [1] = 7, [3] = 9 } };

CASE(constant_table)
{
	return powers[p[0] & 7] + powers[3];
}

CASE(string)
{
	return text[p[0] & 15] * 256 + text[4] + sizeof(text);
}

CASE(two_dimensions)
{
	return grid[2][p[0] & 3] * 100 + grid[0][p[1] & 3] + grid[1][1];
}

CASE(stack_array)
{
	u32 a[16];
	u32 sum = 0;

	for (int i = 0; i < 16; i++)
		a[i] = p[i] * i;
	for (int i = 0; i < 16; i++)
		sum = sum * 7 + a[15 - i];
	return sum;
}

CASE(index_unknown)
{
	u8 counts[16] = {};

	for (int i = 0; i < 32; i++)
		counts[p[i] & 15]++;
	return counts[3] << 8 | counts[p[33] & 15];
}

CASE(sorted)
{
	u8 a[6];
	u32 sum = 0;

	for (int i = 0; i < 6; i++)
		a[i] = p[i];
	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 5; j++)
			if (a[j] > a[j + 1]) {
				u8 t = a[j];

				a[j] = a[j + 1];
				a[j + 1] = t;
			}
	for (int i = 0; i < 6; i++)
		sum = sum * 5 + a[i];
	return sum;
}
