/**
 * Comparisons, seen by themselves: those with one answer, opposites, truth values compared with 0, and pieces of a number
 * compared with 0, which become a bound of the number itself: a bound is what the verifier remembers.
 */
import { constant, widthOf } from "../build.ts";
import { inversePred, isInstr } from "../facts.ts";
import type { Block, CondBr, Icmp, IrFunction, Value } from "../ir.ts";

export function isConst(value: Value | undefined, number: bigint): boolean {
  return value?.op === "const" && value.value === number;
}

export function equalIcmp(instr: Icmp): Value | null {
  const [a, b] = instr.args as [Value, Value];
  const notNull = (value: Value): boolean => value.op === "alloca" || (value.op === "ptradd" && rootIsAlloca(value));
  if ((instr.pred === "eq" || instr.pred === "ne") && b.op === "const" && b.value === 0n) {
    if (notNull(a)) return constant("i32", instr.pred === "ne" ? 1n : 0n);
    // (x P y) != 0 is x P y.
    if (isInstr(a) && a.op === "icmp" && instr.pred === "ne") return a;
  }
  if (a === b) {
    const reflexive =
      instr.pred === "eq" ||
      instr.pred === "ule" ||
      instr.pred === "uge" ||
      instr.pred === "sle" ||
      instr.pred === "sge";
    return constant("i32", reflexive ? 1n : 0n);
  }
  if (b.op === "const" && BigInt.asUintN(widthOf(b.type), b.value) === 0n) {
    if (instr.pred === "ult") return constant("i32", 0n);
    if (instr.pred === "uge") return constant("i32", 1n);
  }
  return null;
}

function rootIsAlloca(value: Value): boolean {
  while (value.op === "ptradd") value = value.args[0]!;
  return value.op === "alloca";
}

/** (x P y) == 0 is the opposite; ext(x) == const and ext(x) P ext(y) lose nothing, so they stay. */
export function plainComparison(instr: Icmp): boolean {
  const [a, b] = instr.args as [Value, Value];
  if (instr.pred === "eq" && isConst(b, 0n) && isInstr(a) && a.op === "icmp") {
    instr.pred = inversePred(a.pred);
    instr.args = [...a.args];
    return true;
  }
  if (boundOfPiece(instr)) return true;
  if ((instr.pred === "eq" || instr.pred === "ne") && isConst(b, 0n) && isInstr(a)) {
    const truth = truthOf(a);
    if (truth !== null && truth !== a) {
      instr.args = [truth, constant("i32", 0n)];
      return true;
    }
  }
  return false;
}

/** The comparison that a value stands for, widened or narrowed on the way; null where it is none. */
export function truthOf(value: Value): Icmp | null {
  for (let at = value; isInstr(at); at = at.args[0]!) {
    if (at.op === "icmp") return at;
    if (at.op !== "zext" && at.op !== "sext" && at.op !== "trunc") return null;
  }
  return null;
}

/** (x >> 16) == 0 is x <= 0xffff, (x & -16) != 0 is x > 15: as long as the bound fits an immediate. */
function boundOfPiece(instr: Icmp): boolean {
  if ((instr.pred !== "eq" && instr.pred !== "ne") || !isConst(instr.args[1], 0n)) return false;
  const bound = boundBelow(instr.args[0]!);
  if (bound === null) return false;
  instr.pred = instr.pred === "eq" ? "ule" : "ugt";
  instr.args = bound;
  return true;
}

/** if (x >> 16) is if (x > 0xffff). */
export function boundOfBranch(fn: IrFunction, block: Block, instr: CondBr): boolean {
  const bound = boundBelow(instr.args[0]!);
  if (bound === null) return false;
  const cond: Icmp = { op: "icmp", pred: "ugt", type: "i32", id: fn.nextId++, args: bound, pos: instr.pos };
  block.instrs.splice(block.instrs.length - 1, 0, cond);
  instr.args = [cond];
  return true;
}

/** [x, most] where the piece is 0 for x <= most alone. */
function boundBelow(piece: Value): [Value, Value] | null {
  if (!isInstr(piece) || (piece.op !== "lshr" && piece.op !== "and")) return null;
  const by = piece.args[1]!;
  if (by.op !== "const") return null;
  let most: bigint;
  if (piece.op === "lshr") {
    if (by.value <= 0n || by.value > 31n) return null;
    most = (1n << by.value) - 1n;
  } else {
    most = -by.value - 1n;
    if (most <= 0n || (most & (most + 1n)) !== 0n) return null;
  }
  if (most > 0x7fff_ffffn || BigInt.asIntN(widthOf(piece.type), most) !== most) return null;
  return [piece.args[0]!, constant(piece.type, most)];
}
