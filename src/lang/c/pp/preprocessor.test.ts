import { expect, test } from "vitest";
import type { ParseOptions } from "../options.ts";
import { spelling } from "./expand.ts";
import type { Preprocessor } from "./preprocessor.ts";
import { preprocess } from "./run.ts";

const ENCODER = new TextEncoder();

function run(
  text: string,
  files: Readonly<Record<string, string>> = {},
  options: Partial<ParseOptions> = {},
): Preprocessor {
  const read = (path: string): Uint8Array | undefined =>
    files[path] === undefined ? undefined : ENCODER.encode(files[path]);
  return preprocess("a.c", ENCODER.encode(text), { files: { read }, ...options });
}

function tokens(pp: Preprocessor): string {
  const out: string[] = [];
  for (let i = 0; i < pp.out.count; i++) {
    const kind = pp.out.kind[i];
    if (kind === 6) out.push(`#${pp.pragmas[pp.out.val[i]].kind}`);
    else if (kind !== 0) out.push(kind >= 256 ? pp.names.text(pp.out.val[i]) : spelling(pp, kind, pp.out.val[i]));
  }
  return out.join(" ");
}

const expand = (
  text: string,
  files: Readonly<Record<string, string>> = {},
  options: Partial<ParseOptions> = {},
): string => {
  const pp = run(text, files, options);
  expect(pp.report.list.filter((d) => d.severity === "error")).toEqual([]);
  return tokens(pp);
};

// C11 6.10.3.5, examples 3, 4, 5 and 7
test("the standard's examples", () => {
  const example3 = `#define x 3
#define f(a) f(x * (a))
#undef x
#define x 2
#define g f
#define z z[0]
#define t(a) a
#define p() int
#define q(x) x
#define r(x,y) x ## y
#define str(x) # x
f(y+1) + f(f(z)) % t(t(g)(0) + t)(1);
p() i[q()] = { q(1), r(2,3), r(4,), r(,5), r(,) };
char c[2][6] = { str(hello), str() };`;
  expect(expand(example3)).toBe(
    `f ( 2 * ( y + 1 ) ) + f ( 2 * ( f ( 2 * ( z [ 0 ] ) ) ) ) % f ( 2 * ( 0 ) ) + t ( 1 ) ; int i [ ] = { 1 , 23 , 4 , 5 , } ; char c [ 2 ] [ 6 ] = { "hello" , "" } ;`,
  );
  const example4 = `#define str(s) # s
#define xstr(s) str(s)
#define debug(s, t) printf("x" # s "= %d, x" # t "= %s", \\
 x ## s, x ## t)
#define INCFILE(n) vers ## n
#define glue(a, b) a ## b
#define xglue(a, b) glue(a, b)
#define HIGHLOW "hello"
#define LOW LOW ", world"
debug(1, 2);
fputs(str(strncmp("abc\\0d", "abc", '\\4') // this goes away
 == 0) str(: @\\n), s);
xstr(INCFILE(2).h)
glue(HIGH, LOW);
xglue(HIGH, LOW)`;
  expect(expand(example4)).toBe(
    `printf ( "x" "1" "= %d, x" "2" "= %s" , x1 , x2 ) ; fputs ( "strncmp(\\"abc\\\\0d\\", \\"abc\\", '\\\\4') == 0" ": @\\n" , s ) ; "vers2.h" "hello" ; "hello" ", world"`,
  );
  expect(
    expand(
      "#define t(x,y,z) x ## y ## z\nint j[] = { t(1,2,3), t(,4,5), t(6,,7), t(8,9,), t(10,,), t(,11,), t(,,12), t(,,) };",
    ),
  ).toBe("int j [ ] = { 123 , 45 , 67 , 89 , 10 , 11 , 12 , } ;");
});

test("variadic macros, as GNU and C23 have them", () => {
  const text = `#define A(fmt, ...) pr(fmt, ##__VA_ARGS__)
#define B(fmt, args...) pr(fmt, ##args)
#define C(a, ...) pr(a __VA_OPT__(, [) __VA_ARGS__ __VA_OPT__(]))
A("a") A("a",) A("a", 1, 2) B("x") B("x", y) C(1) C(1, 2, 3)`;
  expect(expand(text)).toBe(
    'pr ( "a" ) pr ( "a" , ) pr ( "a" , 1 , 2 ) pr ( "x" ) pr ( "x" , y ) pr ( 1 ) pr ( 1 , [ 2 , 3 ] )',
  );
});

test("counting arguments, the way libbpf's headers do", () => {
  const text = `#define concat(a, b) a ## b
#define apply(fn, n) concat(fn, n)
#define nth(_, _1, _2, _3, N, ...) N
#define narg(...) nth(_, ##__VA_ARGS__, 3, 2, 1, 0)
#define F0() zero
#define F1(a) one(a)
#define F2(a, b) two(a, b)
#define F(args...) apply(F, narg(args))(args)
F() F(1) F(a, b)`;
  expect(expand(text)).toBe("zero one ( 1 ) two ( a , b )");
});

