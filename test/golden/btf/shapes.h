#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

enum big {
	BIG_A = 1ULL,
	BIG_B = 8589934591ULL,
};

enum big_signed {
	BIG_SIGNED = -8589934591LL,
};

enum plain {
	PLAIN_A = 0,
	PLAIN_B = 5,
	PLAIN_C = -1,
};

enum small {
	SMALL_A = 200,
} __attribute__((mode(byte)));

enum undefined;

enum word {
	WORD_A = 1LL,
} __attribute__((mode(word)));

typedef _Bool bool;

typedef unsigned char u8;

typedef unsigned int u32;

typedef unsigned long long u64;

typedef unsigned short u16;

struct only_named;

typedef struct {
	int x;
	struct only_named *p;
} anonymous_t;

struct aligned {
	u8 a;
	long: 64;
	u8 b;
	long: 64;
};

struct bits {
	u32 a: 1;
	char: 6;
	u32 b: 9;
	u64 c: 40;
	u8 d: 3;
	long: 5;
	u8 e: 2;
	u32 f;
	int: 17;
	u32 g: 5;
};

struct bits_packed {
	u8 a: 3;
	u32 b: 30;
	u16 c;
} __attribute__((packed));

struct bits_tail {
	u64 a;
	u32 b: 3;
};

struct bits_wide {
	u8 first;
	u64 x: 60;
	long: 4;
	u32 y: 1;
};

struct empty {};

struct flexible {
	u32 len;
	u8 data[0];
};

struct flexible_zero {
	u64 len;
	u64 data[0];
};

struct floats {
	float f;
	double d;
	bool b;
	long: 64;
	__int128 wide;
	signed char c;
	long l;
};

struct holes {
	u8 a;
	u64 b;
	u16 c;
	u32 d;
	u8 e;
	u64 f;
};

struct list {
	struct list *next;
	struct list *prev;
};

union mixed {
	u8 bytes[7];
	u32 word;
	struct {
		u16 a;
		u16 b;
	};
};

struct nested {
	int before;
	struct {
		u8 x;
		struct {
			u64 y;
			union {
				u8 z;
				u16 w;
			};
		} inner;
	} named;
	struct {
		enum {
			IN_A = 0,
			IN_B = 1,
		} kind;
		char: 4;
		u32 low: 4;
	};
	struct {
		int a;
	} many[3];
};

struct node;

typedef struct node node_t;

struct node {
	node_t *left;
	node_t *right;
};

struct two;

struct one {
	struct two *two;
	struct list list;
};

struct packed {
	u8 a;
	u32 b;
	u16 c;
} __attribute__((packed));

struct packed_inner {
	u8 before;
	struct packed inner;
	u64 after;
};

struct opaque;

typedef int (*handler_t)(struct one *, const char * restrict, ...);

typedef handler_t handlers_t[3];

typedef int function_t(void);

union hidden;

struct pointers {
	volatile const int * const * restrict p;
	int *array_of_pointers[4];
	int (*pointer_to_array)[4];
	char (* (*function_returning_function)(int))(void);
	const char * const names[2][3];
	void (*callbacks[2])(void *, struct opaque *);
	handlers_t *handlers;
	function_t *function;
	enum undefined *undefined;
	union hidden *hidden;
	int (* (*deep)(struct {
		int in_param;
	} *))[5];
	const u32 constant;
	volatile struct list *volatile_list;
	void *atomic;
};

struct ring {
	void (*fn)(struct ring *, handler_t);
};

typedef struct ring ring_t;

struct user {
	int __attribute__((btf_type_tag("user"))) *p;
	u32 marked;
};


/* BPF kfuncs */
#ifndef BPF_NO_KFUNC_PROTOTYPES
#endif

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
