/**
 * Linking objects against `bpftool gen object`: both results are read, and hold the same programs, insn for insn, the same maps
 * and the same contents.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { linkObjects } from "../../src/obj/merge/objects.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ObjSpec } from "../../src/obj/spec.ts";

const folder = fileURLToPath(new URL("../fixtures/obj/", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "skep-linker-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const missing = spawnSync("bpftool", ["version"]).error !== undefined;
if (missing) console.log("skipped: bpftool is not installed");

const sets: string[][] = [14, 16, 19].flatMap((v) => [
  [`link_main.clang-${v}.o`, `link_lib.clang-${v}.o`],
  [`link_lib.clang-${v}.o`, `link_main.clang-${v}.o`],
  [`subprogs.clang-${v}.o`, `core.clang-${v}.o`],
  [`externs.clang-${v}.o`, `basic.clang-${v}.o`],
]);
const paths = sets.map((set) => set.map((name) => join(folder, name)));

/** Other sets: folders of objects, as `a.o+b.o` joined by commas. */
for (const set of (process.env["SKEP_LINK"] ?? "").split(",")) if (set !== "") paths.push(set.split("+"));

function outline(spec: ObjSpec) {
  return {
    license: spec.license,
    programs: spec.programs.map((prog) => ({
      name: prog.name,
      insns: prog.insns,
      funcs: prog.funcs.map(({ name, insnIdx, linkage }) => [name, insnIdx, linkage]),
      relocs: prog.relocs.map((reloc) => ("typeId" in reloc ? { ...reloc, typeId: 0 } : reloc)),
      lines: prog.lines,
      core: prog.coreRelos.map(({ insnIdx, kind, access, typeId }) => [
        insnIdx,
        kind,
        access,
        spec.btf!.type(typeId).name,
      ]),
    })),
    maps: spec.maps
      .map(({ name, type, keySize, valueSize, maxEntries, flags, initial }) => ({
        name,
        type,
        keySize,
        valueSize,
        maxEntries,
        flags,
        initial,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    kconfig: spec.kconfig.map(({ name, offBytes, weak }) => [name, offBytes, weak]),
  };
}

describe.skipIf(missing)("the same as bpftool gen object", () => {
  test.each(paths.map((set) => ({ name: set.map((path) => basename(path)).join(" + "), set })))(
    "$name",
    ({ name, set }) => {
      const out = join(work, `${name.replace(/\W+/g, "_")}.o`);
      const made = spawnSync("bpftool", ["gen", "object", out, ...set]);
      expect(made.status, made.stderr.toString()).toBe(0);
      expect(existsSync(out)).toBe(true);
      const theirs = parseObject(readFileSync(out), "linked");
      const bytes = linkObjects(set.map((path) => ({ name: path, bytes: readFileSync(path) })));
      expect(outline(parseObject(bytes, "linked"))).toEqual(outline(theirs));
    },
  );
});
