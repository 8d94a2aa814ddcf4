import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SkepError } from "../base/error.ts";
import type { BtfDatasec } from "../btf/types.ts";
import { BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC } from "../isa/codes.ts";
import { parseObject } from "./parse.ts";
import type { MapSpec, ObjSpec, ProgSpec } from "./spec.ts";

const folder = new URL("../../test/fixtures/obj/", import.meta.url);

function fixture(name: string): ObjSpec {
  return parseObject(readFileSync(new URL(name, folder)), name);
}

function prog(spec: ObjSpec, name: string): ProgSpec {
  return spec.programs.find((candidate) => candidate.name === name)!;
}

function map(spec: ObjSpec, name: string): MapSpec {
  return spec.maps.find((candidate) => candidate.name === name)!;
}

/** Subprograms with where they begin, calls as "insn->callee". */
function shape({ insns, funcs }: ProgSpec): string {
  const nameAt = new Map(funcs.map((func) => [func.insnIdx, func.name]));
  const calls: string[] = [];
  for (let i = 0; i < insns.length; i++) {
    const call = insns.code[i] === 0x85 && insns.src[i] === BPF_PSEUDO_CALL;
    const pointer = insns.code[i] === 0x18 && insns.src[i] === BPF_PSEUDO_FUNC;
    if (call || pointer) calls.push(`${pointer ? "&" : ""}${nameAt.get(i + 1 + insns.imm[i]!)}`);
  }
  return `${funcs.map((func) => func.name).join(" ")} | ${calls.join(" ")}`;
}

const CLANGS = ["clang-14", "clang-16", "clang-19"];
const COMPILERS = [...CLANGS, "gcc-12"];

describe.each(COMPILERS)("%s", (compiler) => {
  const gcc = compiler === "gcc-12";

  test("basic: programs, maps, globals and relocations", () => {
    const spec = fixture(`basic.${compiler}.o`);
    expect(spec.license).toBe("GPL");
    // gcc puts volatile constants into .data.
    const globals = gcc ? ["basic.data", "basic.bss"] : ["basic.data", "basic.rodata", "basic.bss"];
    expect(spec.maps.map((m) => m.name)).toEqual(["hits", ...globals]);
    expect(map(spec, "hits")).toMatchObject({ type: 2, keySize: 4, valueSize: 8, maxEntries: 4, global: null });
    const count = prog(spec, "count");
    expect(count).toMatchObject({ section: "xdp", type: 6, expectedAttachType: 37, autoload: true, sleepable: false });
    expect(shape(count)).toBe("count total scaled | total scaled scaled");

    const words = count.relocs.flatMap((reloc) => {
      if (reloc.kind !== "mapValue") return [];
      const { initial } = map(spec, reloc.map);
      return [new DataView(initial!.slice().buffer).getUint32(reloc.offBytes, true)];
    });
    // counter (bss), step, calls (bss), limit
    expect(words).toEqual([0, 3, 0, 10]);
  });

  test("maps: every attribute", () => {
    const spec = fixture(`maps.${compiler}.o`);
    expect(spec.license).toBe("Dual MIT/GPL");
    expect(spec.kernelVersion).toBe(0x060112);
    const flows = map(spec, "flows");
    expect(flows).toMatchObject({ type: 1, keySize: 8, valueSize: 16, maxEntries: 1024, flags: 5, numaNode: 1 });
    expect(flows.pinByName).toBe(true);
    expect(flows.btf!.type(flows.keyTypeId)).toMatchObject({ kind: "struct", name: "key" });
    expect(map(spec, "sizes")).toMatchObject({ keySize: 4, valueSize: 12, keyTypeId: 0, valueTypeId: 0 });
    expect(map(spec, "events").maxEntries).toBe(8192);
    expect(map(spec, "bloom").mapExtra).toBe(3n);
    const outer = map(spec, "outer");
    expect(outer).toMatchObject({ type: 12, valueSize: 4 });
    expect(outer.inner).toMatchObject({ name: "outer.inner", type: 2, maxEntries: 1, keySize: 4, valueSize: 4 });
    expect(outer.slots).toEqual([
      { index: 0, kind: "map", name: "inner_b" },
      { index: 2, kind: "map", name: "inner_a" },
    ]);
    expect(map(spec, "anonymous").inner).toMatchObject({ type: 1, maxEntries: 16, valueSize: 8 });
    expect(map(spec, "jumps").slots).toEqual([{ index: 1, kind: "prog", name: "next" }]);
    expect(spec.programs.map((p) => p.name)).toEqual(["next", "first"]);
    expect(prog(spec, "first").relocs.map((r) => (r.kind === "map" ? r.map : r.kind))).toEqual([
      "outer",
      "sizes",
      "jumps",
    ]);
  });

  test("subprograms are appended in libbpf's order", () => {
    const spec = fixture(`subprogs.${compiler}.o`);
    const calls = gcc ? "weak_sub hidden_sub middle leaf leaf" : "weak_sub hidden_sub middle leaf leaf";
    expect(shape(prog(spec, "alpha"))).toBe(`alpha weak_sub middle leaf hidden_sub | ${calls}`);
    expect(shape(prog(spec, "beta"))).toBe("beta visit hidden_sub middle leaf | &visit middle hidden_sub leaf");
    expect(prog(spec, "gamma")).toMatchObject({
      section: "?kprobe/do_nothing",
      autoload: false,
      attachTo: "do_nothing",
    });
    expect(shape(prog(spec, "gamma"))).toBe("gamma leaf | leaf");
  });

  test("static maps, and subprograms outside of .text", () => {
    const spec = fixture(`placed.${compiler}.o`);
    expect(spec.programs.map((p) => p.name)).toEqual(["prog"]);
    expect(shape(prog(spec, "prog"))).toBe("prog in_section elsewhere | in_section elsewhere");
    expect(prog(spec, "prog").relocs.map((r) => (r.kind === "map" ? r.map : r.kind))).toEqual(["one", "two"]);
    expect(map(spec, "two")).toMatchObject({ type: 1, maxEntries: 9 });
  });

  test("legacy maps, and a section name of older libbpf", () => {
    const spec = fixture(`legacy.${compiler}.o`);
    expect(map(spec, "ports")).toMatchObject({
      type: 1,
      keySize: 2,
      valueSize: 4,
      maxEntries: 100,
      flags: 1,
      btf: null,
    });
    expect(map(spec, "totals")).toMatchObject({ type: 2, keySize: 4, valueSize: 8, maxEntries: 1 });
    expect(spec.programs[0]).toMatchObject({ name: "classify", type: 3 });
    expect(spec.programs[0]!.relocs.map((r) => (r.kind === "map" ? r.map : r.kind))).toEqual(["ports", "totals"]);
  });
});

