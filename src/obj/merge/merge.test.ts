import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseObject } from "../parse.ts";
import { linkObjects } from "./objects.ts";

const folder = new URL("../../../test/fixtures/obj/", import.meta.url);
const unit = (name: string) => ({ name, bytes: readFileSync(new URL(name, folder)) });
const COMPILERS = ["clang-14", "clang-16", "clang-19"];

test.each(COMPILERS)("one object alone keeps its programs and maps: %s", (compiler) => {
  for (const source of ["basic", "maps", "subprogs", "externs", "structops", "core"]) {
    const input = unit(`${source}.${compiler}.o`);
    const before = parseObject(input.bytes, source);
    const after = parseObject(linkObjects([input]), source);
    expect(after.license).toBe(before.license);
    expect(after.kconfig.map(({ name, offBytes }) => [name, offBytes])).toEqual(
      before.kconfig.map(({ name, offBytes }) => [name, offBytes]),
    );
    expect(
      after.maps.map((map) => ({ ...map, btf: null, inner: null, keyTypeId: 0, valueTypeId: 0, structOps: null })),
      source,
    ).toEqual(
      before.maps.map((map) => ({ ...map, btf: null, inner: null, keyTypeId: 0, valueTypeId: 0, structOps: null })),
    );
    for (const [i, prog] of before.programs.entries()) {
      const linked = after.programs[i]!;
      expect(linked.insns).toEqual(prog.insns);
      expect(linked.lines).toEqual(prog.lines);
      expect(linked.funcs.map((func) => func.name)).toEqual(prog.funcs.map((func) => func.name));
      expect(linked.coreRelos.map(({ kind, access, insnIdx }) => [kind, access, insnIdx])).toEqual(
        prog.coreRelos.map(({ kind, access, insnIdx }) => [kind, access, insnIdx]),
      );
      for (const [j, relo] of prog.coreRelos.entries()) {
        expect(after.btf!.type(linked.coreRelos[j]!.typeId).name).toBe(before.btf!.type(relo.typeId).name);
      }
    }
  }
});

test.each(COMPILERS)("functions, variables and maps are found across objects: %s", (compiler) => {
  const main = unit(`link_main.${compiler}.o`);
  const lib = unit(`link_lib.${compiler}.o`);
  for (const inputs of [
    [main, lib],
    [lib, main],
  ]) {
    const spec = parseObject(linkObjects(inputs), "linked");
    expect(spec.programs.map((prog) => prog.name)).toEqual(["entry"]);
    const entry = spec.programs[0]!;
    expect(entry.funcs.map((func) => func.name).sort()).toEqual([
      "entry",
      "helper",
      "hidden",
      "local",
      "local",
      "picked",
    ]);
    // The strong `picked` of the library wins over main's weak one.
    const picked = entry.funcs.find((func) => func.name === "picked")!;
    expect(entry.insns.imm[picked.insnIdx]).toBe(222);
    expect(spec.maps.filter((map) => map.name === "shared")).toHaveLength(1);
    expect(spec.maps.find((map) => map.name === "shared")).toMatchObject({ type: 1, maxEntries: 64, keySize: 4 });
    expect(entry.relocs.filter((reloc) => reloc.kind === "map" && reloc.map === "shared")).toHaveLength(2);
    // Both objects reach the one counter.
    const counter = entry.relocs.flatMap((reloc) =>
      reloc.kind === "mapValue" && reloc.map === "linked.data" ? [reloc.offBytes] : [],
    );
    const data = spec.maps.find((map) => map.name === "linked.data")!;
    expect(counter.map((off) => new DataView(data.initial!.slice().buffer).getUint32(off, true)).sort()).toEqual([
      5, 5, 6,
    ]);
    for (const func of entry.funcs)
      expect(spec.btf!.type(func.typeId)).toMatchObject({ kind: "func", name: func.name });
    expect(entry.funcs.find((func) => func.name === "hidden")!.linkage).toBe("static");
    expect(entry.lines.length).toBeGreaterThan(5);
  }
});

test("conflicts are told apart", () => {
  const basic = unit("basic.clang-19.o");
  const codeOf = (run: () => void) => {
    try {
      run();
      return "linked";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(codeOf(() => linkObjects([basic, basic]))).toBe("obj/link-conflict");
  expect(codeOf(() => linkObjects([basic, unit("maps.clang-19.o")]))).toBe("obj/link-section");
  expect(codeOf(() => linkObjects([]))).toBe("obj/link-nothing");
  expect(codeOf(() => linkObjects([unit("basic.big-endian.o")]))).toBe("elf/big-endian");
  // main declares helper(int); here it is helper(long, long).
  expect(codeOf(() => linkObjects([unit("link_main.clang-19.o"), unit("link_other.clang-19.o")]))).toBe(
    "obj/link-type",
  );
});
