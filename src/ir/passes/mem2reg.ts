/**
 * Variables to values: an alloca that is only loaded and stored, always whole and in one type, becomes SSA. Phis go where
 * the iterated dominance frontier of the stores meets blocks in which the variable is alive. What nobody wrote is undef.
 */
import { undef } from "../build.ts";
import { type Dominators, dominators, dropUnreachable } from "../graph.ts";
import type { Alloca, Block, Instr, IrFunction, IrType, Phi, Value } from "../ir.ts";

export function mem2reg(fn: IrFunction): boolean {
  dropUnreachable(fn);
  const vars = promotable(fn);
  if (vars.size === 0) return false;
  const dom = dominators(fn);
  const frontier = frontiers(dom);
  const phiOf = new Map<Phi, Alloca>();
  const added = new Map<Block, Phi[]>();
  for (const [slot, type] of vars) placePhis(fn, slot, type, dom, frontier, phiOf, added);
  for (const [block, phis] of added) block.instrs.unshift(...phis);
  rename(fn, vars, dom, phiOf);
  return true;
}

/** Allocas that can be values, each with its type. */
function promotable(fn: IrFunction): Map<Alloca, IrType> {
  const types = new Map<Alloca, IrType | null>();
  for (const block of fn.blocks) for (const instr of block.instrs) if (instr.op === "alloca") types.set(instr, "void");
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      for (let i = 0; i < instr.args.length; i++) {
        const slot = instr.args[i]!;
        if (slot.op !== "alloca") continue;
        const type = accessed(instr, i);
        const had = types.get(slot);
        if (type === "void") continue;
        if (type === null || (had !== "void" && had !== type)) types.set(slot, null);
        else if (had !== null) types.set(slot, type);
      }
    }
  }
  const found = new Map<Alloca, IrType>();
  for (const [slot, type] of types) if (type !== null) found.set(slot, type);
  return found;
}

/** The type in which operand i, an alloca, is accessed; "void" for markers, null for anything else. */
function accessed(instr: Instr, i: number): IrType | null {
  if (instr.op === "load" && !instr.volatile && !instr.acquire) return instr.type;
  if (instr.op === "store" && i === 0 && !instr.volatile && !instr.release && instr.args[1] !== instr.args[0]) {
    return instr.args[1]!.type;
  }
  return instr.op === "lifestart" || instr.op === "lifeend" ? "void" : null;
}

function frontiers(dom: Dominators): Set<number>[] {
  const frontier: Set<number>[] = dom.order.map(() => new Set());
  for (let b = 0; b < dom.order.length; b++) {
    const preds = dom.preds.get(dom.order[b]!)!;
    if (preds.length < 2) continue;
    for (const pred of preds) {
      for (let at = dom.index.get(pred)!; at !== dom.idom[b]; at = dom.idom[at]!) {
        frontier[at]!.add(b);
        if (at === dom.idom[at]) break;
      }
    }
  }
  return frontier;
}

function placePhis(
  fn: IrFunction,
  slot: Alloca,
  type: IrType,
  dom: Dominators,
  frontier: readonly Set<number>[],
  phiOf: Map<Phi, Alloca>,
  added: Map<Block, Phi[]>,
): void {
  if (type === "void") return;
  const stores: number[] = [];
  const liveIn = new Set<number>();
  const work: number[] = [];
  for (const [b, block] of dom.order.entries()) {
    let seen: "none" | "read" | "written" = "none";
    let writes = false;
    for (const instr of block.instrs) {
      if (instr.op === "load" && instr.args[0] === slot) {
        if (seen === "none") seen = "read";
      } else if ((instr.op === "store" || instr.op === "lifestart") && instr.args[0] === slot) {
        if (seen === "none") seen = "written";
        writes = true;
      }
    }
    if (writes) stores.push(b);
    if (seen === "read") {
      liveIn.add(b);
      work.push(b);
    }
  }
  const writers = new Set(stores);
  while (work.length > 0) {
    for (const pred of dom.preds.get(dom.order[work.pop()!]!)!) {
      const p = dom.index.get(pred)!;
      if (liveIn.has(p) || writers.has(p)) continue;
      liveIn.add(p);
      work.push(p);
    }
  }
  const placed = new Set<number>();
  const pending = [...stores];
  while (pending.length > 0) {
    for (const b of frontier[pending.pop()!]!) {
      if (placed.has(b) || !liveIn.has(b)) continue;
      placed.add(b);
      const phi: Phi = { op: "phi", type, id: fn.nextId++, args: [], blocks: [], pos: null };
      if (slot.name) phi.name = slot.name;
      phiOf.set(phi, slot);
      const block = dom.order[b]!;
      const list = added.get(block);
      if (list === undefined) added.set(block, [phi]);
      else list.push(phi);
      pending.push(b);
    }
  }
}

