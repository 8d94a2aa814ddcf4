import { describe, expect, it } from "vitest";
import { testRuntime } from "../../../test/fixtures/maps.ts";
import { EINVAL } from "../../base/errno.ts";
import { STACK_BASE } from "../../layout/layout.ts";
import { bpfFormat } from "./format.ts";

const rt = testRuntime();

/** Arguments as bigint, sign-extended as a program's registers hold them. */
function format(text: string, ...args: (bigint | number)[]): string | number {
  const words: number[] = [];
  for (const arg of args) {
    const value = BigInt.asUintN(64, BigInt(arg));
    words.push(Number(value & 0xffff_ffffn), Number(value >> 32n));
  }
  return bpfFormat(rt, text, words);
}

function textAt(text: string): number {
  const at = STACK_BASE + 64;
  rt.u8.set(new TextEncoder().encode(`${text}\0`), at);
  return at;
}

describe("bpf printf", () => {
  it.each([
    ["%d", [-1], "-1"],
    ["%u", [-1], "4294967295"],
    ["%llu", [-1], "18446744073709551615"],
    ["%lld", [-1], "-1"],
    ["%ld", [1n << 40n], "1099511627776"],
    ["%d", [1n << 40n], "0"],
    ["%x %X", [255, 255], "ff FF"],
    ["%lx", [0x1_0000_0001n], "100000001"],
    ["%08x|%8d|%-8d|%+d", [255, -5, 5, 5], "000000ff|      -5|5       |+5"],
    ["%08d", [-5], "-0000005"],
    ["%px", [0x1000], "0000000000001000"],
    ["100%% of %c", [65], "100% of A"],
    ["no argument", [], "no argument"],
  ])("prints %s", (text, args, want) => {
    expect(format(text, ...(args as (bigint | number)[]))).toBe(want);
  });

  it("reads strings and addresses from memory, and nothing from where it may not", () => {
    expect(format("<%s>", textAt("hello"))).toBe("<hello>");
    expect(format("<%8s>", textAt("hello"))).toBe("<   hello>");
    expect(format("<%s>", 0)).toBe("<>");
    expect(format("<%s>", 0xffff_8000_0000_0000n)).toBe("<>");
    rt.u8.set([10, 0, 0, 7], STACK_BASE);
    expect(format("%pI4 %pi4", STACK_BASE, STACK_BASE)).toBe("10.0.0.7 010.000.000.007");
    rt.u8.set([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], STACK_BASE);
    expect(format("%pI6", STACK_BASE)).toBe("2001:0db8:0000:0000:0000:0000:0000:0001");
    expect(format("%pI4", 0)).toBe("0.0.0.0");
  });

  it.each(["%f", "%", "%q", "%hd", "%#x", "%.2s", "%sx", "%llld", "%pZ", "\x01"])("refuses %j", (text) => {
    expect(format(text, 1, 2, 3)).toBe(-EINVAL);
  });

  it("refuses more conversions than arguments", () => {
    expect(format("%d %d", 1)).toBe(-EINVAL);
  });
});
