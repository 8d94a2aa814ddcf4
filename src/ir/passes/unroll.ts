/**
 * Loops whose number of rounds is known become straight-line code: wholly, where they are small or the source asks for it
 * (#pragma unroll). The number is found by running the exit's condition on the constants that the loop carries.
 */
import { newBlock, terminatorOf } from "../build.ts";
import { isInstr, isPure } from "../facts.ts";
import { dominators, type Loop, loops, phisOf, successors, usersOf } from "../graph.ts";
import type { Block, Const, Instr, IrFunction, Phi, Value } from "../ir.ts";
import { blocksOf, demotePhi, demoteUses } from "./demote.ts";
import { foldConstants } from "./fold.ts";
import { cloneInstr } from "./inline.ts";

/** Instructions that a loop may come to: unasked, and with #pragma unroll. */
const SMALL = 300;
const ASKED = 20_000;
const COUNTED = 4000;
const MAX_ROUNDS = 4096;
const MAX_ROUNDS_UNASKED = 40;

/** One loop a call, an inner one before its outer one; true where there was one. */
export function unrollOne(fn: IrFunction): boolean {
  const dom = dominators(fn);
  for (const loop of loops(dom)) {
    if (loop.header.unroll === 1) continue;
    let size = 0;
    for (const block of loop.blocks) size += block.instrs.length;
    const asked = loop.header.unroll !== undefined;
    // unroll_count(n) asks for copies, not for as many as there are rounds.
    const budget = !asked ? SMALL : loop.header.unroll === 0 ? ASKED : COUNTED;
    const most = Math.min(asked ? MAX_ROUNDS : MAX_ROUNDS_UNASKED, Math.floor(budget / size));
    const rounds = roundsOf(loop, most);
    if (rounds === null || [...loop.blocks].some((block) => terminatorOf(block)?.op === "asmbr")) continue;
    unroll(fn, loop, rounds);
    return true;
  }
  return false;
}

/** How often the header is entered before the loop is left, or null. */
function roundsOf(loop: Loop, most: number): number | null {
  if (loop.latches.length !== 1) return null;
  const latch = loop.latches[0]!;
  const exits = [...loop.blocks].filter((block) => {
    const end = terminatorOf(block)!;
    return end.op === "condbr" && end.targets.some((target) => !loop.blocks.has(target));
  });
  // Only where the header or the latch decides each round.
  const deciding = exits.filter((block) => block === loop.header || block === latch);
  for (const block of deciding) {
    const rounds = countRounds(loop, latch, block, most);
    if (rounds !== null) return rounds;
  }
  return null;
}

function countRounds(loop: Loop, latch: Block, deciding: Block, most: number): number | null {
  const end = terminatorOf(deciding)! as Instr & { op: "condbr"; targets: Block[] };
  const phis = phisOf(loop.header);
  let state = new Map<Value, Const>();
  for (const phi of phis) {
    const start = phi.args.filter((_, i) => phi.blocks[i] !== latch);
    const first = start[0];
    if (first?.op === "const" && start.every((arg) => arg.op === "const" && arg.value === first.value))
      state.set(phi, first);
  }
  if (state.size === 0) return null;
  for (let round = 1; round <= most; round++) {
    const known = new Map(state);
    const cond = evaluate(end.args[0]!, known, 0);
    if (cond === null) return null;
    const target = end.targets[cond.value !== 0n ? 0 : 1]!;
    if (!loop.blocks.has(target)) return round;
    const next = new Map<Value, Const>();
    for (const phi of phis) {
      if (!state.has(phi)) continue;
      const value = evaluate(phi.args[phi.blocks.indexOf(latch)]!, known, 0);
      if (value !== null) next.set(phi, value);
    }
    if (next.size === 0) return null;
    state = next;
  }
  return null;
}

const MAX_DEPTH = 30;

function evaluate(value: Value, known: Map<Value, Const>, depth: number): Const | null {
  if (value.op === "const") return value;
  const seen = known.get(value);
  if (seen !== undefined) return seen;
  if (!isInstr(value) || !isPure(value) || value.op === "coreaddr" || value.op === "coreinfo" || depth > MAX_DEPTH)
    return null;
  const args: Const[] = [];
  for (const arg of value.args) {
    const item = evaluate(arg, known, depth + 1);
    if (item === null) return null;
    args.push(item);
  }
  if (value.op === "select") return args[0]!.value !== 0n ? args[1]! : args[2]!;
  const folded = foldConstants(value, args);
  if (folded !== null) known.set(value, folded);
  return folded;
}

/** The loop's blocks `rounds` times, one behind the other; a last header would not be left again. */
function unroll(fn: IrFunction, loop: Loop, rounds: number): void {
  const { header, blocks } = loop;
  for (const block of blocks) {
    for (const target of successors(block)) {
      if (!blocks.has(target)) for (const phi of phisOf(target)) demotePhi(fn, target, phi);
    }
  }
  const users = usersOf(fn);
  const places = blocksOf(fn);
  for (const block of blocks) {
    for (const instr of [...block.instrs]) {
      if (instr.type === "void" || instr.op === "alloca") continue;
      const outside = (users.get(instr) ?? []).filter((user) => !blocks.has(places.get(user)!));
      if (outside.length > 0) demoteUses(fn, block, instr, outside, places, blocks);
    }
  }
  for (const phi of phisOf(header) as Phi[]) demotePhi(fn, header, phi);
  delete header.unroll;
  const order = fn.blocks.filter((block) => blocks.has(block));
  const made: Block[] = [];
  let previous = new Map(order.map((block) => [block, block]));
  let second: Block | null = null;
  const redirect = (copy: ReadonlyMap<Block, Block>, own: Block, to: Block): void => {
    for (const block of order) {
      const end = terminatorOf(copy.get(block)!)!;
      end.targets = end.targets.map((target) => (target === own ? to : target));
    }
  };
  for (let round = 1; round < rounds; round++) {
    const copy = new Map<Block, Block>(order.map((block) => [block, newBlock(fn, block.name)]));
    const values = new Map<Value, Value>();
    for (const block of order) {
      const into = copy.get(block)!;
      if (block.unroll !== undefined) into.unroll = block.unroll;
      for (const instr of block.instrs) {
        const clone = cloneInstr(fn, instr, copy);
        values.set(instr, clone);
        into.instrs.push(clone);
      }
    }
    for (const block of order) {
      for (const clone of copy.get(block)!.instrs) clone.args = clone.args.map((arg) => values.get(arg) ?? arg);
      made.push(copy.get(block)!);
    }
    if (round > 1) redirect(previous, previous.get(header)!, copy.get(header)!);
    previous = copy;
    second ??= copy.get(header)!;
  }
  // The first round's back edge, last: its blocks were the pattern for the others.
  const dead = newBlock(fn, "unrolled");
  dead.instrs.push({ op: "unreachable", type: "void", id: fn.nextId++, args: [], pos: null, targets: [] });
  const last = previous;
  redirect(last, last.get(header)!, dead);
  if (second !== null) redirect(new Map(order.map((block) => [block, block])), header, second);
  fn.blocks.splice(fn.blocks.indexOf(order[order.length - 1]!) + 1, 0, ...made, dead);
}
