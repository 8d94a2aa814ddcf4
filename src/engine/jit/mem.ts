/**
 * Translates loads, stores and atomics. An address is the low half of the base register; a non-negative offset goes into the
 * instruction, a negative one is added (an instruction's offset is unsigned and does not wrap).
 */
import { bug } from "../../base/error.ts";
import type { InsnBuf } from "../../isa/insn.ts";
import { NULL_PAGE_BYTES, STACK_TOP } from "../../layout/layout.ts";
import { PTR_PROBE, PTR_STACK, PTR_UNKNOWN } from "../../obj/verified.ts";
import {
  ELSE,
  END,
  I32,
  I32_ADD,
  I32_AND,
  I32_EQ,
  I32_LOAD,
  I32_LOAD8_U,
  I32_LOAD16_U,
  I32_OR,
  I32_STORE,
  I32_STORE8,
  I32_STORE16,
  I32_WRAP_I64,
  I32_XOR,
  I64,
  I64_ADD,
  I64_AND,
  I64_EQ,
  I64_LOAD,
  I64_LOAD8_S,
  I64_LOAD16_S,
  I64_LOAD32_S,
  I64_LT_U,
  I64_OR,
  I64_STORE,
  I64_XOR,
  IF,
  VOID,
} from "../../wasm/op.ts";
import { MAX32, type Regs } from "./regs.ts";
import type { StackValues } from "./stack.ts";

/** Pushes the address for reg + off and returns the offset that is left for the instruction. */
export function pushAddress(r: Regs, reg: number, off: number): number {
  const { code } = r;
  if (r.isFrame(reg)) {
    const at = r.symLo[reg]! + off;
    if (r.frameLocal === -1) {
      code.i32(STACK_TOP + at);
      return 0;
    }
    if (at >= -512) {
      code.get(r.frameLocal);
      return 512 + at;
    }
  }
  if (r.isOffset(reg) && r.symLo[reg]! + off >= 0) {
    code.get(r.lowLocal(reg));
    return r.symLo[reg]! + off;
  }
  r.getLow(reg);
  if (off >= 0) return off;
  code.i32(off);
  code.op(I32_ADD);
  return 0;
}

/** LDX, plain and sign-extending. `memoryBytes` bounds guarded loads. */
export function load(r: Regs, insns: InsnBuf, i: number, ptr: number, memoryBytes: number): void {
  const op = insns.code[i]!;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const off = insns.off[i]!;
  loadFrom(r, (op & 0xe0) === 0x80, sizeOf(op), dst, src, off, ptr === PTR_PROBE ? memoryBytes : 0);
}

function loadFrom(r: Regs, signed: boolean, bytes: number, dst: number, src: number, off: number, bound: number): void {
  const { code } = r;
  const wide = signed || bytes === 8;
  let rest: number;
  if (bound > 0) {
    // A null, stale or wild pointer reads as zero: one unsigned test of the whole 64-bit address.
    const at = r.temp64(1);
    r.getWide(src);
    code.i64(off - NULL_PAGE_BYTES, (off - NULL_PAGE_BYTES) >> 31);
    code.op(I64_ADD);
    code.tee(at);
    code.i64(bound - NULL_PAGE_BYTES - bytes, 0);
    code.op(I64_LT_U);
    code.open(IF, wide ? I64 : I32);
    code.get(at);
    code.op(I32_WRAP_I64);
    rest = NULL_PAGE_BYTES;
  } else {
    rest = pushAddress(r, src, off);
  }
  if (signed) code.mem(bytes === 1 ? I64_LOAD8_S : bytes === 2 ? I64_LOAD16_S : I64_LOAD32_S, 0, rest);
  else code.mem(bytes === 1 ? I32_LOAD8_U : bytes === 2 ? I32_LOAD16_U : bytes === 4 ? I32_LOAD : I64_LOAD, 0, rest);
  if (bound > 0) {
    code.op(ELSE);
    if (wide) code.i64(0, 0);
    else code.i32(0);
    code.op(END);
  }
  if (wide) r.setWide(dst);
  else r.setLow(dst, bytes === 1 ? 0xff : bytes === 2 ? 0xffff : MAX32);
}

