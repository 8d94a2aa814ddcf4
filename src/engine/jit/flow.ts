/**
 * Dataflow over one function, on bit masks of registers (bit r for register r):
 *
 *     live     registers whose value may still be read
 *     used     registers that every path from here uses as an address before it writes them
 *     low      registers whose upper 32 bits are zero on every path: the translator keeps them in i32 locals
 *     address  registers that were used as an address and not changed since
 *
 * All are the JIT's own join over all paths; the verifier's ranges do not survive pruning. What is used as an address in a
 * verified program lies in memory, so its upper half is zero, and a small step away from it cannot wrap.
 */
import { BPF_PSEUDO_CALL, LD_IMM64 } from "../../isa/codes.ts";
import { PTR_ARENA, PTR_PROBE } from "../../obj/verified.ts";
import type { BoundProg } from "../bind.ts";
import { HELPER_LOOP, HELPER_TAIL_CALL } from "../bind.ts";
import type { Graph } from "./graph.ts";

export interface Flow {
  readonly liveIn: Uint16Array;
  readonly lowIn: Uint16Array;
  /** By lowAt[block] + insn: 1 for 64-bit additions whose result has no upper half. */
  readonly lowAdd: Uint8Array;
  readonly lowAt: Int32Array;
}

/** Offsets and steps up to which an address that was used tells that its neighbour is one, too. */
const NEAR_BYTES = 4095;

/** `argsOf` says how many of r1..r5 a function takes: 5 where it is not known yet. */
export function analyse(bound: BoundProg, g: Graph, entryLow: number, argsOf: (start: number) => number): Flow {
  // Blocks may share insns (unroll.ts), so each has its own part of lowAdd.
  const lowAt = new Int32Array(g.count);
  let size = 0;
  for (let b = 0; b < g.count; b++) {
    lowAt[b] = size - g.first[b]!;
    size += g.last[b]! - g.first[b]! + 1;
  }
  const lowAdd = new Uint8Array(size);
  anticipate(bound, g, lowAt, lowAdd);
  const lowIn = lowness(bound, g, lowAt, entryLow, lowAdd);
  return { liveIn: liveness(bound, g, argsOf), lowIn, lowAdd, lowAt };
}

/** Register that insn i uses as a plain address near by, as a mask; 0 for none. */
function addressOf(bound: BoundProg, i: number): number {
  const { code, dst, src, off, imm } = bound.insns;
  const op = code[i]!;
  const cls = op & 7;
  if (cls < 1 || cls > 3) return 0;
  const ptr = bound.verified.facts.ptr[i]!;
  // Guarded loads take any value for an address, arenas ignore the upper half.
  if (ptr === PTR_PROBE || ptr === PTR_ARENA || Math.abs(off[i]!) > NEAR_BYTES) return 0;
  const base = cls === 1 || ((op & 0xe0) === 0xc0 && imm[i] === 0x100) ? src[i]! : dst[i]!;
  return 1 << base;
}

function isLowAddCandidate(op: number): boolean {
  return op === 0x07 || op === 0x0f || op === 0x17;
}

/** Marks additions whose result every path uses as an address. */
function anticipate(bound: BoundProg, g: Graph, lowAt: Int32Array, lowAdd: Uint8Array): void {
  const { count, first, last, succs, succAt } = g;
  const { code, dst, src, off } = bound.insns;
  const usedIn = new Uint16Array(count).fill(0x7ff);
  const outOf = (b: number): number => {
    let out = succAt[b] === succAt[b + 1] ? 0 : 0x7ff;
    for (let s = succAt[b]!; s < succAt[b + 1]!; s++) out &= usedIn[succs[s]!]!;
    return out;
  };
  const back = (b: number, mark: boolean): number => {
    let used = outOf(b);
    for (let i = last[b]!; i >= first[b]!; i--) {
      // The second slot of LD_IMM64 has class 0 and no effect here; its first slot follows.
      if (i > first[b]! && code[i - 1] === LD_IMM64) i--;
      const op = code[i]!;
      if (mark && isLowAddCandidate(op) && ((used >> dst[i]!) & 1) === 1) lowAdd[lowAt[b]! + i] = 1;
      const copied = op === 0xbf && off[i] === 0 ? ((used >> dst[i]!) & 1) << src[i]! : 0;
      used = (used & ~defs(bound, i)) | copied | addressOf(bound, i);
    }
    return used;
  };
  for (let changed = true, round = 0; changed && round < 50; round++) {
    changed = false;
    for (let b = count - 1; b >= 0; b--) {
      const used = back(b, false);
      if (used === usedIn[b]) continue;
      usedIn[b] = used;
      changed = true;
    }
    // Not settled: know nothing rather than too much.
    if (changed && round === 49) return;
  }
  for (let b = 0; b < count; b++) back(b, true);
}

