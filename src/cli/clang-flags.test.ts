import { expect, test } from "vitest";
import { fromClang } from "./clang-flags.ts";
import { dependencyRule } from "./dependencies.ts";

test.each([
  // libbpf-bootstrap's Makefile, libbpf-tools', xdp-tools'
  [
    "-g -O2 -target bpf -D__TARGET_ARCH_x86 -I.output -idirafter /usr/include -c a.bpf.c -o a.tmp.bpf.o",
    "-D__TARGET_ARCH_x86 -I.output --isystem /usr/include a.bpf.c -o a.tmp.bpf.o",
  ],
  [
    "-g -O2 -Wall -Wno-unused-value --target=bpf -mcpu=v3 -fno-stack-protector -std=gnu11 -MD -MP -MF a.d a.c",
    "--warn all --warn no-unused-value --mcpu v3 --std gnu11 --deps --dep-phony --dep-file a.d a.c",
  ],
  [
    "-Xclang -disable-llvm-passes -x c -include config.h -isystem/opt/include a.c",
    "--preinclude config.h --isystem /opt/include a.c",
  ],
  ["-w -M a.c --emit asm --json", "--no-warnings --deps-only a.c --emit asm --json"],
  ["-mcpu=probe -mlittle-endian -DX=-O2 a.c", "--mcpu v3 -DX=-O2 a.c"],
])("%s", (given, want) => {
  expect(fromClang(given.split(" ")).join(" ")).toBe(want);
});

test("what skep cannot do", () => {
  expect(() => fromClang(["-emit-llvm", "-c", "a.c"])).toThrow(/-emit-llvm/);
});

test("a rule for make", () => {
  expect(dependencyRule("a.o", ["a.c", "x y.h", "/skep/include/linux/bpf.h", "a.c"], { phony: true })).toBe(
    "a.o: a.c \\\n  x\\ y.h\n\nx\\ y.h:\n",
  );
});
