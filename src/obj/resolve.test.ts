import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { INT } from "../../test/fixtures/btf-int.ts";
import { Btf } from "../btf/btf.ts";
import { writeBtf } from "../btf/write.ts";
import {
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
} from "../isa/codes.ts";
import { parseObject } from "./parse.ts";
import { KFUNC_POISON, kconfigBytes, resolveProg } from "./resolve.ts";
import type { ProgReloc } from "./spec.ts";

function fixture(name: string) {
  const url = new URL(`../../test/fixtures/obj/${name}`, import.meta.url);
  return parseObject(readFileSync(url), name);
}

/** What of a kernel the `externs` fixture asks for; `missing` leaves that name out. */
function kernel(missing = "", argument: "int" | "ptr" = "int"): Btf {
  const named = (name: string) => (name === missing ? `other_${name}` : name);
  return new Btf(
    writeBtf([
      INT,
      { kind: "struct", name: "rq", sizeBytes: 4, members: [{ name: "x", typeId: 1, bitOff: 0, bitSize: 0 }] },
      { kind: "var", name: named("runqueues"), typeId: 2, linkage: "global" },
      { kind: "func_proto", name: "", retTypeId: 0, params: [] },
      { kind: "func", name: named("bpf_rcu_read_lock"), typeId: 4, linkage: "static" },
      { kind: "ptr", name: "", typeId: 1 },
      { kind: "func_proto", name: "", retTypeId: 1, params: [{ name: "x", typeId: argument === "int" ? 1 : 6 }] },
      { kind: "func", name: named("bpf_missing_kfunc"), typeId: 7, linkage: "static" },
    ]),
  );
}

describe("maps", () => {
  test("are numbered by first use; offsets of globals stand in the second slot", () => {
    const obj = fixture("basic.clang-19.o");
    const prog = obj.programs[0]!;
    const before = prog.insns.imm.slice();
    const resolved = resolveProg(prog, { obj, kernelBtf: null });
    expect(resolved.maps.map((map) => map.name)).toEqual(["hits", "basic.bss", "basic.data", "basic.rodata"]);
    for (const reloc of prog.relocs) {
      if (reloc.kind !== "map" && reloc.kind !== "mapValue") continue;
      const at = reloc.insnIdx;
      const index = resolved.maps.findIndex((map) => map.name === reloc.map);
      const { src, imm } = resolved.insns;
      expect([src[at], imm[at]]).toEqual([reloc.kind === "map" ? BPF_PSEUDO_MAP_IDX : BPF_PSEUDO_MAP_IDX_VALUE, index]);
      expect(imm[at + 1]).toBe(reloc.kind === "map" ? 0 : reloc.offBytes);
    }
    expect(prog.insns.imm).toEqual(before);
  });

  test("may be given anew", () => {
    const obj = fixture("basic.clang-19.o");
    const maps = obj.maps.map((map) => (map.name === "hits" ? { ...map, maxEntries: 99 } : map));
    expect(resolveProg(obj.programs[0]!, { obj, maps, kernelBtf: null }).maps[0]!.maxEntries).toBe(99);
    expect(() => resolveProg(obj.programs[0]!, { obj, maps: [], kernelBtf: null })).toThrow(/no map 'hits'/);
  });
});

