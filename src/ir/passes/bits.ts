/**
 * Bits that cannot be set: what masks, shifts and extensions leave of a number. An operation on bits that are 0 anyway is its
 * operand, and an operand whose bits nobody takes goes:
 *
 * Only what the verifier knows as well counts: it knows nothing of a quotient, nor of a shift by a variable.
 *
 *     (zext i8 x) & 255 -> zext i8 x        ((a << 8) | b) & 255 -> b & 255        (x << 8) >> 8 -> x & 0x00ff...
 */
import { constant, widthOf } from "../build.ts";
import { isInstr } from "../facts.ts";
import type { Binary, Icmp, Instr, Unary, Value } from "../ir.ts";
import { compare } from "./fold.ts";

/** So many operations are looked through. */
const MAX_DEPTH = 6;

function full(value: Value): bigint {
  return (1n << BigInt(widthOf(value.type))) - 1n;
}

/** The bits that may be 1. */
export function possibleBits(value: Value, depth = 0): bigint {
  const all = full(value);
  if (value.op === "const") return BigInt.asUintN(widthOf(value.type), value.value);
  if (value.op === "undef") return 0n;
  if (!isInstr(value) || value.type === "ptr" || depth > MAX_DEPTH) return all;
  const of = (i: number): bigint => possibleBits(value.args[i]!, depth + 1);
  const upTo = (bits: number): bigint => all & ((1n << BigInt(bits)) - 1n);
  switch (value.op) {
    case "icmp":
      return 1n;
    case "zext":
      return of(0);
    case "trunc":
      return of(0) & all;
    case "and": {
      const right = of(1);
      return right === 0n ? 0n : right & of(0);
    }
    case "or":
    case "xor":
      return of(0) | of(1);
    case "add": {
      const [a, b] = [of(0), of(1)];
      return (a & b) === 0n ? a | b : upTo(Math.max(length(a), length(b)) + 1);
    }
    case "mul":
      return upTo(length(of(0)) + length(of(1)));
    case "shl": {
      const by = shiftOf(value);
      return by === null ? all : (of(0) << by) & all;
    }
    case "lshr": {
      const by = shiftOf(value);
      return by === null ? all : of(0) >> by;
    }
    case "select":
      return of(1) | of(2);
    case "phi": {
      let bits = 0n;
      for (let i = 0; i < value.args.length && bits !== all; i++) bits |= of(i);
      return bits;
    }
    default:
      return all;
  }
}

function length(bits: bigint): number {
  return bits === 0n ? 0 : bits.toString(2).length;
}

function shiftOf(instr: Binary): bigint | null {
  const by = instr.args[1]!;
  return by.op === "const" && by.value >= 0n && by.value < BigInt(widthOf(instr.type)) ? by.value : null;
}

/** The value that the instruction is equal to, by the bits of its operands. */
export function equalByBits(instr: Instr): Value | null {
  switch (instr.op) {
    case "and": {
      const [a, b] = instr.args as [Value, Value];
      if (b.op !== "const") return null;
      const bits = possibleBits(a);
      const mask = possibleBits(b);
      if ((bits & mask) === 0n) return constant(instr.type, 0n);
      return (bits & ~mask) === 0n ? a : null;
    }
    case "lshr": {
      const by = shiftOf(instr);
      return by !== null && possibleBits(instr.args[0]!) >> by === 0n ? constant(instr.type, 0n) : null;
    }
    case "zext": {
      const inner = instr.args[0]!;
      if (inner.op !== "trunc" || inner.args[0]!.type !== instr.type) return null;
      return possibleBits(inner.args[0]!) <= full(inner) ? inner.args[0]! : null;
    }
    case "icmp":
      return answerByBits(instr);
    default:
      return null;
  }
}

