/* Arenas: pointers of their own address space, structs that point at one another, globals of the arena, atomics in it. */
//! cpu: 4
//! on: linux
#include "case.h"

#define __arena __attribute__((address_space(1)))
#define __arena_global __attribute__((address_space(1)))

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 8);
	__ulong(map_extra, 1ULL << 44);
} arena SEC(".maps");

void __arena *bpf_arena_alloc_pages(void *map, void __arena *addr, u32 page_cnt, int node_id, u64 flags) __ksym __weak;
void bpf_arena_free_pages(void *map, void __arena *ptr, u32 page_cnt) __ksym __weak;

struct node {
	struct node __arena *next;
	u32 value;
	u8 bytes[12];
};

struct args {
	u32 a, b;
	u64 result;
};

SEC("syscall")
int arena_list(struct args *args)
{
	struct node __arena *page = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0);
	struct node __arena *head = NULL;
	u32 sum = 0;
	int i;

	if (!page)
		return 1;
	for (i = 0; i < 10; i++) {
		struct node __arena *n = &page[i];

		n->value = args->a + i;
		n->bytes[i] = i * 2;
		n->next = head;
		head = n;
	}
	i = 0;
	for (struct node __arena *n = head; n && i < 20; n = n->next, i++)
		sum = sum * 3 + n->value + n->bytes[5];
	args->result = sum;
	bpf_arena_free_pages(&arena, page, 1);
	return i;
}

SEC("syscall")
int arena_atomics(struct args *args)
{
	u64 __arena *cell = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0);
	u64 old;

	if (!cell)
		return 1;
	cell[3] = args->b;
	old = __sync_fetch_and_add(&cell[3], args->a);
	args->result = old * 1000 + cell[3] + __sync_val_compare_and_swap(&cell[4], 0, 7);
	*(cell + 5) = (u64)(cell + 1) - (u64)cell;
	return cell[4] + cell[5] * 10;
}