describe.each(CLANGS)("%s", (compiler) => {
  test("functions and lines", () => {
    const spec = fixture(`subprogs.${compiler}.o`);
    const alpha = prog(spec, "alpha");
    expect(alpha.funcs.map(({ name, linkage }) => `${name}:${linkage}`)).toEqual([
      "alpha:global",
      "weak_sub:global",
      "middle:global",
      "leaf:static",
      "hidden_sub:static",
    ]);
    for (const func of alpha.funcs) {
      expect(spec.btf!.type(func.typeId)).toMatchObject({ kind: "func", name: func.name });
      expect(alpha.lines.some((line) => line.insnIdx === func.insnIdx)).toBe(true);
    }
    const lines = alpha.lines.map((line) => line.insnIdx);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
    const leaf = alpha.funcs.find((func) => func.name === "leaf")!;
    const inLeaf = alpha.lines.filter((line) => line.insnIdx >= leaf.insnIdx && line.insnIdx < leaf.insnIdx + 3);
    expect(inLeaf.some((line) => line.text.includes("return x * 3 + 1;") && line.line === 6)).toBe(true);
  });

  test("CO-RE relocations are moved with the subprogram that holds them", () => {
    const spec = fixture(`core.${compiler}.o`);
    const probe = prog(spec, "probe");
    const sub = probe.funcs[1]!;
    expect(probe.coreRelos.map(({ kind, access }) => `${kind} ${access}`).sort()).toEqual([
      "enumval_value 1",
      "field_byte_offset 0:2",
      "field_byte_offset 0:2",
      "field_exists 0:1",
      "type_size 0",
    ]);
    expect(probe.coreRelos.filter((relo) => relo.insnIdx >= sub.insnIdx)).toHaveLength(1);
    expect(spec.btf!.type(probe.coreRelos[0]!.typeId).name).toMatch(/task_struct|pid_type/);
  });

  test("externs: .kconfig offsets, ksyms, kfuncs", () => {
    const spec = fixture(`externs.${compiler}.o`);
    expect(spec.kconfig.map(({ name, offBytes, sizeBytes, weak }) => [name, offBytes, sizeBytes, weak])).toEqual(
      [
        ["CONFIG_HZ", 0, 8, true],
        ["CONFIG_VETH", 8, 4, true],
        ["LINUX_KERNEL_VERSION", 12, 4, false],
        ["CONFIG_BPF_SYSCALL", 16, 1, false],
        ["CONFIG_LETTER", 17, 1, true],
        ["CONFIG_CC_VERSION_TEXT", 18, 16, true],
      ].sort((a, b) => Number(a[1]) - Number(b[1])),
    );
    const probe = prog(spec, "probe");
    const kernel = probe.relocs.flatMap((r) =>
      r.kind === "ksym" || r.kind === "kfunc" ? [`${r.kind} ${r.name} ${r.weak}`] : [],
    );
    expect([...new Set(kernel)].sort()).toEqual([
      "kfunc bpf_missing_kfunc true",
      "kfunc bpf_rcu_read_lock false",
      "ksym bpf_missing_kfunc true",
      "ksym bpf_prog_put true",
      "ksym runqueues true",
    ]);
    const untyped = probe.relocs.find((r) => r.kind === "ksym" && r.name === "bpf_prog_put");
    expect(untyped).toMatchObject({ typeId: 0 });
    const typed = probe.relocs.find((r) => r.kind === "ksym" && r.name === "runqueues");
    expect(spec.btf!.type((typed as { typeId: number }).typeId).name).toBe("rq");
    expect(spec.maps.map((m) => m.name)).toEqual([".data.tuned", ".rodata.table", "externs.data", "externs.kconfig"]);
    // `secret` is hidden: nothing of .data is shown to user space.
    expect(spec.maps.map((m) => m.flags & 0x400)).toEqual([0x400, 0x400, 0, 0x400]);
  });

  test("BTF is completed as the kernel wants it", () => {
    const basic = fixture(`basic.${compiler}.o`).btf!;
    const data = basic.type(basic.find(".data", "datasec")) as BtfDatasec;
    expect(data.sizeBytes).toBe(8);
    expect(data.vars.map((v) => [basic.type(v.typeId).name, v.offBytes])).toEqual([
      ["pad_data", 0],
      ["step", 4],
    ]);
    const externs = fixture(`externs.${compiler}.o`).btf!;
    const ksyms = externs.type(externs.find(".ksyms", "datasec")) as BtfDatasec;
    expect(ksyms.sizeBytes).toBe(4 * ksyms.vars.length);
    for (const [i, entry] of ksyms.vars.entries()) {
      expect(entry).toMatchObject({ offBytes: 4 * i, sizeBytes: 4 });
      expect(externs.type(entry.typeId)).toMatchObject({ kind: "var", linkage: "global" });
    }
    const subprogs = fixture(`subprogs.${compiler}.o`).btf!;
    expect(subprogs.type(subprogs.find("hidden_sub", "func"))).toMatchObject({ linkage: "static" });
  });

  test("struct_ops", () => {
    const spec = fixture(`structops.${compiler}.o`);
    const cc = map(spec, "cc");
    expect(cc).toMatchObject({ type: 26, valueSize: 40, maxEntries: 1, flags: 0 });
    expect(cc.structOps).toMatchObject({
      typeName: "tcp_congestion_ops",
      autocreate: true,
      progs: [
        { offBytes: 0, name: "cc_ssthresh" },
        { offBytes: 8, name: "cc_init" },
      ],
    });
    expect(map(spec, "cc_linked")).toMatchObject({ flags: 0x2000, structOps: { autocreate: false } });
    expect(new TextDecoder().decode(cc.initial!.subarray(20, 27))).toBe("skep_cc");
    expect(prog(spec, "cc_init")).toMatchObject({ type: 27, sleepable: true, attachTo: "init", autoload: true });
  });
});

