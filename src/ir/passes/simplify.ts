/**
 * What an instruction is equal to, seen by itself: constants folded, neutral elements, extensions of extensions, constant
 * branches, calls through known pointers. Comparisons and checks are not rewritten into others: the verifier learns from
 * them what it needs as they were written.
 */
import { constant, widthOf } from "../build.ts";
import { isInstr, isPure } from "../facts.ts";
import { type Dominators, dominates, dominators, follow, reversePostorder } from "../graph.ts";
import type { Binary, Block, Const, Instr, IrFunction, IrGlobal, IrModule, Phi, Unary, Value } from "../ir.ts";
import { equalByBits, narrowByBits } from "./bits.ts";
import { foldConstants } from "./fold.ts";
import { constantBranch, constantSwitch } from "./simplify-branch.ts";
import { boundOfBranch, equalIcmp, isConst, plainComparison } from "./simplify-compare.ts";

export function simplify(fn: IrFunction, module: IrModule | null = null): boolean {
  let changed = false;
  const globals = new Map<string, IrGlobal>(module?.globals.map((global) => [global.name, global]) ?? []);
  for (let round = 0; round < 8; round++) {
    if (!once(fn, globals)) break;
    changed = true;
  }
  return changed;
}

function once(fn: IrFunction, globals: ReadonlyMap<string, IrGlobal>): boolean {
  const replaced = new Map<Value, Value>();
  let changed = false;
  const known = new Availability(fn);
  for (const block of reversePostorder(fn)) {
    let gone = false;
    for (const instr of block.instrs) {
      for (let i = 0; i < instr.args.length; i++) {
        const to = follow(replaced, instr.args[i]!);
        if (to !== instr.args[i]) instr.args[i] = to;
      }
      const same =
        instr.op === "phi"
          ? simplePhi(instr, (value) => known.at(value, block))
          : (equalTo(instr, globals) ?? equalByBits(instr));
      if (same !== null && same !== instr) {
        replaced.set(instr, same);
        gone = true;
      } else if (rewriteInPlace(fn, block, instr) || narrowByBits(instr)) changed = true;
    }
    if (gone) {
      changed = true;
      block.instrs = block.instrs.filter((instr) => !replaced.has(instr));
    }
  }
  if (replaced.size > 0) {
    for (const block of fn.blocks) {
      for (const instr of block.instrs) {
        for (let i = 0; i < instr.args.length; i++) instr.args[i] = follow(replaced, instr.args[i]!);
      }
    }
  }
  return changed;
}

/** Which values are there at a block's start: worked out when it is first asked, which is rare. */
class Availability {
  private readonly fn: IrFunction;
  private dom: Dominators | null = null;
  private readonly places = new Map<Value, number>();

  constructor(fn: IrFunction) {
    this.fn = fn;
  }

  at(value: Value, block: Block): boolean {
    if (!isInstr(value)) return true;
    if (this.dom === null) {
      this.dom = dominators(this.fn);
      for (const [b, one] of this.dom.order.entries()) for (const instr of one.instrs) this.places.set(instr, b);
    }
    const made = this.places.get(value);
    const b = this.dom.index.get(block);
    return made !== undefined && b !== undefined && made !== b && dominates(this.dom, made, b);
  }
}

/**
 * A phi of one value (and itself, and undefined ones) is that value, where it is known there. In a loop whose entry was cut
 * it is not: the value comes out of the phi.
 */
function simplePhi(phi: Phi, known: (value: Value) => boolean): Value | null {
  let only: Value | null = null;
  for (const arg of phi.args) {
    if (arg === phi || arg.op === "undef") continue;
    if (only === null) only = arg;
    else if (!sameValue(only, arg)) return null;
  }
  if (only === null) return constant(phi.type, 0n);
  return known(only) ? only : null;
}

export function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a.op === "const" && b.op === "const") return a.type === b.type && a.value === b.value;
  return a.op === "sym" && b.op === "sym" && a.name === b.name;
}

