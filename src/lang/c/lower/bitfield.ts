/**
 * Bit-fields: which bytes hold one, and how its value comes out of them and goes in.
 *
 *     one load of 1, 2, 4 or 8 bytes, at a multiple of its size        where that lies within the record
 *     its bytes as pieces of 4, 2 and 1, up to nine bytes together     else: packed records
 */
import { constant, widthOf } from "../../../ir/build.ts";
import type { Value } from "../../../ir/ir.ts";
import { intOf, sizeOf } from "../types.ts";
import type { Fn, Place } from "./context.ts";
import { intWidth, isSigned, resize } from "./scalar.ts";

/** The largest power of two that divides both. */
export function alignAt(align: number, offBytes: number): number {
  if (offBytes === 0) return align;
  return Math.min(align, offBytes & -offBytes);
}

export function natural(align: number, bytes: number): number {
  return Math.max(1, Math.min(align, bytes));
}

/** Bytes from the place on. `shift`: the field's first bit in them. */
interface Container {
  readonly off: number;
  readonly bytes: number;
  readonly shift: number;
}

/** Null where no single load holds the field and stays within the record. */
function container(place: Place): Container | null {
  const { bitOff, width, room } = place.bits!;
  if (place.core !== undefined) {
    const bytes = bitOff + width <= 8 ? 1 : bitOff + width <= 16 ? 2 : bitOff + width <= 32 ? 4 : 8;
    const unit = Math.max(bytes, Math.min(8, sizeOf(place.type)));
    return { off: 0, bytes: unit, shift: bitOff };
  }
  for (let bytes = 1; bytes <= 8; bytes *= 2) {
    const off = Math.floor(bitOff / 8 / bytes) * bytes;
    if (off + bytes > room) break;
    if (bitOff + width <= (off + bytes) * 8) return { off, bytes, shift: bitOff - off * 8 };
  }
  return null;
}

/** Some of the field's bytes, and by how much the field's value is shifted left to lie in them (negative: right). */
interface Piece {
  readonly off: number;
  readonly bytes: number;
  readonly by: number;
}

function pieces(place: Place): Piece[] {
  const { bitOff, width } = place.bits!;
  const end = Math.floor((bitOff + width + 7) / 8);
  const all: Piece[] = [];
  for (let off = Math.floor(bitOff / 8); off < end; ) {
    let bytes = 4;
    while (off + bytes > end) bytes >>= 1;
    all.push({ off, bytes, by: bitOff - off * 8 });
    off += bytes;
  }
  return all;
}

/** `address`: of the place. */
export function loadBits(fn: Fn, place: Place, address: Value): Value {
  const { b } = fn;
  const { width } = place.bits!;
  const signed = isSigned(place.type);
  const result = intWidth(intOf(place.type)!.size);
  const one = container(place);
  if (one === null) {
    let value: Value | null = null;
    for (const piece of pieces(place)) {
      const part = shifted(fn, resize(fn, loadPiece(fn, place, address, piece), false, "i64"), -piece.by);
      value = value === null ? part : b.binary("or", value, part);
    }
    return resize(fn, cut(fn, value!, width, signed), signed, result);
  }
  const { bytes, shift } = one;
  const work = bytes <= 4 ? "i32" : "i64";
  const total = widthOf(work);
  let value = resize(fn, loadPiece(fn, place, address, one), false, work);
  if (signed) {
    value = shifted(fn, value, total - shift - width);
    value = arithmeticRight(fn, value, total - width);
  } else {
    value = shifted(fn, value, -shift);
    if (shift + width < bytes * 8) value = b.binary("and", value, constant(work, (1n << BigInt(width)) - 1n));
  }
  return resize(fn, value, signed, result);
}

/** What a read would give afterwards. */
export function storeBits(fn: Fn, place: Place, address: Value, value: Value): Value {
  const { width } = place.bits!;
  const signed = isSigned(place.type);
  const result = intWidth(intOf(place.type)!.size);
  const one = container(place);
  const work = one !== null && one.bytes <= 4 ? "i32" : "i64";
  const wide = resize(fn, value, signed, work);
  const field = cut(fn, wide, width, false);
  const all = one === null ? pieces(place) : [{ off: one.off, bytes: one.bytes, by: one.shift }];
  for (const piece of all) storePiece(fn, place, address, piece, field);
  return resize(fn, signed ? cut(fn, field, width, true) : field, signed, result);
}

function loadPiece(fn: Fn, place: Place, address: Value, { off, bytes }: { off: number; bytes: number }): Value {
  const align = natural(alignAt(place.align, off), bytes);
  return fn.b.load(intWidth(bytes), fn.b.ptrAdd(address, off), align, { volatile: place.volatile });
}

function storePiece(fn: Fn, place: Place, address: Value, piece: Piece, field: Value): void {
  const { b } = fn;
  const { off, bytes, by } = piece;
  const { width } = place.bits!;
  const type = intWidth(bytes);
  const work = field.type === "i32" ? "i32" : "i64";
  const all = (1n << BigInt(bytes * 8)) - 1n;
  const whole = (1n << BigInt(width)) - 1n;
  const mask = (by >= 0 ? whole << BigInt(by) : whole >> BigInt(-by)) & all;
  let bits = shifted(fn, field, by);
  if (mask !== all) {
    const old = resize(fn, loadPiece(fn, place, address, piece), false, work);
    const kept = b.binary("and", old, constant(work, all & ~mask));
    // What another piece holds is cut off by the store, unless it would lie here
    if (by + width > bytes * 8) bits = b.binary("and", bits, constant(work, mask));
    bits = b.binary("or", kept, bits);
  }
  const align = natural(alignAt(place.align, off), bytes);
  b.store(b.ptrAdd(address, off), resize(fn, bits, false, type), align, { volatile: place.volatile });
}

/** The lowest `width` bits, extended to the value's type. */
function cut(fn: Fn, value: Value, width: number, signed: boolean): Value {
  const type = value.type as "i32" | "i64";
  const total = widthOf(type);
  if (width === total) return value;
  if (signed) return arithmeticRight(fn, shifted(fn, value, total - width), total - width);
  return fn.b.binary("and", value, constant(type, (1n << BigInt(width)) - 1n));
}

/** Left, or right where `by` is negative. */
function shifted(fn: Fn, value: Value, by: number): Value {
  if (by === 0) return value;
  return fn.b.binary(by > 0 ? "shl" : "lshr", value, constant(value.type, BigInt(Math.abs(by))));
}

function arithmeticRight(fn: Fn, value: Value, by: number): Value {
  return by === 0 ? value : fn.b.binary("ashr", value, constant(value.type, BigInt(by)));
}
