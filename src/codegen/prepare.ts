/**
 * The last changes to the IR before selection, all for want of machine instructions: a comparison whose result is kept
 * and a select become branches, a switch a tree of comparisons, and an edge from a block with several ends to a block
 * with several beginnings gets a block of its own, where the copies for phis can stand.
 */
import { constant, newBlock, terminatorOf, widthOf } from "../ir/build.ts";
import { dropUnreachable, phisOf, predecessors, usersOf } from "../ir/graph.ts";
import type { Block, CondBr, Icmp, Instr, IrFunction, Phi, Select, Switch, Value } from "../ir/ir.ts";

export function prepare(fn: IrFunction): void {
  dropUnreachable(fn);
  lowerSwitches(fn);
  lowerSelects(fn);
  splitCriticalEdges(fn);
  returnAtOnce(fn);
}

function lowerSelects(fn: IrFunction): void {
  const users = usersOf(fn);
  const kept = (instr: Icmp): boolean =>
    (users.get(instr) ?? []).some(
      (user) =>
        user.op !== "condbr" && !(user.op === "select" && user.args[0] === instr && user.args.lastIndexOf(instr) === 0),
    );
  const done: Block[] = [];
  for (const first of fn.blocks) {
    let block = first;
    done.push(block);
    for (let i = 0; i < block.instrs.length; i++) {
      const instr = block.instrs[i]!;
      if (instr.op !== "select" && !(instr.op === "icmp" && kept(instr))) continue;
      const { then, rest, phi } = diamond(fn, block, i, instr);
      if (instr.op === "icmp") {
        // The comparison itself stays, for the branch alone; all others take the phi.
        for (const user of users.get(instr) ?? []) {
          if (user.op === "condbr") continue;
          for (let k = 0; k < user.args.length; k++) if (user.args[k] === instr) user.args[k] = phi;
        }
      }
      done.push(then, rest);
      block = rest;
      i = 0;
    }
  }
  fn.blocks = done;
}

/** Splits `block` at instruction i into block -> then -> rest, block -> rest; the phi in `rest` is the result. */
function diamond(
  fn: IrFunction,
  block: Block,
  i: number,
  instr: Icmp | Select,
): { then: Block; rest: Block; phi: Phi } {
  const then = newBlock(fn, "sel");
  const rest = newBlock(fn, "sel.end");
  const tail = block.instrs.splice(i);
  tail.shift();
  const base = { id: 0, pos: instr.pos };
  const values: [Value, Value] =
    instr.op === "select" ? [instr.args[1]!, instr.args[2]!] : [constant(instr.type, 1n), constant(instr.type, 0n)];
  const cond = instr.op === "select" ? instr.args[0]! : instr;
  let phi: Phi;
  const branch: CondBr = { op: "condbr", type: "void", ...base, id: fn.nextId++, args: [cond], targets: [then, rest] };
  if (instr.op === "icmp") {
    phi = { op: "phi", type: instr.type, ...base, id: fn.nextId++, args: [...values], blocks: [then, block] };
    block.instrs.push(instr, branch);
  } else {
    // The select object turns into the phi: those who take it need not know.
    phi = Object.assign(instr as unknown as Phi, { op: "phi" as const, args: [...values], blocks: [then, block] });
    block.instrs.push(branch);
  }
  then.instrs.push({ op: "br", type: "void", ...base, id: fn.nextId++, args: [], targets: [rest] });
  rest.instrs.push(phi, ...tail);
  for (const target of terminatorOf(rest)?.targets ?? []) {
    for (const other of phisOf(target)) other.blocks = other.blocks.map((from) => (from === block ? rest : from));
  }
  return { then, rest, phi };
}

/** More cases than this are searched by halves. */
const LINEAR_CASES = 4;

function lowerSwitches(fn: IrFunction): void {
  const done: Block[] = [];
  for (const block of fn.blocks) {
    done.push(block);
    const end = terminatorOf(block);
    if (end?.op === "switch") done.push(...lowerSwitch(fn, block, end));
  }
  fn.blocks = done;
}

