/** Functions laid out in their sections; calls and addresses become relocations of the section. */
import { bug } from "../base/error.ts";
import * as elf from "../elf/types.ts";
import type { OutReloc, OutSection } from "../elf/write.ts";
import type { IrFunction, IrModule } from "../ir/ir.ts";
import { encodeInsns, INSN_BYTES, type Insn, insnsOf } from "../isa/insn.ts";
import type { EmittedFunction } from "./emitter.ts";
import type { Symbols } from "./symbols.ts";

export interface PlacedFunction {
  readonly fn: IrFunction;
  readonly code: EmittedFunction;
  /** Slot within the section. */
  readonly startIdx: number;
}

export interface CodeSection {
  readonly name: string;
  readonly functions: PlacedFunction[];
  /** In slots. */
  length: number;
}

/** .text first, as clang has it, the others as they come. */
export function codeSections(module: IrModule, compiled: ReadonlyMap<IrFunction, EmittedFunction>): CodeSection[] {
  const sections = new Map<string, CodeSection>();
  const order = [...module.functions].sort((a, b) => Number(b.section === ".text") - Number(a.section === ".text"));
  for (const fn of order) {
    let section = sections.get(fn.section);
    if (section === undefined) {
      section = { name: fn.section, functions: [], length: 0 };
      sections.set(fn.section, section);
    }
    const code = compiled.get(fn)!;
    section.functions.push({ fn, code, startIdx: section.length });
    section.length += code.insns.length;
  }
  return [...sections.values()];
}

export function encodeSection(section: CodeSection, symbols: Symbols): OutSection {
  const insns: Insn[] = [];
  const relocs: OutReloc[] = [];
  for (const { code, startIdx } of section.functions) {
    insns.push(...code.insns.map((insn) => ({ ...insn })));
    for (const reloc of code.relocs) {
      const at = startIdx + reloc.insnIdx;
      const insn = insns[at] ?? bug("relocation behind the code");
      const target = symbols.of(reloc.symbol);
      if (reloc.kind === "addr") {
        insn.imm = target.addend + reloc.addend;
        relocs.push({ offset: at * INSN_BYTES, type: elf.R_BPF_64_64, symbol: target.index });
        continue;
      }
      if (target.local && target.section === section.name) {
        insn.imm = target.addend / INSN_BYTES - at - 1;
        continue;
      }
      insn.imm = target.addend / INSN_BYTES - 1;
      relocs.push({ offset: at * INSN_BYTES, type: elf.R_BPF_64_32, symbol: target.index });
    }
  }
  return {
    name: section.name,
    type: elf.SHT_PROGBITS,
    flags: elf.SHF_ALLOC | elf.SHF_EXECINSTR,
    align: 8,
    data: encodeInsns(insnsOf(insns)),
    relocs,
  };
}
