/** Initialisers of locals and of compound literals: the object is cleared where items do not cover it, then they are stored. */
import { constant } from "../../../ir/build.ts";
import type { Init, InitItem } from "../ast.ts";
import { alignOf, bare, qualsOf, sizeOf, VOLATILE } from "../types.ts";
import type { Fn, Place } from "./context.ts";
import { addressOf, copyRecord, storePlace, subPlace } from "./place.ts";
import { isRecord } from "./scalar.ts";

/** A longer string is copied from .rodata; shorter ones are stored in words. */
const INLINE_STRING = 64;

export function initPlace(fn: Fn, to: Place, init: Init): void {
  const { items } = init;
  const size = sizeOf(to.type);
  const scalar = !isRecord(to.type) && bare(to.type).kind !== "array";
  if (!scalar && size > 0 && !covers(items, size)) {
    fn.b.memOp("memset", addressOf(fn, to), constant("i8", 0n), size, to.align);
  }
  for (const item of items) initItem(fn, to, item, scalar);
}

function initItem(fn: Fn, to: Place, item: InitItem, scalar: boolean): void {
  const { value } = item;
  const volatile = to.volatile || (qualsOf(item.type) & VOLATILE) !== 0;
  if (item.bits !== undefined) {
    const { bitOff, bitWidth } = item.bits;
    const room = sizeOf(to.type) - item.offBytes;
    const part = { ...subPlace(to, item.offBytes, item.type, { bitOff, width: bitWidth, room }), volatile };
    storePlace(fn, part, fn.value(value));
    return;
  }
  const part = scalar ? { ...to, type: item.type } : { ...subPlace(to, item.offBytes, item.type), volatile };
  if (value.kind === "str") {
    storeString(fn, part, value.bytes, fn.cx.string(value));
    return;
  }
  if (isRecord(item.type)) {
    copyRecord(fn, part, fn.value(value), alignOf(value.type));
    return;
  }
  storePlace(fn, part, fn.value(value));
}

function storeString(fn: Fn, to: Place, bytes: Uint8Array, symbol: string): void {
  const size = sizeOf(to.type);
  const used = Math.min(size, bytes.length);
  if (used > INLINE_STRING) {
    fn.b.memOp("memcpy", addressOf(fn, to), { op: "sym", type: "ptr", name: symbol }, used, to.align, 1);
  } else {
    const start = addressOf(fn, to);
    const view = new DataView(new Uint8Array([...bytes.subarray(0, used), 0, 0, 0, 0, 0, 0, 0, 0]).buffer);
    for (let at = 0; at < used; ) {
      const width =
        at + 8 <= used && to.align >= 8
          ? 8
          : at + 4 <= used && to.align >= 4
            ? 4
            : at + 2 <= used && to.align >= 2
              ? 2
              : 1;
      const type = width === 8 ? "i64" : width === 4 ? "i32" : width === 2 ? "i16" : "i8";
      const value =
        width === 8
          ? view.getBigUint64(at, true)
          : BigInt(width === 4 ? view.getUint32(at, true) : width === 2 ? view.getUint16(at, true) : view.getUint8(at));
      fn.b.store(fn.b.ptrAdd(start, at), constant(type, value), width);
      at += width;
    }
  }
  if (used < size) {
    fn.b.memOp("memset", fn.b.ptrAdd(addressOf(fn, to), used), constant("i8", 0n), size - used, 1);
  }
}

/** Whether every byte is written by an item that is no bit-field. */
function covers(items: readonly InitItem[], size: number): boolean {
  const ranges = items
    .filter((item) => item.bits === undefined)
    .map((item) => [item.offBytes, item.offBytes + sizeOf(item.type)] as const)
    .sort((a, b) => a[0] - b[0]);
  let end = 0;
  for (const [from, to] of ranges) {
    if (from > end) return false;
    end = Math.max(end, to);
  }
  return end >= size;
}
