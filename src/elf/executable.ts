/**
 * Executables and shared objects (ELF64, little-endian), as far as probes need them: symbols of functions, where an address
 * lies in the file, notes. Read without trust in any number: what does not fit is left out, or "elf/..." is thrown.
 *
 *     program header   u32 type, u32 flags, u64 offset, u64 vaddr, u64 paddr, u64 filesz, u64 memsz, u64 align
 *     note             u32 namesz, u32 descsz, u32 type, name padded to 4, desc padded to 4
 *
 * Source: gABI chapter 5; USDT notes: tools/lib/bpf/usdt.c and SystemTap's sys/sdt.h.
 */
import { cString, toHex, viewOf } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";

export interface ExecSymbol {
  readonly name: string;
  /** Virtual address in the image. */
  readonly value: number;
  readonly size: number;
}

/** A USDT probe of .note.stapsdt: provider, name, where it is, and how its arguments are found. */
export interface UsdtNote {
  readonly provider: string;
  readonly name: string;
  /** Byte of the nop in the file: what a uprobe is set on. */
  readonly fileOffset: number;
  /** Byte of the semaphore in the file, which says that somebody listens; 0 where the probe has none. */
  readonly semaphoreOffset: number;
  /** "-4@%edi 8@16(%rsp)". */
  readonly args: string;
}

export interface Executable {
  readonly file: string;
  /** Hex, "" where there is none. */
  readonly buildId: string;
  /** Functions of .symtab and .dynsym, by address; names as they stand, without "@@version". */
  functions(): readonly ExecSymbol[];
  /** Byte in the file of a virtual address; undefined where no executable segment has it. */
  fileOffset(vaddr: number): number | undefined;
  /** The other way: virtual address of a byte in the file, in an executable segment. */
  vaddr(fileOffset: number): number | undefined;
  usdt(): readonly UsdtNote[];
}

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: number;
  readonly filesz: number;
  readonly memsz: number;
}

interface Section {
  readonly name: string;
  readonly type: number;
  readonly addr: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

const PT_LOAD = 1;
const PF_X = 1;
const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const SHT_NOBITS = 8;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SYM_BYTES = 24;
const NT_STAPSDT = 3;
const NT_GNU_BUILD_ID = 3;

export function readExecutable(input: Uint8Array, file: string): Executable {
  const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const view = viewOf(bytes);
  if (bytes.length < 64 || view.getUint32(0, false) !== 0x7f454c46) fail("elf/magic", "not an ELF file", file);
  if (bytes[4] !== 2 || bytes[5] !== 1) fail("elf/class", "not a little-endian 64-bit ELF file", file);
  const segments = readSegments(view, file);
  const sections = readSections(bytes, view, file);
  const data = (section: Section): Uint8Array =>
    section.type === SHT_NOBITS ? bytes.subarray(0, 0) : bytes.subarray(section.offset, section.offset + section.size);
  const fileOffset = (vaddr: number, executable = true): number | undefined => {
    const segment = segments.find(
      (each) =>
        each.type === PT_LOAD &&
        (!executable || (each.flags & PF_X) !== 0) &&
        vaddr >= each.vaddr &&
        vaddr < each.vaddr + each.memsz,
    );
    return segment === undefined ? undefined : vaddr - segment.vaddr + segment.offset;
  };
  let functions: readonly ExecSymbol[] | null = null;
  return {
    file,
    buildId: buildIdOf(sections, data),
    functions() {
      functions ??= readFunctions(sections, data);
      return functions;
    },
    fileOffset: (vaddr) => fileOffset(vaddr),
    vaddr(offset): number | undefined {
      const segment = segments.find(
        (each) =>
          each.type === PT_LOAD &&
          (each.flags & PF_X) !== 0 &&
          offset >= each.offset &&
          offset < each.offset + each.filesz,
      );
      return segment === undefined ? undefined : offset - segment.offset + segment.vaddr;
    },
    usdt: () => readUsdt(sections, data, fileOffset),
  };
}

function fail(code: string, message: string, file: string): never {
  throw new SkepError(code, `${file}: ${message}`, { site: { file }, advice: "name an executable or a shared object" });
}

function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}

function readSegments(view: DataView, file: string): Segment[] {
  const start = u64(view, 32);
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (count === 0) fail("elf/type", "no program headers: an object, not something that runs", file);
  if (size !== 56 || start + count * size > view.byteLength) fail("elf/truncated", "program headers do not fit", file);
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * size;
    return {
      type: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      offset: u64(view, at + 8),
      vaddr: u64(view, at + 16),
      filesz: u64(view, at + 32),
      memsz: u64(view, at + 40),
    };
  });
}

