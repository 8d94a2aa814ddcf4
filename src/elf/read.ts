/**
 * Reads ELF64 little-endian relocatable objects for BPF (gABI chapters 4 and 5).
 *
 *     +-------------+----------- ... ----------+----------------------+
 *     | header, 64B | section contents         | section headers, 64B |
 *     +-------------+----------- ... ----------+----------------------+
 *       shoff, shnum, shstrndx ------------------^
 *
 * Section headers are read at once (their number is bounded by the file's size); contents, symbols and names only when
 * asked for. Every read is checked: a damaged file gives SkepError "elf/..." with section and byte, never anything else.
 */
import { viewOf } from "../base/bytes.ts";
import { type Site, SkepError } from "../base/error.ts";
import {
  type ElfReloc,
  type ElfSection,
  type ElfSymbol,
  EM_BPF,
  EM_NONE,
  ET_REL,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_NOBITS,
  SHT_RELA,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from "./types.ts";

const EHDR_BYTES = 64;
const SHDR_BYTES = 64;
const SYM_BYTES = 24;
const REL_BYTES = 16;
const RELA_BYTES = 24;
/** No compiler writes longer names; without a limit, overlapping strings make reading quadratic. */
const MAX_NAME = 4096;

const decoder = new TextDecoder();

/** An opened object. Offsets and sizes in it lie within the file. */
export interface Elf {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly machine: number;
  readonly flags: number;
  /** By section index; [0] is the null section. */
  readonly sections: readonly ElfSection[];
  /** First section of that name, or null. */
  section(name: string): ElfSection | null;
  /** Content of a section, a view into `bytes`; empty for SHT_NOBITS. */
  data(section: ElfSection): Uint8Array;
  /** All symbols of the one symbol table, [0] being the null symbol; empty where there is none. */
  symbols(): readonly ElfSymbol[];
  /** Entries of an SHT_REL or SHT_RELA section, in file order. */
  relocs(section: ElfSection): readonly ElfReloc[];
}

/** Opens an object. `file` names it in errors. Throws SkepError "elf/...". */
export function readElf(input: Uint8Array, file = "object"): Elf {
  // Node's Buffer is a Uint8Array whose slice() shares memory: hand out plain arrays only.
  const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const view = viewOf(bytes);
  checkIdent(bytes, file);
  const type = view.getUint16(16, true);
  const machine = view.getUint16(18, true);
  if (machine !== EM_BPF && machine !== EM_NONE) {
    fail("elf/machine", `made for machine ${machine}, not for BPF (${EM_BPF})`, { file, byte: 18 }, COMPILE);
  }
  if (type !== ET_REL) {
    fail(
      "elf/type",
      `ELF type ${type} is no relocatable object`,
      { file, byte: 16 },
      "pass the .o file, not a linked one",
    );
  }
  const sections = readSections(bytes, view, file);
  let byName: Map<string, ElfSection> | null = null;
  let symbols: readonly ElfSymbol[] | null = null;
  return {
    file,
    bytes,
    machine,
    flags: view.getUint32(48, true),
    sections,
    section(name) {
      if (byName === null) {
        byName = new Map();
        for (const section of sections)
          if (section.index > 0 && !byName.has(section.name)) byName.set(section.name, section);
      }
      return byName.get(name) ?? null;
    },
    data(section) {
      if (section.type === SHT_NOBITS) return bytes.subarray(0, 0);
      return bytes.subarray(section.offset, section.offset + section.size);
    },
    symbols() {
      symbols ??= readSymbols(bytes, view, file, sections);
      return symbols;
    },
    relocs(section) {
      return readRelocs(view, file, section);
    },
  };
}

const COMPILE = "compile with clang -O2 -g -target bpf -c (or bpf-gcc -O2 -g -c)";

function fail(code: string, message: string, site: Site, advice?: string): never {
  throw new SkepError(code, message, advice === undefined ? { site } : { site, advice });
}

function checkIdent(bytes: Uint8Array, file: string): void {
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    fail("elf/magic", "not an ELF file: it does not begin with 7f 45 4c 46", { file, byte: 0 }, COMPILE);
  }
  if (bytes.length < EHDR_BYTES) {
    fail("elf/truncated", `file of ${bytes.length} bytes ends within the ELF header`, { file, byte: bytes.length });
  }
  if (bytes[4] !== 2) fail("elf/class", "not a 64-bit ELF file", { file, byte: 4 }, COMPILE);
  if (bytes[5] === 2) {
    fail(
      "elf/big-endian",
      "big-endian BPF object: Skep reads little-endian ones",
      { file, byte: 5 },
      "compile with -target bpfel (or -target bpf on a little-endian machine)",
    );
  }
  if (bytes[5] !== 1) fail("elf/byte-order", `unknown byte order ${bytes[5]}`, { file, byte: 5 });
}

