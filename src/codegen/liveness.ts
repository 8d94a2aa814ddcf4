/**
 * Where vregs are alive. Instructions are numbered in the order of the blocks, each block's start taking a number too;
 * instruction i reads at position 2i and writes at 2i+1. A live range is a list of half-open pieces [from, to).
 */
import { BPF_ADD, BPF_AND, BPF_MUL, BPF_OR, BPF_XOR } from "../isa/codes.ts";
import { eachDef, eachUse, type MBlock, type MFunction, type MInst, NONE } from "./mir.ts";

export interface Liveness {
  /** Positions in all. */
  readonly end: number;
  /** Per vreg: from, to, from, to, ... ascending. */
  readonly ranges: readonly number[][];
  /** Sum of reads and writes, each counted tenfold a loop. */
  readonly uses: Float64Array;
  /** Registers that the vreg may stand in, as a mask. */
  readonly allowed: Uint16Array;
  /** Block -> number of its start. */
  readonly starts: ReadonlyMap<MBlock, number>;
}

/** r0 to r9. */
const ALL_REGS = 0x3ff;
/** What a call leaves: r6 to r9. */
const CALL_KEEPS = 0x3c0;

export function liveness(fn: MFunction): Liveness {
  const starts = new Map<MBlock, number>();
  let number = 0;
  for (const block of fn.blocks) {
    starts.set(block, number);
    number += 1 + block.insts.length;
  }
  const { globals, globalOf } = globalVregs(fn);
  const words = (globals.length + 31) >> 5;
  const liveOut = solve(fn, globalOf, words);
  const ranges: number[][] = Array.from({ length: fn.vregs }, () => []);
  const uses = new Float64Array(fn.vregs);
  const allowed = new Uint16Array(fn.vregs).fill(ALL_REGS);
  // Backwards: pieces are collected as to, from and turned round at the end.
  const liveTo = new Int32Array(fn.vregs).fill(-1);
  let live = new Set<number>();
  for (let b = fn.blocks.length - 1; b >= 0; b--) {
    const block = fn.blocks[b]!;
    const weight = 10 ** Math.min(block.depth, 6);
    const first = starts.get(block)!;
    const endPos = 2 * (first + 1 + block.insts.length);
    live = new Set();
    const out = liveOut[b]!;
    for (let w = 0; w < words; w++) {
      let bits = out[w]!;
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const v = globals[w * 32 + bit]!;
        live.add(v);
        liveTo[v] = endPos;
      }
    }
    const close = (v: number, from: number): void => {
      const list = ranges[v]!;
      const to = liveTo[v] === -1 ? from + 1 : liveTo[v]!;
      if (list.length > 0 && list[list.length - 1] === to) list[list.length - 1] = from;
      else list.push(to, from);
      liveTo[v] = -1;
      live.delete(v);
    };
    const open = (v: number, to: number): void => {
      uses[v]! += weight;
      if (liveTo[v] !== -1) return;
      liveTo[v] = to;
      live.add(v);
    };
    for (let i = block.insts.length - 1; i >= 0; i--) {
      const inst = block.insts[i]!;
      const at = 2 * (first + 1 + i);
      if (inst.k === "phi") {
        uses[inst.def]! += weight;
        for (const arg of inst.args!) if (arg.kind === "vreg") uses[arg.v]! += weight;
        close(inst.def, 2 * first);
        continue;
      }
      eachDef(inst, (v) => {
        uses[v]! += weight;
        close(v, at + 1);
      });
      restrict(inst, live, allowed);
      const late = lateUses(inst);
      eachUse(inst, (v) => {
        open(v, late(v) ? at + 2 : at + 1);
      });
      if (inst.k === "cmpxchg") {
        if (inst.a >= 0) allowed[inst.a]! &= ~1;
        allowed[inst.b]! &= ~1;
      }
    }
    for (const v of [...live]) {
      // A parameter begins with the entry block; others go on in the block before.
      close(v, 2 * first);
    }
    if (b === 0) {
      for (const v of fn.params) {
        if (v === NONE) continue;
        uses[v]! += weight;
        if (ranges[v]!.length === 0) ranges[v]!.push(1, 0);
      }
    }
  }
  for (const list of ranges) list.reverse();
  return { end: 2 * number + 2, ranges: ranges.map(merge), uses, allowed, starts };
}

/** Pieces that touch become one. */
function merge(list: number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < list.length; i += 2) {
    if (out.length > 0 && out[out.length - 1]! >= list[i]!)
      out[out.length - 1] = Math.max(out[out.length - 1]!, list[i + 1]!);
    else out.push(list[i]!, list[i + 1]!);
  }
  return out;
}

