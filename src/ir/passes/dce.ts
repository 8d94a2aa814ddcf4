/** Removes what has no effect and no taker, cycles of phis included. */
import { hasEffect, isInstr } from "../facts.ts";
import type { Instr, IrFunction } from "../ir.ts";

export function removeDead(fn: IrFunction): boolean {
  const live = new Set<Instr>();
  const work: Instr[] = [];
  const keep = (instr: Instr): void => {
    if (live.has(instr)) return;
    live.add(instr);
    work.push(instr);
  };
  const markers: Instr[] = [];
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      if (instr.op === "lifestart" || instr.op === "lifeend") markers.push(instr);
      else if (hasEffect(instr)) keep(instr);
    }
  }
  while (work.length > 0) for (const arg of work.pop()!.args) if (isInstr(arg)) keep(arg);
  for (const marker of markers) if (live.has(marker.args[0] as Instr)) live.add(marker);
  let changed = false;
  for (const block of fn.blocks) {
    const kept = block.instrs.filter((instr) => live.has(instr));
    if (kept.length === block.instrs.length) continue;
    block.instrs = kept;
    changed = true;
  }
  return changed;
}
