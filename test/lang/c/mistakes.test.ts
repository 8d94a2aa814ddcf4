/** Typical mistakes of BPF programs, through the whole compiler: what is said, where, and what to do instead. */
import { expect, test } from "vitest";
import { compileC } from "../../../src/lang/c/compile.ts";

const HEAD = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n";
const TAIL = '\nchar LICENSE[] SEC("license") = "GPL";\n';
const MAP =
  'struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, __u32); __type(value, __u64); } m SEC(".maps");\n';
const program = (body: string, before = ""): string =>
  `${HEAD}${before}SEC("xdp") int x(struct xdp_md *c) { ${body} }${TAIL}`;

function said(text: string): string[] {
  return compileC("a.bpf.c", new TextEncoder().encode(text)).diagnostics.map(
    ({ line, col, severity, code, message, help, fix }) =>
      `${line}:${col} ${severity} ${code} ${message}${help === undefined ? "" : ` | ${help}`}${fix === undefined ? "" : ` | ${fix.message}`}`,
  );
}

test.each<[string, string, string[]]>([
  [
    "floats",
    program("double d = c->data; return d * 2;"),
    [
      "3:45 error C400 'd' is a floating point variable: eBPF has no floating point | scale to integers (fixed point): count thousandths, or divide last",
    ],
  ],
  [
    "a large stack",
    program("char b[1024]; __builtin_memset(b, c->data, sizeof(b)); return b[c->data & 1023];"),
    [
      "3:43 warning C401 'b' takes 1024 bytes of stack; eBPF has 512 for all locals | keep it in a map: a per-CPU array of one element is the usual scratch buffer",
      "3:16 error stack/size 'x' needs 1024 bytes of stack (b: 1024); eBPF has 512 | put large data into a per-CPU array map of one entry and take its address with bpf_map_lookup_elem",
    ],
  ],
  [
    "recursion",
    program("return f(c->data);", "static __noinline int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); }\n"),
    [
      "3:23 warning call/recursion 'f' calls itself: eBPF has 8 frames of 512 bytes in all, and the verifier walks every call | make it a loop with a bound, and keep what is left to do in an array or a map",
    ],
  ],
  [
    "calls of a variable",
    program(
      "if (c->data) f = b; return f(3);",
      "static int a(int x) { return x; } static int b(int x) { return x + 1; }\nint (*volatile f)(int) = a;\n",
    ),
    [
      "5:65 error call/indirect a call through a pointer that is not known when compiling | eBPF has no indirect calls: call the function by name, or choose between names with if or switch",
    ],
  ],
  [
    "variable arguments",
    program("return f(1, 2);", "static int f(int n, ...) { return n; }\n"),
    [
      "3:12 error C402 'f' takes variable arguments: eBPF functions cannot | pass a fixed number of arguments (five at most), or make it a macro",
    ],
  ],
  [
    "code before main",
    program("return g;", "static int f(void) { return 3; }\nint g = f();\n"),
    [
      "4:9 error C303 initializer element is not a compile-time constant | nothing runs before a program does: have user space set it before loading (const volatile), or a program at its first run",
    ],
  ],
  [
    "no license",
    `${HEAD}SEC("xdp") int x(struct xdp_md *c) { bpf_printk("x"); return 2; }`,
    [
      `3:16 warning C566 the object has no license, and bpf_trace_printk is for GPL programs | add: char LICENSE[] SEC("license") = "GPL";`,
    ],
  ],
  [
    "no helpers' header",
    'SEC("xdp") int x(void *c) { return 0; }',
    ["1:1 error C106 expected a type, not 'SEC' | include <bpf/bpf_helpers.h>: SEC is a macro of it"],
  ],
  [
    "a heap",
    program("return malloc(8) != 0;"),
    ["3:45 error C205 call to undeclared function 'malloc' | eBPF has no heap: keep data in a map"],
  ],
  [
    "stdio",
    program('printf("hi"); return 2;'),
    ["3:38 error C205 call to undeclared function 'printf' | eBPF has no stdio: bpf_printk writes to the trace pipe"],
  ],
  [
    "string functions",
    program('char a[8] = "abc"; a[1] = c->data; return __builtin_strcmp(a, "xyz");'),
    [
      "3:80 error C411 __builtin_strcmp of strings that are not constant: eBPF has no C library | use bpf_strncmp(), or a loop with a bound",
    ],
  ],
  [
    "a copy of any length",
    program("char a[8], b[8] = {}; __builtin_memcpy(a, b, c->data); return a[0];"),
    [
      "3:60 error mem/length memcpy of a length that is not known when compiling | eBPF has no library to call: use a constant length, a bounded loop, or a helper such as bpf_probe_read_kernel",
    ],
  ],
  [
    "computed goto",
    program("void *t[] = { &&a, &&b }; goto *t[c->data & 1]; a: return 1; b: return 2;"),
    ["3:52 error C410 eBPF has no computed goto | use a switch"],
  ],
  [
    "a map by value",
    program("__u32 k = 0; return !bpf_map_lookup_elem(m, &k);", MAP),
    [
      "4:79 error C210 passing argument 1 to parameter of type 'void *' from incompatible type 'struct (unnamed)' | maps are passed by address: &m",
    ],
  ],
  [
    "a value where a pointer comes back",
    program("__u32 k = 0; __u64 v = bpf_map_lookup_elem(&m, &k); return v;", MAP),
    [
      "4:61 error C211 incompatible pointer to integer conversion initializing '__u64' (aka 'unsigned long long') from 'void *' | read what it points to with '*', or cast it where the address is meant",
    ],
  ],
  [
    "ctx->data as a pointer",
    program("void *p = c->data; return p != 0;"),
    [
      "3:51 error C211 incompatible integer to pointer conversion initializing 'void *' from '__u32' (aka 'unsigned int') | write (void *)(long) in front of it",
    ],
  ],
  [
    "an array of variable length",
    program("int n = c->data; char b[n]; return sizeof(b);"),
    [
      "3:60 error C404 'b' is a variable-length array | give it a constant length: eBPF's stack is 512 bytes, fixed when the program is loaded",
    ],
  ],
  [
    "an atomic byte",
    program("return __sync_fetch_and_add(&v, 3);", "char v;\n"),
    ["4:45 error C421 BPF has atomics of 32 and 64 bits; this one has 8 | make the variable a __u32 or a __u64"],
  ],
  [
    "atomic nand",
    program("return __sync_fetch_and_nand(&v, 3);", "long v;\n"),
    ["4:45 error C421 BPF has no atomic nand | use a loop around __sync_val_compare_and_swap"],
  ],
  [
    "thread-local variables",
    "__thread int x;",
    [
      "1:1 error C406 eBPF programs have no thread-local variables | use a per-CPU array map, or local storage of the task",
    ],
  ],
  [
    "a name in assembly",
    program('long a = 1; asm volatile("%0 = frob" : "+r"(a)); return a;'),
    ["3:50 error asm/symbol inline assembly names 'frob', which is neither defined nor declared extern"],
  ],
  [
    "no instruction",
    program('long a = 1; asm volatile("%0 ?= 3" : "+r"(a)); return a;'),
    [
      "3:50 error asm/character inline assembly: \"?\" begins no token | write one instruction a line, or separate them with ';'; comments begin with // or #",
    ],
  ],
  [
    "formats",
    program('bpf_printk("%d %d", 1); return 2;'),
    ["3:38 warning C564 the format has 2 conversions and 1 argument: the kernel prints what is in the registers"],
  ],
  [
    "formats that the kernel has not",
    program('bpf_printk("%f", 1); return 2;'),
    [
      "3:38 warning C564 the kernel's printf knows no '%f': it prints nothing and answers -EINVAL | it takes %d %i %u %x %X (with l, ll), %c, %s, %p and its forms",
    ],
  ],
  [
    "a header that is not there",
    '#include "no.h"\nu32 x;',
    ["1:10 error C022 'no.h' file not found | add its folder with -I"],
  ],
])("%s", (_name, text, want) => {
  expect(said(text)).toEqual(want);
});
