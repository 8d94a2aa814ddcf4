/**
 * The order of blocks, once registers are given out. Copies for phis are settled first; a block that then does nothing is
 * passed by. A loop that tests at its top is entered through a jump to the test and placed behind its body, so that each
 * round takes one jump.
 */
import { bug } from "../base/error.ts";
import type { Allocation } from "./allocate.ts";
import type { MBlock, MFunction, MInst, MOperand } from "./mir.ts";

export function layOutBlocks(fn: MFunction, alloc: Allocation): void {
  for (const block of fn.blocks) settleCopies(fn, block, alloc);
  const forward = new Map<MBlock, MBlock>();
  for (const block of fn.blocks)
    if (block !== fn.blocks[0] && doesNothing(block)) forward.set(block, targetsOf(block)[0]!);
  const end = (block: MBlock): MBlock => {
    let at = block;
    for (let steps = 0; forward.has(at) && steps < fn.blocks.length; steps++) at = forward.get(at)!;
    return at;
  };
  for (const block of fn.blocks) {
    const last = block.insts[block.insts.length - 1]!;
    if (last.targets === undefined) continue;
    last.targets = last.targets.map(end);
    if (last.k === "jcc" && last.targets[0] === last.targets[1]) {
      Object.assign(last, { k: "jmp", targets: [last.targets[0]!] });
    }
  }
  fn.blocks = order(fn);
}

function targetsOf(block: MBlock): readonly MBlock[] {
  return block.insts[block.insts.length - 1]?.targets ?? [];
}

function settleCopies(fn: MFunction, block: MBlock, alloc: Allocation): void {
  const last = block.insts[block.insts.length - 1];
  if (last?.k !== "jmp") return;
  const args: MOperand[] = [];
  const regs: number[] = [];
  for (const phi of last.targets![0]!.insts) {
    if (phi.k !== "phi") break;
    const reg = alloc.regs[phi.def]!;
    if (reg < 0) continue;
    const arg = phi.args![phi.from!.indexOf(block)] ?? bug(`phi in ${fn.name} lacks an edge`);
    if (arg.kind === "vreg" && alloc.regs[arg.v] === reg) continue;
    args.push(arg);
    regs.push(reg);
  }
  if (args.length > 0) block.copies = { args, regs };
}

function isQuiet(inst: MInst): boolean {
  return inst.k === "phi" || inst.k === "life";
}

function doesNothing(block: MBlock): boolean {
  const last = block.insts[block.insts.length - 1];
  if (last?.k !== "jmp" || block.copies !== undefined || last.targets![0] === block) return false;
  return block.insts.every((inst) => inst === last || isQuiet(inst));
}

function order(fn: MFunction): MBlock[] {
  const reached = reachable(fn);
  const blocks = fn.blocks.filter((block) => reached.has(block));
  const placed = new Set<MBlock>();
  const out: MBlock[] = [];
  let pending = 0;
  let next: MBlock | null = blocks[0] ?? null;
  while (next !== null) {
    placed.add(next);
    out.push(next);
    const after = follower(next, placed);
    if (after !== null) {
      next = after;
      continue;
    }
    while (pending < blocks.length && placed.has(blocks[pending]!)) pending++;
    next = blocks[pending] ?? null;
  }
  return out;
}

function reachable(fn: MFunction): Set<MBlock> {
  const reached = new Set<MBlock>([fn.blocks[0]!]);
  const stack = [fn.blocks[0]!];
  while (stack.length > 0) {
    for (const target of targetsOf(stack.pop()!)) {
      if (reached.has(target)) continue;
      reached.add(target);
      stack.push(target);
    }
  }
  return reached;
}

function follower(block: MBlock, placed: ReadonlySet<MBlock>): MBlock | null {
  const targets = targetsOf(block).filter((target) => !placed.has(target));
  if (targets.length === 0) return null;
  const last = block.insts[block.insts.length - 1]!;
  if (last.k === "jmp") {
    const target = targets[0]!;
    // Into a loop from outside, with its test at the top: the body first.
    if (target.depth > block.depth) {
      const inner = targetsOf(target);
      const body = inner.find((one) => one.depth >= target.depth && one !== target);
      const leaves = inner.some((one) => one.depth < target.depth);
      if (inner.length === 2 && leaves && body !== undefined && !placed.has(body)) return body;
    }
    return target;
  }
  // if (...) { a } b: a in between.
  const [yes, no] = last.targets as [MBlock, MBlock];
  if (targets.length === 2) {
    if (targetsOf(yes).length === 1 && targetsOf(yes)[0] === no) return yes;
    if (targetsOf(no).length === 1 && targetsOf(no)[0] === yes) return no;
  }
  // What stays in the loop, else what falls through as written.
  return targets.reduce((best, one) => (one.depth > best.depth ? one : best), targets[targets.length - 1]!);
}
