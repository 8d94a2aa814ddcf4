/** Typed trees of small sources. */
import { expect, test } from "vitest";
import { parseText, showDiagnostics } from "./read.ts";
import { showUnit } from "./tree.ts";

function tree(text: string): string {
  const unit = parseText(text, {}, { warnings: false });
  expect(showDiagnostics(unit)).toEqual([]);
  return showUnit(unit);
}

const lines = (text: string): string[] =>
  tree(text)
    .split("\n")
    .map((line) => line.trim());

test("conversions are explicit", () => {
  expect(lines("long f(char c, unsigned u, short *p) { return c + u + *p; }")).toEqual([
    "f: long (char, unsigned int, short *)",
    "{",
    "return (int long (+:unsigned int (+:unsigned int (int unsigned int (int int <c>)) <u>) (int unsigned int (int int <*<p>>))))",
    "}",
  ]);
  expect(lines("int f(int a, unsigned long b) { return a < b; }")).toContain("return (< (int unsigned long <a>) <b>)");
  expect(lines("void *f(int *p) { return p ? p : (void *)0; }")).toContain("return (ptr void * (? <p> <p> 0:int *))");
  expect(lines("_Bool f(int *p) { return p; }")).toContain("return (bool _Bool <p>)");
});

test("pointers, arrays, members", () => {
  const text = `struct s { int a; struct { char b[4]; unsigned c : 3; }; struct s *next; };
int f(struct s *p, int i) { p->next->b[i] = 1; p++; return p->c + p[2].a + (&p->a)[1] - (p - p->next); }`;
  expect(lines(text).slice(2)).toEqual([
    "(= (decay *<*<p>.next>.(anon).b)[<i>] 1:char)",
    "(post++24 p)",
    "return (int int (-:long (int long (+:int (+:int (int int <*<p>.(anon).c>) <<p>[2:int].a>) <&*<p>.a[1:int]>)) (ptrdiff/24 <p> <*<p>.next>)))",
    "}",
  ]);
});

test("integer constant expressions fold", () => {
  const text = `enum e { A = 1 << 4, B = A | 3, C = -1, D = sizeof(long[3]) };
struct s { char a; long b[4]; };
int v[B + D == 43 ? 2 : -1];
unsigned long o = __builtin_offsetof(struct s, b[2]) + (unsigned long)&((struct s *)0)->b[1];
int sign = (unsigned char)300 + (int)-1u + (3 > 2u) + ('a' - 'b') + !5 + ~0;
_Static_assert(0x7fffffff + 1u == 2147483648 && -7 / 2 == -3 && -7 % 2 == -1 && (1u << 31) >> 31 == 1, "");
_Static_assert(__builtin_types_compatible_p(typeof(1u), unsigned), "");
_Static_assert(__builtin_choose_expr(1, 5, "x") == 5 && _Generic(1L, int: 1, long: 2, default: 3) == 2, "");
_Static_assert(__builtin_bswap32(0x12345678) == 0x78563412 && __builtin_strcmp("ab", "ab") == 0, "");`;
  expect(lines(text)).toEqual([
    "global v: int[2]",
    "global o: unsigned long = @0 40:unsigned long",
    "global sign: int = @0 42:int",
  ]);
});

test("types of literals", () => {
  const text = `_Static_assert(_Generic(2147483648, long: 1, default: 0), "");
_Static_assert(_Generic(0x80000000, unsigned: 1, default: 0), "");
_Static_assert(_Generic(1ull, unsigned long long: 1, default: 0), "");
_Static_assert(_Generic('a', int: 1, default: 0) && _Generic("a", char *: 1, default: 0), "");
_Static_assert(_Generic(1L + 1u, long: 1, default: 0) && _Generic(1ll + 1ul, unsigned long long: 1, default: 0), "");
_Static_assert(sizeof("abc" "d") == 5 && sizeof(L"ab") == 12 && sizeof('a') == 4 && 010 == 8 && 0b101 == 5, "");`;
  expect(tree(text)).toBe("");
});

test("initialisers are laid flat", () => {
  const text = `struct p { int x, y; };
struct p a[] = { 1, 2, { 3 }, [4].y = 5 };
struct { char n[4]; union { int i; long l; }; unsigned b : 3, c : 9; } s = { "ab", .l = 7, .b = 1, 2 };
int m[2][2] = { 1, 2, 3 };
int r[8] = { [2 ... 3] = 9, 1 };
char t[] = "xy";
int *q = &m[1][0], *z = &a[2].y;
void *fn = &fn;`;
  expect(lines(text)).toEqual([
    "global a: struct p[5] = @0 1:int @4 2:int @8 3:int @36 5:int",
    'global s: struct (unnamed) = @0 "ab\\u0000" @8 7:long @16.0:3 1:unsigned int @16.3:9 2:unsigned int',
    "global m: int[2][2] = @0 1:int @4 2:int @8 3:int",
    "global r: int[8] = @8 9:int @12 9:int @16 1:int",
    'global t: char[3] = @0 "xy\\u0000"',
    "global q: int * = @0 &(decay (decay m)[1:int])[0:int]",
    "global z: int * = @0 &(decay a)[2:int].y",
    "global fn: void * = @0 (ptr void * &fn)",
  ]);
});