/** Walks the dominator tree with the value that each variable has. */
function rename(
  fn: IrFunction,
  vars: ReadonlyMap<Alloca, IrType>,
  dom: Dominators,
  phiOf: ReadonlyMap<Phi, Alloca>,
): void {
  const current = new Map<Alloca, Value>();
  const replaced = new Map<Value, Value>();
  const resolve = (value: Value): Value => {
    for (;;) {
      const next = replaced.get(value);
      if (next === undefined) return value;
      value = next;
    }
  };
  const visit = (block: Block): (() => void) => {
    const undo: [Alloca, Value | undefined][] = [];
    const assign = (slot: Alloca, value: Value): void => {
      undo.push([slot, current.get(slot)]);
      current.set(slot, value);
    };
    const kept: Instr[] = [];
    for (const instr of block.instrs) {
      if (instr.op === "phi") {
        const slot = phiOf.get(instr);
        if (slot !== undefined) assign(slot, instr);
        kept.push(instr);
        continue;
      }
      const slot = instr.args[0];
      if (instr.op === "alloca" && vars.has(instr)) continue;
      if (slot?.op === "alloca" && vars.has(slot)) {
        if (instr.op === "load") replaced.set(instr, current.get(slot) ?? undef(instr.type));
        else if (instr.op === "store") assign(slot, resolve(instr.args[1]!));
        else if (instr.op === "lifestart") assign(slot, undef(vars.get(slot)!));
        if (instr.op === "load" || instr.op === "store" || instr.op === "lifestart" || instr.op === "lifeend") continue;
      }
      kept.push(instr);
    }
    block.instrs = kept;
    for (const target of new Set(kept[kept.length - 1]?.op === undefined ? [] : targets(kept[kept.length - 1]!))) {
      const edges = dom.preds.get(target)!.filter((pred) => pred === block).length;
      for (const phi of target.instrs) {
        if (phi.op !== "phi") break;
        const variable = phiOf.get(phi);
        if (variable === undefined) continue;
        for (let i = 0; i < edges; i++) {
          phi.args.push(current.get(variable) ?? undef(phi.type));
          phi.blocks.push(block);
        }
      }
    }
    return () => {
      for (const [slot, value] of undo.reverse()) {
        if (value === undefined) current.delete(slot);
        else current.set(slot, value);
      }
    };
  };
  const stack: { at: number; next: number; undo: () => void }[] = [{ at: 0, next: 0, undo: visit(dom.order[0]!) }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const child = dom.children[top.at]![top.next++];
    if (child === undefined) {
      top.undo();
      stack.pop();
    } else stack.push({ at: child, next: 0, undo: visit(dom.order[child]!) });
  }
  for (const block of fn.blocks) {
    for (const instr of block.instrs)
      for (let i = 0; i < instr.args.length; i++) instr.args[i] = resolve(instr.args[i]!);
  }
}

function targets(instr: Instr): readonly Block[] {
  return "targets" in instr ? instr.targets : [];
}