function liveness(bound: BoundProg, g: Graph, argsOf: (start: number) => number): Uint16Array {
  const { count, first, last, succs, succAt, preds, predAt } = g;
  // What a block reads before it writes it, and what it writes.
  const reads = new Uint16Array(count);
  const writes = new Uint16Array(count);
  for (let b = 0; b < count; b++) {
    let read = 0;
    let written = 0;
    for (let i = first[b]!; i <= last[b]!; i++) {
      const use = uses(bound, i, argsOf);
      read |= use & ~written;
      written |= defs(bound, i);
      if (bound.insns.code[i] === LD_IMM64) i++;
    }
    reads[b] = read;
    writes[b] = written;
  }
  const liveIn = new Uint16Array(count);
  const work: number[] = [];
  const queued = new Uint8Array(count).fill(1);
  for (let b = 0; b < count; b++) work.push(b);
  while (work.length > 0) {
    const b = work.pop()!;
    queued[b] = 0;
    let out = 0;
    for (let i = succAt[b]!; i < succAt[b + 1]!; i++) out |= liveIn[succs[i]!]!;
    const live = reads[b]! | (out & ~writes[b]!);
    if (live === liveIn[b]) continue;
    liveIn[b] = live;
    for (let p = predAt[b]!; p < predAt[b + 1]!; p++) {
      const pred = preds[p]!;
      if (queued[pred] === 1) continue;
      queued[pred] = 1;
      work.push(pred);
    }
  }
  return liveIn;
}

function lowness(bound: BoundProg, g: Graph, lowAt: Int32Array, entryLow: number, lowAdd: Uint8Array): Uint16Array {
  const { count, first, last, succs, succAt } = g;
  const { code, dst, src, off, imm } = bound.insns;
  const lowIn = new Uint16Array(count).fill(0x7ff);
  const addressIn = new Uint16Array(count).fill(0x7ff);
  lowIn[0] = entryLow;
  addressIn[0] = 0;
  const work: number[] = [];
  const queued = new Uint8Array(count).fill(1);
  const near = new Uint8Array(lowAdd.length);
  for (let b = count - 1; b >= 0; b--) work.push(b);
  while (work.length > 0) {
    const b = work.pop()!;
    queued[b] = 0;
    let low = lowIn[b]!;
    let address = addressIn[b]!;
    for (let i = first[b]!; i <= last[b]!; i++) {
      const op = code[i]!;
      const used = addressOf(bound, i);
      low |= used;
      address |= used;
      const d = 1 << dst[i]!;
      if (isLowAddCandidate(op)) {
        const step = op === 0x07 ? imm[i]! : op === 0x17 ? -imm[i]! : Number.NaN;
        const isNear = (address & d) !== 0 && Math.abs(step) <= NEAR_BYTES;
        near[lowAt[b]! + i] = isNear ? 1 : 0;
        low = isNear || lowAdd[lowAt[b]! + i] === 1 ? low | d : low & ~d;
        address &= ~d;
      } else {
        const copied = op === 0xbf && off[i] === 0 && (address & (1 << src[i]!)) !== 0 ? d : 0;
        low = lowAfter(bound, i, low);
        address = (address & ~defs(bound, i)) | copied;
      }
      if (op === LD_IMM64) i++;
    }
    for (let i = succAt[b]!; i < succAt[b + 1]!; i++) {
      const to = succs[i]!;
      const metLow = lowIn[to]! & low;
      const metAddress = addressIn[to]! & address;
      if (metLow === lowIn[to] && metAddress === addressIn[to]) continue;
      lowIn[to] = metLow;
      addressIn[to] = metAddress;
      if (queued[to] === 1) continue;
      queued[to] = 1;
      work.push(to);
    }
  }
  for (let i = 0; i < near.length; i++) if (near[i] === 1) lowAdd[i] = 1;
  return lowIn;
}