/** Sections that lie in the file; [] for an image stripped of its section headers. */
function readSections(bytes: Uint8Array, view: DataView, file: string): Section[] {
  const start = u64(view, 40);
  const count = view.getUint16(60, true);
  if (start === 0 || count === 0) return [];
  if (view.getUint16(58, true) !== 64 || start + count * 64 > bytes.length) {
    fail("elf/truncated", "section headers do not fit", file);
  }
  const raw = Array.from({ length: count }, (_, i) => {
    const at = start + i * 64;
    const type = view.getUint32(at + 4, true);
    const offset = u64(view, at + 24);
    const size = u64(view, at + 32);
    const fits = type === SHT_NOBITS || offset + size <= bytes.length;
    return {
      nameAt: view.getUint32(at, true),
      type: fits ? type : 0,
      addr: u64(view, at + 16),
      offset: fits ? offset : 0,
      size: fits ? size : 0,
      link: view.getUint32(at + 40, true),
    };
  });
  const names = raw[view.getUint16(62, true)];
  const strings = names === undefined ? bytes.subarray(0, 0) : bytes.subarray(names.offset, names.offset + names.size);
  return raw.map(({ nameAt, ...section }) => ({ name: textAt(strings, nameAt), ...section }));
}

function textAt(strings: Uint8Array, at: number): string {
  if (at >= strings.length) return "";
  const end = strings.indexOf(0, at);
  return cString(strings.subarray(at, end < 0 ? strings.length : end));
}

function readFunctions(sections: readonly Section[], data: (section: Section) => Uint8Array): ExecSymbol[] {
  const found: ExecSymbol[] = [];
  for (const table of sections) {
    if (table.type !== SHT_SYMTAB && table.type !== SHT_DYNSYM) continue;
    const strings = sections[table.link];
    if (strings === undefined) continue;
    const names = data(strings);
    const symbols = data(table);
    const view = viewOf(symbols);
    for (let at = 0; at + SYM_BYTES <= symbols.length; at += SYM_BYTES) {
      const type = symbols[at + 4]! & 15;
      if ((type !== STT_FUNC && type !== STT_GNU_IFUNC) || view.getUint16(at + 6, true) === 0) continue;
      const name = textAt(names, view.getUint32(at, true)).replace(/@.*/, "");
      found.push({ name, value: u64(view, at + 8), size: u64(view, at + 16) });
    }
  }
  return found.sort((a, b) => a.value - b.value);
}

/** Notes of a section: name, type and content. A damaged one ends the list. */
function* notesOf(bytes: Uint8Array): Generator<{ name: string; type: number; desc: Uint8Array }> {
  const view = viewOf(bytes);
  for (let at = 0; at + 12 <= bytes.length; ) {
    const nameBytes = view.getUint32(at, true);
    const descBytes = view.getUint32(at + 4, true);
    const descAt = at + 12 + ((nameBytes + 3) & ~3);
    const end = descAt + descBytes;
    if (descAt < at || end > bytes.length) return;
    const name = cString(bytes.subarray(at + 12, at + 12 + nameBytes));
    yield { name, type: view.getUint32(at + 8, true), desc: bytes.subarray(descAt, end) };
    at = descAt + ((descBytes + 3) & ~3);
  }
}

function buildIdOf(sections: readonly Section[], data: (section: Section) => Uint8Array): string {
  const section = sections.find((each) => each.name === ".note.gnu.build-id");
  if (section === undefined) return "";
  for (const note of notesOf(data(section))) {
    if (note.name === "GNU" && note.type === NT_GNU_BUILD_ID) return toHex(note.desc);
  }
  return "";
}

/**
 * A note's addresses are those of link time: prelink may have moved the image, by as much as .stapsdt.base differs from what
 * the note says of it.
 */
function readUsdt(
  sections: readonly Section[],
  data: (section: Section) => Uint8Array,
  fileOffset: (vaddr: number, executable?: boolean) => number | undefined,
): UsdtNote[] {
  const section = sections.find((each) => each.name === ".note.stapsdt");
  if (section === undefined) return [];
  const base = sections.find((each) => each.name === ".stapsdt.base")?.addr ?? 0;
  const found: UsdtNote[] = [];
  for (const note of notesOf(data(section))) {
    if (note.name !== "stapsdt" || note.type !== NT_STAPSDT || note.desc.length < 24) continue;
    const view = viewOf(note.desc);
    const moved = base === 0 ? 0 : base - u64(view, 8);
    const offset = fileOffset(u64(view, 0) + moved);
    const semaphore = u64(view, 16);
    const [provider = "", name = "", args = ""] = texts(note.desc.subarray(24));
    if (offset === undefined || provider === "" || name === "") continue;
    const semaphoreOffset = semaphore === 0 ? 0 : (fileOffset(semaphore + moved, false) ?? 0);
    found.push({ provider, name, fileOffset: offset, semaphoreOffset, args });
  }
  return found;
}

function texts(bytes: Uint8Array): string[] {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    let end = bytes.indexOf(0, at);
    if (end < 0) end = bytes.length;
    out.push(cString(bytes.subarray(at, end)));
    at = end + 1;
  }
  return out;
}
