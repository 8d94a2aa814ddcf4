/**
 * Register allocation: each vreg gets one register for its whole life, or is spilled and the function tried again. What
 * lives across a call may stand in r6 to r9 only. The vregs are taken in the order in which they begin; one that finds no
 * register drives out cheaper ones. Constants and addresses are made again instead of being kept on the stack.
 */
import { bug } from "../base/error.ts";
import { intersect, type Liveness, liveness } from "./liveness.ts";
import { FP, type MFunction, type MInst, NONE } from "./mir.ts";
import { type Pieces, spill } from "./spill.ts";

export interface Allocation {
  readonly live: Liveness;
  /** Vreg -> register. */
  readonly regs: Int8Array;
  /** Registers in use at a position, as a mask. */
  readonly busy: (pos: number) => number;
}

const REGS = 10;
const ALL_REGS = 0x3ff;

export function allocate(fn: MFunction): Allocation {
  const pieces: Pieces = { fixed: new Set(), shared: new Set() };
  // Each round spills something that no later round does, or turns a phi into a slot: it ends.
  for (;;) {
    const live = liveness(fn);
    const remat = rematerializable(fn, live);
    const { regs, spilled, busy } = assign(fn, live, remat, pieces.fixed);
    if (spilled.length === 0) return { live, regs, busy };
    const next = spilled.filter((v) => !pieces.fixed.has(v));
    if (next.length === 0) next.push(...cheapestPhi(fn, live, pieces.fixed, spilled));
    if (next.length === 0) return bug(`an instruction of ${fn.name} needs more registers than there are`);
    spill(fn, live, next, remat, pieces);
  }
}

/** Of the phis that keep registers busy at the end of a block, where these find none, the one used least. */
function cheapestPhi(fn: MFunction, live: Liveness, fixed: ReadonlySet<number>, spilled: readonly number[]): number[] {
  let best = NONE;
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      if (inst.k !== "phi") break;
      const inTheWay = inst.args!.some(
        (arg) =>
          arg.kind === "vreg" &&
          fixed.has(arg.v) &&
          spilled.some((v) => intersect(live.ranges[v]!, live.ranges[arg.v]!)),
      );
      if (inTheWay && (best === NONE || live.uses[inst.def]! < live.uses[best]!)) best = inst.def;
    }
  }
  return best === NONE ? [] : [best];
}

/** Vreg -> the instruction that makes it again anywhere. */
function rematerializable(fn: MFunction, live: Liveness): Map<number, MInst> {
  const found = new Map<number, MInst>();
  /** Spill slot -> positions where it is written. */
  const writes = new Map<number, number[]>();
  const reads: MInst[] = [];
  for (const block of fn.blocks) {
    for (const [i, inst] of block.insts.entries()) {
      const isSpill = inst.a === FP && fn.slots[inst.slot]!.name === "spill";
      const constant = inst.k === "mov" && inst.a === NONE;
      if ((constant || inst.k === "imm64" || inst.k === "lea") && inst.core === undefined) found.set(inst.def, inst);
      if (isSpill && inst.k === "load") reads.push(inst);
      if (isSpill && inst.k === "store") {
        const at = 2 * (live.starts.get(block)! + 1 + i);
        const known = writes.get(inst.slot);
        if (known === undefined) writes.set(inst.slot, [at]);
        else known.push(at);
      }
    }
  }
  // What was read from a slot may outlive its next value: at the end of a loop, on the way to a phi.
  for (const inst of reads) {
    const range = live.ranges[inst.def]!;
    if (!(writes.get(inst.slot) ?? []).some((at) => intersect(range, [at, at + 1]))) found.set(inst.def, inst);
  }
  return found;
}

interface Hint {
  /** Another vreg, or -1 - register. */
  readonly to: number;
  readonly weight: number;
}

function hintsOf(fn: MFunction): Hint[][] {
  const hints: Hint[][] = Array.from({ length: fn.vregs }, () => []);
  const both = (a: number, b: number, weight: number): void => {
    hints[a]!.push({ to: b, weight });
    hints[b]!.push({ to: a, weight });
  };
  const fix = (v: number, reg: number, weight: number): void => {
    hints[v]!.push({ to: -1 - reg, weight });
  };
  for (const [i, v] of fn.params.entries()) if (v !== NONE) fix(v, i + 1, 1);
  for (const block of fn.blocks) {
    const weight = 10 ** Math.min(block.depth, 6);
    for (const inst of block.insts) {
      switch (inst.k) {
        case "mov":
        case "alu":
        case "unary":
          if (inst.a >= 0) both(inst.def, inst.a, weight);
          break;
        case "atomic":
          if (inst.def >= 0 && inst.b >= 0) both(inst.def, inst.b, weight);
          break;
        case "cmpxchg":
          fix(inst.def, 0, weight);
          if (inst.c !== undefined && inst.c >= 0) fix(inst.c, 0, weight);
          break;
        case "call":
          if (inst.def >= 0) fix(inst.def, 0, weight);
          for (const [i, arg] of inst.args!.entries()) if (arg.kind === "vreg") fix(arg.v, i + 1, weight);
          break;
        case "exit":
          for (const arg of inst.args!) if (arg.kind === "vreg") fix(arg.v, 0, weight);
          break;
        case "phi":
          for (const [i, arg] of inst.args!.entries()) {
            if (arg.kind === "vreg") both(inst.def, arg.v, 10 ** Math.min(inst.from![i]!.depth, 6));
          }
          break;
        case "asm":
          for (const [i, tie] of inst.asm!.ties.entries()) if (tie >= 0) both(inst.asm!.defs[i]!, tie, weight);
          break;
        default:
          break;
      }
    }
  }
  return hints;
}