/** A u64 that must be a usable number: offsets and sizes above 2^53 cannot lie in any file. */
function u64(view: DataView, at: number, file: string, section: string): number {
  const value = view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
  if (value > Number.MAX_SAFE_INTEGER) fail("elf/range", "offset or size above 2^53", { file, section, byte: at });
  return value;
}

function readSections(bytes: Uint8Array, view: DataView, file: string): ElfSection[] {
  const shoff = u64(view, 40, file, "");
  if (shoff === 0) fail("elf/no-sections", "the file has no section headers", { file, byte: 40 }, COMPILE);
  const entsize = view.getUint16(58, true);
  if (entsize !== SHDR_BYTES)
    fail("elf/header", `section headers of ${entsize} bytes instead of 64`, { file, byte: 58 });
  let count = view.getUint16(60, true);
  let strIndex = view.getUint16(62, true);
  if (shoff + SHDR_BYTES > bytes.length) {
    fail("elf/truncated", `section headers at byte ${shoff} lie past the end (${bytes.length})`, { file, byte: shoff });
  }
  // More than 65279 sections: the real numbers stand in section 0 (gABI, "Special Section Indexes").
  if (count === 0) count = u64(view, shoff + 32, file, "");
  if (strIndex === SHN_XINDEX) strIndex = view.getUint32(shoff + 40, true);
  if (shoff + count * SHDR_BYTES > bytes.length) {
    fail("elf/truncated", `${count} section headers at byte ${shoff} reach past the end (${bytes.length})`, {
      file,
      byte: shoff,
    });
  }
  if (strIndex === SHN_UNDEF || strIndex >= count) {
    fail("elf/header", `section ${strIndex} of ${count} cannot hold the section names`, { file, byte: 62 });
  }
  const strAt = shoff + strIndex * SHDR_BYTES;
  const names = nameReader(bytes, file, ".shstrtab", u64(view, strAt + 24, file, ""), u64(view, strAt + 32, file, ""));
  const sections: ElfSection[] = [];
  for (let index = 0; index < count; index++) {
    const at = shoff + index * SHDR_BYTES;
    const nameOff = view.getUint32(at, true);
    const name = index === 0 ? "" : names(nameOff, at);
    const type = view.getUint32(at + 4, true);
    const section: ElfSection = {
      index,
      name,
      type,
      flags: view.getUint32(at + 8, true),
      offset: u64(view, at + 24, file, name),
      size: index === 0 ? 0 : u64(view, at + 32, file, name),
      link: view.getUint32(at + 40, true),
      info: view.getUint32(at + 44, true),
      align: u64(view, at + 48, file, name),
      entsize: u64(view, at + 56, file, name),
    };
    if (type !== SHT_NOBITS && index > 0 && section.offset + section.size > bytes.length) {
      fail("elf/truncated", `section '${name}' ends at byte ${section.offset + section.size} of ${bytes.length}`, {
        file,
        section: name,
        byte: section.offset,
      });
    }
    sections.push(section);
  }
  return sections;
}

