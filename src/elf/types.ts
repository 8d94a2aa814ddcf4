/**
 * ELF64 as BPF objects use it: relocatable, little-endian. Field names are those of the ELF specification
 * (gABI chapter 4), without their e_, sh_, st_ and r_ prefixes.
 */

export const EM_NONE = 0;
export const EM_BPF = 247;
export const ET_REL = 1;

export const SHT_NULL = 0;
export const SHT_PROGBITS = 1;
export const SHT_SYMTAB = 2;
export const SHT_STRTAB = 3;
export const SHT_RELA = 4;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;
export const SHT_SYMTAB_SHNDX = 18;
export const SHT_LLVM_ADDRSIG = 0x6fff4c03;

export const SHF_WRITE = 1;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
export const SHF_MERGE = 0x10;
export const SHF_STRINGS = 0x20;
export const SHF_INFO_LINK = 0x40;

export const SHN_UNDEF = 0;
export const SHN_LORESERVE = 0xff00;
export const SHN_ABS = 0xfff1;
export const SHN_COMMON = 0xfff2;
export const SHN_XINDEX = 0xffff;

export const STB_LOCAL = 0;
export const STB_GLOBAL = 1;
export const STB_WEAK = 2;

export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_SECTION = 3;
export const STT_FILE = 4;

export const STV_DEFAULT = 0;
export const STV_INTERNAL = 1;
export const STV_HIDDEN = 2;

/** Relocation types, llvm/include/llvm/BinaryFormat/ELFRelocs/BPF.def and Documentation/bpf/llvm_reloc.rst. */
export const R_BPF_NONE = 0;
/** LD_IMM64: S + A in both imm fields. */
export const R_BPF_64_64 = 1;
export const R_BPF_64_ABS64 = 2;
export const R_BPF_64_ABS32 = 3;
/** Like ABS32, but left alone by the run-time linker: .BTF and .BTF.ext. */
export const R_BPF_64_NODYLD32 = 4;
/** CALL: (S + A) / 8 - 1 in imm. */
export const R_BPF_64_32 = 10;

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  /** SHT_*. */
  readonly type: number;
  /** SHF_*. The upper 32 bits are never used and not kept. */
  readonly flags: number;
  /** Byte offset of the content in the file. */
  readonly offset: number;
  /** Bytes of content; of SHT_NOBITS, bytes in memory. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entsize: number;
}

export interface ElfSymbol {
  readonly index: number;
  readonly name: string;
  /** STT_*. */
  readonly type: number;
  /** STB_*. */
  readonly bind: number;
  /** STV_*. */
  readonly visibility: number;
  /** Section index or SHN_*, SHN_XINDEX already followed. */
  readonly shndx: number;
  /** Byte offset in the section. */
  readonly value: number;
  readonly size: number;
}

export interface ElfReloc {
  /** Byte offset in the section that is relocated. */
  readonly offset: number;
  /** R_BPF_*. */
  readonly type: number;
  readonly symIndex: number;
  /** 0 for SHT_REL, where it lies in the section's bytes. */
  readonly addend: number;
}