function equalTo(instr: Instr, globals: ReadonlyMap<string, IrGlobal>): Value | null {
  if (isPure(instr) && instr.args.length > 0 && instr.op !== "coreaddr" && instr.op !== "addrcast") {
    const constants = instr.args.map((arg) => (arg.op === "undef" ? constant(arg.type, 0n) : arg));
    if (constants.every((arg): arg is Const => arg.op === "const") && instr.op !== "select") {
      const folded = foldConstants(instr, constants);
      if (folded !== null) return folded;
    }
  }
  switch (instr.op) {
    case "add":
    case "sub":
    case "mul":
    case "and":
    case "or":
    case "xor":
    case "shl":
    case "lshr":
    case "ashr":
    case "udiv":
    case "sdiv":
    case "umod":
    case "smod":
      return equalBinary(instr);
    case "icmp":
      return equalIcmp(instr);
    case "select":
      if (instr.args[0]!.op === "const") return isConst(instr.args[0], 0n) ? instr.args[2]! : instr.args[1]!;
      return sameValue(instr.args[1]!, instr.args[2]!) ? instr.args[1]! : null;
    case "ptradd":
      return isConst(instr.args[1], 0n) ? instr.args[0]! : null;
    case "zext":
    case "sext":
    case "trunc":
    case "inttoptr":
    case "ptrtoint":
    case "bswap":
      return equalCast(instr);
    case "load":
      return constantLoad(instr, globals);
    default:
      return null;
  }
}

function equalBinary(instr: Binary): Value | null {
  const [a, b] = instr.args as [Value, Value];
  const zeroA = isConst(a, 0n);
  const zeroB = isConst(b, 0n);
  switch (instr.op) {
    case "add":
    case "or":
    case "xor":
      if (zeroB) return a;
      if (zeroA) return b;
      if (instr.op === "or" && a === b) return a;
      if (instr.op === "xor" && a === b) return constant(instr.type, 0n);
      return null;
    case "sub":
      if (zeroB) return a;
      return a === b ? constant(instr.type, 0n) : null;
    case "shl":
    case "lshr":
    case "ashr":
      return zeroB ? a : zeroA ? a : null;
    case "mul":
      if (zeroA || zeroB) return constant(instr.type, 0n);
      if (isConst(b, 1n)) return a;
      return isConst(a, 1n) ? b : null;
    case "and":
      if (zeroA || zeroB) return constant(instr.type, 0n);
      if (isConst(b, -1n) || a === b) return a;
      return isConst(a, -1n) ? b : null;
    case "udiv":
    case "sdiv":
      // The verifier refuses a constant divisor of 0.
      if (zeroB) return constant(instr.type, 0n);
      return isConst(b, 1n) ? a : null;
    case "umod":
    case "smod":
      if (zeroB) return a;
      return isConst(b, 1n) ? constant(instr.type, 0n) : null;
  }
}

function equalCast(instr: Unary): Value | null {
  const value = instr.args[0]!;
  if (value.type === instr.type && instr.op !== "bswap") return value;
  if (!isInstr(value)) return null;
  const inner = value.args[0];
  switch (instr.op) {
    case "trunc":
      // trunc(ext(x)) of x's own width.
      return (value.op === "zext" || value.op === "sext") && inner!.type === instr.type ? inner! : null;
    case "bswap":
      return value.op === "bswap" ? inner! : null;
    case "inttoptr":
      return value.op === "ptrtoint" ? inner! : null;
    case "ptrtoint":
      return value.op === "inttoptr" && inner!.type === "i64" ? inner! : null;
    default:
      return null;
  }
}

/** Content of a const variable. */
function constantLoad(instr: Instr & { op: "load" }, globals: ReadonlyMap<string, IrGlobal>): Value | null {
  if (instr.volatile || globals.size === 0) return null;
  let off = 0;
  let from = instr.args[0]!;
  while (from.op === "ptradd" && from.args[1]!.op === "const") {
    off += Number(from.args[1]!.value);
    from = from.args[0]!;
  }
  if (from.op !== "sym") return null;
  const global = globals.get(from.name);
  const size = widthOf(instr.type) / 8;
  if (global?.constant !== true || off < 0 || off + size > global.sizeBytes) return null;
  const reloc = global.relocs.find((one) => one.offBytes < off + size && off < one.offBytes + 8);
  if (reloc !== undefined) {
    return reloc.offBytes === off && size === 8 && reloc.addend === 0
      ? { op: "sym", type: "ptr", name: reloc.symbol }
      : null;
  }
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(global.bytes[off + i] ?? 0);
  return constant(instr.type, value);
}

/** Changes that keep the instruction. */
function rewriteInPlace(fn: IrFunction, block: Block, instr: Instr): boolean {
  switch (instr.op) {
    case "ptradd":
      return joinSteps(fn, block, instr);
    case "zext":
    case "sext":
    case "trunc":
      return joinCasts(instr);
    case "icmp":
      return plainComparison(instr);
    case "condbr":
      return constantBranch(block, instr) || boundOfBranch(fn, block, instr);
    case "switch":
      return constantSwitch(block, instr);
    case "call":
      return directCall(instr);
    case "udiv":
    case "umod":
    case "sdiv":
      return powerOfTwo(fn, block, instr);
    case "add":
    case "mul":
    case "and":
    case "or":
    case "xor":
      // Constants on the right.
      if (instr.args[0]!.op === "const" && instr.args[1]!.op !== "const") {
        instr.args.reverse();
        return true;
      }
      return reassociate(instr) || (instr.op === "mul" && powerOfTwo(fn, block, instr));
    default:
      return false;
  }
}

