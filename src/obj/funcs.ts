/**
 * The functions of an object: entry programs (global functions outside .text) and subprograms. A function's instructions
 * are a slice of its section's columns; relocations and BTF.ext records are found by binary search in the section's lists.
 */

import { type ElfSection, STB_LOCAL, STT_FUNC, STV_HIDDEN, STV_INTERNAL } from "../elf/types.ts";
import { decodeInsns, INSN_BYTES, type InsnBuf } from "../isa/insn.ts";
import { type ObjImage, objError } from "./image.ts";

export interface ObjFunc {
  /** Position in FuncTable.all. */
  readonly index: number;
  readonly name: string;
  readonly section: ElfSection;
  /** First insn, counted from the section's start. */
  readonly insnOff: number;
  readonly insnCnt: number;
  /** Global or weak symbol. */
  readonly global: boolean;
  /** Hidden or internal visibility: verified as if it were static. */
  readonly hidden: boolean;
  /** A program that can be loaded, as opposed to a subprogram. */
  readonly entry: boolean;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface FuncTable {
  /** Sorted by section index, then by offset. */
  readonly all: readonly ObjFunc[];
  /** Columns of a code section, decoded once. */
  insns(section: ElfSection): InsnBuf;
  /** The function that holds that insn of that section, or null. */
  at(sectionIndex: number, insnIdx: number): ObjFunc | null;
}

export function readFuncs(image: ObjImage): FuncTable {
  const all: Mutable<ObjFunc>[] = [];
  for (const symbol of image.symbols) {
    if (symbol.type !== STT_FUNC || image.roles[symbol.shndx] !== "code") continue;
    const section = image.elf.sections[symbol.shndx]!;
    const { value, size, name } = symbol;
    const site = { section: section.name, byte: value };
    if (value + size > section.size) {
      throw objError(image.file, "obj/func", `function '${name}' reaches past the end of its section`, site);
    }
    if (size === 0 || size % INSN_BYTES !== 0 || value % INSN_BYTES !== 0) {
      throw objError(image.file, "obj/func", `function '${name}' of ${size} bytes is no whole number of insns`, site);
    }
    const global = symbol.bind !== STB_LOCAL;
    all.push({
      index: 0,
      name,
      section,
      insnOff: value / INSN_BYTES,
      insnCnt: size / INSN_BYTES,
      global,
      hidden: global && (symbol.visibility === STV_HIDDEN || symbol.visibility === STV_INTERNAL),
      entry: global && section.index !== image.textIndex,
    });
  }
  all.sort((a, b) => a.section.index - b.section.index || a.insnOff - b.insnOff);
  for (const [i, func] of all.entries()) {
    func.index = i;
    const before = i === 0 ? null : all[i - 1]!;
    if (before === null || before.section !== func.section) continue;
    const alias = before.insnOff === func.insnOff && before.insnCnt === func.insnCnt;
    if (!alias && before.insnOff + before.insnCnt > func.insnOff) {
      const site = { section: func.section.name, byte: func.insnOff * INSN_BYTES };
      throw objError(image.file, "obj/func", `functions '${before.name}' and '${func.name}' overlap`, site);
    }
  }
  const columns = new Map<number, InsnBuf>();
  return {
    all,
    insns(section) {
      let buf = columns.get(section.index);
      if (buf === undefined) {
        const data = image.elf.data(section);
        buf = decodeInsns(data.subarray(0, data.length - (data.length % INSN_BYTES)));
        columns.set(section.index, buf);
      }
      return buf;
    },
    at(sectionIndex, insnIdx) {
      let low = 0;
      let high = all.length - 1;
      while (low < high) {
        const mid = (low + high + 1) >> 1;
        const func = all[mid]!;
        if (func.section.index < sectionIndex || (func.section.index === sectionIndex && func.insnOff <= insnIdx))
          low = mid;
        else high = mid - 1;
      }
      const func = all[low];
      if (func === undefined || func.section.index !== sectionIndex) return null;
      return insnIdx >= func.insnOff && insnIdx < func.insnOff + func.insnCnt ? func : null;
    },
  };
}
