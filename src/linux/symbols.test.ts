/** Addresses of this process and this kernel, and what a JIT writes of its code. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { readExecutable } from "../elf/executable.ts";
import { kernelFrames, stackFrames, userFrames } from "./symbols.ts";

const onLinux = process.platform === "linux" && existsSync("/proc/self/maps");

test("frames end at the first zero", () => {
  const bytes = new Uint8Array(new BigUint64Array([3n, 0xffffffff81000000n, 0n, 9n]).buffer);
  expect(stackFrames(bytes)).toEqual([3n, 0xffffffff81000000n]);
});

test("kernel symbols: the last at or below, modules by name, nothing where addresses are hidden", () => {
  const text =
    "ffffffff81000010 T second\nffffffff81000000 T first\nffffffffc0000000 t inner\t[mod]\nffffffff82000000 D data\n";
  const name = kernelFrames(() => text);
  expect(name(0xffffffff81000004n).text).toBe("first+0x4");
  expect(name(0xffffffff81000010n)).toMatchObject({ symbol: "second", offset: 0, module: "[kernel]" });
  expect(name(0xffffffffc0000008n).text).toBe("inner+0x8 (mod)");
  expect(name(5n).text).toBe("0x5");
  expect(kernelFrames(() => "0000000000000000 T first\n")(7n).symbol).toBe("");
});

test.skipIf(!onLinux)("user symbols: a function of libc in this process, and code that a JIT wrote", () => {
  const maps = readFileSync("/proc/self/maps", "utf8");
  const line = /^([0-9a-f]+)-\S+ r-xp ([0-9a-f]+) \S+ \S+ +(\/\S*libc\.so\.6)$/m.exec(maps);
  if (line === null) return; // another libc
  const libc = readExecutable(new Uint8Array(readFileSync(line[3]!)), line[3]!);
  const getpid = libc.functions().find((each) => each.name === "getppid")!;
  const address = BigInt(`0x${line[1]}`) + BigInt(libc.fileOffset(getpid.value)! - Number.parseInt(line[2]!, 16));
  const perfMap = `/tmp/perf-${process.pid}.map`;
  writeFileSync(perfMap, "10000 20 old\n10000 20 LazyCompile:~f x.js:3\n");
  onTestFinished(() => rmSync(perfMap));
  const name = userFrames(process.pid);
  expect(name(address + 2n)).toMatchObject({ symbol: "getppid", offset: 2, module: line[3] });
  expect(name(0x10004n).text).toBe("LazyCompile:~f x.js:3+0x4 ([jit])");
  expect(name(0x20n).text).toBe("0x20");
  expect(userFrames(0x7fffffff)(address).symbol).toBe("");
});