/**
 * Shifts and masks instead of multiplication and division by powers of two: the verifier knows nothing of a quotient, but
 * much of a shift. A signed quotient is rounded to zero, so what is negative gets the divisor less one first.
 */
function powerOfTwo(fn: IrFunction, block: Block, instr: Binary): boolean {
  const by = instr.args[1]!;
  if (by.op !== "const") return false;
  const width = widthOf(instr.type);
  const number = instr.op === "sdiv" ? by.value : BigInt.asUintN(width, by.value);
  if (number < 2n || (number & (number - 1n)) !== 0n) return false;
  const shift = BigInt(number.toString(2).length - 1);
  const amount = constant(instr.type, shift);
  if (instr.op === "umod") {
    instr.op = "and";
    instr.args = [instr.args[0]!, constant(instr.type, number - 1n)];
  } else if (instr.op === "sdiv") {
    const make = (op: "ashr" | "lshr" | "add", a: Value, b: Value): Instr => {
      const made: Instr = { op, type: instr.type, id: fn.nextId++, args: [a, b], pos: instr.pos };
      block.instrs.splice(block.instrs.indexOf(instr), 0, made);
      return made;
    };
    const value = instr.args[0]!;
    const sign = make("ashr", value, constant(instr.type, BigInt(width - 1)));
    const bias = make("lshr", sign, constant(instr.type, BigInt(width) - shift));
    instr.op = "ashr";
    instr.args = [make("add", value, bias), amount];
  } else {
    instr.op = instr.op === "mul" ? "shl" : "lshr";
    instr.args = [instr.args[0]!, amount];
  }
  return true;
}

/** (p + 4) + 8 -> p + 12, and (p + 4) + i -> (p + i) + 4: constants last, so that they go into the access. */
function joinSteps(fn: IrFunction, block: Block, instr: Instr & { op: "ptradd" }): boolean {
  const [base, by] = instr.args as [Value, Value];
  if (base.op !== "ptradd" || base.args[1]!.op !== "const") return false;
  if (by.op !== "const") {
    const root = base.args[0]!;
    const step: Instr = { op: "ptradd", type: "ptr", id: fn.nextId++, args: [root, by], pos: instr.pos };
    block.instrs.splice(block.instrs.indexOf(instr), 0, step);
    instr.args = [step, base.args[1]!];
    return true;
  }
  instr.args = [base.args[0]!, constant("i64", base.args[1]!.value + by.value)];
  return true;
}

/** (x + 4) + 8 -> x + 12 */
function reassociate(instr: Binary): boolean {
  const [a, b] = instr.args as [Value, Value];
  if (instr.op !== "add" || b.op !== "const" || !isInstr(a) || a.op !== "add" || a.args[1]!.op !== "const")
    return false;
  instr.args = [a.args[0]!, constant(instr.type, a.args[1]!.value + b.value)];
  if (a.nsw !== true) delete instr.nsw;
  return true;
}

/** zext(zext x), sext(zext x), trunc(trunc x), trunc(ext x), zext(trunc) stays. */
function joinCasts(instr: Unary): boolean {
  const value = instr.args[0]!;
  if (!isInstr(value)) return false;
  const inner = value.args[0]!;
  if (instr.op === "trunc") {
    if (value.op === "trunc") {
      instr.args = [inner];
      return true;
    }
    if (value.op === "zext" || value.op === "sext") {
      // Wider than x: an extension to less; narrower: a truncation of x itself.
      if (widthOf(inner.type) < widthOf(instr.type)) instr.op = value.op;
      instr.args = [inner];
      return true;
    }
    return false;
  }
  if (value.op === "zext") {
    instr.op = "zext";
    instr.args = [inner];
    return true;
  }
  if (value.op === "sext" && instr.op === "sext") {
    instr.args = [inner];
    return true;
  }
  return false;
}

/** A helper by its number, a function by its name. */
function directCall(instr: Instr & { op: "call" }): boolean {
  if (instr.callee.kind !== "indirect") return false;
  let to = instr.args[0]!;
  if (isInstr(to) && to.op === "inttoptr") to = to.args[0]!;
  if (to.op === "const") instr.callee = { kind: "helper", id: Number(to.value) };
  else if (to.op === "sym") instr.callee = { kind: "sym", name: to.name };
  else return false;
  instr.args = instr.args.slice(1);
  return true;
}
