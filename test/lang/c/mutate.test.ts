/** Bytes of any kind give diagnostics: never an exception, and an end in good time. The seed is printed with a failure. */
import { expect, test } from "vitest";
import { BadC } from "./bad-c.ts";
import { mutate, random } from "./mutate.ts";
import { parseText } from "./read.ts";

const SEEDS = [
  `#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define CAT(x, ...) x ## __VA_ARGS__
#if defined(MAX) && MAX(1, 2) == 2
typedef unsigned int u32;
#endif
struct s { u32 a : 3; struct { char b[4]; union { long c; void *d; }; }; struct s *next; } __attribute__((packed));
enum e { A, B = 1 << 4, C = -1 };
static const struct s table[] = { [1] = { .a = 2, .b = "ab" }, { 1, "x" } };`,
  `struct { int (*type)[2]; int *key; } m __attribute__((section(".maps")));
static inline int g(int x) { return x * 2; }
int f(struct s *p, int n) {
  int s = 0;
#pragma unroll
  for (int i = 0; i < 4; i++) { if (i == n) continue; s += g(i); }
  switch (n) { case 1 ... 3: s = 1; break; default: goto out; }
  do { s <<= 1; } while (s < 100);
out:
  asm volatile("%0 &= %[m]" : "+r"(s) : [m] "i"(255) : "memory");
  return ({ typeof(s) t = s; t ?: _Generic(n, int: 1, default: 2); });
}`,
];
test("5,000 mutated sources", () => {
  let broken = 0;
  for (let seed = 0; seed < 5000; seed++) {
    const pick = random(seed * 2654435761 + 12345);
    const text = mutate(pick(3) === 0 ? SEEDS.join("\n") : SEEDS[pick(2)], pick);
    const start = performance.now();
    try {
      const unit = parseText(text);
      if (unit.errors > 0) broken++;
      for (const one of unit.diagnostics)
        if (!Number.isInteger(one.line) || one.endCol < one.col)
          throw new Error(`a diagnostic without a place: ${one.message}`);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).stack}\n${text}`);
    }
    if (performance.now() - start > 5000) throw new Error(`seed ${seed}: ${performance.now() - start} ms\n${text}`);
  }
  expect(broken).toBeGreaterThan(2500);
});

test("60 of npm run fuzz:badc", () => {
  const bad = new BadC(1);
  for (let i = 0; i < 60; i++) {
    const finding = bad.run(i);
    if (finding !== null) throw new Error(`npm run fuzz:badc -- --seed 1 --from ${i} --count 1: ${finding}`);
  }
  expect(bad.refused).toBeGreaterThan(20);
  expect(bad.compiled).toBeGreaterThan(2);
});

test.each([
  ["parentheses", `int x = ${"(".repeat(100_000)}1`],
  ["brackets", `int x${"[1]".repeat(50_000)};`],
  ["pointers", `int ${"*".repeat(100_000)}x;`],
  ["nested declarators", `int ${"(*".repeat(50_000)}x`],
  ["braces", `int f(void) ${"{".repeat(100_000)}`],
  ["casts", `int x = ${"(int)".repeat(100_000)}1;`],
  ["signs", `int x = ${"- ".repeat(100_000)}1;`],
  ["ternaries", `int x = ${"1 ? ".repeat(50_000)}`],
  ["else if", `int f(int n) { ${"if (n) ; else ".repeat(50_000)}; }`],
  ["structs", "struct { ".repeat(50_000)],
  ["initialisers", `int x[] = ${"{".repeat(100_000)}`],
  ["sums", `int x = ${"1 + ".repeat(200_000)}1;`],
  ["calls", `int f(int); int x = ${"f(".repeat(50_000)}`],
  ["a huge range", "int a[1 << 30] = { [0 ... 1000000000] = {} };"],
  ["#if", "#if 1\n".repeat(50_000)],
  ["#if parentheses", `#if ${"(".repeat(50_000)}`],
  ["macro calls", `#define f(x) x\n${"f(".repeat(20_000)}1${")".repeat(20_000)}`],
  ["typeof", `int x = sizeof(${"typeof(".repeat(20_000)}`],
  ["statement expressions", `int f(void) { return ${"({".repeat(20_000)}`],
  ["attributes", `int x __attribute__((${"(".repeat(50_000)}`],
  ["members", `struct s { struct s *n; }; int f(struct s *p) { return p${"->n".repeat(100_000)}; }`],
  ["an include of itself", '#include "a.c"'],
])("deep: %s", (_name, text) => {
  parseText(text, { "a.c": '#include "a.c"' });
});
