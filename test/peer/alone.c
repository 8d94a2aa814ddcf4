/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * libbpf's side of scripts/peer-libbpf.mjs: loads each program of an object alone and tells what came of it. A line each:
 *
 *     open ERROR                             the object itself is refused
 *     prog NAME RESULT REACHED               0, or libbpf's -errno; 1 where the kernel was asked
 *     map FD NAME                            the maps of that load, before what names them
 *     insns HEX                              as libbpf hands them to the kernel: relocated, subprograms appended
 *     id ID NAME                             the maps that the loaded program uses
 *     xlated HEX                             as the kernel runs them
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What tools size at run time. */
#define ENTRIES 64

static int reached;

/* libbpf says so where BPF_PROG_LOAD fails; whatever else fails does so before. */
static int heard(enum libbpf_print_level level, const char *format, va_list args)
{
	if (strstr(format, "BPF program load failed"))
		reached = 1;
	return 0;
}

static void hex(const char *what, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	printf("%s ", what);
	for (size_t i = 0; i < size; i++)
		printf("%02x", at[i]);
	printf("\n");
}

static void translated(int fd)
{
	struct bpf_prog_info info = {};
	unsigned int len = sizeof(info), maps[256], count;
	void *code;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return;
	count = info.nr_map_ids;
	if (count > 256)
		return;
	len = info.xlated_prog_len;
	code = calloc(1, len);
	memset(&info, 0, sizeof(info));
	info.xlated_prog_insns = (unsigned long)code;
	info.xlated_prog_len = len;
	info.map_ids = (unsigned long)maps;
	info.nr_map_ids = count;
	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0) {
		for (unsigned int i = 0; i < count; i++) {
			struct bpf_map_info map = {};
			unsigned int size = sizeof(map);
			int map_fd = bpf_map_get_fd_by_id(maps[i]);

			if (map_fd >= 0 && bpf_obj_get_info_by_fd(map_fd, &map, &size) == 0)
				printf("id %u %s\n", maps[i], map.name);
		}
		hex("xlated", code, info.xlated_prog_len);
	}
	free(code);
}

static int one(const char *file, const char *name)
{
	struct bpf_object *obj = bpf_object__open(file);
	struct bpf_program *prog, *wanted;
	struct bpf_map *map;
	int err;

	if (!obj)
		return -errno;
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, strcmp(bpf_program__name(prog), name) == 0);
	bpf_object__for_each_map(map, obj)
		if (bpf_map__max_entries(map) == 0 && bpf_map__type(map) != BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
		    !bpf_map__is_internal(map))
			bpf_map__set_max_entries(map, ENTRIES);
	wanted = bpf_object__find_program_by_name(obj, name);
	reached = 0;
	err = bpf_object__load(obj);
	printf("prog %s %d %d\n", name, err, err == 0 || reached);
	bpf_object__for_each_map(map, obj)
		printf("map %d %s\n", bpf_map__fd(map), bpf_map__name(map));
	hex("insns", bpf_program__insns(wanted), 8 * bpf_program__insn_cnt(wanted));
	if (err == 0)
		translated(bpf_program__fd(wanted));
	bpf_object__close(obj);
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_program *prog;
	struct bpf_object *obj;

	libbpf_set_print(heard);
	if (argc != 2)
		return 2;
	obj = bpf_object__open(argv[1]);
	if (!obj) {
		printf("open %d\n", -errno);
		return 0;
	}
	bpf_object__for_each_program(prog, obj)
		one(argv[1], bpf_program__name(prog));
	bpf_object__close(obj);
	return 0;
}
