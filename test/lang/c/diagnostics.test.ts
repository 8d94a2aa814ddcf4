/** What the front end says about bad C. */
import { expect, test } from "vitest";
import { parseText, showDiagnostics } from "./read.ts";

const FUNC = "int f(int n, int *p) { ";

test.each([
  // Syntax, each with its fix
  [`${FUNC}n = 1\n return n; }`, ["1:28 error C101 expected ';' after the expression"]],
  [`${FUNC}return (n; }`, ["1:33 error C100 expected ')' to match '('"]],
  ["int f(void) {\n  return 1;\n", ["3:1 error C109 expected '}'"]],
  ["struct s { int a\n int b; };", ["1:16 error C101 expected ';' after the member"]],
  // Names
  [`${FUNC}return m; }`, ["1:31 error C206 use of undeclared identifier 'm'"]],
  [
    `int counter; ${FUNC}return countr; }`,
    ["1:44 error C206 use of undeclared identifier 'countr'; did you mean 'counter'?"],
  ],
  [
    "int helper(void); int f(void) { return hepler(); }",
    ["1:40 error C205 call to undeclared function 'hepler'; did you mean 'helper'?"],
  ],
  ["u32 x;", ["1:1 error C200 unknown type name 'u32'"]],
  [
    "struct s { int alpha; }; int f(struct s *s) { return s->alhpa; }",
    ["1:57 error C227 no member named 'alhpa' in 'struct s'; did you mean 'alpha'?"],
  ],
  [
    "struct s { int a; }; int f(struct s *s) { return s.a; }",
    ["1:52 error C224 member reference type 'struct s *' is a pointer; did you mean to use '->'?"],
  ],
  ["struct s; int f(struct s *s) { return s->a; }", ["1:42 error C226 incomplete definition of type 'struct s'"]],
  // Types
  [
    `${FUNC}p = n; return 0; }`,
    ["1:28 error C211 incompatible integer to pointer conversion assigning to 'int *' from 'int'"],
  ],
  [
    "struct a { int x; } a; struct b { int x; } b; void f(void) { a = b; }",
    ["1:66 error C210 assigning to 'struct a' from incompatible type 'struct b'"],
  ],
  [`${FUNC}return f(1); }`, ["1:31 error C233 too few arguments to function call, expected 2, have 1"]],
  [`${FUNC}return *n; }`, ["1:31 error C220 indirection requires a pointer, and this is 'int'"]],
  [
    `${FUNC}const int c = 1; c = 2; return c; }`,
    ["1:43 error C229 cannot assign to variable 'c' with const-qualified type 'const int'"],
  ],
  ["int x; long x;", ["1:13 error C209 redefinition of 'x' with a different type: 'long' vs 'int'"]],
  ["int f(int); int f(long a) { return a; }", ["1:17 error C208 conflicting types for 'f'"]],
  [`${FUNC}switch (n) { case 1: case 1: return 2; } return 0; }`, ["1:45 error C263 duplicate case value '1'"]],
  [`${FUNC}goto nowhere; }`, ["1:29 error C257 use of undeclared label 'nowhere'"]],
  [`${FUNC}break; return 0; }`, ["1:24 error C260 'break' outside a loop or switch"]],
  ["int n; int a = n;", ["1:16 error C303 initializer element is not a compile-time constant"]],
  ['_Static_assert(sizeof(int) == 8, "no");', ["1:1 error C302 static assertion failed: no"]],
  // What eBPF cannot do
  [`${FUNC}float x = n; return 0; }`, ["1:30 error C400 'x' is a floating point variable: eBPF has no floating point"]],
  [`${FUNC}char a[n]; return 0; }`, ["1:29 error C404 'a' is a variable-length array"]],
  ["int f(int n, ...) { return n; }", ["1:5 error C402 'f' takes variable arguments: eBPF functions cannot"]],
  ["__thread int x;", ["1:1 error C406 eBPF programs have no thread-local variables"]],
  // Warnings
  [`${FUNC}int u; return 0; }`, ["1:28 warning C500 unused variable 'u'"]],
  ["static int g(void) { return 0; }", ["1:12 warning C501 unused function 'g'"]],
  [`${FUNC}if (n) return 1; }`, ["1:41 warning C508 'f' does not return a value on every path"]],
  [`${FUNC}n == 1; return 0; }`, ["1:26 warning C506 result of '==' is not used; did you mean '='?"]],
  [
    `${FUNC}int a[4] = {}; return a[4]; }`,
    ["1:47 warning C533 array index 4 is past the end of the array (that has type 'int[4]')"],
  ],
  [`${FUNC}return n << 32; }`, ["1:33 warning C532 shift count >= width of type 'int'"]],
  [
    "int f(void) { char big[600] = {}; return big[0]; }",
    ["1:20 warning C401 'big' takes 600 bytes of stack; eBPF has 512 for all locals"],
  ],
  [`${FUNC}int x; x = 3; return n; }`, ["1:28 warning C550 variable 'x' set but not used"]],
  [`${FUNC}int *q; return *q; }`, ["1:40 warning C551 variable 'q' is uninitialized when used here"]],
  [
    `${FUNC}int x; if (n) x = 1; return x; }`,
    ["1:35 warning C552 variable 'x' is used uninitialized whenever 'if' condition is false"],
  ],
  [`${FUNC}int x; if (n) x = 1; if (n) return x; return 0; }`, []],
  [`${FUNC}int x; while (n--) x = 1; if (n) return 0; return x; }`, []],
  [`${FUNC}int x; if (n) x = 1; else return 2; return x; }`, []],
  [`${FUNC}int x; switch (n) { case 1: x = 1; break; default: x = 2; } return x; }`, []],
  [`${FUNC}int x; if (n && (x = n)) return x; return 0; }`, []],
  [
    `${FUNC}if (n = 1) return 2; return n; }`,
    ["1:30 warning C553 using the result of an assignment as a condition without parentheses"],
  ],
  [`${FUNC}if ((n = 1)) return 2; return n; }`, []],
  [
    `${FUNC}if (n) if (p) n = 1; else n = 2; return n; }`,
    ["1:50 warning C554 add explicit braces to avoid dangling else"],
  ],
  [`${FUNC}return n || p && n; }`, ["1:38 warning C555 '&&' within '||'"]],
  [`${FUNC}return n | 3 & n; }`, ["1:37 warning C556 '&' within '|'"]],
  [
    `${FUNC}return n << 1 + n; }`,
    ["1:33 warning C557 operator '<<' has lower precedence than '+'; '+' will be evaluated first"],
  ],
  [
    `${FUNC}return n & 3 == 2; }`,
    ["1:33 warning C553 operator '&' has lower precedence than '=='; '==' will be evaluated first"],
  ],
  [
    `${FUNC}return !n == 2; }`,
    ["1:31 warning C558 logical not is only applied to the left hand side of this comparison ('==')"],
  ],
  [`${FUNC}if (n); return 2; }`, ["1:30 warning C559 if statement has empty body"]],
  [`${FUNC}n = n; return n; }`, ["1:26 warning C560 explicitly assigning value of variable of type 'int' to itself"]],
  [
    `enum e { A, B, C }; int f(enum e k) { switch (k) { case B: return 1; } return 0; }`,
    ["1:47 warning C561 enumeration values 'A' and 'C' not handled in switch"],
  ],
  [
    "unsigned char x = 300;",
    ["1:19 warning C562 implicit conversion from 'int' to 'unsigned char' changes value from 300 to 44"],
  ],
  ["unsigned char x = -1;", []],
  [
    "int f(unsigned char c) { return c == 256; }",
    ["1:35 warning C563 result of comparison of constant 256 with expression of type 'unsigned char' is always false"],
  ],
  ["int a[] = { 1, [0] = 2 };", ["1:22 warning C565 initializer overrides prior initialization of this subobject"]],
  ["int a[] = { [1] = 1, [0] = 2 };", []],
  ["static int x;", ["1:12 warning C500 unused variable 'x'"]],
  [
    "struct s; int f(struct s *a, void *b) { return a < b; }",
    ["1:50 warning C522 comparison of distinct pointer types ('struct s *' and 'void *')"],
  ],
  [`${FUNC}int x; return sizeof(x); }`, []],
])("%s", (text, want) => {
  expect(showDiagnostics(parseText(text))).toEqual(want);
});

