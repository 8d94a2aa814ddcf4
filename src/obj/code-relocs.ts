/**
 * Relocations of code sections, told apart by what they are made against, as bpf_program__record_reloc() of libbpf does:
 *
 *     CALL     against a function or its section   -> subprogram call      R_BPF_64_32
 *     CALL     against an extern                   -> kfunc call           R_BPF_64_32
 *     LD_IMM64 against a function                  -> callback's address   R_BPF_64_64
 *     LD_IMM64 against .maps                       -> map                  R_BPF_64_64
 *     LD_IMM64 against .data, .rodata, .bss, arena -> address of a global  R_BPF_64_64
 *     LD_IMM64 against an extern                   -> kconfig, ksym        R_BPF_64_64
 *
 * An addend lies in the insn: bytes in LD_IMM64, insns minus one in CALL.
 */
import { utf8 } from "../base/bytes.ts";
import {
  type ElfReloc,
  type ElfSection,
  type ElfSymbol,
  R_BPF_64_32,
  R_BPF_64_64,
  SHT_RELA,
  STT_SECTION,
} from "../elf/types.ts";
import { BPF_CALL, BPF_JMP, BPF_PSEUDO_CALL, LD_IMM64 } from "../isa/codes.ts";
import { INSN_BYTES, type InsnBuf } from "../isa/insn.ts";
import type { Extern } from "./externs.ts";
import type { FuncTable, ObjFunc } from "./funcs.ts";
import { isExtern, type ObjImage, objError, symbolName, symbolOf } from "./image.ts";

const CALL = BPF_JMP | BPF_CALL;

/** insnIdx counts from the function's start. */
export type CodeReloc =
  | { readonly kind: "call" | "func"; readonly insnIdx: number; readonly target: ObjFunc }
  | { readonly kind: "map"; readonly insnIdx: number; readonly map: string }
  | { readonly kind: "mapValue"; readonly insnIdx: number; readonly map: string; readonly offBytes: number }
  | { readonly kind: "extern"; readonly insnIdx: number; readonly call: boolean; readonly extern: Extern };

/** What code can refer to besides functions. */
export interface Referents {
  /** Name of the map defined at that byte of a map section; null where none begins there. */
  mapAt(sectionIndex: number, offBytes: number): string | null;
  /** Name of the map that holds a global section, or null. */
  globalMap(sectionIndex: number): string | null;
  extern(symIndex: number): Extern | null;
}

export interface CodeRelocs {
  /** Relocations of one function, ascending; computed when first asked for. */
  of(func: ObjFunc): readonly CodeReloc[];
}

export function codeRelocs(image: ObjImage, funcs: FuncTable, referents: Referents): CodeRelocs {
  const bySection = new Map<number, readonly Raw[]>();
  const byFunc = new Map<number, readonly CodeReloc[]>();
  const gnu = symbolValuesInPlace(image, funcs);
  return {
    of(func) {
      let relocs = byFunc.get(func.index);
      if (relocs === undefined) {
        let raw = bySection.get(func.section.index);
        if (raw === undefined) {
          raw = sectionRelocs(image, func.section);
          bySection.set(func.section.index, raw);
        }
        relocs = slice(raw, func).map((reloc) => classify(image, funcs, referents, func, reloc, gnu));
        byFunc.set(func.index, relocs);
      }
      return relocs;
    },
  };
}

interface Raw {
  readonly reloc: ElfReloc;
  readonly symbol: ElfSymbol;
  readonly from: ElfSection;
}

function sectionRelocs(image: ObjImage, section: ElfSection): Raw[] {
  const raw: Raw[] = [];
  for (const from of image.relocSections.get(section.index) ?? []) {
    for (const reloc of image.elf.relocs(from)) {
      const site = { section: section.name, byte: reloc.offset };
      if (reloc.offset % INSN_BYTES !== 0 || reloc.offset >= section.size) {
        throw objError(image.file, "elf/reloc", `relocation at byte ${reloc.offset} of ${section.size}`, site);
      }
      raw.push({ reloc, symbol: symbolOf(image, from, reloc.symIndex, reloc.offset), from });
    }
  }
  return raw.sort((a, b) => a.reloc.offset - b.reloc.offset);
}

function slice(raw: readonly Raw[], func: ObjFunc): Raw[] {
  const start = func.insnOff * INSN_BYTES;
  const end = start + func.insnCnt * INSN_BYTES;
  let low = 0;
  let high = raw.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (raw[mid]!.reloc.offset < start) low = mid + 1;
    else high = mid;
  }
  const found: Raw[] = [];
  for (let i = low; i < raw.length && raw[i]!.reloc.offset < end; i++) {
    // Two for one insn: the first counts.
    if (i === low || raw[i]!.reloc.offset !== raw[i - 1]!.reloc.offset) found.push(raw[i]!);
  }
  return found;
}

