/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * opens: which process opens which file.
 *
 *   events  one record a call of openat(2)
 *   calls   calls by process name
 *
 * Try it:  skep run opens.bpf.o --events opens.jsonl
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define COMM_LEN 16
#define NAME_LEN 128

/* 0: every process. */
const volatile __u32 only_pid = 0;

/* Arguments as /sys/kernel/tracing/events/syscalls/sys_enter_openat/format lays them out. */
struct openat_args {
	__u64 common;
	__s64 nr;
	__s64 dfd;
	const char *filename;
	__s64 flags;
	__u64 mode;
};

struct event {
	__u64 time_ns;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__s32 flags;
	char comm[COMM_LEN];
	char filename[NAME_LEN];
};

struct comm {
	char name[COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct comm);
	__type(value, __u64);
} calls SEC(".maps");

static __always_inline void count_call(const char *name)
{
	struct comm key = {};
	__u64 one = 1, *n;

	__builtin_memcpy(key.name, name, sizeof(key.name));
	n = bpf_map_lookup_elem(&calls, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&calls, &key, &one, BPF_NOEXIST);
}

/* Not inlined: so BTF has the function, and with it struct event, which user space reads records by. */
static __noinline void fill(struct event *e, const struct openat_args *ctx, __u64 id)
{
	e->time_ns = bpf_ktime_get_ns();
	/* The kernel's tgid is what user space calls the process id. */
	e->pid = id >> 32;
	e->tid = (__u32)id;
	e->uid = (__u32)bpf_get_current_uid_gid();
	e->flags = ctx->flags;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	/* Bytes behind a string are not written: clear them, or the record shows what the ring held before. */
	__builtin_memset(e->filename, 0, sizeof(e->filename));
	if (bpf_probe_read_user_str(e->filename, sizeof(e->filename), ctx->filename) < 0)
		e->filename[0] = '\0';
}

SEC("tracepoint/syscalls/sys_enter_openat")
int opens(struct openat_args *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct event *e;

	if (only_pid && only_pid != id >> 32)
		return 0;

	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return 0;
	fill(e, ctx, id);
	count_call(e->comm);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
