/**
 * Writes relocatable ELF64 little-endian objects for BPF: what the compiler and the object linker hand out.
 *
 *     +--------+----------+--------------------+---------+---------+-----------------+
 *     | header | contents | .relNAME / .relaNAME | .symtab | .strtab | section headers |
 *     +--------+----------+--------------------+---------+---------+-----------------+
 *
 * `.strtab` holds the names of sections and symbols, as clang has it. Section numbers: the given ones from 1, in order,
 * then the relocations in the same order, then .symtab and .strtab.
 */
import { fromUtf8, viewOf } from "../base/bytes.ts";
import { bug, SkepError } from "../base/error.ts";
import {
  EM_BPF,
  ET_REL,
  SHF_INFO_LINK,
  SHN_LORESERVE,
  SHT_NOBITS,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  STB_LOCAL,
} from "./types.ts";

export interface OutReloc {
  /** Byte offset in the section that holds it. */
  readonly offset: number;
  /** R_BPF_*. */
  readonly type: number;
  /** Index in the symbols given: 0 is the first of them. */
  readonly symbol: number;
  /** Only for `rela`; else it belongs into the section's bytes. */
  readonly addend?: number;
}

export interface OutSection {
  readonly name: string;
  /** SHT_*. */
  readonly type: number;
  /** SHF_*. */
  readonly flags: number;
  /** A power of two. */
  readonly align: number;
  readonly entsize?: number;
  /** Content; for SHT_NOBITS give `size` instead. */
  readonly data: Uint8Array;
  readonly size?: number;
  readonly relocs?: readonly OutReloc[];
  /** Write SHT_RELA instead of SHT_REL. */
  readonly rela?: boolean;
}

export interface OutSymbol {
  readonly name: string;
  /** STT_*. */
  readonly type: number;
  /** STB_*. */
  readonly bind: number;
  /** STV_*. */
  readonly visibility: number;
  /** Section number from 1, 0 for undefined, or SHN_ABS. */
  readonly shndx: number;
  readonly value: number;
  readonly size: number;
}

export interface OutElf {
  readonly sections: readonly OutSection[];
  /** Without the null symbol. Local ones are moved to the front, as ELF wants it; relocations follow. */
  readonly symbols: readonly OutSymbol[];
}

const EHDR_BYTES = 64;
const SHDR_BYTES = 64;
const SYM_BYTES = 24;

interface Header {
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entsize: number;
  /** Null for SHT_NOBITS. */
  readonly data: Uint8Array | null;
}

export function writeElf(elf: OutElf): Uint8Array {
  const strings = new StringTable();
  const { order, place, locals } = localsFirst(elf.symbols);
  const relocated = elf.sections.filter((section) => (section.relocs?.length ?? 0) > 0);
  const symtabIndex = 1 + elf.sections.length + relocated.length;
  const strtabIndex = symtabIndex + 1;
  if (strtabIndex >= SHN_LORESERVE) {
    throw new SkepError("elf/too-many-sections", `${strtabIndex} sections; ${SHN_LORESERVE - 1} fit in an object`);
  }
  const headers: Header[] = elf.sections.map((section) => {
    const noBits = section.type === SHT_NOBITS;
    return {
      name: strings.add(section.name),
      type: section.type,
      flags: section.flags,
      size: noBits ? (section.size ?? 0) : section.data.length,
      link: 0,
      info: 0,
      align: section.align,
      entsize: section.entsize ?? 0,
      data: noBits ? null : section.data,
    };
  });
  for (const section of relocated) {
    const data = relocBytes(section, place);
    headers.push({
      name: strings.add(`${section.rela ? ".rela" : ".rel"}${section.name}`),
      type: section.rela ? SHT_RELA : SHT_REL,
      flags: SHF_INFO_LINK,
      size: data.length,
      link: symtabIndex,
      info: elf.sections.indexOf(section) + 1,
      align: 8,
      entsize: section.rela ? 24 : 16,
      data,
    });
  }
  const symbols = symbolBytes(order, strings);
  headers.push({
    name: strings.add(".symtab"),
    type: SHT_SYMTAB,
    flags: 0,
    size: symbols.length,
    link: strtabIndex,
    info: 1 + locals,
    align: 8,
    entsize: SYM_BYTES,
    data: symbols,
  });
  const name = strings.add(".strtab");
  const data = strings.bytes();
  headers.push({ name, type: SHT_STRTAB, flags: 0, size: data.length, link: 0, info: 0, align: 1, entsize: 0, data });
  return layOut(headers, strtabIndex);
}