/** x < 256 for a byte. */
function answerByBits(instr: Icmp): Value | null {
  const [a, b] = instr.args as [Value, Value];
  if (b.op !== "const" || a.type === "ptr" || !isInstr(a)) return null;
  const bits = possibleBits(a);
  if (bits === full(a)) return null;
  const width = widthOf(a.type);
  const most = (1n << BigInt(length(bits))) - 1n;
  const signed = most >> BigInt(width - 1) !== 0n;
  const low = compare(instr.pred, 0n, b.value, width);
  const high = compare(instr.pred, most, b.value, width);
  switch (instr.pred) {
    case "eq":
    case "ne": {
      const want = BigInt.asUintN(width, b.value);
      return (want & ~bits) !== 0n ? constant("i32", instr.pred === "ne" ? 1n : 0n) : null;
    }
    case "ult":
    case "ule":
    case "ugt":
    case "uge":
      return low === high ? constant("i32", low ? 1n : 0n) : null;
    default:
      return !signed && low === high ? constant("i32", low ? 1n : 0n) : null;
  }
}

/** Changes that keep the instruction. */
export function narrowByBits(instr: Instr): boolean {
  switch (instr.op) {
    case "and":
      return narrowMask(instr);
    case "lshr":
    case "shl":
      return narrowShift(instr);
    case "ashr":
      return positive(instr, 0) && become(instr, "lshr");
    case "sdiv":
      return positive(instr, 0) && positive(instr, 1) && become(instr, "udiv");
    case "smod":
      return positive(instr, 0) && positive(instr, 1) && become(instr, "umod");
    case "sext":
      if (!positive(instr, 0)) return false;
      instr.op = "zext";
      return true;
    case "trunc":
      return withoutUnused(instr, full(instr));
    default:
      return false;
  }
}

function positive(instr: Binary | Unary, i: number): boolean {
  const value = instr.args[i]!;
  return possibleBits(value) >> BigInt(widthOf(value.type) - 1) === 0n;
}

function become(instr: Binary, op: Binary["op"]): boolean {
  instr.op = op;
  return true;
}

function narrowMask(instr: Binary): boolean {
  const [a, b] = instr.args as [Value, Value];
  if (b.op !== "const" || !isInstr(a)) return false;
  if (a.op === "and" && a.args[1]!.op === "const") {
    instr.args = [a.args[0]!, constant(instr.type, a.args[1]!.value & b.value)];
    return true;
  }
  return withoutUnused(instr, possibleBits(b));
}

/** The operand, less what does not reach the bits that are taken of it. */
function withoutUnused(instr: Binary | Unary, taken: bigint): boolean {
  const value = instr.args[0]!;
  if (!isInstr(value) || (value.op !== "or" && value.op !== "xor" && value.op !== "and" && value.op !== "add"))
    return false;
  const [a, b] = value.args as [Value, Value];
  if (value.op === "and") {
    // A mask that lets all of them through.
    if (b.op !== "const" || (possibleBits(b) & taken) !== taken) return false;
    instr.args = [a, ...instr.args.slice(1)];
    return true;
  }
  // Of a sum, bits below may carry into those taken.
  const needs = value.op === "add" ? (1n << BigInt(length(taken))) - 1n : taken;
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    if ((possibleBits(one) & needs) !== 0n) continue;
    instr.args = [other, ...instr.args.slice(1)];
    return true;
  }
  return false;
}

function narrowShift(instr: Binary): boolean {
  const by = shiftOf(instr);
  const value = instr.args[0]!;
  if (by === null || by === 0n || !isInstr(value)) return false;
  const width = BigInt(widthOf(instr.type));
  const inner = value.op === "shl" || value.op === "lshr" ? shiftOf(value) : null;
  if (inner !== null && value.op === instr.op) {
    if (inner + by >= width) return false;
    instr.args = [value.args[0]!, constant(instr.type, inner + by)];
    delete instr.nsw;
    return true;
  }
  if (inner === by) {
    // Out and in again: a mask.
    const all = full(instr);
    const mask = instr.op === "lshr" ? all >> by : (all << by) & all;
    instr.op = "and";
    instr.args = [(value as Binary).args[0]!, constant(instr.type, mask)];
    delete instr.nsw;
    return true;
  }
  const all = full(instr);
  if (!withoutUnused(instr, instr.op === "lshr" ? (all << by) & all : all >> by)) return false;
  delete instr.nsw;
  return true;
}
