/**
 * Objects that Skep compiled, in the hands of others: a C program with libbpf loads and runs them as it does clang's; bpftool
 * prints their types as C that compiles, makes skeletons that compile, and loads them.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { clang, compileClang, compileSkep, FOLDER, objectOf } from "../c/kit.ts";
import { liveKernel, ownName } from "../live.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
/** libbpf 1.1 knows no arenas. */
const CASES = [
  "asm_forms",
  "atomics",
  "bitfields",
  "callbacks_more",
  "dynptrs",
  "functions",
  "globals",
  "initialisers",
  "iterators",
  "map_kinds",
  "maps",
  "printing",
  "signed_division",
  "strings",
  "weak",
];

const reason = liveKernel();
const folder = mkdtempSync(join(tmpdir(), "skep-compiled-"));
const loader = join(folder, "loader");
const built = spawnSync("cc", ["-O1", "-o", loader, fileURLToPath(new URL("loader.c", import.meta.url)), "-lbpf"]);
const bpftool = spawnSync("bpftool", ["version"]).status === 0;
if (built.status !== 0) console.log("no program with libbpf loads what Skep compiles: no cc, or no libbpf-dev");
if (!bpftool) console.log("bpftool does not look at what Skep compiles: not installed");

const sources = [
  ...CASES.map((name) => join(FOLDER, `${name}.bpf.c`)),
  ...readdirSync(EXAMPLES)
    .filter((file) => file.endsWith(".bpf.c"))
    .map((file) => join(EXAMPLES, file)),
];
const objects = new Map<string, string>();
/** The source's object on disk. */
function object(source: string): string {
  let path = objects.get(source);
  if (path === undefined) {
    path = join(folder, "skep", basename(source).replace(/\.c$/, ".o"));
    mkdirSync(join(folder, "skep"), { recursive: true });
    writeFileSync(path, objectOf(compileSkep(source)));
    objects.set(source, path);
  }
  return path;
}

afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(built.status !== 0 || reason !== null)("libbpf", () => {
  test.skipIf(clang() === null)("loads and runs them as it does clang's", { timeout: 120_000 }, () => {
    mkdirSync(join(folder, "clang"));
    const theirs = sources.map((source) => {
      const path = join(folder, "clang", basename(source).replace(/\.c$/, ".o"));
      writeFileSync(path, compileClang(source));
      return path;
    });
    const lines = (paths: string[]): string[] => execFileSync(loader, paths).toString().trim().split("\n").sort();
    const want = lines(theirs);
    expect(lines(sources.map(object))).toEqual(want);
    expect(want.filter((line) => line.includes(" - "))).toEqual([]);
    expect(want.length).toBeGreaterThan(60);
  });
});

describe.skipIf(!bpftool)("bpftool", () => {
  test("types are C", () => {
    for (const source of sources) {
      const text = execFileSync("bpftool", ["btf", "dump", "file", object(source), "format", "c"]);
      const said = spawnSync("cc", ["-fsyntax-only", "-w", "-x", "c", "-"], { input: text });
      if (said.error === undefined) expect([source, said.stderr.toString()]).toEqual([source, ""]);
    }
  });

  test.skipIf(built.status !== 0)("skeletons compile", () => {
    // Their variables have the names of types that the program's headers give.
    const types = [8, 16, 32, 64].map((bits) => `typedef __u${bits} u${bits}; typedef __s${bits} s${bits};`).join(" ");
    for (const source of sources) {
      const text = execFileSync("bpftool", ["gen", "skeleton", object(source), "name", "made"]);
      const main = "int main(void) { struct made *m = made__open_and_load(); made__destroy(m); return m == 0; }";
      const input = `#include <stdbool.h>\n#include <linux/types.h>\n${types}\n${text}\n${main}`;
      const said = spawnSync("cc", ["-fsyntax-only", "-w", "-x", "c", "-"], { input });
      expect([source, said.stderr.toString()]).toEqual([source, ""]);
    }
  });

  test.skipIf(reason !== null)("loads them", () => {
    const pins = join(folder, ownName("pins"));
    mkdirSync(pins);
    execFileSync("mount", ["-t", "bpf", "none", pins]);
    try {
      for (const source of sources.filter((one) => one.startsWith(EXAMPLES))) {
        const at = join(pins, basename(source, ".bpf.c"));
        const said = spawnSync("bpftool", ["prog", "loadall", object(source), at]);
        expect([source, said.status, said.stderr.toString()]).toEqual([source, 0, ""]);
        expect(readdirSync(at).length).toBeGreaterThan(0);
        rmSync(at, { recursive: true });
      }
    } finally {
      execFileSync("umount", [pins]);
    }
  });
});
