/**
 * A growable byte buffer that speaks WebAssembly: LEB128 numbers, names, instructions with their immediates. Instructions
 * go straight to bytes; nothing is allocated an instruction. Source: WebAssembly core 2.0, 5.2 (values), 5.4 (instructions).
 */
import { fromUtf8 } from "../base/bytes.ts";
import {
  BR,
  BR_IF,
  CALL,
  GLOBAL_GET,
  GLOBAL_SET,
  I32_CONST,
  I64_CONST,
  LOCAL_GET,
  LOCAL_SET,
  LOCAL_TEE,
} from "./op.ts";

export class Code {
  /** Bytes beyond `length` are garbage. */
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Makes room for n more bytes. */
  private room(n: number): void {
    if (this.length + n <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.length + n));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.room(1);
    this.bytes[this.length++] = value;
  }

  /** Unsigned LEB128 of a u32. */
  u32(value: number): void {
    this.room(5);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }

  /** Signed LEB128 of an i32. */
  s32(value: number): void {
    this.room(5);
    let rest = value | 0;
    while (rest > 63 || rest < -64) {
      this.bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.bytes[this.length++] = rest & 0x7f;
  }

  /** Signed LEB128 of an i64 given as halves. */
  s64(lo: number, hi: number): void {
    this.room(10);
    let l = lo | 0;
    let h = hi | 0;
    while (h !== l >> 31 || l > 63 || l < -64) {
      this.bytes[this.length++] = (l & 0x7f) | 0x80;
      l = (l >>> 7) | (h << 25);
      h >>= 7;
    }
    this.bytes[this.length++] = l & 0x7f;
  }

  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A vector of bytes: length, then content. */
  name(text: string): void {
    const bytes = fromUtf8(text);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  /** An instruction without immediates. */
  op(code: number): void {
    if (this.length === this.bytes.length) this.room(1);
    this.bytes[this.length++] = code;
  }

  /** An instruction with one u32 immediate: an index or a depth. */
  opU(code: number, index: number): void {
    this.byte(code);
    if (index < 0x80) this.byte(index);
    else this.u32(index);
  }

  /** block, loop or if: with VOID or a value type. */
  open(code: number, type: number): void {
    this.byte(code);
    this.byte(type);
  }

  get(local: number): void {
    this.opU(LOCAL_GET, local);
  }

  set(local: number): void {
    this.opU(LOCAL_SET, local);
  }

  tee(local: number): void {
    this.opU(LOCAL_TEE, local);
  }

  globalGet(index: number): void {
    this.opU(GLOBAL_GET, index);
  }

  globalSet(index: number): void {
    this.opU(GLOBAL_SET, index);
  }

  call(func: number): void {
    this.opU(CALL, func);
  }

  br(depth: number): void {
    this.opU(BR, depth);
  }

  brIf(depth: number): void {
    this.opU(BR_IF, depth);
  }

  i32(value: number): void {
    this.byte(I32_CONST);
    this.s32(value);
  }

  i64(lo: number, hi: number): void {
    this.byte(I64_CONST);
    this.s64(lo, hi);
  }

  /** A load or store: alignment as a power of two, unsigned offset. */
  mem(code: number, alignLog2: number, offset: number): void {
    this.byte(code);
    this.byte(alignLog2);
    this.u32(offset);
  }

  /** The bytes written so far; shares memory with the buffer. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