function assign(
  fn: MFunction,
  live: Liveness,
  remat: ReadonlyMap<number, MInst>,
  fixed: ReadonlySet<number>,
): { regs: Int8Array; spilled: number[]; busy: (pos: number) => number } {
  const words = (live.end + 31) >> 5;
  const taken = Array.from({ length: REGS }, () => new Int32Array(words));
  const holders: Set<number>[] = Array.from({ length: REGS }, () => new Set());
  const regs = new Int8Array(fn.vregs).fill(-1);
  const hints = hintsOf(fn);
  const weights = new Float64Array(fn.vregs);
  const queue: number[] = [];
  for (let v = 0; v < fn.vregs; v++) {
    const list = live.ranges[v]!;
    if (list.length === 0) continue;
    let length = 0;
    for (let i = 0; i < list.length; i += 2) length += list[i + 1]! - list[i]!;
    weights[v] = fixed.has(v) ? Number.POSITIVE_INFINITY : (live.uses[v]! / (length + 4)) * (remat.has(v) ? 0.3 : 1);
    queue.push(v);
  }
  queue.sort((x, y) => live.ranges[x]![0]! - live.ranges[y]![0]! || x - y);
  const spilled: number[] = [];
  const place = (v: number, reg: number): void => {
    regs[v] = reg;
    holders[reg]!.add(v);
    mark(taken[reg]!, live.ranges[v]!, true);
  };
  const displace = (v: number): void => {
    const reg = regs[v]!;
    regs[v] = -1;
    holders[reg]!.delete(v);
    mark(taken[reg]!, live.ranges[v]!, false);
  };
  for (let next = 0; next < queue.length; next++) {
    const v = queue[next]!;
    const ranges = live.ranges[v]!;
    const allowed = live.allowed[v]!;
    const free = (reg: number): boolean => (allowed & (1 << reg)) !== 0 && !overlaps(taken[reg]!, ranges);
    const reg = preferred(hints, v, regs, live.allowed, free);
    if (reg >= 0) {
      place(v, reg);
      continue;
    }
    const victims = cheapest(v, allowed, holders, live, weights);
    if (victims === null) {
      spilled.push(v);
      continue;
    }
    for (const victim of victims.who) {
      displace(victim);
      queue.push(victim);
    }
    place(v, victims.reg);
  }
  const busy = (pos: number): number => {
    let mask = 0;
    for (let reg = 0; reg < REGS; reg++) if (taken[reg]![pos >> 5]! & (1 << (pos & 31))) mask |= 1 << reg;
    return mask;
  };
  return { regs, spilled, busy };
}

/** Registers that calls do not touch come last for those who need none of them; arguments' registers from the top. */
const ORDER = [5, 4, 3, 2, 1, 0, 9, 8, 7, 6] as const;

/**
 * The free register that most moves ask for. Partners without a register yet vote for what they may have and for what
 * their own partners have, more softly.
 */
function preferred(
  hints: readonly Hint[][],
  v: number,
  regs: Int8Array,
  allowed: Uint16Array,
  free: (reg: number) => boolean,
): number {
  const votes = new Float64Array(REGS);
  for (const { to, weight } of hints[v]!) {
    const reg = to < 0 ? -1 - to : regs[to]!;
    if (reg >= 0) {
      votes[reg]! += weight;
      continue;
    }
    const mask = allowed[to]!;
    for (const next of hints[to]!) {
      const own = next.to < 0 ? -1 - next.to : regs[next.to]!;
      if (own >= 0 && next.to !== v) votes[own]! += 0.3 * Math.min(weight, next.weight);
    }
    if (mask !== ALL_REGS) for (let r = 0; r < REGS; r++) if (mask & (1 << r)) votes[r]! += 0.1 * weight;
  }
  let best = -1;
  for (const reg of ORDER) {
    if ((best < 0 || votes[reg]! > votes[best]!) && free(reg)) best = reg;
  }
  return best;
}

/** The register whose holders in the way cost least, if they cost less than v itself. */
function cheapest(
  v: number,
  allowed: number,
  holders: readonly ReadonlySet<number>[],
  live: Liveness,
  weights: Float64Array,
): { reg: number; who: number[] } | null {
  let best: { reg: number; who: number[] } | null = null;
  let bestCost = weights[v]!;
  for (let reg = 0; reg < REGS; reg++) {
    if ((allowed & (1 << reg)) === 0) continue;
    const who: number[] = [];
    let cost = 0;
    for (const other of holders[reg]!) {
      if (!intersect(live.ranges[v]!, live.ranges[other]!)) continue;
      who.push(other);
      cost = Math.max(cost, weights[other]!);
      if (cost >= bestCost) break;
    }
    if (cost < bestCost) {
      bestCost = cost;
      best = { reg, who };
    }
  }
  return best;
}

function mark(bits: Int32Array, ranges: readonly number[], on: boolean): void {
  for (let i = 0; i < ranges.length; i += 2) {
    eachWord(ranges[i]!, ranges[i + 1]!, (word, mask) => {
      if (on) bits[word]! |= mask;
      else bits[word]! &= ~mask;
      return false;
    });
  }
}

function overlaps(bits: Int32Array, ranges: readonly number[]): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (eachWord(ranges[i]!, ranges[i + 1]!, (word, mask) => (bits[word]! & mask) !== 0)) return true;
  }
  return false;
}

function eachWord(from: number, to: number, visit: (word: number, mask: number) => boolean): boolean {
  const last = (to - 1) >> 5;
  for (let word = from >> 5; word <= last; word++) {
    let mask = -1;
    if (word === from >> 5) mask &= -1 << (from & 31);
    if (word === last) mask &= -1 >>> (31 - ((to - 1) & 31));
    if (visit(word, mask)) return true;
  }
  return false;
}
