/** Branches and switches whose way is known, and cases that cannot be. */
import { widthOf } from "../build.ts";
import { isInstr } from "../facts.ts";
import { keepIncoming } from "../graph.ts";
import type { Block, Instr, Phi } from "../ir.ts";
import { possibleBits } from "./bits.ts";
import { isConst, truthOf } from "./simplify-compare.ts";

export function constantBranch(block: Block, instr: Instr & { op: "condbr" }): boolean {
  const cond = instr.args[0]!;
  let taken: Block;
  if (cond.op === "const") taken = instr.targets[cond.value !== 0n ? 0 : 1]!;
  else if (cond.op === "undef") taken = instr.targets[1]!;
  else if (cond.op === "sym") taken = instr.targets[0]!;
  else if (isInstr(cond) && cond.op === "trunc" && truthOf(cond) !== null) {
    instr.args = [truthOf(cond)!];
    return true;
  } else if (isInstr(cond) && (cond.op === "zext" || cond.op === "sext")) {
    instr.args = [cond.args[0]!];
    return true;
  } else if (
    isInstr(cond) &&
    cond.op === "icmp" &&
    cond.pred === "ne" &&
    isConst(cond.args[1], 0n) &&
    cond.args[0]!.type === "i32" &&
    isInstr(cond.args[0]!) &&
    (cond.args[0] as Instr).op === "icmp"
  ) {
    instr.args = [cond.args[0]!];
    return true;
  } else return false;
  goTo(block, instr, taken);
  return true;
}

export function constantSwitch(block: Block, instr: Instr & { op: "switch" }): boolean {
  const value = instr.args[0]!;
  if (value.op !== "const" && value.op !== "undef") return withoutImpossible(block, instr);
  const number = value.op === "const" ? value.value : 0n;
  const width = widthOf(value.type);
  const at = instr.cases.findIndex((one) => BigInt.asIntN(width, one) === number);
  goTo(block, instr, at < 0 ? instr.targets[instr.targets.length - 1]! : instr.targets[at]!);
  return true;
}

/**
 * Cases with bits that the value never has go. Compared with them, the value would have to be precise for the verifier,
 * which then keeps apart what loops and callbacks make of it.
 */
function withoutImpossible(block: Block, instr: Instr & { op: "switch" }): boolean {
  const value = instr.args[0]!;
  const width = widthOf(value.type);
  const bits = possibleBits(value);
  const isPossible = instr.cases.map((one) => (BigInt.asUintN(width, one) & ~bits) === 0n);
  if (isPossible.every(Boolean)) return false;
  const otherwise = instr.targets[instr.targets.length - 1]!;
  if (!isPossible.includes(true)) {
    goTo(block, instr, otherwise);
    return true;
  }
  for (const [i, target] of instr.targets.entries()) {
    if (isPossible[i] !== false) continue;
    for (const phi of target.instrs) {
      if (phi.op !== "phi") break;
      removeEntry(phi, block);
    }
  }
  instr.cases = instr.cases.filter((_, i) => isPossible[i]);
  instr.targets = instr.targets.filter((_, i) => isPossible[i] !== false);
  return true;
}

/** The end of the block becomes a plain branch; the edges that go leave the phis of their targets. */
function goTo(block: Block, end: Instr & { targets: Block[] }, taken: Block): void {
  for (const target of new Set(end.targets)) {
    for (const phi of target.instrs) {
      if (phi.op !== "phi") break;
      if (target === taken) oneEntry(phi, block);
      else keepIncoming(phi, (from) => from !== block);
    }
  }
  block.instrs[block.instrs.length - 1] = {
    op: "br",
    type: "void",
    id: end.id,
    args: [],
    pos: end.pos,
    targets: [taken],
  };
}

function oneEntry(phi: Phi, from: Block): void {
  while (phi.blocks.lastIndexOf(from) !== phi.blocks.indexOf(from)) removeEntry(phi, from);
}

function removeEntry(phi: Phi, from: Block): void {
  const at = phi.blocks.lastIndexOf(from);
  phi.blocks.splice(at, 1);
  phi.args.splice(at, 1);
}