test("arena globals", () => {
  const spec = fixture("arena.clang-19.o");
  const arena = map(spec, "arena");
  expect(arena).toMatchObject({ type: 33, maxEntries: 2, mapExtra: 1n << 44n, flags: 1 << 10 });
  expect(arena.initial!.length).toBe(16);
  expect(prog(spec, "touch").relocs).toEqual([
    { kind: "mapValue", insnIdx: 0, map: "arena", offBytes: 0 },
    { kind: "mapValue", insnIdx: 6, map: "arena", offBytes: 8 },
  ]);
});

test("a big-endian object is refused by name", () => {
  expect(() => fixture("basic.big-endian.o")).toThrow(SkepError);
  try {
    fixture("basic.big-endian.o");
  } catch (error) {
    expect(error).toMatchObject({ code: "elf/big-endian", site: { file: "basic.big-endian.o", byte: 5 } });
  }
});

test("internal maps are named after the object", () => {
  const bytes = readFileSync(new URL("basic.clang-19.o", folder));
  const names = (name: string) => parseObject(bytes, name).maps.map((m) => m.name);
  expect(names("dir/my_object_name.bpf.o")).toEqual(["hits", "my_objec.data", "my_objec.rodata", "my_objec.bss"]);
  expect(names("a b.o")).toEqual(["hits", "a_b.data", "a_b.rodata", "a_b.bss"]);
});

test("the caller's bytes stay as they are", () => {
  const bytes = readFileSync(new URL("externs.clang-19.o", folder));
  const before = Uint8Array.from(bytes);
  parseObject(bytes, "x");
  expect(Uint8Array.from(bytes)).toEqual(before);
});
