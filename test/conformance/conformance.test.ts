/**
 * The plugin and the reader of the suite's files, on small tests of our own; and the whole bpf_conformance suite where
 * CONFORMANCE names its tests folder (its files are not part of this repository).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, test, vi } from "vitest";
import { assemble } from "../../src/asm/asm.ts";
import { SkepError } from "../../src/base/error.ts";
import { register } from "../../src/cli/commands/conformance.ts";
import { type EngineName, execute } from "../../src/cli/conformance/execute.ts";
import { hexBytes, instructionsOf } from "../../src/cli/conformance/input.ts";
import { parseSuiteTest } from "../../src/cli/conformance/suite.ts";

const ENGINES: readonly EngineName[] = ["interp", "jit"];

describe.each(ENGINES)("%s", (engine) => {
  const run = (text: string, memory: readonly number[] = []) =>
    execute(assemble(text).insns, Uint8Array.from(memory), engine);

  test("r1 points to the memory, r2 is its length", async () => {
    expect(await run("r0 = *(u16 *)(r1 + 1)\nr2 <<= 32\nr0 |= r2\nexit", [1, 2, 3])).toBe(0x3_0000_0302n);
    expect(await run("r0 = r2\nexit")).toBe(0n);
  });

  test("64 bits come back", async () => {
    expect(await run("r0 = 0x123456789abcdef0 ll\nexit")).toBe(0x123456789abcdef0n);
    expect(await run("r0 = -1\nexit")).toBe(0xffff_ffff_ffff_ffffn);
  });

  test("subprograms, helpers and callx", async () => {
    expect(await run("r1 = 20\ncall double\nr0 += 2\nexit\ndouble: r0 = r1\nr0 += r1\nexit")).toBe(42n);
    expect(await run("call 5\nr0 = 2\nexit")).toBe(2n);
    expect(await run("r2 = 5\ncallx r2\nr0 = 2\nexit")).toBe(2n);
    await expect(run("r7 = 5\ncallx r7\nexit")).rejects.toThrow("only r1 to r5");
  });

  test("a helper that is not there is an error", async () => {
    await expect(run("call 77\nexit")).rejects.toThrow(SkepError);
  });
});

test("a fault is an error in the interpreter", async () => {
  await expect(execute(assemble("r0 = *(u64 *)(r1 + 8)\nexit").insns, new Uint8Array(8), "interp")).rejects.toThrow(
    SkepError,
  );
});

test("hex as runners write it", () => {
  expect(hexBytes(" b7 00  0 ff\n")).toEqual(Uint8Array.of(0xb7, 0, 0, 255));
  expect(hexBytes("b70005")).toEqual(Uint8Array.of(0xb7, 0, 5));
  expect(() => hexBytes("b7 xx")).toThrow("no byte in hex");
  expect(instructionsOf(hexBytes("95 0 0 0 0 0 0 0"), false).length).toBe(1);
});

test("test files", () => {
  const data = parseSuiteTest("# note\n-- asm\nmov %r0, 5 # five\nexit\n-- mem\n00 0a\nff\n-- result\n0x5\n", "a.data");
  expect(data.insns.length).toBe(2);
  expect([...data.memory]).toEqual([0, 10, 255]);
  expect(data.result).toBe(5n);
  expect(parseSuiteTest("-- raw\n0x95\n-- error\nfails\n", "b.data")).toMatchObject({ result: null });
  expect(() => parseSuiteTest("-- asm\nexit\n", "c.data")).toThrow("neither a result nor an error");
});

describe("the command", () => {
  async function run(...argv: string[]): Promise<string> {
    const program = new Command().option("--json").exitOverride();
    register(program);
    let out = "";
    const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      out += String(text);
      return true;
    });
    try {
      await program.parseAsync(["conformance-plugin", ...argv], { from: "user" });
    } finally {
      stdout.mockRestore();
    }
    return out;
  }

  test.each(ENGINES)("prints r0 in hex: %s", async (engine) => {
    const program = "71 10 01 00 0 0 0 0  95 00 00 00 00 00 00 00";
    expect(await run("00 ab ", "--engine", engine, "--program", program)).toBe("ab\n");
  });

  test("runs a folder of test files, and fails where one fails", async () => {
    const dir = mkdtempSync(join(tmpdir(), "skep-suite-"));
    try {
      writeFileSync(join(dir, "good.data"), "-- asm\nmov r0, 7\nexit\n-- result\n0x7\n");
      expect(await run("--suite", dir)).toBe("jit: 1 of 1 passed\n");
      writeFileSync(join(dir, "wrong.data"), "-- asm\nmov r0, 7\nexit\n-- result\n0x8\n");
      expect(await run("--suite", dir)).toBe("FAIL wrong.data: r0 = 0x7, expected 0x8\njit: 1 of 2 passed\n");
      expect(process.exitCode).toBe(1);
      await expect(run("--suite", join(dir, "none"))).rejects.toThrow("is no folder");
    } finally {
      process.exitCode = 0;
      rmSync(dir, { recursive: true });
    }
  });
});

const folder = process.env["CONFORMANCE"];
if (folder === undefined) console.log("skipped: the bpf_conformance suite: CONFORMANCE names no folder");

describe.skipIf(folder === undefined)("bpf_conformance", () => {
  const files = folder === undefined ? [] : readdirSync(folder).filter((file) => file.endsWith(".data"));
  describe.each(ENGINES)("%s", (engine) => {
    test.each(files)("%s", async (file) => {
      const { insns, memory, result } = parseSuiteTest(readFileSync(join(folder!, file), "utf8"), file);
      if (result === null) await expect(execute(insns, memory, engine)).rejects.toThrow(SkepError);
      else expect(await execute(insns, memory, engine)).toBe(result);
    });
  });
});