test("statements", () => {
  const text = `int f(int n) {
  int s = 0;
#pragma unroll
  for (int i = 0; i < n; i++) { if (i == 3) continue; s += i; }
  while (1) break;
  switch (n) { case 1 ... 3: s = 1; __attribute__((fallthrough)); case 9: goto out; default: s--; }
  do s <<= 1u; while (s < 100);
out:
  asm volatile("%0 &= %1" : "+r"(s) : "i"(255) : "memory");
  return ({ int t = s; t * 2; }) ?: n;
}`;
  expect(lines(text)).toEqual([
    "f: int (int)",
    "{",
    "auto s: int = @0 0:int",
    "for[unroll full] auto i: int = @0 0:int; (< <i> <n>); (post++ i)",
    "{",
    "if (== <i> 3:int)",
    "continue",
    "(+=:int s <i>)",
    "}",
    "while 1:int",
    "break",
    "switch <n>",
    "{",
    "case 1...3:",
    "(= s 1:int)",
    "null",
    "case 9:",
    "goto out",
    "default:",
    "(post-- s)",
    "}",
    "do",
    "(<<=:int s 1:unsigned int)",
    "while (< <s> 100:int)",
    "out:",
    'asm volatile "%0 &= %1" : +r(s) : i(255:int) : memory',
    "return (? ({ auto t: int = @0 <s>; (*:int <t> 2:int) }) _ <n>)",
    "}",
  ]);
});

test("the builtins of CO-RE and atomics", () => {
  const text = `#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
struct t { int pid; enum k { K = 3 } k; };
#pragma clang attribute pop
struct plain { int x; };
long f(struct t *t, long *n) {
  __sync_fetch_and_add(n, 1);
  __builtin_preserve_access_index(&t->pid);
  __builtin_preserve_field_info(t->pid, 2);
  __builtin_preserve_type_info(*(struct t *)0, 0);
  __builtin_preserve_enum_value(*(enum k *)K, 1);
  __builtin_btf_type_id(*(struct plain *)0, 1);
  return __atomic_compare_exchange_n(n, n, 2, 0, 5, 5);
}`;
  expect(lines(text).slice(2, -1)).toEqual([
    "(fetchAdd:long <n> 1:long)",
    "(preserveAccessIndex:int * &*<t>.pid)",
    "(preserveFieldInfo:unsigned int *<t>.pid 2:unsigned long)",
    "(preserveTypeInfo:unsigned int {struct t} 0:unsigned long)",
    "(preserveEnumValue:unsigned long {enum k} K 1:unsigned long)",
    "(btfTypeId:unsigned long {struct plain} 1:unsigned long)",
    "return (int long (atomicCmpxchg:_Bool <n> <n> 2:long 0:int 5:int 5:int))",
  ]);
  const tags = parseText(text).tags;
  expect([tags.get("t"), tags.get("plain")]).toMatchObject([
    { preserveAccessIndex: true },
    { preserveAccessIndex: false },
  ]);
});

test("attributes and storage of declarations", () => {
  const text = `extern int kconf __attribute__((section(".kconfig"), weak));
static volatile const int ro = 3;
static __attribute__((noinline, btf_decl_tag("tag"))) int g(int __attribute__((btf_type_tag("user"))) *p) { return *p; }
int h(void) __attribute__((section("xdp"), visibility("hidden")));
int h(void) { static int calls; return ++calls + g(&kconf) + ro; }
int tentative; int tentative = 4;`;
  const unit = parseText(text);
  expect(showDiagnostics(unit)).toEqual([]);
  const names = unit.vars.map((v) => [v.name, v.storage, v.owner?.name, v.attrs.section]);
  expect(names).toEqual([
    ["kconf", "extern", undefined, ".kconfig"],
    ["ro", "static", undefined, undefined],
    ["calls", "static", "h", undefined],
    ["tentative", "global", undefined, undefined],
  ]);
  const [g, h] = unit.funcs;
  expect(g).toMatchObject({ static: true, attrs: { noinline: true, declTags: ["tag"] } });
  expect(g.params[0].type).toMatchObject({ kind: "ptr", to: { kind: "tag", name: "user" } });
  expect(h).toMatchObject({ attrs: { section: "xdp", hidden: true } });
});

test("lazy headers answer for names, and give way to the program's own", () => {
  const asked: string[] = [];
  const unit = parseText(
    '#include "vmlinux.h"\nstruct own { u32 a; };\nu32 f(struct task *t) { return K; }',
    {},
    {
      lazyInclude: (name) => {
        if (name !== "vmlinux.h") return undefined;
        const typedef = {
          kind: "typedef",
          name: "u32",
          type: { kind: "int", name: "unsigned int", size: 4, signed: false, rank: 3 },
          attrs: undefined,
          loc: 0,
          align: 0,
        } as const;
        const owner = {
          kind: "enum",
          name: "",
          constants: [],
          underlying: typedef.type,
          attrs: undefined,
          loc: 0,
          pending: undefined,
        } as const;
        return {
          decls: {
            typedef: (text) => {
              asked.push(text);
              return text === "u32" ? typedef : undefined;
            },
            tag: () => undefined,
            enumerator: (text) => (text === "K" ? { name: "K", value: 7n, owner, loc: 0 } : undefined),
          },
        };
      },
    },
  );
  expect(showDiagnostics(unit)).toEqual([]);
  expect(showUnit(unit)).toContain("return 7:u32");
  expect(asked).toContain("u32");
});