test.each([
  ["1 ? 2 : (1/0)", true],
  ["0 && (1/0)", false],
  ["-1 < 0u", false],
  ["~0u > 5", true],
  ["(2 || 3) != 1 || 0", false],
  ["1 << 3 == 8", true],
  ["'a' == 97", true],
  ["0x10 == 020 && 0b11 == 3", true],
  ["defined FOO && !defined(BAR)", true],
  ["__has_builtin(__builtin_memcpy) && !__has_builtin(__builtin_foo)", true],
  ["__has_attribute(preserve_access_index) && __has_include(<b.h>) && !__has_include(<no.h>)", true],
  ["unknown == 0", true],
  ["__clang_major__ >= 19 && defined(__bpf__) && __BPF_CPU_VERSION__ == 3", true],
])("#if %s", (text, yes) => {
  const options = { defines: ["FOO"], includePaths: ["i"] };
  expect(expand(`#if ${text}\nyes\n#else\nno\n#endif`, { "i/b.h": "" }, options)).toBe(yes ? "yes" : "no");
});

test("conditionals skip what they skip, comments and quotes in it too", () => {
  expect(expand("#if 0\nit's\n/* #endif\n#endif */\n#if 1\n#else\n#endif\n#elif 1\na\n#else\nb\n#endif\nc")).toBe(
    "a c",
  );
  expect(expand("#ifndef A\n#define A\nx\n#elif 1/0\n#endif")).toBe("x");
});

test("includes: own folder, -I in order, guards, once, next", () => {
  const files = {
    "d/x.h": '#ifndef X\n#define X\n#include "y.h"\nx\n#endif',
    "d/y.h": "#pragma once\nd_y",
    "e/y.h": "e_y",
    "e/z.h": "e_z",
    "f/z.h": "f_z\n#include_next <z.h>",
  };
  const text = '#include "x.h"\n#include "x.h"\n#include <d/y.h>\n#include <y.h>\n#include <z.h>';
  const pp = run(text, files, { includePaths: ["d", "f", "e", ""] });
  expect(tokens(pp)).toBe("d_y x f_z e_z");
  expect(pp.deps).toEqual(["a.c", "d/x.h", "d/y.h", "f/z.h", "e/z.h"]);
});

test("-D, -U and -include", () => {
  const options = { defines: ["A", "B=2", "C(x)=x+1", "D"], undefs: ["D"], preincludes: ["p.h"] };
  expect(expand("A B C(3) D", { "p.h": "pre" }, options)).toBe("pre 1 2 3 + 1 D");
});

test("pragmas become tokens where the parser wants them", () => {
  const text = `#pragma unroll
#pragma clang loop unroll(full)
#pragma pack(push, 1)
_Pragma("pack(pop)")
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#pragma clang attribute pop
#pragma whatever else`;
  expect(expand(text)).toBe("#unroll #unroll #packPush #packPop #attributePush #attributePop");
});

test("line splices and odd spellings", () => {
  expect(expand('x\\\ny i\\\nf 0x1\\\n2 "a\\\nb" /\\\n/ c\nd')).toBe('xy if 0x12 "ab" / / c d');
  expect(expand("__LINE__ __FILE__\n__LINE__ __COUNTER__ __COUNTER__")).toBe('1 "a.c" 2 0 1');
});

test.each([
  ["#include <no.h>", "C022"],
  ["#include", "C020"],
  ["#if 1", "C016"],
  ["#endif", "C016"],
  ["#if (1", "C018"],
  ["#error stop", "C019"],
  ["#bogus", "C015"],
  ["#define f(x) x\nf(1,2)", "C014"],
  ["#define f(x) x\nf(1", "C014"],
  ["#define a b ## ", "C011"],
  ["#define f(a) #b", "C011"],
  ["#define x(a) a ## +\nx(b)", "C012"],
  ["/* open", "C001"],
  ['"open', "C002"],
])("%s", (text, code) => {
  expect(run(text).report.list.map((d) => d.code)).toContain(code);
});

test("a macro bomb ends", () => {
  const lines = ["#define m0 x x x x x x x x"];
  for (let i = 1; i < 12; i++) lines.push(`#define m${i} ${`m${i - 1} `.repeat(8)}`);
  const pp = run(`${lines.join("\n")}\nm11`);
  expect(pp.report.list.map((d) => d.code)).toEqual(["C013"]);
});

test("an error inside a macro shows its trail", () => {
  const pp = run("#define paste(a) a ## +\n#define outer(x) paste(x)\n\n  outer(b)");
  expect(pp.report.list).toMatchObject([
    {
      line: 4,
      col: 9,
      endCol: 10,
      trail: [{ macro: "paste", at: { line: 4, col: 9 } }, { macro: "outer" }],
    },
  ]);
});
