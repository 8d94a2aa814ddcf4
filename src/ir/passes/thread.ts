/**
 * Jump threading: where a block only asks about a phi, and the value that comes along an edge answers, the edge goes to
 * the answer at once. `if (check(x))` with an inlined check then costs one branch, and the verifier one path.
 */
import { terminatorOf } from "../build.ts";
import { isInstr, isPure } from "../facts.ts";
import { dominates, dominators, phisOf, usersOf } from "../graph.ts";
import type { Block, Const, Instr, IrFunction, Phi, Value } from "../ir.ts";
import { blocksOf, slotFor } from "./demote.ts";
import { foldConstants } from "./fold.ts";
import { mem2reg } from "./mem2reg.ts";

/** Instructions between the phis and the branch. */
const MAX_ASKED = 4;

export function threadJumps(fn: IrFunction): boolean {
  let changed = false;
  for (let round = 0; round < MAX_ROUNDS && threadSome(fn); round++) changed = true;
  if (changed) mem2reg(fn);
  return changed;
}

const MAX_ROUNDS = 20;

/** As many edges as do not touch each other. */
function threadSome(fn: IrFunction): boolean {
  let none = true;
  for (const block of fn.blocks) {
    const end = terminatorOf(block);
    if (end?.op === "condbr" && phisOf(block).some((phi) => phi.args.some((arg) => arg.op === "const"))) none = false;
  }
  if (none) return false;
  const dom = dominators(fn);
  const users = usersOf(fn);
  const places = blocksOf(fn);
  const touched = new Set<Block>();
  const moved = new Set<Value>();
  let changed = false;
  for (const [b, block] of dom.order.entries()) {
    const end = terminatorOf(block)!;
    if (touched.has(block) || end.op !== "condbr" || end.targets[0] === end.targets[1]) continue;
    const phis = phisOf(block);
    if (phis.length === 0 || phis.some((phi) => moved.has(phi))) continue;
    const asked = block.instrs.slice(phis.length, -1);
    if (
      asked.length > MAX_ASKED ||
      !asked.every((instr) => isPure(instr) && instr.op !== "coreaddr" && instr.op !== "coreinfo")
    ) {
      continue;
    }
    if (asked.some((instr) => (users.get(instr) ?? []).some((user) => user !== end && !asked.includes(user)))) continue;
    const preds = dom.preds.get(block)!;
    if (preds.some((pred) => touched.has(pred) || dominates(dom, b, dom.index.get(pred)!))) continue;
    for (const pred of preds) {
      if (preds.filter((one) => one === pred).length > 1 || terminatorOf(pred)!.op === "asmbr") continue;
      const answer = answerFor(end.args[0]!, block, phis, pred, 0);
      if (answer === null) continue;
      const target = end.targets[answer.value !== 0n ? 0 : 1]!;
      if (target === block || touched.has(target) || terminatorOf(pred)!.targets.includes(target)) continue;
      for (const phi of phis) for (const arg of phi.args) moved.add(arg);
      for (const phi of phisOf(target)) for (const arg of phi.args) moved.add(arg);
      redirect(fn, block, phis, pred, target, users, places);
      for (const one of [block, pred, target, ...preds]) touched.add(one);
      changed = true;
      break;
    }
  }
  return changed;
}

/** The branch's condition for those who come from `pred`. */
function answerFor(value: Value, block: Block, phis: readonly Phi[], pred: Block, depth: number): Const | null {
  if (value.op === "const") return value;
  if (!isInstr(value) || depth > MAX_ASKED) return null;
  if (value.op === "phi") {
    if (!phis.includes(value)) return null;
    const arg = value.args[value.blocks.indexOf(pred)]!;
    return arg.op === "const" ? arg : null;
  }
  if (!block.instrs.includes(value)) return null;
  const args: Const[] = [];
  for (const arg of value.args) {
    const item = answerFor(arg, block, phis, pred, depth + 1);
    if (item === null) return null;
    args.push(item);
  }
  if (value.op === "select") return args[0]!.value !== 0n ? args[1]! : args[2]!;
  return foldConstants(value, args);
}

function redirect(
  fn: IrFunction,
  block: Block,
  phis: readonly Phi[],
  pred: Block,
  target: Block,
  users: ReadonlyMap<Value, Instr[]>,
  places: ReadonlyMap<Instr, Block>,
): void {
  const from = (value: Value): Value => {
    const phi = phis.find((one) => one === value);
    return phi === undefined ? value : phi.args[phi.blocks.indexOf(pred)]!;
  };
  for (const phi of phisOf(target)) {
    phi.args.push(from(phi.args[phi.blocks.indexOf(block)]!));
    phi.blocks.push(pred);
  }
  for (const phi of phis) {
    // Those behind the block who take the phi may now be reached without it.
    const outside = (users.get(phi) ?? []).filter((user) => {
      if (places.get(user) === block) return false;
      return user.op !== "phi" || user.args.some((arg, i) => arg === phi && user.blocks[i] !== block);
    });
    if (outside.length === 0) continue;
    const slot = slotFor(fn, phi);
    for (const [i, one] of phi.blocks.entries()) {
      const store: Instr = {
        op: "store",
        type: "void",
        id: fn.nextId++,
        args: [slot, phi.args[i]!],
        pos: null,
        align: slot.align,
        volatile: false,
      };
      one.instrs.splice(one.instrs.length - 1, 0, store);
    }
    for (const user of new Set(outside)) {
      const load = (): Instr => {
        const made: Instr = {
          op: "load",
          type: phi.type,
          id: fn.nextId++,
          args: [slot],
          pos: user.pos,
          align: slot.align,
          volatile: false,
        };
        if (phi.prov !== undefined) made.prov = phi.prov;
        return made;
      };
      if (user.op === "phi") {
        for (const [i, arg] of user.args.entries()) {
          if (arg !== phi || user.blocks[i] === block) continue;
          const made = load();
          user.blocks[i]!.instrs.splice(user.blocks[i]!.instrs.length - 1, 0, made);
          user.args[i] = made;
        }
        continue;
      }
      const made = load();
      const into = places.get(user)!;
      into.instrs.splice(into.instrs.indexOf(user), 0, made);
      user.args = user.args.map((arg) => (arg === phi ? made : arg));
    }
  }
  for (const phi of phis) {
    const at = phi.blocks.indexOf(pred);
    phi.args.splice(at, 1);
    phi.blocks.splice(at, 1);
  }
  const end = terminatorOf(pred)!;
  end.targets = end.targets.map((one) => (one === block ? target : one));
}
