import { Command } from "commander";
import { afterEach, expect, test, vi } from "vitest";
import { register } from "../../src/cli/commands/btf.ts";
import { exitCodeOf } from "../../src/cli/exit.ts";

const SHAPES = new URL("../golden/btf/shapes.o", import.meta.url).pathname;

afterEach(() => {
  vi.restoreAllMocks();
});

async function skep(...words: string[]): Promise<string> {
  let text = "";
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  const program = new Command("skep").exitOverride().option("--json", "one document");
  register(program);
  await program.parseAsync(["btf", ...words], { from: "user" });
  return text;
}

async function exitCode(...words: string[]): Promise<number> {
  return skep(...words).then(
    () => 0,
    (error: unknown) => exitCodeOf(error),
  );
}

test("dump file: the list, also by prefixes of the words", async () => {
  const list = await skep("dump", "file", SHAPES);
  expect(list).toMatch(/^\[1\] [A-Z]+ /);
  expect(list).toContain("\n\t'left' type_id=");
  expect(await skep("d", "f", SHAPES, "format", "raw")).toBe(list);
  const roots = await skep("dump", "file", SHAPES, "root_id", "1", "root_id", "2");
  expect(list.startsWith(roots)).toBe(true);
});

test("dump file ... format c", async () => {
  expect(await skep("dump", "file", SHAPES, "format", "c")).toMatch(
    /^#ifndef __VMLINUX_H__\n[\s\S]*\nstruct holes \{\n/,
  );
  const unsorted = await skep("dump", "file", SHAPES, "format", "c", "unsorted");
  expect(unsorted).not.toBe(await skep("dump", "file", SHAPES, "format", "c"));
});

test("-j and -p give bpftool's document", async () => {
  const plain = await skep("-j", "dump", "file", SHAPES);
  expect(plain).toMatch(/^\{"types":\[\{"id":1,[^\n]*\}\]\}\n$/);
  expect(JSON.parse(await skep("-p", "dump", "file", SHAPES))).toEqual(JSON.parse(plain));
});

test("wrong words are a usage error, wrong files an input error", async () => {
  for (const words of [
    ["frob"],
    ["dump"],
    ["dump", "id", "x"],
    ["dump", "file"],
    ["dump", "file", SHAPES, "format", "xml"],
    ["dump", "file", SHAPES, "root_id", "x"],
    ["dump", "file", SHAPES, "root_id", "100000"],
    ["dump", "file", SHAPES, "root_id", "1", "root_id", "1"],
    ["dump", "file", SHAPES, "sideways"],
    ["-j", "dump", "file", SHAPES, "format", "c"],
  ]) {
    expect([words, await exitCode(...words)]).toEqual([words, 2]);
  }
  expect(await exitCode("dump", "file", "/nowhere/x.o")).toBe(6);
  expect(await exitCode("dump", "file", new URL("../golden/btf/shapes.c", import.meta.url).pathname)).toBe(6);
});
