import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { INT } from "../../test/fixtures/btf-int.ts";
import { SkepError } from "../base/error.ts";
import { readElf } from "../elf/read.ts";
import { decodeInsns, type InsnBuf } from "../isa/insn.ts";
import { Btf } from "./btf.ts";
import { CORE_POISON, type CoreCache, relocateCore } from "./core.ts";
import { CORE_KINDS, parseBtfExt } from "./ext.ts";

import { writeBtf } from "./write.ts";

const FOLDER = new URL("../../test/golden/core/", import.meta.url);

function open(name: string) {
  const elf = readElf(readFileSync(new URL(name, FOLDER)), name);
  const content = (section: string) => {
    const found = elf.section(section);
    return found === null ? new Uint8Array(0) : elf.data(found);
  };
  return { content, btf: new Btf(content(".BTF")) };
}

/** Relocations one by one, in the notation of expected.txt. */
function relocate(target: Btf): string[] {
  const object = open("access.bpf.o");
  const ext = parseBtfExt(object.content(".BTF.ext"), object.btf);
  const cache: CoreCache = new Map();
  const lines: string[] = [];
  for (const [section, records] of ext.relos) {
    let insns: InsnBuf = decodeInsns(object.content(section));
    for (let i = 0; i < records.length; i++) {
      const insnIdx = records[i]!.offBytes / 8;
      const name = section.slice("raw_tp/".length);
      const relo = { ...records[i]!, insnIdx };
      const old = insns;
      try {
        const { prog, outcomes } = relocateCore({ name, insns, coreRelos: [relo] }, object.btf, target, { cache });
        const outcome = outcomes[0]!;
        insns = prog.insns;
        lines.push(`${name} ${i} ${outcome.local}`);
        for (let at = insnIdx + 1; at >= insnIdx; at--) {
          if (insns.imm[at] === CORE_POISON && insns.code[at] === 0x85) lines.push(`  insn ${at} poison`);
        }
        if (outcome.poisoned) continue;
        const code = old.code[insnIdx]!;
        const field = (code & 7) === 0 ? "imm64" : (code & 4) !== 0 ? "imm" : "off";
        const [from, to] = [BigInt.asUintN(64, outcome.before), BigInt.asUintN(64, outcome.after)];
        lines.push(`  insn ${insnIdx} ${field} ${from} -> ${to}`);
        expect(field === "off" ? insns.off[insnIdx] : insns.imm[insnIdx]).toBe(
          field === "off" ? Number(to) : Number(BigInt.asIntN(32, to)),
        );
        if (field === "imm64") expect(insns.imm[insnIdx + 1]).toBe(Number(BigInt.asIntN(32, to >> 32n)));
        if (outcome.memBytes !== 0) {
          const size = (c: number) => [4, 2, 1, 8][(c >> 3) & 3];
          expect(size(insns.code[insnIdx]!)).toBe(outcome.memBytes);
          lines.push(`  insn ${insnIdx} bytes ${size(code)} -> ${outcome.memBytes}`);
        }
      } catch (error) {
        if (!(error instanceof SkepError)) throw error;
        expect(error.code).toBe("core/ambiguous");
        expect(error.site).toMatchObject({ prog: name, insn: insnIdx });
        lines.push(`${name} ${i} ${error.message.includes("candidates disagree") ? "failed" : error.message}`);
        return lines;
      }
    }
  }
  return lines;
}

/** The log of libbpf by target; a failed relocation keeps no local access, and is the last one. */
function expected(): Map<string, string[]> {
  const byTarget = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of readFileSync(new URL("expected.txt", FOLDER), "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("target ")) {
      lines = [];
      byTarget.set(line.slice("target ".length), lines);
    } else if (line === "  failed") {
      const words = lines.pop()!.split(" ");
      lines.push(`${words[0]} ${words[1]} failed`);
    } else {
      lines.push(line);
    }
  }
  return byTarget;
}

for (const [file, lines] of expected()) {
  test(`relocates for ${file} as libbpf does`, () => {
    expect(relocate(open(file).btf)).toEqual(lines);
  });
}

test("the object has relocations of every kind, and one that fails", () => {
  const object = open("access.bpf.o");
  const kinds = new Set(
    [...parseBtfExt(object.content(".BTF.ext"), object.btf).relos.values()].flat().map((r) => r.kind),
  );
  expect([...kinds].sort()).toEqual([...CORE_KINDS].sort());
  expect(expected().get("disagree.o")!.at(-1)).toMatch(/ failed$/);
});

test("the program given is left alone", () => {
  const object = open("access.bpf.o");
  const insns = decodeInsns(object.content("raw_tp/gone"));
  const relo = parseBtfExt(object.content(".BTF.ext"), object.btf).relos.get("raw_tp/gone")![0]!;
  const before = insns.code.slice();
  const spec = { name: "gone", insns, coreRelos: [{ ...relo, insnIdx: relo.offBytes / 8 }] };
  const { outcomes } = relocateCore(spec, object.btf, open("less.o").btf);
  expect(outcomes[0]).toMatchObject({ poisoned: true, target: "" });
  expect(insns.code).toEqual(before);
});

test("an insn that holds another value than the object's types say is refused", () => {
  const object = open("access.bpf.o");
  const insns = decodeInsns(object.content("raw_tp/gone"));
  const relo = parseBtfExt(object.content(".BTF.ext"), object.btf).relos.get("raw_tp/gone")![0]!;
  const insnIdx = relo.offBytes / 8;
  const run = () =>
    relocateCore({ name: "gone", insns, coreRelos: [{ ...relo, insnIdx }] }, object.btf, open("same.o").btf);
  insns.off[insnIdx] = 4;
  expect(run).toThrow(expect.objectContaining({ code: "core/mismatch" }));
  insns.code[insnIdx] = 0x95;
  expect(run).toThrow(expect.objectContaining({ code: "core/insn" }));
});

test("what the kernel has no candidate for is searched in modules, each over the kernel", () => {
  const object = open("access.bpf.o");
  const insns = decodeInsns(object.content("raw_tp/gone"));
  const relo = parseBtfExt(object.content(".BTF.ext"), object.btf).relos.get("raw_tp/gone")![0]!;
  const spec = { name: "gone", insns, coreRelos: [{ ...relo, insnIdx: relo.offBytes / 8 }] };
  const kernel = new Btf(writeBtf([INT]));
  const module = (bitOff: number): Btf => {
    const members = [{ name: "gone", typeId: 1, bitOff, bitSize: 0 }];
    return new Btf(writeBtf([{ kind: "struct", name: "item", sizeBytes: 256, members }], kernel), kernel);
  };
  const run = (...modules: Btf[]) => relocateCore(spec, object.btf, kernel, { modules }).outcomes[0]!;
  expect(run()).toMatchObject({ poisoned: true });
  expect(run(module(800))).toMatchObject({ poisoned: false, after: 100n });
  expect(run(module(800), module(800))).toMatchObject({ after: 100n });
  expect(() => run(module(800), module(8))).toThrow(expect.objectContaining({ code: "core/ambiguous" }));
});
