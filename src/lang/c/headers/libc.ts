/**
 * What the C library, the compiler and the kernel's own base headers give to BPF programs: integer types, limits, byte order,
 * error numbers. Only what makes sense without a C library.
 */

const TYPES = `#pragma once
#include <skep/limits.h>
typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
`;

export const LIBC: Readonly<Record<string, string>> = {
  "skep/limits.h": "#pragma once\n#define __BITS_PER_LONG 64\n#define __BITS_PER_LONG_LONG 64\n",
  "asm/types.h": TYPES,
  "asm-generic/types.h": "#pragma once\n#include <asm/types.h>\n",
  "asm-generic/int-ll64.h": "#pragma once\n#include <asm/types.h>\n",
  "asm/bitsperlong.h": "#pragma once\n#include <skep/limits.h>\n",
  "linux/types.h": `#pragma once
#include <asm/types.h>
#include <linux/posix_types.h>
typedef __u16 __le16;
typedef __u16 __be16;
typedef __u32 __le32;
typedef __u32 __be32;
typedef __u64 __le64;
typedef __u64 __be64;
typedef __u16 __sum16;
typedef __u32 __wsum;
typedef unsigned int __poll_t;
typedef __int128 __s128 __attribute__((aligned(16)));
typedef unsigned __int128 __u128 __attribute__((aligned(16)));
#define __bitwise
#define __bitwise__
#define __aligned_u64 __u64 __attribute__((aligned(8)))
#define __aligned_s64 __s64 __attribute__((aligned(8)))
#define __aligned_be64 __be64 __attribute__((aligned(8)))
#define __aligned_le64 __le64 __attribute__((aligned(8)))
`,
  "linux/posix_types.h": `#pragma once
#include <linux/stddef.h>
typedef unsigned long __kernel_ulong_t;
typedef long __kernel_long_t;
typedef __kernel_ulong_t __kernel_size_t;
typedef __kernel_long_t __kernel_ssize_t;
typedef __kernel_long_t __kernel_ptrdiff_t;
typedef __kernel_long_t __kernel_off_t;
typedef long long __kernel_loff_t;
typedef __kernel_long_t __kernel_old_time_t;
typedef __kernel_long_t __kernel_time_t;
typedef long long __kernel_time64_t;
typedef __kernel_long_t __kernel_clock_t;
typedef __kernel_long_t __kernel_suseconds_t;
typedef int __kernel_timer_t;
typedef int __kernel_clockid_t;
typedef __kernel_ulong_t __kernel_ino_t;
typedef unsigned int __kernel_mode_t;
typedef int __kernel_pid_t;
typedef int __kernel_ipc_pid_t;
typedef unsigned int __kernel_uid_t;
typedef unsigned int __kernel_gid_t;
typedef unsigned int __kernel_uid32_t;
typedef unsigned int __kernel_gid32_t;
typedef int __kernel_daddr_t;
typedef int __kernel_key_t;
typedef int __kernel_mqd_t;
typedef unsigned short __kernel_uid16_t;
typedef unsigned short __kernel_gid16_t;
typedef struct {
	int val[2];
} __kernel_fsid_t;
typedef struct {
	unsigned long fds_bits[16];
} __kernel_fd_set;
`,
  "asm/posix_types.h": "#pragma once\n#include <linux/posix_types.h>\n",
  "linux/stddef.h": `#pragma once
#define __struct_group(TAG, NAME, ATTRS, MEMBERS...) \\
	union { \\
		struct { MEMBERS } ATTRS; \\
		struct TAG { MEMBERS } ATTRS NAME; \\
	} ATTRS
#define __DECLARE_FLEX_ARRAY(TYPE, NAME) \\
	struct { \\
		struct { } __empty_ ## NAME; \\
		TYPE NAME[]; \\
	}
#define __counted_by(m)
#define __counted_by_le(m)
#define __counted_by_be(m)
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
`,
  "linux/compiler.h": "#pragma once\n#include <linux/stddef.h>\n",
  "linux/compiler_types.h": "#pragma once\n#include <linux/stddef.h>\n",
  "linux/const.h": `#pragma once
#define __AC(x, y) (x ## y)
#define _AC(x, y) __AC(x, y)
#define _AT(t, x) ((t)(x))
#define _UL(x) (_AC(x, UL))
#define _ULL(x) (_AC(x, ULL))
#define _BITUL(x) (_UL(1) << (x))
#define _BITULL(x) (_ULL(1) << (x))
#define __ALIGN_KERNEL_MASK(x, mask) (((x) + (mask)) & ~(mask))
#define __ALIGN_KERNEL(x, a) __ALIGN_KERNEL_MASK(x, (__typeof__(x))(a) - 1)
#define __KERNEL_DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
`,
  "linux/kernel.h": "#pragma once\n#include <linux/const.h>\n",
  "linux/version.h": `#pragma once
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#define LINUX_VERSION_MAJOR 6
#define LINUX_VERSION_PATCHLEVEL 18
#define LINUX_VERSION_SUBLEVEL 0
#define LINUX_VERSION_CODE KERNEL_VERSION(6, 18, 0)
`,
  "linux/swab.h": `#pragma once
#include <linux/types.h>
#define ___constant_swab16(x) ((__u16)__builtin_bswap16((__u16)(x)))
#define ___constant_swab32(x) ((__u32)__builtin_bswap32((__u32)(x)))
#define ___constant_swab64(x) ((__u64)__builtin_bswap64((__u64)(x)))
#define __swab16(x) ___constant_swab16(x)
#define __swab32(x) ___constant_swab32(x)
#define __swab64(x) ___constant_swab64(x)
`,
  "linux/byteorder/little_endian.h": "#pragma once\n#include <asm/byteorder.h>\n",
  "asm/byteorder.h": `#pragma once
#include <linux/types.h>
#include <linux/swab.h>
#ifndef __LITTLE_ENDIAN
#define __LITTLE_ENDIAN 1234
#endif
#ifndef __LITTLE_ENDIAN_BITFIELD
#define __LITTLE_ENDIAN_BITFIELD
#endif
#define __constant_htons(x) ((__be16)___constant_swab16(x))
#define __constant_ntohs(x) ___constant_swab16(x)
#define __constant_htonl(x) ((__be32)___constant_swab32(x))
#define __constant_ntohl(x) ___constant_swab32(x)
#define __constant_cpu_to_be16(x) ((__be16)___constant_swab16(x))
#define __constant_cpu_to_be32(x) ((__be32)___constant_swab32(x))
#define __constant_cpu_to_be64(x) ((__be64)___constant_swab64(x))
#define __constant_be16_to_cpu(x) ___constant_swab16(x)
#define __constant_be32_to_cpu(x) ___constant_swab32(x)
#define __constant_be64_to_cpu(x) ___constant_swab64(x)
#define __constant_cpu_to_le16(x) ((__le16)(__u16)(x))
#define __constant_cpu_to_le32(x) ((__le32)(__u32)(x))
#define __constant_cpu_to_le64(x) ((__le64)(__u64)(x))
#define __constant_le16_to_cpu(x) ((__u16)(x))
#define __constant_le32_to_cpu(x) ((__u32)(x))
#define __constant_le64_to_cpu(x) ((__u64)(x))
#define __cpu_to_be16(x) __constant_cpu_to_be16(x)
#define __cpu_to_be32(x) __constant_cpu_to_be32(x)
#define __cpu_to_be64(x) __constant_cpu_to_be64(x)
#define __be16_to_cpu(x) __constant_be16_to_cpu(x)
#define __be32_to_cpu(x) __constant_be32_to_cpu(x)
#define __be64_to_cpu(x) __constant_be64_to_cpu(x)
#define __cpu_to_le16(x) __constant_cpu_to_le16(x)
#define __cpu_to_le32(x) __constant_cpu_to_le32(x)
#define __cpu_to_le64(x) __constant_cpu_to_le64(x)
#define __le16_to_cpu(x) __constant_le16_to_cpu(x)
#define __le32_to_cpu(x) __constant_le32_to_cpu(x)
#define __le64_to_cpu(x) __constant_le64_to_cpu(x)
`,
  "linux/socket.h": `#pragma once
#define _K_SS_MAXSIZE 128
typedef unsigned short __kernel_sa_family_t;
struct __kernel_sockaddr_storage {
	union {
		struct {
			__kernel_sa_family_t ss_family;
			char __data[126];
		};
		void *__align;
	};
};
#define SOCK_SNDBUF_LOCK 1
#define SOCK_RCVBUF_LOCK 2
#define SOCK_BUF_LOCK_MASK 3
#define SOCK_TXREHASH_DEFAULT 255
#define SOCK_TXREHASH_DISABLED 0
#define SOCK_TXREHASH_ENABLED 1
`,
  "linux/bpf_perf_event.h": `#pragma once
#include <linux/types.h>
#include <linux/ptrace.h>
#include <asm/bpf_perf_event.h>
struct bpf_perf_event_data {
	bpf_user_pt_regs_t regs;
	__u64 sample_period;
	__u64 addr;
};
`,
  "asm/bpf_perf_event.h": `#pragma once
#include <asm/ptrace.h>
#if defined(__TARGET_ARCH_arm64)
typedef struct user_pt_regs bpf_user_pt_regs_t;
#else
typedef struct pt_regs bpf_user_pt_regs_t;
#endif
`,
  "asm/ptrace.h": `#pragma once
#include <linux/types.h>
#if defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};
#else
struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx;
	unsigned long r11, r10, r9, r8;
	unsigned long rax, rcx, rdx, rsi, rdi;
	unsigned long orig_rax;
	unsigned long rip, cs, eflags, rsp, ss;
};
#endif
`,
  "linux/errno.h": "#pragma once\n#include <asm/errno.h>\n",
  "asm/errno.h": "#pragma once\n#include <asm-generic/errno.h>\n",
  "errno.h": "#pragma once\n#include <asm-generic/errno.h>\n",
  "asm/socket.h": "#pragma once\n#include <asm-generic/socket.h>\n",
  "asm/fcntl.h": "#pragma once\n#include <asm-generic/fcntl.h>\n",
  "asm/mman.h": "#pragma once\n#include <asm-generic/mman.h>\n",
  "asm/param.h":
    "#pragma once\n#define HZ 100\n#define EXEC_PAGESIZE 4096\n#define NOGROUP (-1)\n#define MAXHOSTNAMELEN 64\n",
  "linux/time.h": `#pragma once
#include <linux/types.h>
#include <linux/time_types.h>
#define CLOCK_REALTIME 0
#define CLOCK_MONOTONIC 1
#define CLOCK_PROCESS_CPUTIME_ID 2
#define CLOCK_THREAD_CPUTIME_ID 3
#define CLOCK_MONOTONIC_RAW 4
#define CLOCK_REALTIME_COARSE 5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME 7
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define CLOCK_TAI 11
`,
  "linux/signal.h": "#pragma once\n#include <asm/signal.h>\n",
  "asm/signal.h": `#pragma once
${["HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"].map((name, i) => `#define SIG${name} ${i + 1}\n`).join("")}#define SIGIOT 6
#define SIGPOLL SIGIO
`,
  "signal.h": "#pragma once\n#include <asm/signal.h>\n",
  "time.h": "#pragma once\n#include <linux/time.h>\n",
  "stddef.h": `#pragma once
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __WCHAR_TYPE__ wchar_t;
#ifndef NULL
#define NULL ((void *)0)
#endif
#undef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
`,
  "stdbool.h":
    "#pragma once\n#define bool _Bool\n#define true 1\n#define false 0\n#define __bool_true_false_are_defined 1\n",
  "stdint.h": `#pragma once
typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long int int64_t;
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
typedef unsigned int uint32_t;
typedef unsigned long int uint64_t;
typedef long int intptr_t;
typedef unsigned long int uintptr_t;
typedef long int intmax_t;
typedef unsigned long int uintmax_t;
typedef signed char int_least8_t;
typedef short int_least16_t;
typedef int int_least32_t;
typedef long int int_least64_t;
typedef unsigned char uint_least8_t;
typedef unsigned short uint_least16_t;
typedef unsigned int uint_least32_t;
typedef unsigned long int uint_least64_t;
typedef signed char int_fast8_t;
typedef long int int_fast16_t;
typedef long int int_fast32_t;
typedef long int int_fast64_t;
typedef unsigned char uint_fast8_t;
typedef unsigned long int uint_fast16_t;
typedef unsigned long int uint_fast32_t;
typedef unsigned long int uint_fast64_t;
#define INT8_MIN (-128)
#define INT16_MIN (-32767 - 1)
#define INT32_MIN (-2147483647 - 1)
#define INT64_MIN (-9223372036854775807L - 1)
#define INT8_MAX 127
#define INT16_MAX 32767
#define INT32_MAX 2147483647
#define INT64_MAX 9223372036854775807L
#define UINT8_MAX 255
#define UINT16_MAX 65535
#define UINT32_MAX 4294967295U
#define UINT64_MAX 18446744073709551615UL
#define INTPTR_MIN INT64_MIN
#define INTPTR_MAX INT64_MAX
#define UINTPTR_MAX UINT64_MAX
#define SIZE_MAX UINT64_MAX
#define INT8_C(c) c
#define INT16_C(c) c
#define INT32_C(c) c
#define INT64_C(c) c ## L
#define UINT8_C(c) c
#define UINT16_C(c) c
#define UINT32_C(c) c ## U
#define UINT64_C(c) c ## UL
`,
  "inttypes.h": `#pragma once
#include <stdint.h>
#define PRId8 "d"
#define PRId16 "d"
#define PRId32 "d"
#define PRId64 "ld"
#define PRIu8 "u"
#define PRIu16 "u"
#define PRIu32 "u"
#define PRIu64 "lu"
#define PRIx8 "x"
#define PRIx16 "x"
#define PRIx32 "x"
#define PRIx64 "lx"
`,
  "limits.h": `#pragma once
#include <linux/limits.h>
#define CHAR_BIT 8
#define SCHAR_MIN (-128)
#define SCHAR_MAX 127
#define UCHAR_MAX 255
#define CHAR_MIN SCHAR_MIN
#define CHAR_MAX SCHAR_MAX
#define SHRT_MIN (-32768)
#define SHRT_MAX 32767
#define USHRT_MAX 65535
#define INT_MAX 2147483647
#define INT_MIN (-INT_MAX - 1)
#define UINT_MAX 4294967295U
#define LONG_MAX 9223372036854775807L
#define LONG_MIN (-LONG_MAX - 1L)
#define ULONG_MAX 18446744073709551615UL
#define LLONG_MAX 9223372036854775807LL
#define LLONG_MIN (-LLONG_MAX - 1LL)
#define ULLONG_MAX 18446744073709551615ULL
`,
  "stdarg.h": `#pragma once
typedef __builtin_va_list va_list;
#define va_start(ap, last) __builtin_va_start(ap, last)
#define va_end(ap) __builtin_va_end(ap)
#define va_arg(ap, type) __builtin_va_arg(ap, type)
#define va_copy(to, from) __builtin_va_copy(to, from)
`,
  "stdalign.h": "#pragma once\n#define alignas _Alignas\n#define alignof _Alignof\n",
  "stdnoreturn.h": "#pragma once\n#define noreturn _Noreturn\n",
  "stdio.h": "#pragma once\n#include <stddef.h>\n",
  "stdlib.h": "#pragma once\n#include <stddef.h>\n",
  "unistd.h": "#pragma once\n#include <stddef.h>\n#include <sys/types.h>\n",
  "assert.h": "#pragma once\n#define assert(x) ((void)(x))\n#define static_assert _Static_assert\n",
  "string.h": `#pragma once
#include <stddef.h>
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
size_t strlen(const char *s);
`,
  "linux/string.h": "#pragma once\n#include <string.h>\n",
  "strings.h": "#pragma once\n#include <string.h>\n",
  "features.h": "#pragma once\n",
  "sys/cdefs.h": "#pragma once\n",
  "endian.h": `#pragma once
#define LITTLE_ENDIAN 1234
#define BIG_ENDIAN 4321
#define BYTE_ORDER LITTLE_ENDIAN
`,
  "sys/types.h": `#pragma once
#include <stddef.h>
typedef signed char int8_t;
typedef short int16_t;
typedef int int32_t;
typedef long int int64_t;
typedef unsigned char u_int8_t;
typedef unsigned short u_int16_t;
typedef unsigned int u_int32_t;
typedef unsigned long int u_int64_t;
typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;
typedef int pid_t;
typedef unsigned int uid_t;
typedef unsigned int gid_t;
typedef unsigned int mode_t;
typedef long int ssize_t;
typedef long int off_t;
typedef unsigned long int ino_t;
typedef unsigned long int dev_t;
typedef long int time_t;
`,
  "sys/socket.h": `#pragma once
#include <sys/types.h>
#include <linux/socket.h>
#include <asm/socket.h>
typedef unsigned int socklen_t;
typedef unsigned short sa_family_t;
struct sockaddr {
	sa_family_t sa_family;
	char sa_data[14];
};
enum __socket_type {
	SOCK_STREAM = 1,
	SOCK_DGRAM = 2,
	SOCK_RAW = 3,
	SOCK_RDM = 4,
	SOCK_SEQPACKET = 5,
	SOCK_DCCP = 6,
	SOCK_PACKET = 10,
};
#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_LOCAL 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define AF_TIPC 30
#define AF_VSOCK 40
#define AF_XDP 44
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define SOMAXCONN 4096
#define SHUT_RD 0
#define SHUT_WR 1
#define SHUT_RDWR 2
`,
  "netinet/in.h":
    "#pragma once\n#include <sys/socket.h>\n#include <stdint.h>\n#include <linux/in.h>\n#include <linux/in6.h>\ntypedef uint16_t in_port_t;\ntypedef uint32_t in_addr_t;\n",
  "netinet/ip.h": "#pragma once\n#include <netinet/in.h>\n#include <linux/ip.h>\n",
  "netinet/tcp.h": "#pragma once\n#include <netinet/in.h>\n#include <linux/tcp.h>\n",
  "netinet/udp.h": "#pragma once\n#include <netinet/in.h>\n#include <linux/udp.h>\n",
  "netinet/if_ether.h": "#pragma once\n#include <linux/if_ether.h>\n",
  "net/ethernet.h": "#pragma once\n#include <linux/if_ether.h>\n",
  "net/if.h": "#pragma once\n#include <sys/socket.h>\n#include <linux/if.h>\n",
  "arpa/inet.h": `#pragma once
#include <netinet/in.h>
#define htons(x) __builtin_bswap16(x)
#define ntohs(x) __builtin_bswap16(x)
#define htonl(x) __builtin_bswap32(x)
#define ntohl(x) __builtin_bswap32(x)
`,
};
