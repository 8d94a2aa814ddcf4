import { expect, test } from "vitest";
import { addressIn, kernelSymbols } from "./kallsyms.ts";

const TEXT = [
  "0000000000000000 A fixed_percpu_data",
  "ffffffff81000000 T _text",
  "ffffffff81000010 t twice",
  "ffffffff81000020 t twice",
  "ffffffff81000030 t again",
  "ffffffff81000030 t again",
  "ffffffff82a41b40 d counter.llvm.1234",
  "ffffffff82a41b50 t function.llvm.77",
  "ffffffffc0a01000 t helper\t[module]",
  "",
].join("\n");

test.each<[string, bigint | undefined]>([
  ["_text", 0xffffffff81000000n],
  ["fixed_percpu_data", 0n],
  ["again", 0xffffffff81000030n],
  ["counter", 0xffffffff82a41b40n],
  ["function", undefined],
  ["helper", 0xffffffffc0a01000n],
  ["_tex", undefined],
  ["text", undefined],
])("%s", (name, address) => {
  expect(addressIn(TEXT, name)).toBe(address);
});

test("a name with several addresses is refused", () => {
  expect(() => addressIn(TEXT, "twice")).toThrow(expect.objectContaining({ code: "linux/ksym" }));
});

test("the file is read once, and only when a name is asked for", () => {
  let reads = 0;
  const symbols = kernelSymbols(() => {
    reads++;
    return TEXT;
  });
  expect(reads).toBe(0);
  expect([symbols("_text"), symbols("nothing")]).toEqual([0xffffffff81000000n, undefined]);
  expect(reads).toBe(1);
});
