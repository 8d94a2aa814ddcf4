/* What the benchmark programs share. Each is one XDP program that reads its input from the packet, so that nothing is known
 * to the compiler, and returns a value that depends on all of its work. */
#pragma once
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

/* Bytes of the packet that every program may read. */
#define INPUT_BYTES 256

/* p: u8 pointer to at least INPUT_BYTES of packet, or the program passes. */
#define INPUT(p)                                                                       \
	u8 *p = (u8 *)(long)ctx->data;                                                 \
	if (p + INPUT_BYTES > (u8 *)(long)ctx->data_end)                               \
		return XDP_PASS

char LICENSE[] SEC("license") = "Dual MIT/GPL";
