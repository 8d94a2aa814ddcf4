/**
 * The headers that BPF programs know from libbpf, by the same names: attributes and map definitions, printing, iterators,
 * byte order, CO-RE reads, arguments of traced functions (x86-64 and arm64).
 * Long because headers are long.
 */

export const LIBBPF: Readonly<Record<string, string>> = {
  "bpf/bpf_helpers.h": `#pragma once
#include <bpf/bpf_helper_defs.h>

/* Maps: the members of a map definition carry numbers as array lengths and types as pointers. */
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __ulong(name, val) enum { ___bpf_concat(__unique_value, __COUNTER__) = val } name

#define SEC(name) __attribute__((section(name), used))

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#define __hidden __attribute__((visibility("hidden")))
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#define __kconfig __attribute__((section(".kconfig")))

#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))

#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))

#ifndef NULL
#define NULL ((void *)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#ifndef container_of
#define container_of(ptr, type, member) ({ \\
	void *__mptr = (void *)(ptr); \\
	(type *)(__mptr - offsetof(type, member)); \\
})
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif

#ifndef barrier
#define barrier() asm volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) asm volatile("" : "+r"(var))
#endif

#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

static __always_inline void bpf_tail_call_static(void *ctx, const void *map, const __u32 slot)
{
	bpf_tail_call(ctx, (void *)map, slot);
}

enum libbpf_pin_type {
	LIBBPF_PIN_NONE,
	LIBBPF_PIN_BY_NAME,
};

enum libbpf_tristate {
	TRI_NO = 0,
	TRI_YES = 1,
	TRI_MODULE = 2,
};

#define bpf_ksym_exists(sym) (!!sym)

#ifndef ___bpf_concat
#define ___bpf_concat(a, b) a ## b
#endif
#ifndef ___bpf_apply
#define ___bpf_apply(fn, n) ___bpf_concat(fn, n)
#endif
#ifndef ___bpf_nth
#define ___bpf_nth(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _a, _b, _c, N, ...) N
#endif
#ifndef ___bpf_narg
#define ___bpf_narg(...) ___bpf_nth(_, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#endif

/* Stores a list of values into an array of 64-bit words. */
#define ___bpf_fill0(arr, p, x) do {} while (0)
#define ___bpf_fill1(arr, p, x) arr[p] = x
#define ___bpf_fill2(arr, p, x, args...) arr[p] = x; ___bpf_fill1(arr, p + 1, args)
#define ___bpf_fill3(arr, p, x, args...) arr[p] = x; ___bpf_fill2(arr, p + 1, args)
#define ___bpf_fill4(arr, p, x, args...) arr[p] = x; ___bpf_fill3(arr, p + 1, args)
#define ___bpf_fill5(arr, p, x, args...) arr[p] = x; ___bpf_fill4(arr, p + 1, args)
#define ___bpf_fill6(arr, p, x, args...) arr[p] = x; ___bpf_fill5(arr, p + 1, args)
#define ___bpf_fill7(arr, p, x, args...) arr[p] = x; ___bpf_fill6(arr, p + 1, args)
#define ___bpf_fill8(arr, p, x, args...) arr[p] = x; ___bpf_fill7(arr, p + 1, args)
#define ___bpf_fill9(arr, p, x, args...) arr[p] = x; ___bpf_fill8(arr, p + 1, args)
#define ___bpf_fill10(arr, p, x, args...) arr[p] = x; ___bpf_fill9(arr, p + 1, args)
#define ___bpf_fill11(arr, p, x, args...) arr[p] = x; ___bpf_fill10(arr, p + 1, args)
#define ___bpf_fill12(arr, p, x, args...) arr[p] = x; ___bpf_fill11(arr, p + 1, args)
#define ___bpf_fill(arr, args...) ___bpf_apply(___bpf_fill, ___bpf_narg(args))(arr, 0, args)

#define BPF_SEQ_PRINTF(seq, fmt, args...) ({ \\
	static const char ___fmt[] = fmt; \\
	unsigned long long ___param[___bpf_narg(args)]; \\
	_Pragma("GCC diagnostic push") \\
	_Pragma("GCC diagnostic ignored \\"-Wint-conversion\\"") \\
	___bpf_fill(___param, args); \\
	_Pragma("GCC diagnostic pop") \\
	bpf_seq_printf(seq, ___fmt, sizeof(___fmt), ___param, sizeof(___param)); \\
})

#define BPF_SNPRINTF(out, out_size, fmt, args...) ({ \\
	static const char ___fmt[] = fmt; \\
	unsigned long long ___param[___bpf_narg(args)]; \\
	_Pragma("GCC diagnostic push") \\
	_Pragma("GCC diagnostic ignored \\"-Wint-conversion\\"") \\
	___bpf_fill(___param, args); \\
	_Pragma("GCC diagnostic pop") \\
	bpf_snprintf(out, out_size, ___fmt, ___param, sizeof(___param)); \\
})

#ifdef BPF_NO_GLOBAL_DATA
#define BPF_PRINTK_FMT_MOD
#else
#define BPF_PRINTK_FMT_MOD static const
#endif

#define __bpf_printk(fmt, ...) ({ \\
	BPF_PRINTK_FMT_MOD char ____fmt[] = fmt; \\
	bpf_trace_printk(____fmt, sizeof(____fmt), ##__VA_ARGS__); \\
})
#define __bpf_vprintk(fmt, args...) ({ \\
	static const char ___fmt[] = fmt; \\
	unsigned long long ___param[___bpf_narg(args)]; \\
	_Pragma("GCC diagnostic push") \\
	_Pragma("GCC diagnostic ignored \\"-Wint-conversion\\"") \\
	___bpf_fill(___param, args); \\
	_Pragma("GCC diagnostic pop") \\
	bpf_trace_vprintk(___fmt, sizeof(___fmt), ___param, sizeof(___param)); \\
})
/* Up to three arguments fit the old helper. */
#define ___bpf_pick_printk(...) ___bpf_nth(_, ##__VA_ARGS__, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, \\
	__bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, __bpf_vprintk, \\
	__bpf_printk, __bpf_printk, __bpf_printk, __bpf_printk)
#define bpf_printk(fmt, args...) ___bpf_pick_printk(args)(fmt, ##args)

struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

#ifndef bpf_for_each
#define bpf_for_each(type, cur, args...) \\
	for (struct bpf_iter_##type ___it __attribute__((aligned(8), cleanup(bpf_iter_##type##_destroy))), \\
	     *___p __attribute__((unused)) = (bpf_iter_##type##_new(&___it, ##args), \\
	     (void)bpf_iter_##type##_destroy, (void *)0); \\
	     (((cur) = bpf_iter_##type##_next(&___it)));)
#endif
#ifndef bpf_for
#define bpf_for(i, start, end) \\
	for (struct bpf_iter_num ___it __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \\
	     *___p __attribute__((unused)) = (bpf_iter_num_new(&___it, (start), (end)), \\
	     (void)bpf_iter_num_destroy, (void *)0); \\
	     ({ \\
		int *___t = bpf_iter_num_next(&___it); \\
		(___t && ((i) = *___t, (i) >= (start) && (i) < (end))); \\
	     });)
#endif
#ifndef bpf_repeat
#define bpf_repeat(N) \\
	for (struct bpf_iter_num ___it __attribute__((aligned(8), cleanup(bpf_iter_num_destroy))), \\
	     *___p __attribute__((unused)) = (bpf_iter_num_new(&___it, 0, (N)), \\
	     (void)bpf_iter_num_destroy, (void *)0); \\
	     bpf_iter_num_next(&___it);)
#endif
`,
  "bpf/bpf_endian.h": `#pragma once
#define ___bpf_mvb(x, b, n, m) ((__u##b)(x) << (b - (n + 1) * 8) >> (b - 8) << (m * 8))
#define ___bpf_swab16(x) ((__u16)__builtin_bswap16((__u16)(x)))
#define ___bpf_swab32(x) ((__u32)__builtin_bswap32((__u32)(x)))
#define ___bpf_swab64(x) ((__u64)__builtin_bswap64((__u64)(x)))
#define __bpf_ntohs(x) __builtin_bswap16(x)
#define __bpf_htons(x) __builtin_bswap16(x)
#define __bpf_constant_ntohs(x) ___bpf_swab16(x)
#define __bpf_constant_htons(x) ___bpf_swab16(x)
#define __bpf_ntohl(x) __builtin_bswap32(x)
#define __bpf_htonl(x) __builtin_bswap32(x)
#define __bpf_constant_ntohl(x) ___bpf_swab32(x)
#define __bpf_constant_htonl(x) ___bpf_swab32(x)
#define __bpf_be64_to_cpu(x) __builtin_bswap64(x)
#define __bpf_cpu_to_be64(x) __builtin_bswap64(x)
#define __bpf_constant_be64_to_cpu(x) ___bpf_swab64(x)
#define __bpf_constant_cpu_to_be64(x) ___bpf_swab64(x)
#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_ntohs(x) __builtin_bswap16(x)
#define bpf_htonl(x) __builtin_bswap32(x)
#define bpf_ntohl(x) __builtin_bswap32(x)
#define bpf_cpu_to_be64(x) __builtin_bswap64(x)
#define bpf_be64_to_cpu(x) __builtin_bswap64(x)
`,
  "bpf/bpf_core_read.h": `#pragma once
#include <bpf/bpf_helpers.h>

enum bpf_field_info_kind {
	BPF_FIELD_BYTE_OFFSET = 0,
	BPF_FIELD_BYTE_SIZE = 1,
	BPF_FIELD_EXISTS = 2,
	BPF_FIELD_SIGNED = 3,
	BPF_FIELD_LSHIFT_U64 = 4,
	BPF_FIELD_RSHIFT_U64 = 5,
};
enum bpf_type_id_kind {
	BPF_TYPE_ID_LOCAL = 0,
	BPF_TYPE_ID_TARGET = 1,
};
enum bpf_type_info_kind {
	BPF_TYPE_EXISTS = 0,
	BPF_TYPE_SIZE = 1,
	BPF_TYPE_MATCHES = 2,
};
enum bpf_enum_value_kind {
	BPF_ENUMVAL_EXISTS = 0,
	BPF_ENUMVAL_VALUE = 1,
};

#define __CORE_RELO(src, field, info) __builtin_preserve_field_info((src)->field, BPF_FIELD_##info)

#define __CORE_BITFIELD_PROBE_READ(dst, src, fld) \\
	bpf_probe_read_kernel((void *)dst, __CORE_RELO(src, fld, BYTE_SIZE), \\
			      (const void *)src + __CORE_RELO(src, fld, BYTE_OFFSET))

#define BPF_CORE_READ_BITFIELD_PROBED(s, field) ({ \\
	unsigned long long val = 0; \\
	__CORE_BITFIELD_PROBE_READ(&val, s, field); \\
	val <<= __CORE_RELO(s, field, LSHIFT_U64); \\
	if (__CORE_RELO(s, field, SIGNED)) \\
		val = ((long long)val) >> __CORE_RELO(s, field, RSHIFT_U64); \\
	else \\
		val = val >> __CORE_RELO(s, field, RSHIFT_U64); \\
	val; \\
})

#define BPF_CORE_READ_BITFIELD(s, field) ({ \\
	const void *p = (const void *)s + __CORE_RELO(s, field, BYTE_OFFSET); \\
	unsigned long long val = 0; \\
	barrier_var(p); \\
	switch (__CORE_RELO(s, field, BYTE_SIZE)) { \\
	case 1: val = *(const unsigned char *)p; break; \\
	case 2: val = *(const unsigned short *)p; break; \\
	case 4: val = *(const unsigned int *)p; break; \\
	case 8: val = *(const unsigned long long *)p; break; \\
	default: val = 0; break; \\
	} \\
	val <<= __CORE_RELO(s, field, LSHIFT_U64); \\
	if (__CORE_RELO(s, field, SIGNED)) \\
		val = ((long long)val) >> __CORE_RELO(s, field, RSHIFT_U64); \\
	else \\
		val = val >> __CORE_RELO(s, field, RSHIFT_U64); \\
	val; \\
})

#define BPF_CORE_WRITE_BITFIELD(s, field, new_val) ({ \\
	void *p = (void *)s + __CORE_RELO(s, field, BYTE_OFFSET); \\
	unsigned int byte_size = __CORE_RELO(s, field, BYTE_SIZE); \\
	unsigned int lshift = __CORE_RELO(s, field, LSHIFT_U64); \\
	unsigned int rshift = __CORE_RELO(s, field, RSHIFT_U64); \\
	unsigned long long mask, val, nval = new_val; \\
	unsigned int rpad = rshift - lshift; \\
	asm volatile("" : "+r"(p)); \\
	switch (byte_size) { \\
	case 1: val = *(unsigned char *)p; break; \\
	case 2: val = *(unsigned short *)p; break; \\
	case 4: val = *(unsigned int *)p; break; \\
	case 8: val = *(unsigned long long *)p; break; \\
	default: val = 0; break; \\
	} \\
	mask = (~0ULL << rshift) >> lshift; \\
	val = (val & ~mask) | ((nval << rpad) & mask); \\
	switch (byte_size) { \\
	case 1: *(unsigned char *)p = val; break; \\
	case 2: *(unsigned short *)p = val; break; \\
	case 4: *(unsigned int *)p = val; break; \\
	case 8: *(unsigned long long *)p = val; break; \\
	} \\
})

#define ___bpf_field_ref1(field) (field)
#define ___bpf_field_ref2(type, field) (((typeof(type) *)0)->field)
#define ___bpf_field_ref(args...) ___bpf_apply(___bpf_field_ref, ___bpf_narg(args))(args)

/* Each takes an expression (task->pid) or a type and a field (struct task_struct, pid). */
#define bpf_core_field_exists(field...) __builtin_preserve_field_info(___bpf_field_ref(field), BPF_FIELD_EXISTS)
#define bpf_core_field_size(field...) __builtin_preserve_field_info(___bpf_field_ref(field), BPF_FIELD_BYTE_SIZE)
#define bpf_core_field_offset(field...) __builtin_preserve_field_info(___bpf_field_ref(field), BPF_FIELD_BYTE_OFFSET)

#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(typeof(type) *)0, BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(*(typeof(type) *)0, BPF_TYPE_ID_TARGET)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_EXISTS)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_MATCHES)
#define bpf_core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, BPF_TYPE_SIZE)
#define bpf_core_enum_value_exists(enum_type, enum_value) \\
	__builtin_preserve_enum_value(*(typeof(enum_type) *)enum_value, BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(enum_type, enum_value) \\
	__builtin_preserve_enum_value(*(typeof(enum_type) *)enum_value, BPF_ENUMVAL_VALUE)

#define bpf_core_read(dst, sz, src) \\
	bpf_probe_read_kernel(dst, sz, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user(dst, sz, src) \\
	bpf_probe_read_user(dst, sz, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_str(dst, sz, src) \\
	bpf_probe_read_kernel_str(dst, sz, (const void *)__builtin_preserve_access_index(src))
#define bpf_core_read_user_str(dst, sz, src) \\
	bpf_probe_read_user_str(dst, sz, (const void *)__builtin_preserve_access_index(src))

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;
#define bpf_core_cast(ptr, type) ((typeof(type) *)bpf_rdonly_cast((ptr), bpf_core_type_id_kernel(type)))

/* A chain src->a->b->c: every arrow but the last reads a pointer. */
#define ___arrow1(a) a
#define ___arrow2(a, b) a->b
#define ___arrow3(a, b, c) a->b->c
#define ___arrow4(a, b, c, d) a->b->c->d
#define ___arrow5(a, b, c, d, e) a->b->c->d->e
#define ___arrow6(a, b, c, d, e, f) a->b->c->d->e->f
#define ___arrow7(a, b, c, d, e, f, g) a->b->c->d->e->f->g
#define ___arrow8(a, b, c, d, e, f, g, h) a->b->c->d->e->f->g->h
#define ___arrow9(a, b, c, d, e, f, g, h, i) a->b->c->d->e->f->g->h->i
#define ___arrow10(a, b, c, d, e, f, g, h, i, j) a->b->c->d->e->f->g->h->i->j
#define ___arrow(...) ___bpf_apply(___arrow, ___bpf_narg(__VA_ARGS__))(__VA_ARGS__)
#define ___type(...) typeof(___arrow(__VA_ARGS__))

#define ___bpf_read(read_fn, dst, sz, src_type, src, accessor) \\
	read_fn((void *)(dst), sz, &((src_type)(src))->accessor)
#define ___rd_step(fn, t, src, a) ___bpf_read(fn, &__t, sizeof(__t), t, src, a);
#define ___rd_first(fn, src, a) const void *__t; ___rd_step(fn, typeof(src), src, a)
#define ___rd_last(fn, dst, t, src, a) ___bpf_read(fn, dst, sizeof(*(dst)), t, src, a);

#define ___rd_ptrs2(fn, s, a) ___rd_first(fn, s, a)
#define ___rd_ptrs3(fn, s, a, b) ___rd_ptrs2(fn, s, a) ___rd_step(fn, ___type(s, a), __t, b)
#define ___rd_ptrs4(fn, s, a, b, c) ___rd_ptrs3(fn, s, a, b) ___rd_step(fn, ___type(s, a, b), __t, c)
#define ___rd_ptrs5(fn, s, a, b, c, d) ___rd_ptrs4(fn, s, a, b, c) ___rd_step(fn, ___type(s, a, b, c), __t, d)
#define ___rd_ptrs6(fn, s, a, b, c, d, e) \\
	___rd_ptrs5(fn, s, a, b, c, d) ___rd_step(fn, ___type(s, a, b, c, d), __t, e)
#define ___rd_ptrs7(fn, s, a, b, c, d, e, f) \\
	___rd_ptrs6(fn, s, a, b, c, d, e) ___rd_step(fn, ___type(s, a, b, c, d, e), __t, f)
#define ___rd_ptrs8(fn, s, a, b, c, d, e, f, g) \\
	___rd_ptrs7(fn, s, a, b, c, d, e, f) ___rd_step(fn, ___type(s, a, b, c, d, e, f), __t, g)
#define ___rd_ptrs9(fn, s, a, b, c, d, e, f, g, h) \\
	___rd_ptrs8(fn, s, a, b, c, d, e, f, g) ___rd_step(fn, ___type(s, a, b, c, d, e, f, g), __t, h)

/* pf reads the pointers on the way, ff (called with lf's arguments) the last field. */
#define ___core_read1(pf, ff, dst, s, a) ff(dst, typeof(s), s, a)
#define ___core_read2(pf, ff, dst, s, a, b) ___rd_ptrs2(pf, s, a) ff(dst, ___type(s, a), __t, b)
#define ___core_read3(pf, ff, dst, s, a, b, c) ___rd_ptrs3(pf, s, a, b) ff(dst, ___type(s, a, b), __t, c)
#define ___core_read4(pf, ff, dst, s, a, b, c, d) ___rd_ptrs4(pf, s, a, b, c) ff(dst, ___type(s, a, b, c), __t, d)
#define ___core_read5(pf, ff, dst, s, a, b, c, d, e) \\
	___rd_ptrs5(pf, s, a, b, c, d) ff(dst, ___type(s, a, b, c, d), __t, e)
#define ___core_read6(pf, ff, dst, s, a, b, c, d, e, f) \\
	___rd_ptrs6(pf, s, a, b, c, d, e) ff(dst, ___type(s, a, b, c, d, e), __t, f)
#define ___core_read7(pf, ff, dst, s, a, b, c, d, e, f, g) \\
	___rd_ptrs7(pf, s, a, b, c, d, e, f) ff(dst, ___type(s, a, b, c, d, e, f), __t, g)
#define ___core_read8(pf, ff, dst, s, a, b, c, d, e, f, g, h) \\
	___rd_ptrs8(pf, s, a, b, c, d, e, f, g) ff(dst, ___type(s, a, b, c, d, e, f, g), __t, h)
#define ___core_read9(pf, ff, dst, s, a, b, c, d, e, f, g, h, i) \\
	___rd_ptrs9(pf, s, a, b, c, d, e, f, g, h) ff(dst, ___type(s, a, b, c, d, e, f, g, h), __t, i)
#define ___core_read(pf, ff, dst, s, a, ...) \\
	___bpf_apply(___core_read, ___bpf_narg(a, ##__VA_ARGS__))(pf, ff, dst, s, a, ##__VA_ARGS__)

#define ___last_core(dst, t, s, a) ___rd_last(bpf_core_read, dst, t, s, a)
#define ___last_core_user(dst, t, s, a) ___rd_last(bpf_core_read_user, dst, t, s, a)
#define ___last_core_str(dst, t, s, a) ___rd_last(bpf_core_read_str, dst, t, s, a)
#define ___last_core_user_str(dst, t, s, a) ___rd_last(bpf_core_read_user_str, dst, t, s, a)
#define ___last_plain(dst, t, s, a) ___rd_last(bpf_probe_read_kernel, dst, t, s, a)
#define ___last_plain_user(dst, t, s, a) ___rd_last(bpf_probe_read_user, dst, t, s, a)
#define ___last_plain_str(dst, t, s, a) ___rd_last(bpf_probe_read_kernel_str, dst, t, s, a)
#define ___last_plain_user_str(dst, t, s, a) ___rd_last(bpf_probe_read_user_str, dst, t, s, a)

#define BPF_CORE_READ_INTO(dst, src, a, ...) ({ ___core_read(bpf_core_read, ___last_core, dst, (src), a, ##__VA_ARGS__) })
#define BPF_CORE_READ_USER_INTO(dst, src, a, ...) \\
	({ ___core_read(bpf_core_read_user, ___last_core_user, dst, (src), a, ##__VA_ARGS__) })
#define BPF_PROBE_READ_INTO(dst, src, a, ...) \\
	({ ___core_read(bpf_probe_read_kernel, ___last_plain, dst, (src), a, ##__VA_ARGS__) })
#define BPF_PROBE_READ_USER_INTO(dst, src, a, ...) \\
	({ ___core_read(bpf_probe_read_user, ___last_plain_user, dst, (src), a, ##__VA_ARGS__) })
#define BPF_CORE_READ_STR_INTO(dst, src, a, ...) \\
	({ ___core_read(bpf_core_read, ___last_core_str, dst, (src), a, ##__VA_ARGS__) })
#define BPF_CORE_READ_USER_STR_INTO(dst, src, a, ...) \\
	({ ___core_read(bpf_core_read_user, ___last_core_user_str, dst, (src), a, ##__VA_ARGS__) })
#define BPF_PROBE_READ_STR_INTO(dst, src, a, ...) \\
	({ ___core_read(bpf_probe_read_kernel, ___last_plain_str, dst, (src), a, ##__VA_ARGS__) })
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, a, ...) \\
	({ ___core_read(bpf_probe_read_user, ___last_plain_user_str, dst, (src), a, ##__VA_ARGS__) })

#define BPF_CORE_READ(src, a, ...) ({ \\
	___type((src), a, ##__VA_ARGS__) __r; \\
	BPF_CORE_READ_INTO(&__r, (src), a, ##__VA_ARGS__); \\
	__r; \\
})
#define BPF_CORE_READ_USER(src, a, ...) ({ \\
	___type((src), a, ##__VA_ARGS__) __r; \\
	BPF_CORE_READ_USER_INTO(&__r, (src), a, ##__VA_ARGS__); \\
	__r; \\
})
#define BPF_PROBE_READ(src, a, ...) ({ \\
	___type((src), a, ##__VA_ARGS__) __r; \\
	BPF_PROBE_READ_INTO(&__r, (src), a, ##__VA_ARGS__); \\
	__r; \\
})
#define BPF_PROBE_READ_USER(src, a, ...) ({ \\
	___type((src), a, ##__VA_ARGS__) __r; \\
	BPF_PROBE_READ_USER_INTO(&__r, (src), a, ##__VA_ARGS__); \\
	__r; \\
})
`,
  "bpf/bpf_tracing.h": `#pragma once
#include <bpf/bpf_helpers.h>

#if defined(__TARGET_ARCH_x86)
#define bpf_target_x86
#define bpf_target_defined
#elif defined(__TARGET_ARCH_arm64)
#define bpf_target_arm64
#define bpf_target_defined
#elif defined(__TARGET_ARCH_s390) || defined(__TARGET_ARCH_arm) || defined(__TARGET_ARCH_mips) || \\
	defined(__TARGET_ARCH_powerpc) || defined(__TARGET_ARCH_sparc) || defined(__TARGET_ARCH_riscv) || \\
	defined(__TARGET_ARCH_arc) || defined(__TARGET_ARCH_loongarch)
#error "only x86 and arm64 registers are known"
#endif

#if defined(bpf_target_x86)
#if defined(__KERNEL__) || defined(__VMLINUX_H__)
#define __PT_PARM1_REG di
#define __PT_PARM2_REG si
#define __PT_PARM3_REG dx
#define __PT_PARM4_REG cx
#define __PT_PARM5_REG r8
#define __PT_PARM6_REG r9
#define __PT_PARM4_SYSCALL_REG r10
#define __PT_RET_REG sp
#define __PT_FP_REG bp
#define __PT_RC_REG ax
#define __PT_SP_REG sp
#define __PT_IP_REG ip
#else
#define __PT_PARM1_REG rdi
#define __PT_PARM2_REG rsi
#define __PT_PARM3_REG rdx
#define __PT_PARM4_REG rcx
#define __PT_PARM5_REG r8
#define __PT_PARM6_REG r9
#define __PT_PARM4_SYSCALL_REG r10
#define __PT_RET_REG rsp
#define __PT_FP_REG rbp
#define __PT_RC_REG rax
#define __PT_SP_REG rsp
#define __PT_IP_REG rip
#endif
#define __PT_PARM1_SYSCALL_REG __PT_PARM1_REG
#define __PT_PARM2_SYSCALL_REG __PT_PARM2_REG
#define __PT_PARM3_SYSCALL_REG __PT_PARM3_REG
#define __PT_PARM5_SYSCALL_REG __PT_PARM5_REG
#define __PT_PARM6_SYSCALL_REG __PT_PARM6_REG
#define __PT_PARM7_REG __unsupported__
#define __PT_PARM8_REG __unsupported__
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
#elif defined(bpf_target_arm64)
#define __PT_REGS_CAST(x) ((const struct user_pt_regs *)(x))
#define __PT_PARM1_REG regs[0]
#define __PT_PARM2_REG regs[1]
#define __PT_PARM3_REG regs[2]
#define __PT_PARM4_REG regs[3]
#define __PT_PARM5_REG regs[4]
#define __PT_PARM6_REG regs[5]
#define __PT_PARM7_REG regs[6]
#define __PT_PARM8_REG regs[7]
#define __PT_PARM1_SYSCALL_REG orig_x0
#define __PT_PARM2_SYSCALL_REG __PT_PARM2_REG
#define __PT_PARM3_SYSCALL_REG __PT_PARM3_REG
#define __PT_PARM4_SYSCALL_REG __PT_PARM4_REG
#define __PT_PARM5_SYSCALL_REG __PT_PARM5_REG
#define __PT_PARM6_SYSCALL_REG __PT_PARM6_REG
#define __PT_RET_REG regs[30]
#define __PT_FP_REG regs[29]
#define __PT_RC_REG regs[0]
#define __PT_SP_REG sp
#define __PT_IP_REG pc
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))
struct pt_regs___arm64 {
	unsigned long orig_x0;
} __attribute__((preserve_access_index));
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ((const struct pt_regs___arm64 *)(x), __PT_PARM1_SYSCALL_REG)
#endif

#if defined(bpf_target_defined)
#ifndef __PT_REGS_CAST
#define __PT_REGS_CAST(x) (x)
#endif
struct pt_regs;
#define PT_REGS_PARM1(x) (__PT_REGS_CAST(x)->__PT_PARM1_REG)
#define PT_REGS_PARM1_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM1_REG)
#define PT_REGS_PARM2(x) (__PT_REGS_CAST(x)->__PT_PARM2_REG)
#define PT_REGS_PARM2_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM2_REG)
#define PT_REGS_PARM3(x) (__PT_REGS_CAST(x)->__PT_PARM3_REG)
#define PT_REGS_PARM3_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM3_REG)
#define PT_REGS_PARM4(x) (__PT_REGS_CAST(x)->__PT_PARM4_REG)
#define PT_REGS_PARM4_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM4_REG)
#define PT_REGS_PARM5(x) (__PT_REGS_CAST(x)->__PT_PARM5_REG)
#define PT_REGS_PARM5_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM5_REG)
#define PT_REGS_PARM6(x) (__PT_REGS_CAST(x)->__PT_PARM6_REG)
#define PT_REGS_PARM6_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM6_REG)
#define PT_REGS_PARM7(x) (__PT_REGS_CAST(x)->__PT_PARM7_REG)
#define PT_REGS_PARM7_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM7_REG)
#define PT_REGS_PARM8(x) (__PT_REGS_CAST(x)->__PT_PARM8_REG)
#define PT_REGS_PARM8_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM8_REG)
#define PT_REGS_RET(x) (__PT_REGS_CAST(x)->__PT_RET_REG)
#define PT_REGS_RET_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_RET_REG)
#define PT_REGS_FP(x) (__PT_REGS_CAST(x)->__PT_FP_REG)
#define PT_REGS_FP_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_FP_REG)
#define PT_REGS_RC(x) (__PT_REGS_CAST(x)->__PT_RC_REG)
#define PT_REGS_RC_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_RC_REG)
#define PT_REGS_SP(x) (__PT_REGS_CAST(x)->__PT_SP_REG)
#define PT_REGS_SP_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_SP_REG)
#define PT_REGS_IP(x) (__PT_REGS_CAST(x)->__PT_IP_REG)
#define PT_REGS_IP_CORE(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_IP_REG)
#ifndef PT_REGS_PARM1_SYSCALL
#define PT_REGS_PARM1_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM1_SYSCALL_REG)
#define PT_REGS_PARM1_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM1_SYSCALL_REG)
#endif
#ifndef PT_REGS_PARM2_SYSCALL
#define PT_REGS_PARM2_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM2_SYSCALL_REG)
#define PT_REGS_PARM2_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM2_SYSCALL_REG)
#endif
#ifndef PT_REGS_PARM3_SYSCALL
#define PT_REGS_PARM3_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM3_SYSCALL_REG)
#define PT_REGS_PARM3_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM3_SYSCALL_REG)
#endif
#ifndef PT_REGS_PARM4_SYSCALL
#define PT_REGS_PARM4_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM4_SYSCALL_REG)
#define PT_REGS_PARM4_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM4_SYSCALL_REG)
#endif
#ifndef PT_REGS_PARM5_SYSCALL
#define PT_REGS_PARM5_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM5_SYSCALL_REG)
#define PT_REGS_PARM5_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM5_SYSCALL_REG)
#endif
#ifndef PT_REGS_PARM6_SYSCALL
#define PT_REGS_PARM6_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM6_SYSCALL_REG)
#define PT_REGS_PARM6_CORE_SYSCALL(x) BPF_CORE_READ(__PT_REGS_CAST(x), __PT_PARM6_SYSCALL_REG)
#endif
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)PT_REGS_RET(ctx)); })
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void *)(PT_REGS_FP(ctx) + sizeof(ip))); })
#endif

#define ___bpf_ctx_cast0() ctx
#define ___bpf_ctx_cast1(x) ___bpf_ctx_cast0(), (void *)ctx[0]
#define ___bpf_ctx_cast2(x, args...) ___bpf_ctx_cast1(args), (void *)ctx[1]
#define ___bpf_ctx_cast3(x, args...) ___bpf_ctx_cast2(args), (void *)ctx[2]
#define ___bpf_ctx_cast4(x, args...) ___bpf_ctx_cast3(args), (void *)ctx[3]
#define ___bpf_ctx_cast5(x, args...) ___bpf_ctx_cast4(args), (void *)ctx[4]
#define ___bpf_ctx_cast6(x, args...) ___bpf_ctx_cast5(args), (void *)ctx[5]
#define ___bpf_ctx_cast7(x, args...) ___bpf_ctx_cast6(args), (void *)ctx[6]
#define ___bpf_ctx_cast8(x, args...) ___bpf_ctx_cast7(args), (void *)ctx[7]
#define ___bpf_ctx_cast9(x, args...) ___bpf_ctx_cast8(args), (void *)ctx[8]
#define ___bpf_ctx_cast10(x, args...) ___bpf_ctx_cast9(args), (void *)ctx[9]
#define ___bpf_ctx_cast11(x, args...) ___bpf_ctx_cast10(args), (void *)ctx[10]
#define ___bpf_ctx_cast12(x, args...) ___bpf_ctx_cast11(args), (void *)ctx[11]
#define ___bpf_ctx_cast(args...) ___bpf_apply(___bpf_ctx_cast, ___bpf_narg(args))(args)

#define BPF_PROG(name, args...) \\
name(unsigned long long *ctx); \\
static __always_inline typeof(name(0)) ____##name(unsigned long long *ctx, ##args); \\
typeof(name(0)) name(unsigned long long *ctx) \\
{ \\
	_Pragma("GCC diagnostic push") \\
	_Pragma("GCC diagnostic ignored \\"-Wint-conversion\\"") \\
	return ____##name(___bpf_ctx_cast(args)); \\
	_Pragma("GCC diagnostic pop") \\
} \\
static __always_inline typeof(name(0)) ____##name(unsigned long long *ctx, ##args)

/* BPF_PROG2: arguments may be structs of up to 16 bytes; each is then a list of (type, name) pairs. */
#ifndef ___bpf_nth2
#define ___bpf_nth2(_, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17, _18, _19, _20, _21, _22, _23, _24, N, ...) N
#endif
#define ___bpf_narg2(...) ___bpf_nth2(_, ##__VA_ARGS__, 12, 12, 11, 11, 10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0)
#define ___bpf_treg_cnt(t) __builtin_choose_expr(sizeof(t) == 1, 1, __builtin_choose_expr(sizeof(t) == 2, 1, \\
	__builtin_choose_expr(sizeof(t) == 4, 1, __builtin_choose_expr(sizeof(t) == 8, 1, \\
	__builtin_choose_expr(sizeof(t) == 16, 2, (void)0)))))
#define ___bpf_reg_cnt0() (0)
#define ___bpf_reg_cnt1(t, x) (___bpf_reg_cnt0() + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt2(t, x, args...) (___bpf_reg_cnt1(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt3(t, x, args...) (___bpf_reg_cnt2(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt4(t, x, args...) (___bpf_reg_cnt3(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt5(t, x, args...) (___bpf_reg_cnt4(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt6(t, x, args...) (___bpf_reg_cnt5(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt7(t, x, args...) (___bpf_reg_cnt6(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt8(t, x, args...) (___bpf_reg_cnt7(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt9(t, x, args...) (___bpf_reg_cnt8(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt10(t, x, args...) (___bpf_reg_cnt9(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt11(t, x, args...) (___bpf_reg_cnt10(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt12(t, x, args...) (___bpf_reg_cnt11(args) + ___bpf_treg_cnt(t))
#define ___bpf_reg_cnt(args...) ___bpf_apply(___bpf_reg_cnt, ___bpf_narg2(args))(args)
#define ___bpf_union_arg(t, x, n) \\
	__builtin_choose_expr(sizeof(t) == 1, ({ union { __u8 ___z[1]; t x; } ___tmp = { .___z = { ctx[n] } }; ___tmp.x; }), \\
	__builtin_choose_expr(sizeof(t) == 2, ({ union { __u16 ___z[1]; t x; } ___tmp = { .___z = { ctx[n] } }; ___tmp.x; }), \\
	__builtin_choose_expr(sizeof(t) == 4, ({ union { __u32 ___z[1]; t x; } ___tmp = { .___z = { ctx[n] } }; ___tmp.x; }), \\
	__builtin_choose_expr(sizeof(t) == 8, ({ union { __u64 ___z[1]; t x; } ___tmp = { .___z = { ctx[n] } }; ___tmp.x; }), \\
	__builtin_choose_expr(sizeof(t) == 16, ({ union { __u64 ___z[2]; t x; } ___tmp = { .___z = { ctx[n], ctx[n + 1] } }; ___tmp.x; }), \\
	(void)0)))))
#define ___bpf_ctx_arg0(n, args...)
#define ___bpf_ctx_arg1(n, t, x) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt1(t, x)) ___bpf_ctx_arg0(n)
#define ___bpf_ctx_arg2(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt2(t, x, args)) ___bpf_ctx_arg1(n, args)
#define ___bpf_ctx_arg3(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt3(t, x, args)) ___bpf_ctx_arg2(n, args)
#define ___bpf_ctx_arg4(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt4(t, x, args)) ___bpf_ctx_arg3(n, args)
#define ___bpf_ctx_arg5(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt5(t, x, args)) ___bpf_ctx_arg4(n, args)
#define ___bpf_ctx_arg6(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt6(t, x, args)) ___bpf_ctx_arg5(n, args)
#define ___bpf_ctx_arg7(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt7(t, x, args)) ___bpf_ctx_arg6(n, args)
#define ___bpf_ctx_arg8(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt8(t, x, args)) ___bpf_ctx_arg7(n, args)
#define ___bpf_ctx_arg9(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt9(t, x, args)) ___bpf_ctx_arg8(n, args)
#define ___bpf_ctx_arg10(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt10(t, x, args)) ___bpf_ctx_arg9(n, args)
#define ___bpf_ctx_arg11(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt11(t, x, args)) ___bpf_ctx_arg10(n, args)
#define ___bpf_ctx_arg12(n, t, x, args...) , ___bpf_union_arg(t, x, n - ___bpf_reg_cnt12(t, x, args)) ___bpf_ctx_arg11(n, args)
#define ___bpf_ctx_arg(args...) ___bpf_apply(___bpf_ctx_arg, ___bpf_narg2(args))(___bpf_reg_cnt(args), args)
#define ___bpf_ctx_decl0()
#define ___bpf_ctx_decl1(t, x) , t x ___bpf_ctx_decl0()
#define ___bpf_ctx_decl2(t, x, args...) , t x ___bpf_ctx_decl1(args)
#define ___bpf_ctx_decl3(t, x, args...) , t x ___bpf_ctx_decl2(args)
#define ___bpf_ctx_decl4(t, x, args...) , t x ___bpf_ctx_decl3(args)
#define ___bpf_ctx_decl5(t, x, args...) , t x ___bpf_ctx_decl4(args)
#define ___bpf_ctx_decl6(t, x, args...) , t x ___bpf_ctx_decl5(args)
#define ___bpf_ctx_decl7(t, x, args...) , t x ___bpf_ctx_decl6(args)
#define ___bpf_ctx_decl8(t, x, args...) , t x ___bpf_ctx_decl7(args)
#define ___bpf_ctx_decl9(t, x, args...) , t x ___bpf_ctx_decl8(args)
#define ___bpf_ctx_decl10(t, x, args...) , t x ___bpf_ctx_decl9(args)
#define ___bpf_ctx_decl11(t, x, args...) , t x ___bpf_ctx_decl10(args)
#define ___bpf_ctx_decl12(t, x, args...) , t x ___bpf_ctx_decl11(args)
#define ___bpf_ctx_decl(args...) ___bpf_apply(___bpf_ctx_decl, ___bpf_narg2(args))(args)

#define BPF_PROG2(name, args...) \\
name(unsigned long long *ctx); \\
static __always_inline typeof(name(0)) ____##name(unsigned long long *ctx ___bpf_ctx_decl(args)); \\
typeof(name(0)) name(unsigned long long *ctx) \\
{ \\
	return ____##name(ctx ___bpf_ctx_arg(args)); \\
} \\
static __always_inline typeof(name(0)) ____##name(unsigned long long *ctx ___bpf_ctx_decl(args))

#define ___bpf_kprobe_args0() ctx
#define ___bpf_kprobe_args1(x) ___bpf_kprobe_args0(), (unsigned long long)PT_REGS_PARM1(ctx)
#define ___bpf_kprobe_args2(x, args...) ___bpf_kprobe_args1(args), (unsigned long long)PT_REGS_PARM2(ctx)
#define ___bpf_kprobe_args3(x, args...) ___bpf_kprobe_args2(args), (unsigned long long)PT_REGS_PARM3(ctx)
#define ___bpf_kprobe_args4(x, args...) ___bpf_kprobe_args3(args), (unsigned long long)PT_REGS_PARM4(ctx)
#define ___bpf_kprobe_args5(x, args...) ___bpf_kprobe_args4(args), (unsigned long long)PT_REGS_PARM5(ctx)
#define ___bpf_kprobe_args6(x, args...) ___bpf_kprobe_args5(args), (unsigned long long)PT_REGS_PARM6(ctx)
#define ___bpf_kprobe_args7(x, args...) ___bpf_kprobe_args6(args), (unsigned long long)PT_REGS_PARM7(ctx)
#define ___bpf_kprobe_args8(x, args...) ___bpf_kprobe_args7(args), (unsigned long long)PT_REGS_PARM8(ctx)
#define ___bpf_kprobe_args(args...) ___bpf_apply(___bpf_kprobe_args, ___bpf_narg(args))(args)

#define BPF_KPROBE(name, args...) \\
name(struct pt_regs *ctx); \\
static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args); \\
typeof(name(0)) name(struct pt_regs *ctx) \\
{ \\
	_Pragma("GCC diagnostic push") \\
	_Pragma("GCC diagnostic ignored \\"-Wint-conversion\\"") \\
	return ____##name(___bpf_kprobe_args(args)); \\
	_Pragma("GCC diagnostic pop") \\
} \\
static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args)

#define ___bpf_kretprobe_args0() ctx
#define ___bpf_kretprobe_args1(x) ___bpf_kretprobe_args0(), (unsigned long long)PT_REGS_RC(ctx)
#define ___bpf_kretprobe_args(args...) ___bpf_apply(___bpf_kretprobe_args, ___bpf_narg(args))(args)

#define BPF_KRETPROBE(name, args...) \\
name(struct pt_regs *ctx); \\
static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args); \\
typeof(name(0)) name(struct pt_regs *ctx) \\
{ \\
	_Pragma("GCC diagnostic push") \\
	_Pragma("GCC diagnostic ignored \\"-Wint-conversion\\"") \\
	return ____##name(___bpf_kretprobe_args(args)); \\
	_Pragma("GCC diagnostic pop") \\
} \\
static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args)

#define ___bpf_syscall_args0() ctx
#define ___bpf_syscall_args1(x) ___bpf_syscall_args0(), (unsigned long long)PT_REGS_PARM1_SYSCALL(regs)
#define ___bpf_syscall_args2(x, args...) ___bpf_syscall_args1(args), (unsigned long long)PT_REGS_PARM2_SYSCALL(regs)
#define ___bpf_syscall_args3(x, args...) ___bpf_syscall_args2(args), (unsigned long long)PT_REGS_PARM3_SYSCALL(regs)
#define ___bpf_syscall_args4(x, args...) ___bpf_syscall_args3(args), (unsigned long long)PT_REGS_PARM4_SYSCALL(regs)
#define ___bpf_syscall_args5(x, args...) ___bpf_syscall_args4(args), (unsigned long long)PT_REGS_PARM5_SYSCALL(regs)
#define ___bpf_syscall_args6(x, args...) ___bpf_syscall_args5(args), (unsigned long long)PT_REGS_PARM6_SYSCALL(regs)
#define ___bpf_syscall_args7(x, args...) ___bpf_syscall_args6(args), (unsigned long long)PT_REGS_PARM7_SYSCALL(regs)
#define ___bpf_syscall_args(args...) ___bpf_apply(___bpf_syscall_args, ___bpf_narg(args))(args)
#define ___bpf_syswrap_args0() ctx
#define ___bpf_syswrap_args1(x) ___bpf_syswrap_args0(), (unsigned long long)PT_REGS_PARM1_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args2(x, args...) ___bpf_syswrap_args1(args), (unsigned long long)PT_REGS_PARM2_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args3(x, args...) ___bpf_syswrap_args2(args), (unsigned long long)PT_REGS_PARM3_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args4(x, args...) ___bpf_syswrap_args3(args), (unsigned long long)PT_REGS_PARM4_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args5(x, args...) ___bpf_syswrap_args4(args), (unsigned long long)PT_REGS_PARM5_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args6(x, args...) ___bpf_syswrap_args5(args), (unsigned long long)PT_REGS_PARM6_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args7(x, args...) ___bpf_syswrap_args6(args), (unsigned long long)PT_REGS_PARM7_CORE_SYSCALL(regs)
#define ___bpf_syswrap_args(args...) ___bpf_apply(___bpf_syswrap_args, ___bpf_narg(args))(args)

/* System calls: since 4.17 the arguments are in a pt_regs of their own (CONFIG_ARCH_HAS_SYSCALL_WRAPPER). */
#define BPF_KSYSCALL(name, args...) \\
name(struct pt_regs *ctx); \\
extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig; \\
static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args); \\
typeof(name(0)) name(struct pt_regs *ctx) \\
{ \\
	struct pt_regs *regs = LINUX_HAS_SYSCALL_WRAPPER ? (struct pt_regs *)PT_REGS_SYSCALL_REGS(ctx) : ctx; \\
	if (LINUX_HAS_SYSCALL_WRAPPER) \\
		return ____##name(___bpf_syswrap_args(args)); \\
	else \\
		return ____##name(___bpf_syscall_args(args)); \\
} \\
static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL
#define BPF_UPROBE(name, args...) BPF_KPROBE(name, ##args)
#define BPF_URETPROBE(name, args...) BPF_KRETPROBE(name, ##args)
`,
  "bpf/usdt.bpf.h": `#pragma once
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Where the arguments of a static probe are, written by the loader. The layout and the names of the maps are libbpf's. */
#ifndef BPF_USDT_MAX_SPEC_CNT
#define BPF_USDT_MAX_SPEC_CNT 256
#endif
#ifndef BPF_USDT_MAX_IP_CNT
#define BPF_USDT_MAX_IP_CNT (4 * BPF_USDT_MAX_SPEC_CNT)
#endif
#define BPF_USDT_MAX_ARG_CNT 12

enum __bpf_usdt_arg_type {
	BPF_USDT_ARG_CONST,
	BPF_USDT_ARG_REG,
	BPF_USDT_ARG_REG_DEREF,
	BPF_USDT_ARG_SIB,
};

struct __bpf_usdt_arg_spec {
	__u64 val_off;
	enum __bpf_usdt_arg_type arg_type : 8;
	__u16 idx_reg_off : 12;
	__u16 scale_bitshift : 4;
	__u8 __reserved : 8;
	short reg_off;
	_Bool arg_signed;
	char arg_bitshift;
};

struct __bpf_usdt_spec {
	struct __bpf_usdt_arg_spec args[BPF_USDT_MAX_ARG_CNT];
	__u64 usdt_cookie;
	short arg_cnt;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, BPF_USDT_MAX_SPEC_CNT);
	__type(key, int);
	__type(value, struct __bpf_usdt_spec);
} __bpf_usdt_specs SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, BPF_USDT_MAX_IP_CNT);
	__type(key, long);
	__type(value, __u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps") __weak;

extern const _Bool LINUX_HAS_BPF_COOKIE __kconfig;

static __always_inline int __bpf_usdt_spec_id(struct pt_regs *ctx)
{
	if (!LINUX_HAS_BPF_COOKIE) {
		long at = PT_REGS_IP(ctx);
		int *id = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &at);

		return id ? *id : -ESRCH;
	}
	return bpf_get_attach_cookie(ctx);
}

static __always_inline struct __bpf_usdt_spec *__bpf_usdt_find(struct pt_regs *ctx)
{
	int id = __bpf_usdt_spec_id(ctx);

	return id < 0 ? NULL : bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
}

/* Number of arguments of the probe, or -ESRCH. */
__weak __hidden int bpf_usdt_arg_cnt(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec = __bpf_usdt_find(ctx);

	return spec ? spec->arg_cnt : -ESRCH;
}

static __always_inline int bpf_usdt_arg_size(struct pt_regs *ctx, __u64 arg_num)
{
	struct __bpf_usdt_spec *spec = __bpf_usdt_find(ctx);

	if (!spec)
		return -ESRCH;
	if (arg_num >= BPF_USDT_MAX_ARG_CNT)
		return -ENOENT;
	barrier_var(arg_num);
	if (arg_num >= spec->arg_cnt)
		return -ENOENT;
	return (unsigned int)(64 - spec->args[arg_num].arg_bitshift) / 8;
}

static __always_inline int __bpf_usdt_reg(struct pt_regs *ctx, int off, unsigned long *to)
{
	return bpf_probe_read_kernel(to, sizeof(*to), (void *)ctx + off);
}

/* Argument arg_num (from 0) into *res. 0, or -ESRCH, -ENOENT, -EINVAL. */
__weak __hidden int bpf_usdt_arg(struct pt_regs *ctx, __u64 arg_num, long *res)
{
	struct __bpf_usdt_arg_spec *arg;
	struct __bpf_usdt_spec *spec;
	unsigned long val = 0, idx = 0;
	int err;

	*res = 0;
	spec = __bpf_usdt_find(ctx);
	if (!spec)
		return -ESRCH;
	if (arg_num >= BPF_USDT_MAX_ARG_CNT)
		return -ENOENT;
	barrier_var(arg_num);
	if (arg_num >= spec->arg_cnt)
		return -ENOENT;
	arg = &spec->args[arg_num];
	if (arg->arg_type == BPF_USDT_ARG_CONST) {
		val = arg->val_off;
	} else {
		if (arg->arg_type > BPF_USDT_ARG_SIB)
			return -EINVAL;
		err = __bpf_usdt_reg(ctx, arg->reg_off, &val);
		if (!err && arg->arg_type == BPF_USDT_ARG_SIB) {
			err = __bpf_usdt_reg(ctx, arg->idx_reg_off, &idx);
			val += idx << arg->scale_bitshift;
		}
		if (!err && arg->arg_type != BPF_USDT_ARG_REG)
			err = bpf_probe_read_user(&val, sizeof(val), (void *)(val + arg->val_off));
		if (err)
			return err;
	}
	val <<= arg->arg_bitshift;
	*res = arg->arg_signed ? (long)val >> arg->arg_bitshift : (long)(val >> arg->arg_bitshift);
	return 0;
}

/* The cookie that the loader gave when it attached, or 0. */
__weak __hidden long bpf_usdt_cookie(struct pt_regs *ctx)
{
	struct __bpf_usdt_spec *spec = __bpf_usdt_find(ctx);

	return spec ? spec->usdt_cookie : 0;
}

#define ___bpf_usdt_args0() ctx
#define ___bpf_usdt_args1(x) ___bpf_usdt_args0(), ({ long _x; bpf_usdt_arg(ctx, 0, &_x); _x; })
#define ___bpf_usdt_args2(x, args...) ___bpf_usdt_args1(args), ({ long _x; bpf_usdt_arg(ctx, 1, &_x); _x; })
#define ___bpf_usdt_args3(x, args...) ___bpf_usdt_args2(args), ({ long _x; bpf_usdt_arg(ctx, 2, &_x); _x; })
#define ___bpf_usdt_args4(x, args...) ___bpf_usdt_args3(args), ({ long _x; bpf_usdt_arg(ctx, 3, &_x); _x; })
#define ___bpf_usdt_args5(x, args...) ___bpf_usdt_args4(args), ({ long _x; bpf_usdt_arg(ctx, 4, &_x); _x; })
#define ___bpf_usdt_args6(x, args...) ___bpf_usdt_args5(args), ({ long _x; bpf_usdt_arg(ctx, 5, &_x); _x; })
#define ___bpf_usdt_args7(x, args...) ___bpf_usdt_args6(args), ({ long _x; bpf_usdt_arg(ctx, 6, &_x); _x; })
#define ___bpf_usdt_args8(x, args...) ___bpf_usdt_args7(args), ({ long _x; bpf_usdt_arg(ctx, 7, &_x); _x; })
#define ___bpf_usdt_args9(x, args...) ___bpf_usdt_args8(args), ({ long _x; bpf_usdt_arg(ctx, 8, &_x); _x; })
#define ___bpf_usdt_args10(x, args...) ___bpf_usdt_args9(args), ({ long _x; bpf_usdt_arg(ctx, 9, &_x); _x; })
#define ___bpf_usdt_args11(x, args...) ___bpf_usdt_args10(args), ({ long _x; bpf_usdt_arg(ctx, 10, &_x); _x; })
#define ___bpf_usdt_args12(x, args...) ___bpf_usdt_args11(args), ({ long _x; bpf_usdt_arg(ctx, 11, &_x); _x; })
#define ___bpf_usdt_args(args...) ___bpf_apply(___bpf_usdt_args, ___bpf_narg(args))(args)

#define BPF_USDT(name, args...) \\
name(struct pt_regs *ctx); \\
static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args); \\
typeof(name(0)) name(struct pt_regs *ctx) \\
{ \\
	_Pragma("GCC diagnostic push") \\
	_Pragma("GCC diagnostic ignored \\"-Wint-conversion\\"") \\
	return ____##name(___bpf_usdt_args(args)); \\
	_Pragma("GCC diagnostic pop") \\
} \\
static __always_inline typeof(name(0)) ____##name(struct pt_regs *ctx, ##args)
`,
};
