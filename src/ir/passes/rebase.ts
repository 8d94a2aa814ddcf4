/**
 * Pointers into one object are compared by their distances from its start. The verifier knows numbers, not which of two
 * pointers into a map value, the stack or a packet is the lower one:
 *
 *     for (p = buf; p != buf + 64; p++) *p   ->   for (i = 0; i != 64; i++) *(buf + i)
 *
 * C compares pointers of one object only, so distances are compared with their sign.
 */
import { constant } from "../build.ts";
import { isInstr } from "../facts.ts";
import { phisOf, replaceValues } from "../graph.ts";
import type { Block, Icmp, Instr, IrFunction, Phi, Pred, Value } from "../ir.ts";
import { sameValue } from "./simplify.ts";

/** A pointer that goes through more phis stays as it is. */
const MAX_PHIS = 16;
const MAX_STEPS = 64;

const SIGNED: Readonly<Record<Pred, Pred>> = {
  eq: "eq",
  ne: "ne",
  ult: "slt",
  ule: "sle",
  ugt: "sgt",
  uge: "sge",
  slt: "slt",
  sle: "sle",
  sgt: "sgt",
  sge: "sge",
};

/** What a pointer starts from, and the phis that it goes through on the way. */
interface Origin {
  readonly root: Value;
  readonly phis: readonly Phi[];
}

export function rebasePointers(fn: IrFunction): boolean {
  const asked = questions(fn);
  if (asked.length === 0) return false;
  const distances = new Distances(fn);
  let changed = false;
  for (const instr of asked) {
    const [a, b] = pointersOf(instr);
    const from = originOf(a);
    const to = originOf(b);
    if (from === null || to === null || !sameValue(from.root, to.root)) continue;
    const phis = new Set([...from.phis, ...to.phis]);
    if (nullChecked(fn, phis) || (from.root.op === "param" && from.root.prov === "ctx")) continue;
    distances.know(from.root, phis);
    instr.args = [distances.of(a), distances.of(b)];
    if (instr.op === "icmp") instr.pred = SIGNED[instr.pred];
    changed = true;
  }
  if (changed) distances.apply();
  return changed;
}

/** Comparisons of pointers, and differences of them. */
function questions(fn: IrFunction): (Icmp | (Instr & { op: "sub" }))[] {
  const found: (Icmp | (Instr & { op: "sub" }))[] = [];
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      if (instr.op === "icmp") {
        if (instr.args[0]!.type === "ptr" && instr.args.every((arg) => arg.op !== "const")) found.push(instr);
      } else if (instr.op === "sub" && instr.args.every((arg) => arg.op === "ptrtoint")) {
        found.push(instr as Instr & { op: "sub" });
      }
    }
  }
  return found;
}

function pointersOf(instr: Instr): [Value, Value] {
  const [a, b] = instr.args as [Value, Value];
  return instr.op === "icmp" ? [a, b] : [(a as Instr).args[0]!, (b as Instr).args[0]!];
}

function originOf(pointer: Value): Origin | null {
  const phis = new Set<Phi>();
  let root: Value | null = null;
  const work = [pointer];
  while (work.length > 0) {
    const at = baseOf(work.pop()!);
    if (at === null) return null;
    if (at.op === "phi") {
      if (phis.has(at)) continue;
      phis.add(at);
      if (phis.size > MAX_PHIS) return null;
      work.push(...at.args);
    } else if (root === null) root = at;
    else if (!sameValue(root, at)) return null;
  }
  return root === null || root.op === "const" || root.op === "undef" ? null : { root, phis: [...phis] };
}

/** The pointer without its steps. */
function baseOf(pointer: Value): Value | null {
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    if (pointer.op !== "ptradd") return pointer;
    pointer = pointer.args[0]!;
  }
  return null;
}

/** Nothing may be added to what can still be null. */
function nullChecked(fn: IrFunction, phis: ReadonlySet<Phi>): boolean {
  if (phis.size === 0) return false;
  return fn.blocks.some((block) =>
    block.instrs.some(
      (instr) =>
        (instr.op === "icmp" && instr.args.some((arg) => arg.op === "const") && phis.has(instr.args[0] as Phi)) ||
        (instr.op === "condbr" && phis.has(instr.args[0] as Phi)),
    ),
  );
}

/** Distances made so far; those of phis are phis themselves. */
class Distances {
  private readonly fn: IrFunction;
  private readonly known = new Map<Value, Value>();
  private readonly places: Map<Instr, Block> = new Map();
  private readonly rebased = new Map<Value, Value>();

  constructor(fn: IrFunction) {
    this.fn = fn;
    for (const block of fn.blocks) for (const instr of block.instrs) this.places.set(instr, block);
  }

  know(root: Value, phis: ReadonlySet<Phi>): void {
    const fresh = [...phis].filter((phi) => !this.known.has(phi));
    for (const phi of fresh) {
      const made: Phi = {
        op: "phi",
        type: "i64",
        id: this.fn.nextId++,
        args: [],
        blocks: [...phi.blocks],
        pos: phi.pos,
      };
      this.known.set(phi, made);
      const block = this.places.get(phi)!;
      block.instrs.unshift(made);
      const pointer: Instr = { op: "ptradd", type: "ptr", id: this.fn.nextId++, args: [root, made], pos: phi.pos };
      const prov = phi.prov ?? (isInstr(root) || root.op === "param" ? root.prov : undefined);
      if (prov !== undefined) pointer.prov = prov;
      block.instrs.splice(phisOf(block).length, 0, pointer);
      this.rebased.set(phi, pointer);
    }
    for (const phi of fresh) (this.known.get(phi) as Phi).args = phi.args.map((arg) => this.of(arg));
  }

  of(pointer: Value): Value {
    const had = this.known.get(pointer);
    if (had !== undefined) return had;
    if (pointer.op !== "ptradd") return constant("i64", 0n);
    const base = this.of(pointer.args[0]!);
    const by = pointer.args[1]!;
    let made: Value;
    if (base.op === "const" && base.value === 0n) made = by;
    else if (base.op === "const" && by.op === "const") made = constant("i64", base.value + by.value);
    else {
      const add: Instr = { op: "add", type: "i64", id: this.fn.nextId++, args: [base, by], pos: pointer.pos };
      const { instrs } = this.places.get(pointer)!;
      instrs.splice(instrs.indexOf(pointer) + 1, 0, add);
      made = add;
    }
    this.known.set(pointer, made);
    return made;
  }

  /** The pointers themselves, by their distance. */
  apply(): void {
    for (const block of this.fn.blocks) block.instrs = block.instrs.filter((instr) => !this.rebased.has(instr));
    replaceValues(this.fn, this.rebased);
  }
}
