/**
 * Writes .BTF.ext (ext.ts shows the format). Its strings are those of .BTF, so both sections are given out: BTF with the
 * strings that the records need put behind its own.
 */
import { concatBytes, fromUtf8, viewOf } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { CORE_KINDS, type CoreRecord, type FuncRecord, type LineRecord } from "./ext.ts";
import { BTF_MAGIC, BTF_VERSION } from "./kinds.ts";

/** Records by ELF section name, in the order in which they are written. */
export interface ExtRecords {
  readonly funcs: ReadonlyMap<string, readonly FuncRecord[]>;
  readonly lines: ReadonlyMap<string, readonly LineRecord[]>;
  readonly relos: ReadonlyMap<string, readonly CoreRecord[]>;
}

const HEADER_BYTES = 32;
const MAX_LINE = 0x3f_ffff;
const MAX_COL = 0x3ff;

/** `btf` is a whole .BTF section with a header of 24 bytes and the strings last, as writeBtf() makes it. */
export function writeBtfExt(btf: Uint8Array, records: ExtRecords): { btf: Uint8Array; ext: Uint8Array } {
  const strings = new Strings(btf);
  const funcs = list(records.funcs, 8, strings, (view, at, record) => {
    view.setUint32(at, record.offBytes, true);
    view.setUint32(at + 4, record.typeId, true);
  });
  const lines = list(records.lines, 16, strings, (view, at, record) => {
    view.setUint32(at, record.offBytes, true);
    view.setUint32(at + 4, strings.add(record.file), true);
    view.setUint32(at + 8, strings.add(record.text), true);
    view.setUint32(at + 12, ((Math.min(record.line, MAX_LINE) << 10) | Math.min(record.col, MAX_COL)) >>> 0, true);
  });
  const relos = list(records.relos, 16, strings, (view, at, record) => {
    view.setUint32(at, record.offBytes, true);
    view.setUint32(at + 4, record.typeId, true);
    view.setUint32(at + 8, strings.add(record.access), true);
    view.setUint32(at + 12, CORE_KINDS.indexOf(record.kind), true);
  });
  const header = new Uint8Array(HEADER_BYTES);
  const view = viewOf(header);
  view.setUint16(0, BTF_MAGIC, true);
  view.setUint8(2, BTF_VERSION);
  view.setUint32(4, HEADER_BYTES, true);
  let off = 0;
  for (const [i, part] of [funcs, lines, relos].entries()) {
    view.setUint32(8 + i * 8, off, true);
    view.setUint32(12 + i * 8, part.length, true);
    off += part.length;
  }
  return { btf: strings.finish(), ext: concatBytes([header, funcs, lines, relos]) };
}

/** {rec_size, then per section {name, count, records}}; nothing at all where there are no records. */
function list<T>(
  bySection: ReadonlyMap<string, readonly T[]>,
  recBytes: number,
  strings: Strings,
  write: (view: DataView, at: number, record: T) => void,
): Uint8Array {
  const sections = [...bySection].filter(([, records]) => records.length > 0);
  if (sections.length === 0) return new Uint8Array(0);
  const size = sections.reduce((sum, [, records]) => sum + 8 + records.length * recBytes, 4);
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  view.setUint32(0, recBytes, true);
  let at = 4;
  for (const [name, records] of sections) {
    view.setUint32(at, strings.add(name), true);
    view.setUint32(at + 4, records.length, true);
    at += 8;
    for (const record of records) {
      write(view, at, record);
      at += recBytes;
    }
  }
  return bytes;
}

/** The string section of a BTF, growing at its end. */
class Strings {
  private readonly btf: Uint8Array;
  private readonly offsets = new Map<string, number>([["", 0]]);
  private readonly added: Uint8Array[] = [];
  private length: number;

  constructor(btf: Uint8Array) {
    this.btf = btf;
    const view = viewOf(btf);
    this.length = view.getUint32(20, true);
    const start = view.getUint32(4, true) + view.getUint32(16, true);
    if (start + this.length !== btf.length)
      throw new SkepError("btf/write", "the strings are not the last part of this BTF");
    this.index(btf.subarray(start));
  }

  private index(strings: Uint8Array): void {
    const decoder = new TextDecoder();
    for (let at = 0; at < strings.length; ) {
      let end = at;
      while (strings[end] !== 0) end++;
      const text = decoder.decode(strings.subarray(at, end));
      if (!this.offsets.has(text)) this.offsets.set(text, at);
      at = end + 1;
    }
  }

  add(text: string): number {
    let offset = this.offsets.get(text);
    if (offset === undefined) {
      offset = this.length;
      this.offsets.set(text, offset);
      const bytes = fromUtf8(`${text}\0`);
      this.added.push(bytes);
      this.length += bytes.length;
    }
    return offset;
  }

  finish(): Uint8Array {
    const out = concatBytes([this.btf, ...this.added]);
    viewOf(out).setUint32(20, this.length, true);
    return out;
  }
}
