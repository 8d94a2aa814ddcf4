import { expect, test } from "vitest";
import { type Insn, insnsOf } from "../isa/insn.ts";
import type { MapSpec, ResolvedProg } from "../obj/spec.ts";
import { verify } from "./verify.ts";

const I = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });

function prog(type: number, list: readonly Insn[], maps: readonly MapSpec[] = []): ResolvedProg {
  const insns = insnsOf(list);
  return {
    spec: {
      name: "t",
      section: "",
      type,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns,
      funcs: [{ insnIdx: 0, name: "t", typeId: 0, linkage: "global" }],
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns,
    maps,
    license: "GPL",
    btf: null,
    kernelBtf: null,
  };
}

test("a program that returns a constant is accepted", () => {
  const result = verify(prog(1, [I(0xb7, 0, 0, 0, 0), I(0x95, 0, 0, 0, 0)]));
  expect(result.ok).toBe(true);
  expect(result.stats.processed).toBe(2);
});

test("a register that was never written is refused with the kernel's sentence", () => {
  const result = verify(prog(1, [I(0xbf, 0, 2, 0, 0), I(0x95, 0, 0, 0, 0)]));
  expect(result.ok).toBe(false);
  expect(result.error).toMatchObject({ code: "V001", kernel: "R2 !read_ok", insn: 0, errno: 13 });
});