/** ST and STX. */
export function store(r: Regs, stack: StackValues, insns: InsnBuf, i: number, ptr: number): void {
  const op = insns.code[i]!;
  const bytes = sizeOf(op);
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const constant = (op & 7) === 2 || r.isConst(src);
  const lo = (op & 7) === 2 ? insns.imm[i]! : r.symLo[src]!;
  const hi = (op & 7) === 2 ? lo >> 31 : r.symHi[src]!;
  const at = r.isFrame(dst) ? r.symLo[dst]! + insns.off[i]! : 0;
  const follow = r.isFrame(dst) && stack.wants(at, bytes);
  if (!follow) wrote(r, stack, dst, insns.off[i]!, bytes, ptr);
  const rest = pushAddress(r, dst, insns.off[i]!);
  if (constant) {
    if (bytes === 8) r.code.i64(lo, hi);
    else r.code.i32(lo);
    const mask = bytes === 1 ? 0xff : bytes === 2 ? 0xffff : -1;
    if (follow) stack.add({ off: at, bytes, local: -1, lo: lo & mask, hi, max: (lo & mask) >>> 0 });
  } else {
    if (bytes === 8) r.getWide(src);
    else r.getLow(src);
    if (follow) {
      const local = r.newLocal(bytes === 8 ? I64 : I32);
      const known = r.isLow(src) ? r.maxOf(src) : MAX32;
      const top = bytes === 1 ? 0xff : bytes === 2 ? 0xffff : MAX32;
      if (bytes < 4 && known > top) {
        r.code.i32(top);
        r.code.op(I32_AND);
      }
      r.code.tee(local);
      stack.add({ off: at, bytes, local, lo: 0, hi: 0, max: Math.min(known, top) });
    }
  }
  r.code.mem(storeOp(bytes), 0, rest);
}

/** A write through `reg` + off: what it may have changed of the stack is no longer known. */
function wrote(r: Regs, stack: StackValues, reg: number, off: number, bytes: number, ptr: number): void {
  if (r.isFrame(reg)) stack.invalidate(r.symLo[reg]! + off, bytes);
  else if (ptr === PTR_UNKNOWN || ptr === PTR_STACK) stack.clear();
}

/** Read-modify-write, without a lock: one thread runs a runtime's programs. */
export function atomic(r: Regs, stack: StackValues, insns: InsnBuf, i: number, ptr: number): void {
  const { code } = r;
  const bytes = sizeOf(insns.code[i]!);
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const off = insns.off[i]!;
  const kind = insns.imm[i]!;
  if (kind === 0x100) {
    loadFrom(r, false, bytes, dst, src, off, 0);
    return;
  }
  wrote(r, stack, dst, off, bytes, ptr);
  if (kind === 0x110) {
    const rest = pushAddress(r, dst, off);
    if (bytes === 8) r.getWide(src);
    else r.getLow(src);
    code.mem(storeOp(bytes), 0, rest);
    return;
  }
  const wide = bytes === 8;
  const at = r.temp32(0);
  const rest = pushAddress(r, dst, off);
  code.set(at);
  const old = wide ? r.temp64(0) : r.temp32(1);
  const get = (reg: number): void => (wide ? r.getWide(reg) : r.getLow(reg));
  const set = (reg: number): void => (wide ? r.setWide(reg) : r.setLow(reg));
  const loadOld = (): void => {
    code.get(at);
    code.mem(wide ? I64_LOAD : I32_LOAD, 0, rest);
    code.set(old);
  };
  if (kind === 0xf1) {
    loadOld();
    code.get(old);
    get(0);
    code.op(wide ? I64_EQ : I32_EQ);
    code.open(IF, VOID);
    code.get(at);
    get(src);
    code.mem(wide ? I64_STORE : I32_STORE, 0, rest);
    code.op(END);
    code.get(old);
    set(0);
    return;
  }
  const fetch = (kind & 1) === 1;
  if (fetch) loadOld();
  code.get(at);
  if (kind !== 0xe1) {
    if (fetch) code.get(old);
    else {
      code.get(at);
      code.mem(wide ? I64_LOAD : I32_LOAD, 0, rest);
    }
  }
  get(src);
  switch (kind & 0xf0) {
    case 0x00:
      code.op(wide ? I64_ADD : I32_ADD);
      break;
    case 0x40:
      code.op(wide ? I64_OR : I32_OR);
      break;
    case 0x50:
      code.op(wide ? I64_AND : I32_AND);
      break;
    case 0xa0:
      code.op(wide ? I64_XOR : I32_XOR);
      break;
    case 0xe0:
      break;
    default:
      bug(`atomic operation ${kind}`);
  }
  code.mem(wide ? I64_STORE : I32_STORE, 0, rest);
  if (fetch) {
    code.get(old);
    set(src);
  }
}

function sizeOf(op: number): number {
  switch (op & 0x18) {
    case 0x00:
      return 4;
    case 0x08:
      return 2;
    case 0x10:
      return 1;
    default:
      return 8;
  }
}

function storeOp(bytes: number): number {
  return bytes === 1 ? I32_STORE8 : bytes === 2 ? I32_STORE16 : bytes === 4 ? I32_STORE : I64_STORE;
}