function lowerSwitch(fn: IrFunction, block: Block, end: Switch): Block[] {
  const value = end.args[0]!;
  const width = widthOf(value.type);
  const otherwise = end.targets[end.targets.length - 1]!;
  const cases = end.cases
    .map((at, i) => ({ at: BigInt.asUintN(width, at), target: end.targets[i]! }))
    .filter((one) => one.target !== otherwise)
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  const made: Block[] = [];
  const edges: [Block, Block][] = [];
  const put = (at: Block, instr: Instr): void => {
    at.instrs.push(instr);
  };
  const base = (args: Value[]): { type: "void"; id: number; args: Value[]; pos: Switch["pos"] } => ({
    type: "void",
    id: fn.nextId++,
    args,
    pos: end.pos,
  });
  const compare = (at: Block, pred: Icmp["pred"], to: bigint, yes: Block, no: Block): void => {
    const cond: Icmp = { ...base([value, constant(value.type, to)]), op: "icmp", pred, type: "i32" };
    put(at, cond);
    put(at, { ...base([cond]), op: "condbr", targets: [yes, no] });
  };
  const fresh = (): Block => {
    const block = newBlock(fn, "case");
    made.push(block);
    return block;
  };
  const search = (at: Block, from: number, to: number): void => {
    if (to - from <= LINEAR_CASES) {
      for (let i = from; i < to; i++) {
        const last = i + 1 === to;
        const next = last ? otherwise : fresh();
        compare(at, "eq", cases[i]!.at, cases[i]!.target, next);
        edges.push([cases[i]!.target, at]);
        if (last) edges.push([otherwise, at]);
        at = next;
      }
      return;
    }
    const middle = (from + to) >> 1;
    const low = fresh();
    const high = fresh();
    compare(at, "ult", cases[middle]!.at, low, high);
    search(low, from, middle);
    search(high, middle, to);
  };
  block.instrs.pop();
  if (cases.length === 0) {
    put(block, { ...base([]), op: "br", targets: [otherwise] });
    edges.push([otherwise, block]);
  } else {
    search(block, 0, cases.length);
  }
  // A phi had an entry for each edge from the switch; it gets one for each edge from the blocks made.
  const targets = new Set(end.targets);
  for (const target of targets) {
    for (const phi of phisOf(target)) {
      const at = phi.blocks.indexOf(block);
      if (at < 0) continue;
      const incoming = phi.args[at]!;
      const keep = phi.blocks.map((from) => from !== block);
      phi.args = phi.args.filter((_, i) => keep[i]);
      phi.blocks = phi.blocks.filter((_, i) => keep[i]);
      for (const [to, from] of edges) {
        if (to !== target) continue;
        phi.args.push(incoming);
        phi.blocks.push(from);
      }
    }
  }
  return made;
}

function splitCriticalEdges(fn: IrFunction): void {
  const preds = predecessors(fn.blocks);
  const added: Block[] = [];
  for (const block of fn.blocks) {
    const end = terminatorOf(block);
    if (end === null || end.targets.length < 2) continue;
    if (end.op === "condbr" && end.targets[0] === end.targets[1]) {
      const target = end.targets[0]!;
      if (phisOf(target).every((phi) => sameFrom(phi, block))) {
        block.instrs[block.instrs.length - 1] = { ...end, op: "br", args: [], targets: [target] } as Instr;
        for (const phi of phisOf(target)) dropOne(phi, block);
        continue;
      }
    }
    for (let i = 0; i < end.targets.length; i++) {
      const target = end.targets[i]!;
      const phis = phisOf(target);
      if (phis.length === 0 || preds.get(target)!.length < 2) continue;
      const middle = newBlock(fn, "edge");
      middle.instrs.push({ op: "br", type: "void", id: fn.nextId++, args: [], pos: end.pos, targets: [target] });
      end.targets[i] = middle;
      for (const phi of phis) phi.blocks[phi.blocks.indexOf(block)] = middle;
      added.push(middle);
    }
  }
  fn.blocks.push(...added);
}

/** goto to a block that only returns is a return: as long, and one instruction less to run. */
function returnAtOnce(fn: IrFunction): void {
  for (const block of fn.blocks) {
    const end = terminatorOf(block);
    if (end?.op !== "br") continue;
    const target = end.targets[0]!;
    const ret = terminatorOf(target);
    const phis = phisOf(target);
    if (ret?.op !== "ret" || target === block || target.instrs.length !== phis.length + 1) continue;
    const value = ret.args[0];
    const phi = phis.find((one) => one === value);
    const args = value === undefined ? [] : [phi === undefined ? value : phi.args[phi.blocks.indexOf(block)]!];
    block.instrs[block.instrs.length - 1] = { ...ret, id: fn.nextId++, args, targets: [] };
    for (const one of phis) dropOne(one, block);
  }
  dropUnreachable(fn);
}

function sameFrom(phi: Phi, block: Block): boolean {
  const values = phi.args.filter((_, i) => phi.blocks[i] === block);
  return values.every((value) => value === values[0]);
}

function dropOne(phi: Phi, block: Block): void {
  const at = phi.blocks.indexOf(block);
  phi.blocks.splice(at, 1);
  phi.args.splice(at, 1);
}
