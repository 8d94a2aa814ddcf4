/** The symbol table, and what a relocation against a name refers to. */
import { SkepError } from "../base/error.ts";
import * as elf from "../elf/types.ts";
import type { OutSymbol } from "../elf/write.ts";
import type { IrModule, Linkage } from "../ir/ir.ts";
import { INSN_BYTES } from "../isa/insn.ts";
import type { CodeSection } from "./code-sections.ts";
import type { DataSection } from "./data-sections.ts";

export interface SymbolRef {
  /** Index in `list`. */
  readonly index: number;
  /** Bytes from the symbol to what is meant: static functions go by their section's symbol. */
  readonly addend: number;
  readonly local: boolean;
  readonly section: string;
}

export interface Symbols {
  readonly list: readonly OutSymbol[];
  /** Throws "codegen/symbol". */
  of(name: string): SymbolRef;
}

export function symbolTable(
  module: IrModule,
  code: readonly CodeSection[],
  data: readonly DataSection[],
  sectionIndex: ReadonlyMap<string, number>,
): Symbols {
  const list: OutSymbol[] = [];
  const refs = new Map<string, SymbolRef>();
  for (const section of code) {
    const shndx = sectionIndex.get(section.name)!;
    const own = list.length;
    list.push({ name: "", type: elf.STT_SECTION, bind: elf.STB_LOCAL, visibility: 0, shndx, value: 0, size: 0 });
    for (const { fn, code: emitted, startIdx } of section.functions) {
      const value = startIdx * INSN_BYTES;
      const local = fn.linkage === "static";
      const index = list.length;
      refs.set(fn.name, { index: local ? own : index, addend: local ? value : 0, local, section: section.name });
      list.push({
        name: fn.name,
        type: elf.STT_FUNC,
        bind: bindOf(fn.linkage),
        visibility: fn.hidden ? elf.STV_HIDDEN : elf.STV_DEFAULT,
        shndx,
        value,
        size: emitted.insns.length * INSN_BYTES,
      });
    }
  }
  for (const section of data) {
    for (const { global, offBytes, sizeBytes } of section.vars) {
      refs.set(global.name, { index: list.length, addend: 0, local: false, section: section.name });
      list.push({
        name: global.name,
        type: elf.STT_OBJECT,
        bind: bindOf(global.linkage),
        visibility: global.hidden ? elf.STV_HIDDEN : elf.STV_DEFAULT,
        shndx: sectionIndex.get(section.name)!,
        value: offBytes,
        size: sizeBytes,
      });
    }
  }
  for (const one of module.externs) {
    refs.set(one.name, { index: list.length, addend: 0, local: false, section: "" });
    const bind = one.weak ? elf.STB_WEAK : elf.STB_GLOBAL;
    list.push({ name: one.name, type: elf.STT_NOTYPE, bind, visibility: 0, shndx: elf.SHN_UNDEF, value: 0, size: 0 });
  }
  return {
    list,
    of(name): SymbolRef {
      const ref = refs.get(name);
      if (ref !== undefined) return ref;
      throw new SkepError("codegen/symbol", `'${name}' is neither defined nor declared extern`);
    },
  };
}

function bindOf(linkage: Linkage): number {
  return linkage === "static" ? elf.STB_LOCAL : linkage === "weak" ? elf.STB_WEAK : elf.STB_GLOBAL;
}
