/**
 * Selection: a function of IR (after prepare.ts) to machine instructions over vregs. All arithmetic is 64 bits wide but
 * where a 32-bit operation gives the zero-extension for nothing; demand.ts says which form of a narrow value is wanted.
 *
 * Addresses are base + constant wherever the IR lets them be: the constant goes into the access, so that ctx is always
 * read at a constant offset of the pointer given, and a checked packet pointer is the one that is read through.
 */
import { bug } from "../base/error.ts";
import { terminatorOf, widthOf } from "../ir/build.ts";
import { isInstr } from "../ir/facts.ts";
import { loopDepths, reversePostorder, usersOf } from "../ir/graph.ts";
import type { Block, IrDiagnostic, IrFunction, Value } from "../ir/ir.ts";
import { demandOf, WANT_SX, WANT_ZX } from "./demand.ts";
import { type MBlock, type MFunction, type MOperand, mInst, NONE } from "./mir.ts";
import { define, type Form, newVreg, operand, type Sel } from "./sel.ts";
import { selectInstr } from "./select-op.ts";

export interface SelectOptions {
  /** 2: no 32-bit operations; 3; 4: sign-extending loads and moves, signed division, long jumps. */
  readonly cpu: 2 | 3 | 4;
}

export function select(fn: IrFunction, options: SelectOptions, diagnostics: IrDiagnostic[]): MFunction {
  const depths = loopDepths(fn);
  const order = reversePostorder(fn);
  const params = fn.params.map(() => NONE);
  const out: MFunction = { name: fn.name, naked: fn.naked, blocks: [], params, slots: [], vregs: 0 };
  const s: Sel = {
    fn,
    out,
    cpu: options.cpu,
    demand: demandOf(fn, options.cpu >= 3),
    users: usersOf(fn),
    forms: new Map(),
    blocks: new Map(),
    slots: new Map(),
    bits: [],
    signedBits: [],
    diagnostics,
    syms: new Map(),
    imms: new Map(),
    cur: null as unknown as MBlock,
    pos: fn.pos,
  };
  for (const block of order) {
    const made: MBlock = {
      id: block.id,
      name: block.name,
      insts: [],
      preds: [],
      depth: depths.get(block) ?? 0,
      start: 0,
    };
    s.blocks.set(block, made);
    out.blocks.push(made);
  }
  for (const block of order) {
    for (const target of terminatorOf(block)!.targets) s.blocks.get(target)!.preds.push(s.blocks.get(block)!);
  }
  for (const block of order) {
    for (const instr of block.instrs) if (instr.op === "phi") declarePhi(s, instr);
  }
  const known = new Map<MBlock, Map<string, number>>();
  for (const block of order) {
    s.cur = s.blocks.get(block)!;
    // What the only block before has made is there as well: those come earlier in the order.
    s.syms = s.cur.preds.length === 1 ? new Map(known.get(s.cur.preds[0]!)) : new Map();
    known.set(s.cur, s.syms);
    s.imms.clear();
    if (block === fn.blocks[0]) selectParams(s);
    selectPhis(s, block);
    for (const instr of block.instrs) {
      if (instr.op === "phi") continue;
      s.pos = instr.pos ?? s.pos;
      selectInstr(s, instr);
    }
  }
  for (const block of order) fillPhis(s, block);
  return out;
}

function selectParams(s: Sel): void {
  for (const param of s.fn.params) {
    if ((s.users.get(param) ?? []).length === 0) continue;
    const v = newVreg(s);
    s.out.params[param.index] = v;
  }
  for (const param of s.fn.params) {
    const v = s.out.params[param.index]!;
    if (v !== NONE) define(s, param, v);
  }
}

function declarePhi(s: Sel, phi: Value): void {
  const width = widthOf(phi.type);
  const form = phiForm(s, phi);
  const v = newVreg(s, form === "zx" ? width : 64, form === "sx" ? width : 64);
  s.forms.set(phi, {
    any: v,
    zx: form === "zx" || width === 64 ? v : NONE,
    sx: form === "sx" || width === 64 ? v : NONE,
  });
}

function selectPhis(s: Sel, block: Block): void {
  const phis = block.instrs.filter((instr) => instr.op === "phi");
  for (const phi of phis)
    s.cur.insts.push(mInst("phi", { def: s.forms.get(phi)!.any, pos: phi.pos, args: [], from: [] }));
  for (const phi of phis) if (widthOf(phi.type) < 64) define(s, phi, s.forms.get(phi)!.any);
}

function fillPhis(s: Sel, block: Block): void {
  let at = 0;
  for (const phi of block.instrs) {
    if (phi.op !== "phi") break;
    const inst = s.blocks.get(block)!.insts[at++]!;
    const form = phiForm(s, phi);
    for (const [i, arg] of phi.args.entries()) {
      const from = s.blocks.get(phi.blocks[i]!);
      if (from === undefined) continue;
      inst.args!.push(phiOperand(s, arg, form));
      inst.from!.push(from);
    }
  }
}

/** Which form a phi carries. */
function phiForm(s: Sel, value: Value): Form {
  if (widthOf(value.type) === 64) return "any";
  const want = s.demand.get(value) ?? 0;
  return want & WANT_ZX ? "zx" : want & WANT_SX ? "sx" : "any";
}

function phiOperand(s: Sel, arg: Value, form: Form): MOperand {
  if (form === "any" && arg.op !== "const" && isInstr(arg) && widthOf(arg.type) < 64) {
    return { kind: "vreg", v: s.forms.get(arg)?.any ?? bug("phi of nothing") };
  }
  return operand(s, arg, form);
}
