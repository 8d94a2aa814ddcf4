/**
 * What the verifier needs from a compiler, each rule as a program: Skep's verifier and, where there is one, the kernel's
 * accept it for -mcpu v2, v3 and v4.
 */
import { afterAll, describe, expect, test } from "vitest";
import { accept, closeJudge, HEAD, PACKET, types } from "./accept.ts";
import { build } from "./kit.ts";

afterAll(closeJudge);

describe("the verifier accepts", () => {
  test("an index that is checked and used in one register", () => {
    accept(`b1 entry:
  %r = call i64 helper 7 ()
  %i = trunc i32 %r
  %c = icmp ult %i, i32 16
  condbr %c b2 b3
b2:
  %w = zext i64 %i
  %s = shl %w, i64 3
  %p = ptradd @words, %s
  %v = load i64 %p align=8
  %t = trunc i32 %v
  ret %t
b3:
  ret i32 0`);
  });

  test("a signed index: extended once, compared and used", () => {
    accept(`b1 entry:
  %r = call i64 helper 7 ()
  %i = trunc i32 %r
  %c = icmp slt %i, i32 16
  condbr %c b2 b4
b2:
  %d = icmp sge %i, i32 0
  condbr %d b3 b4
b3:
  %w = sext i64 %i
  %s = shl %w, i64 3
  %p = ptradd @words, %s
  store %p, i64 1 align=8
  ret i32 1
b4:
  ret i32 0`);
  });

  test("a length for a helper that is compared before", () => {
    accept(
      `b1 entry:
  %buf = alloca size=64 align=8 "buf"
  memset %buf, i8 0, i64 64 align=8 srcalign=1
  %r = call i64 helper 7 ()
  %n = trunc i32 %r
  %c = icmp ugt %n, i32 64
  condbr %c b3 b4
b4:
  %e = icmp eq %n, i32 0
  condbr %e b3 b2
b2:
  %x = call i64 helper 26 (%0, i32 0, %buf, %n)
  %y = trunc i32 %x
  ret %y
b3:
  ret i32 0`,
      "tc",
    );
  });

  test("a packet checked and read, fields folded into the access", () => {
    const [text] = accept(`b1 entry:
${PACKET}
  %l = ptradd %data, i64 34
  %c = icmp ugt %l, %end
  condbr %c b3 b2
b2:
  %p = ptradd %data, i64 12
  %t = load i16 %p align=2
  %s = bswap i16 %t
  %z = zext i32 %s
  ret %z
b3:
  ret i32 1`);
    expect(text).toMatch(/\*\(u16 \*\)\(r\d \+ 0xc\)/);
  });

  test("packet pointers read anew behind a helper that moves the packet", () => {
    accept(`b1 entry:
${PACKET}
  %l = ptradd %data, i64 14
  %c = icmp ugt %l, %end
  condbr %c b9 b2
b2:
  %x = call i64 helper 44 (%0, i32 -14)
  %d2 = load i32 %0 align=4
  %dz2 = zext i64 %d2
  %data2 = inttoptr ptr %dz2 packet
  %e2 = load i32 %ea align=4
  %ez2 = zext i64 %e2
  %end2 = inttoptr ptr %ez2 packetEnd
  %l2 = ptradd %data2, i64 14
  %c2 = icmp ugt %l2, %end2
  condbr %c2 b9 b3
b3:
  store %data2, i8 1 align=1
  ret i32 2
b9:
  ret i32 1`);
  });

  test("ctx read at constant offsets only, on both arms", () => {
    const texts = accept(
      `b1 entry:
  %r = call i64 helper 7 ()
  %t = trunc i32 %r
  condbr %t b2 b3
b2:
  %p = ptradd %0, i64 4
  %x = load i32 %p align=4
  br b4
b3:
  %q = ptradd %0, i64 12
  %y = load i32 %q align=4
  br b4
b4:
  %v = phi i32 [%x, b2] [%y, b3]
  ret %v`,
      "tc",
    );
    for (const text of texts) expect(text).not.toMatch(/r6 \+= /);
  });

  test("more values than registers across calls: spilled whole, pointers too", () => {
    const values = Array.from({ length: 9 }, (_, i) => `  %v${i} = call i64 helper 7 ()`);
    const sum = Array.from({ length: 9 }, (_, i) => `  %s${i + 1} = add ${i === 0 ? "i64 0" : `%s${i}`}, %v${i}`);
    accept(`b1 entry:
  %k = alloca size=4 align=4 "key"
  store %k, i32 0 align=4
  %m = call ptr helper 1 (@counts, %k) map
  %z = icmp eq %m, ptr 0
  condbr %z b3 b2
b2:
${values.join("\n")}
${sum.join("\n")}
  store %m, %s9 align=8
  %p = load i32 %0 align=4
  ret %p
b3:
  ret i32 0`);
  });

  test("a pointer that moves to an end of its own object, and a copy in rounds", () => {
    const large = types.builder.add({
      kind: "array",
      name: "",
      typeId: types.u64,
      indexTypeId: types.u32,
      nelems: 1024,
    });
    const texts = accept(
      `b1 entry:
  memset @large, i8 3, i64 5000 align=8 srcalign=1
  %end = ptradd @large, i64 96
  br b2
b2 head:
  %p = phi ptr [@large, b1] [%q, b3]
  %n = phi i64 [i64 0, b1] [%m, b3]
  %c = icmp ne %p, %end
  condbr %c b3 b4
b3:
  %v = load i8 %p align=1
  %w = zext i64 %v
  %m = add %n, %w
  %q = ptradd %p, i64 1
  br b2
b4:
  %t = trunc i32 %n
  ret %t`,
      "tc",
      `global @large section=".bss" size=8192 align=8 btf=${types.variable("large", large)}\n`,
    );
    for (const text of texts) expect(text.split("\n").length).toBeLessThan(80);
  });

  test("a number that is folded until its upper half is 0", () => {
    accept(`b1 entry:
  %r = call i64 helper 7 ()
  %s = trunc i32 %r
  br b2
b2 head:
  %x = phi i32 [%s, b1] [%y, b3]
  %h = lshr %x, i32 16
  condbr %h b3 b4
b3:
  %l = and %x, i32 65535
  %y = add %l, %h
  br b2
b4:
  ret %x`);
  });

  test("what nobody wrote is 0, not an unread register", () => {
    accept(
      `b1 entry:
  %x = alloca size=4 align=4 "x"
  %p = load i32 %0 align=4
  %c = icmp ugt %p, i32 5
  condbr %c b2 b3
b2:
  store %x, i32 1 align=4
  br b3
b3:
  %v = load i32 %x align=4
  ret %v`,
      "tc",
    );
  });

  test("a struct on the stack with holes, given to a helper", () => {
    accept(`b1 entry:
  %k = alloca size=12 align=4 "key"
  memset %k, i8 0, i64 12 align=4 srcalign=1
  %f = ptradd %k, i64 8
  store %f, i8 3 align=1
  %s = call i64 helper 6 (%k, i32 12)
  %t = trunc i32 %s
  ret %t`);
  });

  test("a bounded loop over a packet, and a barrier that hides a value", () => {
    accept(`b1 entry:
${PACKET}
  br b2
b2 head:
  %i = phi i32 [i32 0, b1] [%n, b4]
  %p = phi ptr [%data, b1] [%q, b4]
  %c = icmp ult %i, i32 60
  condbr %c b3 b5
b3:
  %q = ptradd %p, i64 1
  %o = icmp ugt %q, %end
  condbr %o b5 b4
b4:
  %x = load i8 %p align=1
  %y = zext i32 %x
  %h = opaque i32 %y
  %g = and %h, i32 15
  %n = add %i, i32 1
  %w = zext i64 %g
  %s = shl %w, i64 3
  %a = ptradd @words, %s
  %u = atomic add i64 %a, i64 1
  br b2
b5:
  ret i32 2`);
  });

  test("atomics: fetched, exchanged, compared", () => {
    accept(
      `b1 entry:
  %a = atomic add i64 @words, i64 1
  %p = ptradd @words, i64 8
  %b = atomic xchg i32 %p, i32 7
  %c = atomic cmpxchg i64 @words, %a, i64 9
  %q = ptradd @words, i64 16
  %d = atomic or i32 %q, %b
  %e = trunc i32 %c
  %f = add %e, %d
  ret %f`.replace(/^/, ""),
      "tc",
    );
  });

  test("inline assembly with operands, and a symbol's address", () => {
    const operands = '[{"constraint":"=r","name":"out"},{"constraint":"r","name":"in"},{"constraint":"i","name":"n"}]';
    accept(`b1 entry:
  %r = call i64 helper 7 ()
  %x = asm i64 volatile "%[out] = %[in]; %[out] &= %[n]" ${operands} [] (%r, i64 7)
  %s = shl %x, i64 3
  %p = ptradd @words, %s
  %v = load i64 %p align=8
  %t = trunc i32 %v
  ret %t`);
  });

  test("a subprogram that stays one, with its own BTF", () => {
    const sub = types.func("sub", "static");
    accept(
      `b1 entry:
  %x = call i32 @sub (%0)
  %y = call i32 @sub (%0)
  %z = add %x, %y
  ret %z`,
      "tc",
      `func @sub(%0:ptr ctx) i32 section=".text" static inline=never btf=${sub} !0:1:1 {
b1 entry:
  %v = load i32 %0 align=4
  ret %v
}
`,
    );
  });

  test("a callback for bpf_loop, by its address", () => {
    const u32 = types.u32;
    const proto = types.builder.add({
      kind: "func_proto",
      name: "",
      retTypeId: u32,
      params: [
        { name: "i", typeId: u32 },
        { name: "data", typeId: types.builder.add({ kind: "ptr", name: "", typeId: 0 }) },
      ],
    });
    const each = types.builder.add({ kind: "func", name: "each", linkage: "static", typeId: proto });
    accept(
      `b1 entry:
  %n = alloca size=8 align=8 "n"
  store %n, i64 0 align=8
  %r = call i64 helper 181 (i32 10, @each, %n, i64 0)
  %v = load i64 %n align=8
  %t = trunc i32 %v
  ret %t`,
      "tc",
      `func @each(%0:i32, %1:ptr) i64 section=".text" static btf=${each} !0:1:1 {
b1 entry:
  %v = load i64 %1 align=8
  %i = zext i64 %0
  %s = add %v, %i
  store %1, %s align=8
  ret i64 0
}
`,
    );
  });
});

describe("what cannot be said in eBPF is a diagnostic", () => {
  const refused = (body: string): string => {
    try {
      build(`${HEAD}func @prog(%0:ptr ctx) i32 section="xdp" !0:1:1 {\n${body}\n}\n`);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  test("too much stack", () => {
    expect(
      refused(
        'b1 entry:\n  %b = alloca size=600 align=8 "buf"\n  %x = call i64 helper 4 (%b, i32 600, i64 0)\n  ret i32 0',
      ),
    ).toMatch(/'prog' needs 600 bytes of stack \(buf: 600\); eBPF has 512/);
  });
  test("a call through a pointer", () => {
    expect(refused("b1 entry:\n  %p = load ptr @words align=8\n  %x = call i64 indirect (%p)\n  ret i32 0")).toMatch(
      /call through a pointer that is not known/,
    );
  });
});

test("the same module gives the same bytes", () => {
  const text = `${HEAD}func @prog(%0:ptr ctx) i32 section="xdp" {\nb1 entry:\n  ret i32 2\n}\n`;
  expect(build(text, { types: types.builder }).bytes).toEqual(build(text, { types: types.builder }).bytes);
});