test("several errors in one run, each once", () => {
  const text =
    "int a = b;\nint f(void) {\n  x = 1;\n  y(2);\n  return x + z;\n}\nint g(void) { return 0 }\nstruct { int q; q2 r; } s;";
  expect(showDiagnostics(parseText(text)).map((line) => line.split(" ").slice(0, 3).join(" "))).toEqual([
    "1:9 error C206",
    "3:3 error C206",
    "4:3 error C205",
    "5:14 error C206",
    "7:22 error C101",
    "8:17 error C200",
  ]);
});

test("a fix names the text to put where", () => {
  const [semicolon] = parseText("int f(void) { return 0 }").diagnostics;
  expect(semicolon.fix).toMatchObject({ line: 1, text: ";" });
  const [arrow] = parseText("struct s { int a; }; int f(struct s *s) { return s.a; }").diagnostics;
  expect(arrow.fix).toMatchObject({ text: "->" });
});

test("errors in macros and headers say how they came there", () => {
  const unit = parseText('#include "h.h"\n#define USE(x) (x)->nope\nint f(struct s *s) { return USE(s); }', {
    "h.h": "struct s { int a; };\nint bad = oops;",
  });
  expect(unit.diagnostics).toMatchObject([
    { file: "h.h", line: 2, includes: [{ file: "a.c", line: 1 }] },
    { file: "a.c", line: 3, col: 29, trail: [{ macro: "USE", at: { line: 2, col: 21 } }] },
  ]);
});

test("pragmas turn warnings off", () => {
  const text = `int f(int *p) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wint-conversion"
  long x = p;
#pragma GCC diagnostic pop
  long y = p;
  return x + y;
}`;
  expect(showDiagnostics(parseText(text))).toEqual([
    "6:12 error C211 incompatible pointer to integer conversion initializing 'long' from 'int *'",
  ]);
});