function classify(
  image: ObjImage,
  funcs: FuncTable,
  referents: Referents,
  func: ObjFunc,
  { reloc, symbol, from }: Raw,
  gnu: boolean,
): CodeReloc {
  const insns = funcs.insns(func.section);
  const at = reloc.offset / INSN_BYTES;
  const insnIdx = at - func.insnOff;
  const code = insns.code[at]!;
  const name = symbolName(image, symbol);
  const site = { section: func.section.name, byte: reloc.offset, prog: func.name, insn: insnIdx };
  const fail = (what: string, advice?: string) =>
    objError(image.file, "obj/reloc", `'${func.name}' insn ${insnIdx}: ${what}`, site, advice);
  const isCall = code === CALL;
  if (!isCall && code !== LD_IMM64) {
    throw fail(`relocation against '${name}' for opcode 0x${code.toString(16)}, which takes none`);
  }
  if (!isCall && insnIdx + 1 >= func.insnCnt) throw fail("the second half of LD_IMM64 is missing");
  const { kind, addend } = addendOf(insns, at, reloc, symbol, from, gnu);

  if (isExtern(symbol)) {
    const extern = referents.extern(symbol.index);
    if (extern === null) throw fail(`nothing tells what extern '${name}' is`);
    if (isCall && !(extern.kind === "ksym" && extern.func)) throw fail(`'${name}' is called but is no function`);
    return { kind: "extern", insnIdx, call: isCall, extern };
  }
  if (image.roles[symbol.shndx] === "code") {
    if (isCall && insns.src[at] !== BPF_PSEUDO_CALL) throw fail("the call of a subprogram is not marked as one");
    const byte = isCall ? symbol.value + (addend + 1) * INSN_BYTES : symbol.value + addend;
    const target = byte % INSN_BYTES === 0 ? funcs.at(symbol.shndx, byte / INSN_BYTES) : null;
    if (target === null || target.insnOff * INSN_BYTES !== byte) {
      const section = image.elf.sections[symbol.shndx]!.name;
      throw fail(`no function begins at byte ${byte} of section '${section}'`);
    }
    return { kind: isCall ? "call" : "func", insnIdx, target };
  }
  if (isCall) throw fail(`call of '${name}', which is no function of this object`);
  const role = image.roles[symbol.shndx];
  if (role === "maps" || role === "legacyMaps") {
    const offBytes = symbol.value + (symbol.type === STT_SECTION ? addend : 0);
    const map = referents.mapAt(symbol.shndx, offBytes);
    const section = image.elf.sections[symbol.shndx]!.name;
    if (map === null) throw fail(`no map begins at byte ${offBytes} of section '${section}'`);
    return { kind: "map", insnIdx, map };
  }
  const map = referents.globalMap(symbol.shndx);
  if (map === null) {
    const section = image.elf.sections[symbol.shndx];
    const where =
      section === undefined || symbol.shndx === 0 ? `special section ${symbol.shndx}` : `section '${section.name}'`;
    throw fail(`'${name}' lies in ${where}, which programs cannot reach (relocation ${kind})`, "initialise it");
  }
  return { kind: "mapValue", insnIdx, map, offBytes: (symbol.value + addend) | 0 };
}

function addendOf(insns: InsnBuf, at: number, reloc: ElfReloc, symbol: ElfSymbol, from: ElfSection, gnu: boolean) {
  const kind =
    reloc.type === R_BPF_64_32 ? "R_BPF_64_32" : reloc.type === R_BPF_64_64 ? "R_BPF_64_64" : `${reloc.type}`;
  if (from.type === SHT_RELA) return { kind, addend: reloc.addend };
  const inPlace = insns.imm[at]!;
  return { kind, addend: gnu && symbol.type !== STT_SECTION ? inPlace - symbol.value : inPlace };
}

/**
 * GNU as before 2.41 writes symbol value plus addend into the insn where only the addend belongs. Told by the compiler's
 * mark and by every relocation against a global symbol agreeing with it.
 */
export function symbolValuesInPlace(image: ObjImage, funcs: FuncTable): boolean {
  const comment = image.elf.section(".comment");
  if (comment === null || !utf8(image.elf.data(comment)).includes("GCC: (")) return false;
  for (const section of image.elf.sections) {
    if (image.roles[section.index] !== "code") continue;
    const insns = funcs.insns(section);
    for (const { reloc, symbol, from } of sectionRelocs(image, section)) {
      if (from.type === SHT_RELA || symbol.type === STT_SECTION || symbol.value === 0) continue;
      const at = reloc.offset / INSN_BYTES;
      if (at >= insns.length) continue;
      const addend = insns.imm[at]! - symbol.value;
      if (insns.code[at] === CALL ? addend !== -1 : addend < 0 || addend > symbol.size) return false;
    }
  }
  return true;
}
