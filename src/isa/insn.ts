/**
 * The instruction of eBPF, as RFC 9669 section 3.1 lays it out (little-endian):
 *
 *     byte 0     1          2..3    4..7
 *     +------+---------+--------+---------+
 *     | code | src:dst |  off   |   imm   |      one slot; LD_IMM64 takes two, the second holds imm's upper half
 *     +------+---------+--------+---------+
 *
 * A program is held as columns, one typed array a field, indexed by slot: that is what the verifier, the interpreter and
 * the JIT loop over. `insnIdx` everywhere in Skep is such a slot index, as in the kernel.
 */
import { SkepError } from "../base/error.ts";

export const INSN_BYTES = 8;

/** A program's slots as columns. All five arrays have `length` entries. */
export interface InsnBuf {
  readonly length: number;
  /** Opcode byte. */
  readonly code: Uint8Array;
  /** Destination register, 0..15 (valid: 0..10). */
  readonly dst: Uint8Array;
  /** Source register or pseudo source, 0..15. */
  readonly src: Uint8Array;
  readonly off: Int16Array;
  readonly imm: Int32Array;
}

/** One slot as a record: for assemblers, tests and printing, not for hot loops. */
export interface Insn {
  code: number;
  dst: number;
  src: number;
  off: number;
  imm: number;
}

export function insnBuf(length: number): InsnBuf {
  return {
    length,
    code: new Uint8Array(length),
    dst: new Uint8Array(length),
    src: new Uint8Array(length),
    off: new Int16Array(length),
    imm: new Int32Array(length),
  };
}

/** Bytes to columns. Throws "isa/length" where the length is no multiple of 8. */
export function decodeInsns(bytes: Uint8Array): InsnBuf {
  if (bytes.length % INSN_BYTES !== 0) {
    throw new SkepError("isa/length", `program of ${bytes.length} bytes is no whole number of 8-byte instructions`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const buf = insnBuf(bytes.length / INSN_BYTES);
  for (let i = 0, at = 0; i < buf.length; i++, at += INSN_BYTES) {
    buf.code[i] = bytes[at]!;
    buf.dst[i] = bytes[at + 1]! & 15;
    buf.src[i] = bytes[at + 1]! >> 4;
    buf.off[i] = view.getInt16(at + 2, true);
    buf.imm[i] = view.getInt32(at + 4, true);
  }
  return buf;
}

export function encodeInsns(buf: InsnBuf): Uint8Array {
  const bytes = new Uint8Array(buf.length * INSN_BYTES);
  const view = new DataView(bytes.buffer);
  for (let i = 0, at = 0; i < buf.length; i++, at += INSN_BYTES) {
    bytes[at] = buf.code[i]!;
    bytes[at + 1] = buf.dst[i]! | (buf.src[i]! << 4);
    view.setInt16(at + 2, buf.off[i]!, true);
    view.setInt32(at + 4, buf.imm[i]!, true);
  }
  return bytes;
}

export function insnAt(buf: InsnBuf, i: number): Insn {
  return { code: buf.code[i]!, dst: buf.dst[i]!, src: buf.src[i]!, off: buf.off[i]!, imm: buf.imm[i]! };
}

export function setInsn(buf: InsnBuf, i: number, insn: Insn): void {
  buf.code[i] = insn.code;
  buf.dst[i] = insn.dst;
  buf.src[i] = insn.src;
  buf.off[i] = insn.off;
  buf.imm[i] = insn.imm;
}

export function insnsOf(list: readonly Insn[]): InsnBuf {
  const buf = insnBuf(list.length);
  for (let i = 0; i < list.length; i++) setInsn(buf, i, list[i]!);
  return buf;
}

/** A copy that shares nothing: relocation edits copies, never a spec. */
export function copyInsns(buf: InsnBuf): InsnBuf {
  return {
    length: buf.length,
    code: buf.code.slice(),
    dst: buf.dst.slice(),
    src: buf.src.slice(),
    off: buf.off.slice(),
    imm: buf.imm.slice(),
  };
}
