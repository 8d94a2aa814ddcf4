/**
 * What is known of the stack while a straight piece of code is translated: bytes that a store has just put there, by the
 * local or constant that was stored. Stores always go to memory as well; knowing the value saves reading a key back, and
 * lets a key that was stored in narrow pieces be stored once more in whole words (a wide load right after narrow stores
 * stalls until they have all left the store buffer).
 */
import type { Code } from "../../wasm/code.ts";
import { I32_OR, I32_SHL, I32_WRAP_I64, I64_EXTEND_I32_U, I64_OR, I64_SHL, I64_SHR_U } from "../../wasm/op.ts";

/** One store: `bytes` at r10 + off. */
export interface StackValue {
  readonly off: number;
  readonly bytes: number;
  /** Local that holds the value: i64 where bytes is 8, else i32. -1: the constant lo, hi. */
  readonly local: number;
  readonly lo: number;
  readonly hi: number;
  /** Largest value it may have, unsigned; for bytes <= 4. */
  readonly max: number;
}

/** Stores per function that are followed: each costs a local. */
const MAX_FOLLOWED = 96;

export class StackValues {
  /** Bytes worth following, by distance below r10: keys of lookups. */
  private readonly wanted: Uint8Array;
  private entries: StackValue[] = [];
  private followed = 0;

  constructor(wanted: Uint8Array) {
    this.wanted = wanted;
  }

  wants(off: number, bytes: number): boolean {
    if (this.followed >= MAX_FOLLOWED || off < -512 || off + bytes > 0) return false;
    for (let at = -off; at > -off - bytes; at--) if (this.wanted[at] === 1) return true;
    return false;
  }

  add(value: StackValue): void {
    this.invalidate(value.off, value.bytes);
    this.entries = [...this.entries, value];
    if (value.local !== -1) this.followed++;
  }

  /** Something else was written there. */
  invalidate(off: number, bytes: number): void {
    if (this.entries.some((e) => e.off < off + bytes && off < e.off + e.bytes)) {
      this.entries = this.entries.filter((e) => e.off >= off + bytes || off >= e.off + e.bytes);
    }
  }

  clear(): void {
    if (this.entries.length > 0) this.entries = [];
  }

  /** The list is never changed in place, so that keeping it is keeping the state. */
  save(): readonly StackValue[] {
    return this.entries;
  }

  restore(entries: readonly StackValue[]): void {
    this.entries = entries as StackValue[];
  }

  /** Bound of the u32 at off, where one store put it there. */
  maxOf(off: number): number {
    const exact = this.entries.find((e) => e.off === off && e.bytes === 4);
    return exact?.max ?? 0xffff_ffff;
  }

  /** True where the bytes at [off, off + bytes) are all known; `pieces` gets the entries they come from. */
  covers(off: number, bytes: number, pieces: StackValue[] = []): boolean {
    for (let at = off; at < off + bytes; ) {
      const piece = this.entries.find((e) => e.off === at);
      if (piece === undefined || piece.off + piece.bytes > off + bytes) return false;
      pieces.push(piece);
      at += piece.bytes;
    }
    return true;
  }

  /** Pushes the i32 at off, if known. */
  push32(code: Code, off: number): boolean {
    const pieces: StackValue[] = [];
    if (this.covers(off, 4, pieces)) {
      pieces.forEach((piece, i) => {
        push(code, piece);
        if (piece.off !== off) {
          code.i32(8 * (piece.off - off));
          code.op(I32_SHL);
        }
        if (i > 0) code.op(I32_OR);
      });
      return true;
    }
    const wide = this.entries.find((e) => e.bytes === 8 && e.off <= off && off + 4 <= e.off + 8);
    if (wide === undefined) return false;
    push(code, wide);
    if (wide.off !== off) {
      code.i64(8 * (off - wide.off), 0);
      code.op(I64_SHR_U);
    }
    code.op(I32_WRAP_I64);
    return true;
  }

  /** Pushes the i64 at off, if known. */
  push64(code: Code, off: number): boolean {
    const pieces: StackValue[] = [];
    if (!this.covers(off, 8, pieces)) return false;
    pieces.forEach((piece, i) => {
      push(code, piece);
      if (piece.bytes !== 8) code.op(I64_EXTEND_I32_U);
      if (piece.off !== off) {
        code.i64(8 * (piece.off - off), 0);
        code.op(I64_SHL);
      }
      if (i > 0) code.op(I64_OR);
    });
    return true;
  }
}

/** Pushes a piece's value, its bytes above `bytes` zero. */
function push(code: Code, piece: StackValue): void {
  if (piece.local !== -1) code.get(piece.local);
  else if (piece.bytes === 8) code.i64(piece.lo, piece.hi);
  else code.i32(piece.lo);
}
