import { expect, test } from "vitest";
import { compileC } from "./compile.ts";

const SOURCE = `
  static_assert(sizeof(bool) == 1 && __STDC_VERSION__ == 202311L && _Generic(true, bool: 1, default: 0));
  #if !true || false
  #error true is 1
  #endif
  __attribute__((section("xdp"), used)) int f(void *ctx) { bool seen = ctx != nullptr; return seen == true ? 2 : 1; }`;

test("C23: bool, true, nullptr and static_assert are keywords; before, they are names", () => {
  const compile = (standard: "c17" | "c23") => compileC("a.c", new TextEncoder().encode(SOURCE), { standard });
  expect(compile("c23").diagnostics).toEqual([]);
  expect(compile("c17").object).toBe(null);
});
