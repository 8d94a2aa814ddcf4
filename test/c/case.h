/* What the cases share. A case is an XDP program that works on the first 64 bytes of its packet, `p`, and returns a number that
 * depends on all that it did. Its expected results stand in expected.json. */
#ifndef CASE_H
#define CASE_H
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#define DATA_BYTES 64

#define CASE(name)                                                                     \
	static __always_inline u32 name##_case(const u8 *p);                           \
	SEC("xdp")                                                                     \
	int name(struct xdp_md *ctx)                                                   \
	{                                                                              \
		const u8 *p = (const u8 *)(long)ctx->data;                             \
		if (p + DATA_BYTES > (const u8 *)(long)ctx->data_end)                  \
			return 0;                                                      \
		return name##_case(p);                                                 \
	}                                                                              \
	static __always_inline u32 name##_case(const u8 *p)

/* Numbers out of the packet. */
static __always_inline u16 u16_at(const u8 *p, int at)
{
	return p[at] | p[at + 1] << 8;
}

static __always_inline u32 u32_at(const u8 *p, int at)
{
	return (u32)u16_at(p, at) | (u32)u16_at(p, at + 2) << 16;
}

static __always_inline u64 u64_at(const u8 *p, int at)
{
	return (u64)u32_at(p, at) | (u64)u32_at(p, at + 4) << 32;
}

/* 64 bits into 32, so that every bit counts. */
static __always_inline u32 fold(u64 x)
{
	return (u32)(x ^ x >> 32);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
#endif
