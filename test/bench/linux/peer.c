/*
 * The other side of scripts/bench-linux.mjs: the same work through libbpf, on maps and programs that the script made and pinned
 * by id. Reads a command a line, answers nanoseconds a line:
 *
 *     lookup MAP N      N lookups of a hash, keys 0, 1, ... in turn: ns in all
 *     batch MAP N       whole map by batches of 1,024, N times: ns in all, then elements
 *     ring MAP PROG N   N times: run PROG (which fills the ring), consume: ns of consuming, then records
 *     load FILE         open and load: ns
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ENTRIES 65536
#define BATCH 1024

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void lookup(int map, int n)
{
	unsigned long long value, sum = 0, begin = now();

	for (int i = 0; i < n; i++) {
		unsigned int key = i % ENTRIES;

		if (bpf_map_lookup_elem(map, &key, &value) == 0)
			sum += value;
	}
	printf("%lld %llu\n", now() - begin, sum);
}

static void batch(int map, int n)
{
	static unsigned int keys[BATCH];
	static unsigned long long values[BATCH];
	unsigned long long sum = 0, begin = now();

	for (int i = 0; i < n; i++) {
		unsigned int cursor;
		int first = 1, err;

		do {
			unsigned int count = BATCH;

			err = bpf_map_lookup_batch(map, first ? NULL : &cursor, &cursor, keys, values, &count, NULL);
			for (unsigned int j = 0; j < count; j++)
				sum += keys[j] + values[j];
			first = 0;
		} while (err == 0);
	}
	printf("%lld %llu\n", now() - begin, sum);
}

static unsigned long long records, total;

static int take(void *ctx, void *data, size_t size)
{
	records++;
	total += *(unsigned int *)data;
	return 0;
}

static void ring(int map, int prog, int n)
{
	struct ring_buffer *rb = ring_buffer__new(map, take, NULL, NULL);
	long long ns = 0;

	records = total = 0;
	for (int i = 0; i < n; i++) {
		char packet[64] = { 0 };
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
		long long begin;

		bpf_prog_test_run_opts(prog, &opts);
		begin = now();
		ring_buffer__consume(rb);
		ns += now() - begin;
	}
	ring_buffer__free(rb);
	printf("%lld %llu\n", ns, records);
}

static void load(const char *file)
{
	long long begin = now();
	struct bpf_object *obj = bpf_object__open(file);

	if (!obj || bpf_object__load(obj)) {
		printf("-1 0\n");
		return;
	}
	printf("%lld 0\n", now() - begin);
	bpf_object__close(obj);
}

int main(void)
{
	char line[4096], word[32], file[2048];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		unsigned int map = 0, prog = 0, n = 0;

		if (sscanf(line, "load %2047s", file) == 1)
			load(file);
		else if (sscanf(line, "ring %u %u %u", &map, &prog, &n) == 3)
			ring(bpf_map_get_fd_by_id(map), bpf_prog_get_fd_by_id(prog), n);
		else if (sscanf(line, "%31s %u %u", word, &map, &n) == 3) {
			static unsigned int id;
			static int fd = -1;

			if (id != map)
				fd = bpf_map_get_fd_by_id(id = map);
			(strcmp(word, "lookup") == 0 ? lookup : batch)(fd, n);
		}
	}
	return 0;
}
