/**
 * In which forms each narrow integer is wanted. A machine register has 64 bits; a value of type iN may stand in it
 *
 *     any   only the low N bits count
 *     zx    zero-extended
 *     sx    sign-extended
 *
 * An extension is made once, where the value is defined, and everyone takes that register: what the verifier learns from
 * a comparison then holds for the use. Wants go backwards through phis and through signed arithmetic that cannot overflow.
 */
import { widthOf } from "../ir/build.ts";
import { isInstr, isSignedPred } from "../ir/facts.ts";
import type { Instr, IrFunction, Value } from "../ir/ir.ts";

export const WANT_ZX = 1;
export const WANT_SX = 2;

export type Demand = Map<Value, number>;

export function demandOf(fn: IrFunction, jmp32: boolean): Demand {
  const demand: Demand = new Map();
  const work: Value[] = [];
  const want = (value: Value, form: number): void => {
    if (widthOf(value.type) === 64 || (!isInstr(value) && value.op !== "param")) return;
    const had = demand.get(value) ?? 0;
    if ((had & form) === form) return;
    demand.set(value, had | form);
    work.push(value);
  };
  const settle = (): void => {
    while (work.length > 0) {
      const value = work.pop()!;
      if (isInstr(value)) spread(value, demand.get(value)!, want);
    }
  };
  const comparisons: Instr[] = [];
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      if (instr.op === "icmp") comparisons.push(instr);
      else wantOperands(instr, want);
    }
  }
  settle();
  for (const instr of comparisons) {
    if (instr.op !== "icmp") continue;
    const [a, b] = instr.args as [Value, Value];
    const has = (form: number): boolean => ((demand.get(a) ?? 0) & form) !== 0 || ((demand.get(b) ?? 0) & form) !== 0;
    const soft = jmp32 && a.type === "i32";
    if (isSignedPred(instr.pred)) {
      if (soft && !has(WANT_SX)) continue;
      want(a, WANT_SX);
      want(b, WANT_SX);
    } else if ((instr.pred === "eq" || instr.pred === "ne") && has(WANT_SX) && !has(WANT_ZX)) {
      want(a, WANT_SX);
      want(b, WANT_SX);
    } else if (!soft || has(WANT_ZX)) {
      want(a, WANT_ZX);
      want(b, WANT_ZX);
    }
    settle();
  }
  return demand;
}

function wantOperands(instr: Instr, want: (value: Value, form: number) => void): void {
  switch (instr.op) {
    case "zext":
    case "lshr":
    case "udiv":
    case "umod":
    case "call":
    case "opaque":
    case "asm":
    case "asmbr":
    case "condbr":
      for (const arg of instr.args) want(arg, WANT_ZX);
      break;
    case "sext":
    case "sdiv":
    case "smod":
      for (const arg of instr.args) want(arg, WANT_SX);
      break;
    case "ashr":
      want(instr.args[0]!, WANT_SX);
      want(instr.args[1]!, WANT_ZX);
      break;
    case "shl":
      want(instr.args[1]!, WANT_ZX);
      break;
    default:
      break;
  }
}

/** What a want of the result asks of the operands. */
function spread(instr: Instr, forms: number, want: (value: Value, form: number) => void): void {
  switch (instr.op) {
    case "phi":
      for (const arg of instr.args) want(arg, (forms & WANT_ZX) !== 0 ? WANT_ZX : forms);
      break;
    case "add":
    case "sub":
    case "mul":
      if ((forms & WANT_SX) !== 0 && instr.nsw) for (const arg of instr.args) want(arg, WANT_SX);
      break;
    default:
      break;
  }
}