/** Reads NUL-terminated names out of a string table; each distinct offset is decoded once. */
function nameReader(bytes: Uint8Array, file: string, section: string, offset: number, size: number) {
  if (offset + size > bytes.length) {
    fail("elf/truncated", `string table ends at byte ${offset + size} of ${bytes.length}`, {
      file,
      section,
      byte: offset,
    });
  }
  const cache = new Map<number, string>();
  return (at: number, from: number): string => {
    let text = cache.get(at);
    if (text !== undefined) return text;
    if (at >= size && !(at === 0 && size === 0)) {
      fail("elf/string", `name at byte ${at} of a string table of ${size} bytes`, { file, section, byte: from });
    }
    const start = offset + at;
    const limit = Math.min(offset + size, start + MAX_NAME);
    let end = start;
    while (end < limit && bytes[end] !== 0) end++;
    if (end === limit && size > 0) {
      const why = end === offset + size ? "is not terminated" : `is longer than ${MAX_NAME} bytes`;
      fail("elf/string", `name at byte ${at} ${why}`, { file, section, byte: at });
    }
    text = decoder.decode(bytes.subarray(start, end));
    cache.set(at, text);
    return text;
  };
}

function readSymbols(
  bytes: Uint8Array,
  view: DataView,
  file: string,
  sections: readonly ElfSection[],
): readonly ElfSymbol[] {
  const tables = sections.filter((section) => section.type === SHT_SYMTAB);
  const table = tables[0];
  if (table === undefined) return [];
  const site = { file, section: table.name };
  if (tables.length > 1) fail("elf/symbols", "more than one symbol table", site);
  if (table.entsize !== SYM_BYTES || table.size % SYM_BYTES !== 0) {
    fail("elf/symbols", `symbol table of ${table.size} bytes, entries of ${table.entsize}`, {
      ...site,
      byte: table.offset,
    });
  }
  const strings = sections[table.link];
  if (strings === undefined || strings.type === SHT_NOBITS || strings.index === 0) {
    fail("elf/symbols", `section ${table.link} cannot hold the symbols' names`, site);
  }
  const name = nameReader(bytes, file, strings.name, strings.offset, strings.size);
  const wide = sections.find((section) => section.type === SHT_SYMTAB_SHNDX && section.link === table.index);
  const symbols: ElfSymbol[] = [];
  const count = table.size / SYM_BYTES;
  for (let index = 0; index < count; index++) {
    const at = table.offset + index * SYM_BYTES;
    const info = view.getUint8(at + 4);
    let shndx = view.getUint16(at + 6, true);
    if (shndx === SHN_XINDEX) {
      if (wide === undefined || index * 4 + 4 > wide.size) {
        fail("elf/symbols", `symbol ${index} has no extended section index`, { ...site, byte: at });
      }
      shndx = view.getUint32(wide.offset + index * 4, true);
    }
    symbols.push({
      index,
      name: name(view.getUint32(at, true), at),
      type: info & 15,
      bind: info >> 4,
      visibility: view.getUint8(at + 5) & 3,
      shndx,
      value: u64(view, at + 8, file, table.name),
      size: u64(view, at + 16, file, table.name),
    });
  }
  return symbols;
}

function readRelocs(view: DataView, file: string, section: ElfSection): readonly ElfReloc[] {
  const rela = section.type === SHT_RELA;
  const entry = rela ? RELA_BYTES : REL_BYTES;
  if (section.entsize !== entry || section.size % entry !== 0) {
    fail("elf/reloc", `relocations of ${section.entsize} bytes in a section of ${section.size}; ${entry} expected`, {
      file,
      section: section.name,
      byte: section.offset,
    });
  }
  const relocs: ElfReloc[] = [];
  const end = section.offset + section.size;
  for (let at = section.offset; at < end; at += entry) {
    relocs.push({
      offset: u64(view, at, file, section.name),
      type: view.getUint32(at + 8, true),
      symIndex: view.getUint32(at + 12, true),
      addend: rela ? Number(view.getBigInt64(at + 16, true)) : 0,
    });
  }
  return relocs;
}