/** Registers that insn i reads. */
function uses(bound: BoundProg, i: number, argsOf: (start: number) => number): number {
  const { code, dst, src, imm } = bound.insns;
  const op = code[i]!;
  const d = 1 << dst[i]!;
  const s = 1 << src[i]!;
  switch (op & 7) {
    case 0: // LD: the legacy loads by register read src; LD_IMM64 nothing.
      return (op & 0xe0) === 0x40 ? s : 0;
    case 1: // LDX
      return s;
    case 2: // ST
      return d;
    case 3: // STX, atomics
      if ((op & 0xe0) === 0xc0) {
        if (imm[i] === 0x100) return s;
        return d | s | (imm[i] === 0xf1 ? 1 : 0);
      }
      return d | s;
    case 5:
    case 6:
      if (op === 0x05 || op === 0x06 || op === 0xe5) return 0;
      if (op === 0x95) return 1;
      if (op === 0x85) {
        if (src[i] === BPF_PSEUDO_CALL) return argMask(argsOf(i + imm[i]! + 1));
        const impl = bound.callee.get(i);
        if (impl !== undefined) return argMask(impl.args.length) | (imm[i] === HELPER_LOOP ? 0x1e : 0);
        return imm[i] === HELPER_TAIL_CALL ? 0x0e : 0x1e;
      }
      return d | ((op & 8) !== 0 ? s : 0);
    default: {
      const operation = op & 0xf0;
      if (operation === 0xb0) return (op & 8) !== 0 ? s : 0;
      if (operation === 0x80 || operation === 0xd0) return d;
      return d | ((op & 8) !== 0 ? s : 0);
    }
  }
}

function argMask(count: number): number {
  return ((1 << count) - 1) << 1;
}

/** Registers that insn i writes on every path. */
function defs(bound: BoundProg, i: number): number {
  const { code, dst, src, imm } = bound.insns;
  const op = code[i]!;
  switch (op & 7) {
    case 0:
      return op === LD_IMM64 ? 1 << dst[i]! : 1;
    case 1:
    case 4:
    case 7:
      return 1 << dst[i]!;
    case 3:
      if ((op & 0xe0) !== 0xc0) return 0;
      if (imm[i] === 0x100) return 1 << dst[i]!;
      if (imm[i] === 0xf1) return 1;
      return (imm[i]! & 1) === 1 ? 1 << src[i]! : 0;
    case 5:
      if (op !== 0x85) return 0;
      return src[i] === 0 && imm[i] === HELPER_TAIL_CALL ? 0 : 1;
    default:
      return 0;
  }
}

/** `low` behind insn i. */
function lowAfter(bound: BoundProg, i: number, low: number): number {
  const { code, dst, src, off, imm } = bound.insns;
  const op = code[i]!;
  const d = 1 << dst[i]!;
  const s = 1 << src[i]!;
  const set = low | d;
  const clear = low & ~d;
  switch (op & 7) {
    case 0:
      if (op === LD_IMM64) return imm[i + 1] === 0 ? set : clear;
      return low | 1;
    case 1:
      return (op & 0xe0) === 0x80 || op === 0x79 ? clear : set;
    case 3:
      if ((op & 0xe0) !== 0xc0) return low;
      if (imm[i] === 0x100) return op === 0xdb ? clear : set;
      if (imm[i] === 0xf1) return op === 0xdb ? low & ~1 : low | 1;
      if ((imm[i]! & 1) === 0) return low;
      return op === 0xdb ? low & ~s : low | s;
    case 4:
      return op === 0xd4 && imm[i] === 64 ? low : op === 0xdc && imm[i] === 64 ? clear : set;
    case 5: {
      if (op !== 0x85) return low;
      const impl = bound.callee.get(i);
      if (src[i] === BPF_PSEUDO_CALL || impl === undefined) return imm[i] === HELPER_TAIL_CALL ? low : low & ~1;
      return impl.ret === "u" || impl.ret === "v" ? low | 1 : low & ~1;
    }
    case 7: {
      const byReg = (op & 8) !== 0;
      const otherLow = byReg ? (low & s) !== 0 : imm[i]! >= 0;
      const bothLow = otherLow && (low & d) !== 0;
      switch (op & 0xf0) {
        case 0x30:
          return off[i] === 0 && (low & d) !== 0 ? set : clear;
        case 0x90:
          return off[i] === 0 && (low & d) !== 0 ? set : clear;
        case 0x40:
        case 0xa0:
          return bothLow ? set : clear;
        case 0x50:
          return otherLow || (low & d) !== 0 ? set : clear;
        case 0x70:
          return (low & d) !== 0 || (!byReg && (imm[i]! & 63) >= 32) ? set : clear;
        case 0xc0:
          return (low & d) !== 0 ? set : clear;
        case 0xb0:
          if (off[i] === 1) return set;
          return off[i] === 0 && otherLow ? set : clear;
        case 0xd0:
          return imm[i] === 64 ? clear : set;
        default:
          return clear;
      }
    }
    default:
      return low;
  }
}