/** Registers that an instruction overwrites are not for what lives on behind it. */
function restrict(inst: MInst, live: ReadonlySet<number>, allowed: Uint16Array): void {
  let keeps = ALL_REGS;
  if (inst.k === "call") keeps = CALL_KEEPS;
  else if (inst.k === "cmpxchg") keeps = ALL_REGS & ~1;
  else if (inst.asm !== undefined) {
    keeps = ALL_REGS & ~inst.asm.clobbers;
    for (const v of inst.asm.defs) allowed[v]! &= keeps;
    for (const v of inst.asm.uses) allowed[v]! &= keeps;
  }
  if (keeps !== ALL_REGS) for (const v of live) allowed[v]! &= keeps;
}

const never = (): boolean => false;

/** Operands that are still read when the result is written already, and so must not share its register. */
function lateUses(inst: MInst): (v: number) => boolean {
  switch (inst.k) {
    case "alu": {
      const { a, b } = inst;
      if (b === NONE || a === b || commutes(inst.code)) return never;
      return (v) => v === b;
    }
    case "atomic":
      return inst.def === NONE ? never : (v) => v === inst.a;
    case "cmpxchg":
      return (v) => v === inst.a || v === inst.b;
    case "asm": {
      const { ties } = inst.asm!;
      return (v) => !ties.includes(v);
    }
    default:
      return never;
  }
}

export function commutes(code: number): boolean {
  switch (code & 0xf0) {
    case BPF_ADD:
    case BPF_MUL:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      return true;
    default:
      return false;
  }
}

/** Vregs that are read in another block than they are written in: only those take part in the dataflow. */
function globalVregs(fn: MFunction): { globals: number[]; globalOf: Int32Array } {
  const defBlock = new Int32Array(fn.vregs).fill(-1);
  const globalOf = new Int32Array(fn.vregs).fill(-1);
  const globals: number[] = [];
  for (const v of fn.params) if (v !== NONE) defBlock[v] = 0;
  for (const [b, block] of fn.blocks.entries()) {
    for (const inst of block.insts) {
      eachDef(inst, (v) => {
        defBlock[v] = b;
      });
    }
  }
  const make = (v: number): void => {
    if (globalOf[v] !== -1) return;
    globalOf[v] = globals.length;
    globals.push(v);
  };
  for (const [b, block] of fn.blocks.entries()) {
    for (const inst of block.insts) {
      if (inst.k === "phi") for (const arg of inst.args!) if (arg.kind === "vreg") make(arg.v);
      eachUse(inst, (v) => {
        if (defBlock[v] !== b) make(v);
      });
    }
  }
  return { globals, globalOf };
}

/** Live at the end of each block, phi operands of the blocks behind included. */
function solve(fn: MFunction, globalOf: Int32Array, words: number): Int32Array[] {
  const indexOf = new Map(fn.blocks.map((block, i) => [block, i]));
  const read = fn.blocks.map(() => new Int32Array(words));
  const written = fn.blocks.map(() => new Int32Array(words));
  const out = fn.blocks.map(() => new Int32Array(words));
  for (const [b, block] of fn.blocks.entries()) {
    const set = (bits: Int32Array, g: number): void => {
      bits[g >> 5]! |= 1 << (g & 31);
    };
    for (const inst of block.insts) {
      if (inst.k === "phi") {
        for (const [i, arg] of inst.args!.entries()) {
          if (arg.kind === "vreg") set(out[indexOf.get(inst.from![i]!)!]!, globalOf[arg.v]!);
        }
      }
      eachUse(inst, (v) => {
        const g = globalOf[v]!;
        if (g >= 0 && (written[b]![g >> 5]! & (1 << (g & 31))) === 0) set(read[b]!, g);
      });
      eachDef(inst, (v) => {
        const g = globalOf[v]!;
        if (g >= 0) set(written[b]!, g);
      });
    }
  }
  const pending = new Set(fn.blocks.keys());
  const order = [...fn.blocks.keys()].reverse();
  while (pending.size > 0) {
    for (const b of order) {
      if (!pending.delete(b)) continue;
      const liveOut = out[b]!;
      for (const pred of fn.blocks[b]!.preds) {
        const p = indexOf.get(pred)!;
        const target = out[p]!;
        let changed = false;
        for (let w = 0; w < words; w++) {
          const into = read[b]![w]! | (liveOut[w]! & ~written[b]![w]!);
          const merged = target[w]! | into;
          if (merged !== target[w]) {
            target[w] = merged;
            changed = true;
          }
        }
        if (changed) pending.add(p);
      }
    }
  }
  return out;
}

/** Whether two live ranges have a position in common. */
export function intersect(a: readonly number[], b: readonly number[]): boolean {
  if (a[a.length - 1]! <= b[0]! || b[b.length - 1]! <= a[0]!) return false;
  for (let i = 0, k = 0; i < a.length && k < b.length; ) {
    if (a[i + 1]! <= b[k]!) i += 2;
    else if (b[k + 1]! <= a[i]!) k += 2;
    else return true;
  }
  return false;
}