describe("kernel symbols", () => {
  const obj = fixture("externs.clang-19.o");
  const prog = obj.programs[0]!;
  const at = (kind: ProgReloc["kind"], name: string) =>
    prog.relocs.find((reloc) => reloc.kind === kind && "name" in reloc && reloc.name === name)!.insnIdx;

  test("are found by BTF id", () => {
    const kernelBtf = kernel();
    const { insns } = resolveProg(prog, { obj, kernelBtf, ksymAddress: () => 0x1_8000_0010n });
    const lock = at("kfunc", "bpf_rcu_read_lock");
    expect([insns.src[lock], insns.imm[lock], insns.off[lock]]).toEqual([BPF_PSEUDO_KFUNC_CALL, 5, 0]);
    const rq = at("ksym", "runqueues");
    expect([insns.src[rq], insns.imm[rq], insns.imm[rq + 1]]).toEqual([BPF_PSEUDO_BTF_ID, 3, 0]);
    const func = at("ksym", "bpf_missing_kfunc");
    expect([insns.src[func], insns.imm[func]]).toEqual([BPF_PSEUDO_BTF_ID, 8]);
    const address = at("ksym", "bpf_prog_put");
    expect([insns.src[address], insns.imm[address]! >>> 0, insns.imm[address + 1]]).toEqual([0, 0x8000_0010, 1]);
  });

  test("weak and missing: 0, and a call that must not be reached", () => {
    const kernelBtf = kernel("bpf_missing_kfunc");
    const { insns } = resolveProg(prog, { obj, kernelBtf });
    const func = at("ksym", "bpf_missing_kfunc");
    expect([insns.src[func], insns.imm[func], insns.imm[func + 1]]).toEqual([0, 0, 0]);
    const call = at("kfunc", "bpf_missing_kfunc");
    expect([insns.code[call], insns.src[call]]).toEqual([0x85, 0]);
    expect(insns.imm[call]).toBeGreaterThanOrEqual(KFUNC_POISON);
    const address = at("ksym", "bpf_prog_put");
    expect([insns.src[address], insns.imm[address]]).toEqual([0, 0]);
  });

  test("weak with another prototype counts as missing", () => {
    const { insns } = resolveProg(prog, { obj, kernelBtf: kernel("", "ptr") });
    expect(insns.src[at("kfunc", "bpf_missing_kfunc")]).toBe(0);
  });

  test("a missing kfunc that is not weak is an error with its place", () => {
    for (const kernelBtf of [kernel("bpf_rcu_read_lock"), null]) {
      try {
        resolveProg(prog, { obj, kernelBtf });
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({
          code: "obj/kfunc",
          site: { file: "externs.clang-19.o", prog: "probe", insn: at("kfunc", "bpf_rcu_read_lock") },
        });
      }
    }
  });
});

describe("kconfig", () => {
  const obj = fixture("externs.clang-19.o");
  const values: Record<string, number | bigint | string> = {
    LINUX_KERNEL_VERSION: 0x061200,
    CONFIG_BPF_SYSCALL: "y",
    CONFIG_HZ: "1000",
    CONFIG_VETH: "m",
    CONFIG_CC_VERSION_TEXT: '"gcc (Debian 12.2.0)"',
    CONFIG_LETTER: "n",
  };
  const bytesOf = (changes: Record<string, number | bigint | string | undefined> = {}) => {
    const all = { ...values, ...changes };
    return kconfigBytes(obj, (name) => all[name as keyof typeof all]);
  };
  const codeOf = (changes: Record<string, number | bigint | string | undefined>) => {
    try {
      bytesOf(changes);
      return "taken";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test("every kind, where libbpf puts it", () => {
    const bytes = bytesOf();
    const view = new DataView(bytes.buffer);
    expect(bytes.length).toBe(34);
    expect(view.getBigUint64(0, true)).toBe(1000n);
    expect(view.getUint32(8, true)).toBe(2);
    expect(view.getUint32(12, true)).toBe(0x061200);
    expect([bytes[16], bytes[17]]).toEqual([1, "n".charCodeAt(0)]);
    expect(new TextDecoder().decode(bytes.subarray(18))).toBe("gcc (Debian 12.\0");
  });

  test.each<[string, Record<string, number | bigint | string | undefined>, string]>([
    ["weak without a value is 0", { CONFIG_HZ: undefined, CONFIG_VETH: undefined }, "taken"],
    ["not weak without a value", { LINUX_KERNEL_VERSION: undefined }, "obj/kconfig"],
    ["m for bool", { CONFIG_BPF_SYSCALL: "m" }, "obj/kconfig"],
    ["2 for bool", { CONFIG_BPF_SYSCALL: 2 }, "obj/kconfig"],
    ["y for an integer", { CONFIG_HZ: "y" }, "obj/kconfig"],
    ["hexadecimal", { CONFIG_HZ: "0xff" }, "taken"],
    ["64 bits", { CONFIG_HZ: 2n ** 64n - 1n }, "taken"],
    ["65 bits", { CONFIG_HZ: 2n ** 64n }, "obj/kconfig"],
    ["too large for int", { LINUX_KERNEL_VERSION: 2 ** 31 }, "obj/kconfig"],
    ["a negative int", { LINUX_KERNEL_VERSION: "-5" }, "taken"],
    ["a fraction", { CONFIG_HZ: 1.5 }, "obj/kconfig"],
    ["a number for text", { CONFIG_CC_VERSION_TEXT: 3 }, "obj/kconfig"],
    ["text without quotes", { CONFIG_CC_VERSION_TEXT: "gcc" }, "taken"],
    ["text for an integer", { CONFIG_HZ: '"fast"' }, "obj/kconfig"],
  ])("%s", (_, changes, expected) => {
    expect(codeOf(changes)).toBe(expected);
  });

  test("an object without any has no bytes", () => {
    expect(kconfigBytes(fixture("basic.clang-19.o"), () => 1).length).toBe(0);
  });
});
