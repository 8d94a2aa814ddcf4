/**
 * Record layout as clang does it for BPF: the System V rules (what clang calls Itanium): members in order, each at its alignment,
 * bit-fields packed into units of their declared type, `packed`, `aligned` and `#pragma pack`.
 * Source: clang/lib/AST/RecordLayoutBuilder.cpp (facts), System V ABI.
 */
import { alignOf, type Field, type RecordType, sizeOf } from "../types.ts";

/** Sets size, align and every member's bitOff. `maxAlign` is `#pragma pack`'s limit in bytes, 0 for none. */
export function layOut(record: RecordType, maxAlign: number): void {
  let bits = 0;
  let align = 1;
  let size = 0;
  for (const field of record.fields!) {
    const at = record.union ? 0 : bits;
    const placed = field.bitWidth >= 0 ? placeBits(record, field, at, maxAlign) : place(record, field, at, maxAlign);
    field.bitOff = placed.bitOff;
    align = Math.max(align, placed.align);
    bits = placed.end;
    size = Math.max(size, placed.end);
  }
  const asked = record.attrs?.aligned ?? 0;
  record.align = Math.max(align, asked);
  const bytes = Math.ceil(size / 8);
  record.size = Math.ceil(bytes / record.align) * record.align;
}

interface Placed {
  readonly bitOff: number;
  readonly end: number;
  readonly align: number;
}

function place(record: RecordType, field: Field, at: number, maxAlign: number): Placed {
  const asked = field.attrs?.aligned ?? 0;
  const packed = record.packed || field.attrs?.packed === true;
  let align = Math.max(packed ? 1 : alignOf(field.type), asked);
  if (maxAlign > 0) align = Math.min(align, maxAlign);
  const bitOff = Math.ceil(at / (align * 8)) * align * 8;
  return { bitOff, end: bitOff + sizeOf(field.type) * 8, align };
}

function placeBits(record: RecordType, field: Field, at: number, maxAlign: number): Placed {
  const width = field.bitWidth;
  const typeBits = sizeOf(field.type) * 8;
  const asked = field.attrs?.aligned ?? 0;
  let align = alignOf(field.type);
  if (width > 0 && (record.packed || field.attrs?.packed === true)) align = 1;
  align = Math.max(align, asked);
  if (maxAlign > 0 && width > 0) align = Math.min(align, maxAlign);
  let bitOff = at;
  const alignBits = align * 8;
  if (width === 0 || (maxAlign === 0 && (at % alignBits) + width > typeBits)) {
    bitOff = Math.ceil(at / alignBits) * alignBits;
  } else if (asked > 0 && at % (asked * 8) !== 0) bitOff = Math.ceil(at / (asked * 8)) * asked * 8;
  // An unnamed bit-field pads but does not align the record
  return { bitOff, end: bitOff + width, align: field.name === "" ? 1 : align };
}
