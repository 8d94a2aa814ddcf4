/**
 * .BTF.ext: what belongs to instructions instead of types. Three lists, each of records per ELF section:
 *
 *     header  magic version flags hdr_len | func_info off,len | line_info off,len | core_relo off,len (may be missing)
 *     list    rec_size, then per section {sec_name_off, num_info, num_info records of rec_size bytes}
 *
 * Records may be longer than the part known here. Source: Documentation/bpf/btf.rst 4, tools/lib/bpf/btf.c.
 */
import { viewOf } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import type { Btf } from "./btf.ts";
import { BTF_MAGIC } from "./kinds.ts";

export interface FuncRecord {
  /** Byte offset into the ELF section. */
  readonly offBytes: number;
  /** BTF func. */
  readonly typeId: number;
}

export interface LineRecord {
  readonly offBytes: number;
  readonly file: string;
  readonly text: string;
  readonly line: number;
  readonly col: number;
}

export interface CoreRecord {
  readonly offBytes: number;
  readonly typeId: number;
  /** "0:1:2" */
  readonly access: string;
  readonly kind: CoreKind;
}

/** enum bpf_core_relo_kind, by number. */
export const CORE_KINDS = [
  "field_byte_offset",
  "field_byte_size",
  "field_exists",
  "field_signed",
  "field_lshift_u64",
  "field_rshift_u64",
  "type_id_local",
  "type_id_target",
  "type_exists",
  "type_size",
  "enumval_exists",
  "enumval_value",
  "type_matches",
] as const;
export type CoreKind = (typeof CORE_KINDS)[number];

/** Records by ELF section name, in file order. */
export interface BtfExt {
  readonly funcs: ReadonlyMap<string, readonly FuncRecord[]>;
  readonly lines: ReadonlyMap<string, readonly LineRecord[]>;
  readonly relos: ReadonlyMap<string, readonly CoreRecord[]>;
}

const HEADER_BYTES = 24;
const CORE_HEADER_BYTES = 32;

/** Strings and type ids are those of `btf`. Throws "btf-ext/..." and, for a bad string or type, "btf/...". */
export function parseBtfExt(raw: Uint8Array, btf: Btf): BtfExt {
  if (raw.length >= 2 && raw[0] === 0xeb && raw[1] === 0x9f) {
    throw fail(
      "btf-ext/big-endian",
      "big-endian .BTF.ext",
      0,
      "compile for a little-endian target: clang -target bpfel",
    );
  }
  if (raw.length < HEADER_BYTES) throw fail("btf-ext/truncated", "too short for its header", raw.length);
  const view = viewOf(raw);
  if (view.getUint16(0, true) !== BTF_MAGIC) throw fail("btf-ext/magic", "this is no .BTF.ext", 0);
  if (raw[2] !== 1) throw fail("btf-ext/version", `.BTF.ext version ${raw[2]}; 1 is known`, 2);
  if (raw[3] !== 0) throw fail("btf-ext/version", `.BTF.ext flags ${raw[3]} are unknown`, 3);
  const hdrLen = view.getUint32(4, true);
  if (hdrLen < HEADER_BYTES) throw fail("btf-ext/header", `header length ${hdrLen} is less than 24`, 4);
  if (hdrLen > raw.length) throw fail("btf-ext/truncated", `header of ${hdrLen} bytes is cut off`, raw.length);
  const list = <T>(at: number, what: string, minBytes: number, read: (at: number) => T): Map<string, T[]> => {
    const bySection = new Map<string, T[]>();
    const off = view.getUint32(at, true);
    const len = view.getUint32(at + 4, true);
    if (len === 0) return bySection;
    let p = hdrLen + off;
    const end = p + len;
    if (off % 4 !== 0) throw fail("btf-ext/header", `${what} is not aligned to 4`, at);
    if (end > raw.length) throw fail("btf-ext/truncated", `${what} ends at ${end}, the section at ${raw.length}`, at);
    if (len < 4) throw fail("btf-ext/truncated", `${what} has no record size`, p);
    const recBytes = view.getUint32(p, true);
    if (recBytes < minBytes || recBytes % 4 !== 0) {
      throw fail("btf-ext/record", `${what} has records of ${recBytes} bytes, at least ${minBytes} are needed`, p);
    }
    p += 4;
    while (p < end) {
      if (end - p < 8) throw fail("btf-ext/truncated", `${what} is cut off in a section's head`, p);
      const name = btf.str(view.getUint32(p, true));
      const count = view.getUint32(p + 4, true);
      if (count === 0) throw fail("btf-ext/record", `${what} of section '${name}' has no records`, p + 4);
      p += 8;
      if (count * recBytes > end - p) {
        throw fail("btf-ext/truncated", `${what} of section '${name}' tells of ${count} records`, p - 4);
      }
      const records = bySection.get(name) ?? [];
      for (let i = 0; i < count; i++, p += recBytes) records.push(read(p));
      bySection.set(name, records);
    }
    return bySection;
  };
  const typeId = (at: number): number => {
    const id = view.getUint32(at, true);
    if (id >= btf.length) throw fail("btf/type-id", `refers to type [${id}], and there are ${btf.length}`, at);
    return id;
  };

  const funcs = list(8, "func_info", 8, (at) => ({
    offBytes: view.getUint32(at, true),
    typeId: typeId(at + 4),
  }));
  const lines = list(16, "line_info", 16, (at): LineRecord => {
    const lineCol = view.getUint32(at + 12, true);
    return {
      offBytes: view.getUint32(at, true),
      file: btf.str(view.getUint32(at + 4, true)),
      text: btf.str(view.getUint32(at + 8, true)),
      line: lineCol >>> 10,
      col: lineCol & 0x3ff,
    };
  });
  if (hdrLen < CORE_HEADER_BYTES) return { funcs, lines, relos: new Map() };
  const relos = list(24, "core_relo", 16, (at): CoreRecord => {
    const number = view.getUint32(at + 12, true);
    const kind = CORE_KINDS[number];
    if (kind === undefined) throw fail("btf-ext/core-kind", `CO-RE relocation of the unknown kind ${number}`, at + 12);
    return {
      offBytes: view.getUint32(at, true),
      typeId: typeId(at + 4),
      access: btf.str(view.getUint32(at + 8, true)),
      kind,
    };
  });
  return { funcs, lines, relos };
}

function fail(code: string, message: string, byte: number, advice?: string): SkepError {
  return new SkepError(code, message, {
    site: { section: ".BTF.ext", byte },
    ...(advice === undefined ? {} : { advice }),
  });
}
