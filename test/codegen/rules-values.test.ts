/** Rules about values, each as a program: widths, checks, alignment, CO-RE, volatile. */
import { afterAll, describe, expect, test } from "vitest";
import { accept, closeJudge, HEAD, types } from "./accept.ts";
import { build } from "./kit.ts";

afterAll(closeJudge);

describe("the verifier accepts", () => {
  test("a 32-bit sum, extended again before it is compared and used", () => {
    accept(`b1 entry:
  %r = call i64 helper 7 ()
  %i = trunc i32 %r
  %a = add %i, i32 5
  %c = icmp ult %a, i32 16
  condbr %c b2 b3
b2:
  %w = zext i64 %a
  %s = shl %w, i64 3
  %p = ptradd @words, %s
  %v = load i64 %p align=8
  %t = trunc i32 %v
  ret %t
b3:
  ret i32 0`);
  });

  test("a pointer that a narrow index is added to in 64 bits", () => {
    const texts = accept(`b1 entry:
  %r = call i64 helper 7 ()
  %i = trunc i32 %r
  %m = and %i, i32 15
  %w = zext i64 %m
  %s = shl %w, i64 3
  %p = ptradd @words, %s
  store %p, i64 1 align=8
  ret %m`);
    for (const text of texts) expect(text).not.toMatch(/w\d \+= w\d/);
  });

  test("accesses of the stack that the slot is not aligned for, in parts", () => {
    accept(`b1 entry:
  %b = alloca size=16 align=1 "b"
  memset %b, i8 0, i64 16 align=1 srcalign=1
  %p = ptradd %b, i64 2
  store %p, i32 305419896 align=1
  %q = ptradd %b, i64 4
  %v = load i64 %q align=1
  %s = call i64 helper 6 (%b, i32 16)
  %t = trunc i32 %v
  ret %t`);
  });

  test("two checks of one number, which stay two", () => {
    const texts = accept(`b1 entry:
  %r = call i64 helper 7 ()
  %i = trunc i32 %r
  %low = icmp ult %i, i32 4
  condbr %low b4 b2
b2:
  %high = icmp ugt %i, i32 11
  condbr %high b4 b3
b3:
  %w = zext i64 %i
  %s = shl %w, i64 3
  %p = ptradd @words, %s
  %q = ptradd %p, i64 -32
  %v = load i64 %q align=8
  %t = trunc i32 %v
  ret %t
b4:
  ret i32 0`);
    for (const text of texts) expect(text.match(/\bif\b/g)!.length).toBe(2);
  });

  test("volatile loads, each of them, and none moved over a barrier", () => {
    const texts = accept(`b1 entry:
  %a = load i64 @words align=8 volatile
  %b = load i64 @words align=8 volatile
  fence
  %c = load i64 @words align=8
  fence
  %d = load i64 @words align=8
  %e = add %a, %b
  %f = add %c, %d
  %g = add %e, %f
  %t = trunc i32 %g
  ret %t`);
    for (const text of texts) expect(text.match(/= \*\(u64 \*\)/g)!.length).toBe(4);
  });

  test("addresses of CO-RE fields, made on both ways", () => {
    const task = types.builder.add({
      kind: "struct",
      name: "task_struct",
      sizeBytes: 8,
      members: [
        { name: "pid", typeId: types.u32, bitOff: 0, bitSize: 0 },
        { name: "tgid", typeId: types.u32, bitOff: 32, bitSize: 0 },
      ],
    });
    accept(
      `b1 entry:
  %v = alloca size=4 align=4 "v"
  store %v, i32 0 align=4
  %t = call i64 helper 35 ()
  %p = inttoptr ptr %t
  %r = call i64 helper 7 ()
  %n = trunc i32 %r
  condbr %n b2 b3
b2:
  %a = coreaddr %p type=${task} access="0:0" off=0
  br b4
b3:
  %b = coreaddr %p type=${task} access="0:1" off=4
  br b4
b4:
  %f = phi ptr [%a, b2] [%b, b3]
  %x = call i64 helper 113 (%v, i32 4, %f)
  %o = load i32 %v align=4
  ret %o`,
      "tc",
    );
  });
});

test("more arguments than registers, to what is not inlined, is a diagnostic", () => {
  const six = Array.from({ length: 6 }, (_, i) => `%${i}:i64`).join(", ");
  const text = `${HEAD}func @sub(${six}) i64 section=".text" static inline=never !0:1:1 {
b9 entry:
  %s = add %0, %5
  ret %s
}
func @prog(%0:ptr ctx) i32 section="xdp" !0:1:1 {
b1 entry:
  %a = call i64 helper 7 ()
  %x = call i64 @sub (%a, %a, %a, %a, %a, %a)
  %t = trunc i32 %x
  ret %t
}
`;
  // Inlining takes it where it may; left as a call there is no way to pass it.
  expect(() => build(text, { types: types.builder, optimized: false })).toThrow(/eBPF passes 5 in registers/);
});
