/**
 * Whatever compiler is installed makes the fixtures' sources anew, for several instruction sets; each object is read, and holds
 * the same programs, functions and maps as the committed one.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { parseObject } from "../../src/obj/parse.ts";
import type { ObjSpec } from "../../src/obj/spec.ts";

const folder = fileURLToPath(new URL("../fixtures/obj/", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "skep-compilers-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const SOURCES = ["basic", "maps", "subprogs", "externs", "legacy", "structops", "core", "arena", "placed"];

interface Compiler {
  readonly command: string;
  readonly flags: readonly (readonly string[])[];
  readonly skip: readonly string[];
  readonly like: string;
}

const clang = (version: number, cpus: readonly string[], skip: readonly string[]): Compiler => ({
  command: `clang-${version}`,
  flags: ["-O1", ...cpus.map(() => "-O2")].map((level, i) => {
    const cpu = cpus[Math.max(0, i - 1)]!;
    return [level, "-g", "-target", "bpf", `-mcpu=${cpu}`, "-Wno-everything"];
  }),
  skip,
  like: `clang-${version}`,
});

const COMPILERS: readonly Compiler[] = [
  clang(14, ["v1", "v2", "v3"], ["arena"]),
  clang(16, ["v1", "v2", "v3"], ["arena"]),
  clang(19, ["v1", "v2", "v3", "v4"], []),
  {
    command: "bpf-gcc",
    flags: [
      ["-O2", "-gbtf", "-w"],
      ["-O1", "-gbtf", "-w"],
    ],
    skip: ["externs", "structops", "core", "arena"],
    like: "gcc-12",
  },
];

/** What does not depend on the compiler's mood. */
function outline(spec: ObjSpec) {
  const names = (list: readonly { name: string }[]) => list.map((one) => one.name).sort();
  return {
    programs: spec.programs.map((prog) => [
      prog.name,
      prog.section,
      prog.type,
      names(prog.funcs),
      [...new Set(prog.relocs.map((reloc) => ("map" in reloc ? reloc.map : reloc.name)))].sort(),
    ]),
    maps: spec.maps
      .map(({ name, type, keySize, valueSize, maxEntries, flags, slots }) => [
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        slots,
      ])
      .sort(),
    kconfig: spec.kconfig.map(({ name, offBytes }) => [name, offBytes]),
  };
}

describe.each(COMPILERS)("$command", ({ command, flags, skip, like }) => {
  const missing = spawnSync(command, ["--version"]).error !== undefined;
  if (missing) console.log(`skipped: ${command} is not installed`);

  test.skipIf(missing).each(SOURCES.filter((source) => !skip.includes(source)))("%s", (source) => {
    const name = `${source}.${like}.o`;
    const committed = outline(parseObject(readFileSync(join(folder, name)), source));
    for (const [i, options] of flags.entries()) {
      const out = join(work, `${command}.${source}.${i}.o`);
      const made = spawnSync(command, [...options, "-c", join(folder, `${source}.c`), "-o", out]);
      expect(made.status, `${options.join(" ")}: ${made.stderr}`).toBe(0);
      expect(outline(parseObject(readFileSync(out), source)), options.join(" ")).toEqual(committed);
    }
  });
});
