/* Initialisers: designators of every kind, overrides, unions, strings, compound literals, flexible arrays. */
#include "case.h"

struct point {
	u16 x, y;
};

struct shape {
	u8 kind;
	struct point at[3];
	union {
		u32 word;
		struct point corner;
	};
	char name[6];
	const u16 *more;
};

enum slot { LOW, MIDDLE = 3, HIGH };

static const struct shape shapes[] = {
	/* after .at[1].y come .at[2] and what follows it */
	[1] = { .kind = 7, .at[1].y = 11, { 12, 13 }, .corner.y = 14, "abc" },
	{ 1, { { 2 }, [2] = { .y = 5 } }, { 0x01020304 }, "123456" },
	[0].kind = 9,
	[2] = { 5, .more = 0 },
	[0].at = { [0 ... 1] = { 3, 4 }, [1].x = 8 },
};

static const u32 by_slot[] = { [HIGH] = 40, [LOW] = 10, 20, [MIDDLE] = 30, [6 ... 9] = 60, [8] = 80 };

struct vector {
	u32 count;
	u16 items[];
};

static struct vector vector = { 3, { 5, 6, 7 } };

CASE(nested_designators)
{
	const struct shape *s = &shapes[p[0] & 1];

	return s->kind + s->at[0].x * 3 + s->at[1].x * 5 + s->at[1].y * 7 + s->at[2].x * 9 + s->at[2].y * 11 +
	       s->corner.x * 13 + s->corner.y * 15 + s->name[0] * 17 + s->name[5] * 19 + sizeof(shapes) / sizeof(shapes[0]);
}

CASE(array_designators)
{
	u32 i = p[0] & 15;

	return i < sizeof(by_slot) / sizeof(by_slot[0]) ? by_slot[i] : sizeof(by_slot);
}

CASE(local_designators)
{
	struct shape s = { .at[1] = { p[0], p[1] }, .at[1].y = p[2], .word = u32_at(p, 4), .corner.x = p[3] };
	struct point grid[2][3] = { [1][1].x = p[5], [1][2] = { .y = p[6] }, [0] = { [1] = { 1, 2 } } };
	u32 sum = s.kind + s.at[1].x * 3 + s.at[1].y * 5 + s.at[2].x + s.name[0];

	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 3; j++)
			sum = sum * 7 + grid[i][j].x * 3 + grid[i][j].y;
	return sum;
}

CASE(flexible)
{
	vector.items[1] += p[0];
	return vector.count + vector.items[0] + vector.items[1] * 3 + vector.items[2] * 5 + sizeof(vector);
}

CASE(order_of_effects)
{
	u32 n = p[0];
	u32 list[] = { n++, n++, [4] = n * 2, [3] = n + 1 };

	return list[0] + list[1] * 3 + list[2] * 5 + list[3] * 7 + list[4] * 9 + sizeof(list);
}

CASE(compound_literals)
{
	u32 *list = (u32[]){ p[0], p[1], 3, [5] = p[2] };
	struct point a = ((struct point[]){ { 1, 2 }, { p[3], p[4] } })[1];
	u32 total = 0;

	for (int i = 0; i < 6; i++)
		total = total * 3 + list[i];
	return total + (struct point){ .y = p[5] }.y + a.x * 5 + a.y + sizeof((u16[]){ 1, 2, 3 });
}

CASE(scalar_braces)
{
	u32 a = { p[0] };
	const u8 *q = { p + 1 };
	char c[] = { "xyz" };
	char d[2][4] = { "abc", { 'd', 'e' } };

	return a + *q * 3 + c[2] + sizeof(c) * 7 + d[0][2] * 11 + d[1][1] * 13 + d[1][3];
}

union mixed {
	u8 first;
	u64 whole;
	struct {
		u16 a, b;
	} parts;
};

CASE(union_initialisers)
{
	union mixed a = { 0 }, b = { .parts = { p[0], p[1] } }, c = { .whole = u64_at(p, 0) };

	a.parts.b = p[2];
	return a.parts.b + b.parts.a * 3 + b.parts.b * 5 + fold(c.whole) + c.first;
}

static __always_inline int counted(int *count, int value)
{
	*count += 1;
	return value;
}

/* What a later designator covers is not evaluated. */
CASE(overridden_initialisers)
{
	int count = 0;
	u8 bytes[3] = { counted(&count, p[0]), counted(&count, p[1]), [0] = p[2] };

	return count * 1000 + bytes[0] + bytes[1];
}
