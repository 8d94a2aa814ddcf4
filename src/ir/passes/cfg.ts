/** Blocks that go straight on become one; empty ones are passed by; what cannot be reached goes. */
import { terminatorOf } from "../build.ts";
import { dropUnreachable, phisOf, predecessors } from "../graph.ts";
import type { Block, Instr, IrFunction, Value } from "../ir.ts";
import { sameValue } from "./simplify.ts";

export function cleanCfg(fn: IrFunction): boolean {
  let changed = dropUnreachable(fn);
  for (let again = true; again; ) {
    again = mergeChains(fn) || passByEmpty(fn);
    changed ||= again;
    if (again) dropUnreachable(fn);
  }
  return changed;
}

function mergeChains(fn: IrFunction): boolean {
  const preds = predecessors(fn.blocks);
  const replaced = new Map<Value, Value>();
  const gone = new Set<Block>();
  for (const block of fn.blocks) {
    if (gone.has(block)) continue;
    for (;;) {
      const end = terminatorOf(block);
      if (end?.op !== "br") break;
      const next = end.targets[0]!;
      if (next === block || next === fn.blocks[0] || preds.get(next)!.length !== 1) break;
      block.instrs.pop();
      for (const instr of next.instrs) {
        if (instr.op === "phi") replaced.set(instr, instr.args[0]!);
        else block.instrs.push(instr);
      }
      for (const target of terminatorOf(block)?.targets ?? []) {
        for (const phi of phisOf(target)) phi.blocks = phi.blocks.map((from) => (from === next ? block : from));
        preds.set(
          target,
          preds.get(target)!.map((from) => (from === next ? block : from)),
        );
      }
      gone.add(next);
    }
  }
  if (gone.size === 0) return false;
  fn.blocks = fn.blocks.filter((block) => !gone.has(block));
  if (replaced.size > 0) substitute(fn, replaced);
  return true;
}

function substitute(fn: IrFunction, replaced: ReadonlyMap<Value, Value>): void {
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      for (let i = 0; i < instr.args.length; i++) {
        let value = instr.args[i]!;
        for (let next = replaced.get(value); next !== undefined && next !== value; next = replaced.get(value))
          value = next;
        instr.args[i] = value;
      }
    }
  }
}

/** pred -> empty -> target becomes pred -> target where target's phis can tell. */
function passByEmpty(fn: IrFunction): boolean {
  const preds = predecessors(fn.blocks);
  let changed = false;
  for (const block of fn.blocks) {
    if (block === fn.blocks[0] || block.instrs.length !== 1) continue;
    const end = block.instrs[0]!;
    if (end.op !== "br" || end.targets[0] === block) continue;
    const target = end.targets[0]!;
    if (leadsBack(target, block)) continue;
    const phis = phisOf(target);
    for (const pred of new Set(preds.get(block)!)) {
      const predEnd = terminatorOf(pred)!;
      if (predEnd.op === "asmbr") continue;
      const already = predEnd.targets.includes(target);
      if (
        already &&
        !phis.every((phi) => sameValue(phi.args[phi.blocks.indexOf(pred)]!, phi.args[phi.blocks.indexOf(block)]!))
      ) {
        continue;
      }
      for (let i = 0; i < predEnd.targets.length; i++) {
        if (predEnd.targets[i] !== block) continue;
        predEnd.targets[i] = target;
        preds.get(target)!.push(pred);
        for (const phi of phis) {
          phi.args.push(phi.args[phi.blocks.indexOf(block)]!);
          phi.blocks.push(pred);
        }
      }
      preds.set(
        block,
        preds.get(block)!.filter((from) => from !== pred),
      );
      changed = true;
      if (predEnd.op === "condbr" && predEnd.targets[0] === predEnd.targets[1]) sameTarget(pred, predEnd);
    }
    if (preds.get(block)!.length === 0) {
      for (const phi of phis) {
        const at = phi.blocks.indexOf(block);
        if (at < 0) continue;
        phi.blocks.splice(at, 1);
        phi.args.splice(at, 1);
      }
      block.instrs = [{ op: "unreachable", type: "void", id: end.id, args: [], pos: null, targets: [] }];
    }
  }
  return changed;
}

/** A loop of empty blocks: nothing to pass by. */
function leadsBack(from: Block, to: Block): boolean {
  let at = from;
  for (let steps = 0; steps < 100; steps++) {
    if (at === to) return true;
    const end = at.instrs[0];
    if (at.instrs.length !== 1 || end?.op !== "br") return false;
    at = end.targets[0]!;
  }
  return true;
}

/** if (c) goto x; else goto x; with the same values. */
function sameTarget(block: Block, end: Instr & { op: "condbr" }): void {
  const target = end.targets[0]!;
  for (const phi of phisOf(target)) {
    const at = phi.blocks.lastIndexOf(block);
    phi.blocks.splice(at, 1);
    phi.args.splice(at, 1);
  }
  block.instrs[block.instrs.length - 1] = {
    op: "br",
    type: "void",
    id: end.id,
    args: [],
    pos: end.pos,
    targets: [target],
  };
}