function layOut(headers: readonly Header[], strtabIndex: number): Uint8Array {
  const offsets: number[] = [];
  let end = EHDR_BYTES;
  for (const header of headers) {
    end = alignUp(end, header.align);
    offsets.push(end);
    end += header.data?.length ?? 0;
  }
  const shoff = alignUp(end, 8);
  const bytes = new Uint8Array(shoff + SHDR_BYTES * (headers.length + 1));
  const view = viewOf(bytes);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, ET_REL, true);
  view.setUint16(18, EM_BPF, true);
  view.setUint32(20, 1, true);
  setU64(view, 40, shoff);
  view.setUint16(52, EHDR_BYTES, true);
  view.setUint16(58, SHDR_BYTES, true);
  view.setUint16(60, headers.length + 1, true);
  view.setUint16(62, strtabIndex, true);
  for (const [i, header] of headers.entries()) {
    const at = shoff + SHDR_BYTES * (i + 1);
    view.setUint32(at, header.name, true);
    view.setUint32(at + 4, header.type, true);
    setU64(view, at + 8, header.flags);
    setU64(view, at + 24, offsets[i]!);
    setU64(view, at + 32, header.size);
    view.setUint32(at + 40, header.link, true);
    view.setUint32(at + 44, header.info, true);
    setU64(view, at + 48, header.align);
    setU64(view, at + 56, header.entsize);
    if (header.data !== null) bytes.set(header.data, offsets[i]!);
  }
  return bytes;
}

/** `place[i]` is the number that symbol i of the caller gets in the file. */
function localsFirst(symbols: readonly OutSymbol[]) {
  const local = symbols.map((symbol) => symbol.bind === STB_LOCAL);
  const locals = local.filter(Boolean).length;
  const order = [...symbols.filter((_, i) => local[i]), ...symbols.filter((_, i) => !local[i])];
  let nextLocal = 1;
  let nextGlobal = 1 + locals;
  const place = local.map((isLocal) => (isLocal ? nextLocal++ : nextGlobal++));
  return { order, place, locals };
}

function symbolBytes(symbols: readonly OutSymbol[], strings: StringTable): Uint8Array {
  const bytes = new Uint8Array(SYM_BYTES * (symbols.length + 1));
  const view = viewOf(bytes);
  for (const [i, symbol] of symbols.entries()) {
    const at = SYM_BYTES * (i + 1);
    view.setUint32(at, strings.add(symbol.name), true);
    view.setUint8(at + 4, (symbol.bind << 4) | symbol.type);
    view.setUint8(at + 5, symbol.visibility);
    view.setUint16(at + 6, symbol.shndx, true);
    setU64(view, at + 8, symbol.value);
    setU64(view, at + 16, symbol.size);
  }
  return bytes;
}

function relocBytes(section: OutSection, place: readonly number[]): Uint8Array {
  const relocs = section.relocs ?? [];
  const entry = section.rela ? 24 : 16;
  const bytes = new Uint8Array(relocs.length * entry);
  const view = viewOf(bytes);
  for (const [i, reloc] of relocs.entries()) {
    const at = i * entry;
    setU64(view, at, reloc.offset);
    view.setUint32(at + 8, reloc.type, true);
    view.setUint32(at + 12, place[reloc.symbol] ?? bug(`relocation against symbol ${reloc.symbol}, not given`), true);
    if (section.rela) view.setBigInt64(at + 16, BigInt(reloc.addend ?? 0), true);
  }
  return bytes;
}

/** Names, each stored once. */
class StringTable {
  private readonly offsets = new Map<string, number>([["", 0]]);
  private readonly parts: Uint8Array[] = [];
  private length = 1;

  add(text: string): number {
    let offset = this.offsets.get(text);
    if (offset === undefined) {
      offset = this.length;
      this.offsets.set(text, offset);
      const bytes = fromUtf8(text);
      this.parts.push(bytes);
      this.length += bytes.length + 1;
    }
    return offset;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.length);
    let at = 1;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length + 1;
    }
    return out;
  }
}

function alignUp(value: number, align: number): number {
  return align > 1 ? Math.ceil(value / align) * align : value;
}

function setU64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
}
