/** What the functions of the map module are written with: words of descriptors, keys at any alignment, failing. */
import { CELL_CPU, MAP_CPU_STRIDE, MAP_DATA, MAP_MAX_ENTRIES, MAP_STRIDE } from "../../layout/layout.ts";
import { Code } from "../../wasm/code.ts";
import * as op from "../../wasm/op.ts";

const { I32 } = op;
/** Parameters of every function begin with these. */
export const MAP = 0;
export const KEY = 1;

export function locals(count: number): number[] {
  return new Array<number>(count).fill(I32);
}

export function emit(write: (c: Code) => void): Uint8Array {
  const c = new Code(512);
  write(c);
  c.op(op.END);
  return c.view();
}

/** Word of a descriptor or element: always 4-byte aligned. */
export function word(c: Code, base: number, offset: number): void {
  c.get(base);
  c.mem(op.I32_LOAD, 2, offset);
}

/** Bytes that programs lay out: any alignment. */
export function loose(c: Code, code: number, base: number, offset: number): void {
  c.get(base);
  c.mem(code, 0, offset);
}

/** store(map + offset, what `value` leaves) */
export function setWord(c: Code, base: number, offset: number, value: () => void): void {
  c.get(base);
  value();
  c.mem(op.I32_STORE, 2, offset);
}

/** Returns `errno` where the i32 on the stack is not 0. */
export function failIf(c: Code, errno: number): void {
  c.open(op.IF, op.VOID);
  c.i32(-errno);
  c.op(op.RETURN);
  c.op(op.END);
}

export function callBoth(c: Code, func: number): void {
  c.get(MAP);
  c.get(KEY);
  c.call(func);
}

export function swap32(c: Code, local: number): void {
  c.get(local);
  c.i32(8);
  c.op(op.I32_ROTL);
  c.i32(0x00ff00ff);
  c.op(op.I32_AND);
  c.get(local);
  c.i32(8);
  c.op(op.I32_ROTR);
  c.i32(0xff00ff00 | 0);
  c.op(op.I32_AND);
  c.op(op.I32_OR);
}

/** Address of the value at the index that KEY points to, or 0. */
export function arraySlot(c: Code, perCpu: boolean): void {
  loose(c, op.I32_LOAD, KEY, 0);
  word(c, MAP, MAP_MAX_ENTRIES);
  c.op(op.I32_LT_U);
  c.open(op.IF, I32);
  loose(c, op.I32_LOAD, KEY, 0);
  word(c, MAP, MAP_STRIDE);
  c.op(op.I32_MUL);
  word(c, MAP, MAP_DATA);
  c.op(op.I32_ADD);
  if (perCpu) {
    c.i32(CELL_CPU);
    c.mem(op.I32_LOAD, 2, 0);
    word(c, MAP, MAP_CPU_STRIDE);
    c.op(op.I32_MUL);
    c.op(op.I32_ADD);
  }
  c.op(op.ELSE);
  c.i32(0);
  c.op(op.END);
}
