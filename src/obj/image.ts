/**
 * An opened object with a role for every section: what libbpf's bpf_object__elf_collect() learns before it looks at any
 * map or program. Nothing is decoded here but the section names, the symbol table and two small strings.
 */
import { cString, viewOf } from "../base/bytes.ts";
import { type Site, SkepError } from "../base/error.ts";
import { type Elf, readElf } from "../elf/read.ts";
import {
  type ElfSection,
  type ElfSymbol,
  SHF_EXECINSTR,
  SHN_UNDEF,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  STB_GLOBAL,
  STB_WEAK,
  STT_NOTYPE,
  STT_SECTION,
} from "../elf/types.ts";

export type Role = "none" | "code" | "maps" | "legacyMaps" | "data" | "rodata" | "bss" | "structOps" | "arena";

export interface ObjImage {
  readonly file: string;
  readonly elf: Elf;
  readonly symbols: readonly ElfSymbol[];
  /** By section index. */
  readonly roles: readonly Role[];
  readonly license: string;
  /** Content of the `version` section, 0 where there is none. */
  readonly kernelVersion: number;
  /** Index of .text, -1 where it is missing or empty. */
  readonly textIndex: number;
  /** SHT_REL and SHT_RELA sections by the index of the section that they relocate. */
  readonly relocSections: ReadonlyMap<number, readonly ElfSection[]>;
}

/** BPF_OBJ license buffer of libbpf: 63 characters count. */
const MAX_LICENSE = 63;

export function openImage(bytes: Uint8Array, file: string): ObjImage {
  const elf = readElf(bytes, file);
  const symbols = elf.symbols();
  if (symbols.length === 0) {
    throw objError(
      file,
      "obj/no-symbols",
      "the object has no symbol table",
      {},
      "do not strip it: llvm-strip -g keeps it",
    );
  }
  const roles: Role[] = [];
  const relocSections = new Map<number, ElfSection[]>();
  let license = "";
  let kernelVersion = 0;
  let textIndex = -1;
  for (const section of elf.sections) {
    const role = roleOf(section);
    roles.push(role);
    if (role === "code" && section.name === ".text") textIndex = section.index;
    if (section.type === SHT_REL || section.type === SHT_RELA) {
      const list = relocSections.get(section.info);
      if (list === undefined) relocSections.set(section.info, [section]);
      else list.push(section);
    } else if (section.name === "license") {
      license = cString(elf.data(section).subarray(0, MAX_LICENSE));
    } else if (section.name === "version" && section.type === SHT_PROGBITS) {
      if (section.size !== 4) {
        throw objError(file, "obj/version", `version section of ${section.size} bytes instead of 4`, {
          section: "version",
        });
      }
      kernelVersion = viewOf(elf.data(section)).getUint32(0, true);
    }
  }
  return { file, elf, symbols, roles, license, kernelVersion, textIndex, relocSections };
}

function roleOf(section: ElfSection): Role {
  const name = section.name;
  if (section.index === 0) return "none";
  if (section.type === SHT_NOBITS) return isOrUnder(name, ".bss") ? "bss" : "none";
  if (section.type !== SHT_PROGBITS) return "none";
  if (name === ".maps") return "maps";
  if (name === "maps") return "legacyMaps";
  if (name === "license" || name === "version" || name.startsWith(".debug_") || section.size === 0) return "none";
  if (section.flags & SHF_EXECINSTR) return "code";
  if (isOrUnder(name, ".data")) return "data";
  if (isOrUnder(name, ".rodata")) return "rodata";
  if (name === ".addr_space.1") return "arena";
  if (STRUCT_OPS.has(name)) return "structOps";
  return "none";
}

const STRUCT_OPS = new Set([".struct_ops", ".struct_ops.link", "?.struct_ops", "?.struct_ops.link"]);

function isOrUnder(name: string, stem: string): boolean {
  return name === stem || (name.startsWith(stem) && name[stem.length] === ".");
}

/** An undefined, untyped global: what `extern` leaves in the symbol table. */
export function isExtern(symbol: ElfSymbol): boolean {
  return (
    symbol.shndx === SHN_UNDEF &&
    (symbol.bind === STB_GLOBAL || symbol.bind === STB_WEAK) &&
    symbol.type === STT_NOTYPE &&
    symbol.name !== ""
  );
}

/** For messages: section symbols have no name of their own. */
export function symbolName(image: ObjImage, symbol: ElfSymbol): string {
  if (symbol.name === "" && symbol.type === STT_SECTION) return image.elf.sections[symbol.shndx]?.name ?? "?";
  return symbol.name === "" ? "?" : symbol.name;
}

export function symbolOf(image: ObjImage, relocSection: ElfSection, symIndex: number, at: number): ElfSymbol {
  const symbol = image.symbols[symIndex];
  if (symbol === undefined) {
    throw objError(image.file, "elf/reloc", `relocation against symbol ${symIndex} of ${image.symbols.length}`, {
      section: relocSection.name,
      byte: at,
    });
  }
  return symbol;
}

export function objError(file: string, code: string, message: string, site: Site = {}, advice?: string): SkepError {
  const where = { file, ...site };
  return new SkepError(code, message, advice === undefined ? { site: where } : { site: where, advice });
}
