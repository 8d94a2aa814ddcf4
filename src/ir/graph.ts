/** The graph of a function: order of blocks, edges, dominators, loops, uses. Computed anew where it is wanted. */
import { terminatorOf } from "./build.ts";
import type { Block, Instr, IrFunction, Phi, Value } from "./ir.ts";

const NO_BLOCKS: readonly Block[] = [];

export function successors(block: Block): readonly Block[] {
  return terminatorOf(block)?.targets ?? NO_BLOCKS;
}

/** Blocks that can be reached, each before what it dominates. */
export function reversePostorder(fn: IrFunction): Block[] {
  const seen = new Set<Block>();
  const order: Block[] = [];
  const stack: { block: Block; next: number }[] = [];
  const enter = (block: Block): void => {
    seen.add(block);
    stack.push({ block, next: successors(block).length });
  };
  enter(fn.blocks[0]!);
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    if (top.next === 0) {
      order.push(top.block);
      stack.pop();
      continue;
    }
    // The last target first: then the first one comes first in the order.
    const target = successors(top.block)[--top.next]!;
    if (!seen.has(target)) enter(target);
  }
  return order.reverse();
}

/** One entry per edge: a block whose condbr goes to the same target twice stands there twice. */
export function predecessors(blocks: readonly Block[]): Map<Block, Block[]> {
  const preds = new Map<Block, Block[]>();
  for (const block of blocks) preds.set(block, []);
  for (const block of blocks) for (const target of successors(block)) preds.get(target)?.push(block);
  return preds;
}

export interface Dominators {
  /** Reverse postorder. */
  readonly order: readonly Block[];
  readonly index: ReadonlyMap<Block, number>;
  readonly preds: ReadonlyMap<Block, readonly Block[]>;
  /** By index: the index of the immediate dominator; the entry's is itself. */
  readonly idom: Int32Array;
  /** Numbers of a walk of the dominator tree: a dominates b where enter[a] <= enter[b] and leave[b] <= leave[a]. */
  readonly enter: Int32Array;
  readonly leave: Int32Array;
  readonly children: readonly number[][];
}

/** Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm. */
export function dominators(fn: IrFunction): Dominators {
  const order = reversePostorder(fn);
  const index = new Map(order.map((block, i) => [block, i]));
  const preds = predecessors(order);
  const idom = new Int32Array(order.length).fill(-1);
  idom[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < order.length; i++) {
      let best = -1;
      for (const pred of preds.get(order[i]!)!) {
        let p = index.get(pred)!;
        if (idom[p] === -1) continue;
        if (best === -1) best = p;
        else {
          while (p !== best) {
            while (p > best) p = idom[p]!;
            while (best > p) best = idom[best]!;
          }
        }
      }
      if (idom[i] !== best) {
        idom[i] = best;
        changed = true;
      }
    }
  }
  const children: number[][] = order.map(() => []);
  for (let i = 1; i < order.length; i++) children[idom[i]!]!.push(i);
  const enter = new Int32Array(order.length);
  const leave = new Int32Array(order.length);
  let clock = 0;
  const stack: [number, number][] = [[0, 0]];
  enter[0] = clock++;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const child = children[top[0]]![top[1]++];
    if (child === undefined) {
      leave[top[0]] = clock++;
      stack.pop();
    } else {
      enter[child] = clock++;
      stack.push([child, 0]);
    }
  }
  return { order, index, preds, idom, enter, leave, children };
}

export function dominates(dom: Dominators, a: number, b: number): boolean {
  return dom.enter[a]! <= dom.enter[b]! && dom.leave[b]! <= dom.leave[a]!;
}

export interface Loop {
  readonly header: Block;
  /** Header included. */
  readonly blocks: Set<Block>;
  /** Sources of the back edges. */
  readonly latches: Block[];
}

/** Natural loops, inner ones before those that hold them. */
export function loops(dom: Dominators): Loop[] {
  const found: Loop[] = [];
  for (let h = dom.order.length - 1; h >= 0; h--) {
    const header = dom.order[h]!;
    const latches = dom.preds.get(header)!.filter((pred) => dominates(dom, h, dom.index.get(pred)!));
    if (latches.length === 0) continue;
    const blocks = new Set<Block>([header]);
    const stack = [...latches];
    while (stack.length > 0) {
      const block = stack.pop()!;
      if (blocks.has(block)) continue;
      blocks.add(block);
      for (const pred of dom.preds.get(block) ?? []) stack.push(pred);
    }
    found.push({ header, blocks, latches });
  }
  return found.sort((a, b) => a.blocks.size - b.blocks.size);
}

/** How many loops each block stands in. */
export function loopDepths(fn: IrFunction): Map<Block, number> {
  const dom = dominators(fn);
  const depths = new Map<Block, number>(dom.order.map((block) => [block, 0]));
  for (const loop of loops(dom)) for (const block of loop.blocks) depths.set(block, depths.get(block)! + 1);
  return depths;
}

export function phisOf(block: Block): Phi[] {
  const phis: Phi[] = [];
  for (const instr of block.instrs) {
    if (instr.op !== "phi") break;
    phis.push(instr);
  }
  return phis;
}

/** Value -> instructions that take it (once per operand). */
export function usersOf(fn: IrFunction): Map<Value, Instr[]> {
  const users = new Map<Value, Instr[]>();
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      for (const arg of instr.args) {
        const list = users.get(arg);
        if (list === undefined) users.set(arg, [instr]);
        else list.push(instr);
      }
    }
  }
  return users;
}

/** Replaces operands everywhere, following chains: replaced.get(a) = b, replaced.get(b) = c. */
export function replaceValues(fn: IrFunction, replaced: ReadonlyMap<Value, Value>): void {
  if (replaced.size === 0) return;
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      for (let i = 0; i < instr.args.length; i++) instr.args[i] = follow(replaced, instr.args[i]!);
    }
  }
}

export function follow(replaced: ReadonlyMap<Value, Value>, value: Value): Value {
  for (;;) {
    const next = replaced.get(value);
    if (next === undefined) return value;
    value = next;
  }
}

/** Removes blocks that cannot be reached, and their entries in phis. */
export function dropUnreachable(fn: IrFunction): boolean {
  const reached = new Set(reversePostorder(fn));
  if (reached.size === fn.blocks.length) return false;
  fn.blocks = fn.blocks.filter((block) => reached.has(block));
  for (const block of fn.blocks) for (const phi of phisOf(block)) keepIncoming(phi, (from) => reached.has(from));
  return true;
}

export function keepIncoming(phi: Phi, keep: (from: Block) => boolean): void {
  const kept = phi.blocks.map(keep);
  phi.args = phi.args.filter((_, i) => kept[i]);
  phi.blocks = phi.blocks.filter((_, i) => kept[i]);
}
