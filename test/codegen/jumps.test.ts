/** Functions that are longer than a jump reaches: what runs is what the IR says, and the kernel takes it. */
import { afterAll, describe, expect, test } from "vitest";
import { type Judge, kernelJudge } from "../../src/linux/judge.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { liveKernel } from "../live.ts";
import { build, resolved, someTypes } from "./kit.ts";

const judge: Judge | null = liveKernel() === null ? kernelJudge() : null;
afterAll(() => judge?.close());

const types = someTypes();
const HEAD = `file 0 "far.c" "int prog;"
global @_license section="license" size=4 align=1 bytes=47504c00
`;

/** `count` instructions that the optimizer leaves alone. */
function longCode(count: number, cell = "%cell"): string {
  return Array.from({ length: count }, (_, i) => `  store ${cell}, i64 ${i & 1023} align=8 volatile`).join("\n");
}

function program(body: string): string {
  const btf = types.func("prog");
  return `${HEAD}func @prog(%0:ptr ctx) i32 section="xdp" btf=${btf} !0:1:1 {
b1 entry:
  %cell = alloca size=8 align=8 "cell"
  %d = load i32 %0 align=4
  %ea = ptradd %0, i64 4
  %e = load i32 %ea align=4
  %n = sub %e, %d
${body}
}
`;
}

/** Result for packets of 64 + i bytes. */
function results(text: string, cpu: 2 | 3 | 4, lengths: readonly number[]): number[] {
  const prog = resolved(build(text, { cpu, types: types.builder }).bytes, "prog");
  const verdict = judge?.judge(prog);
  if (verdict !== undefined && verdict.unusable === "") expect(verdict.ok, verdict.message).toBe(true);
  const target = embedded({ engine: "interp" });
  try {
    const loaded = target.loadProg(prog, []);
    return lengths.map((i) => loaded.testRun({ data: new Uint8Array(64 + i) }).retval);
  } finally {
    target.close();
  }
}

describe.each([3, 4] as const)("v%i", (cpu) => {
  test("branches over 33,000 instructions, forwards", () => {
    const text = program(`  %a = icmp eq %n, i32 64
  condbr %a b9 b2
b2 second:
  %b = icmp eq %n, i32 65
  condbr %b b8 b3
b3 long:
${longCode(33_000)}
  %c = icmp eq %n, i32 66
  condbr %c b8 b9
b8 two:
  ret i32 2
b9 one:
  ret i32 1`);
    expect(results(text, cpu, [0, 1, 2, 3])).toEqual([1, 2, 2, 1]);
  });

  test("a loop around 66,000 instructions: backwards, by several islands", () => {
    const text = program(`  br b2
b2 head:
  %i = phi i32 [i32 0, b1] [%j, b4]
  %x = icmp ugt %i, i32 1
  condbr %x b5 b3
b3 long:
${longCode(33_000)}
  %y = icmp eq %n, i32 65
  condbr %y b5 b4
b4 more:
${longCode(33_000)}
  %j = add %i, i32 1
  br b2
b5 end:
  %s = add %i, i32 10
  ret %s`);
    expect(results(text, cpu, [0, 1])).toEqual([12, 10]);
  });
});

test("inline assembly jumps to labels of the program, near and far", () => {
  for (const count of [2, 33_000]) {
    const text = program(`  %w = zext i64 %n
  asmbr "if %0 == 64 goto %l[one]; if %0 == 65 goto %l2" [{"constraint":"r","name":""}] [] (%w) labels=["one","two"] b2 b9 b8
b2 long:
${longCode(count)}
  ret i32 3
b8 two:
  ret i32 2
b9 one:
  ret i32 1`);
    expect(results(text, 4, [0, 1, 2])).toEqual([1, 2, 3]);
  }
});
