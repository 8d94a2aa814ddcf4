/** Constants that do not fit: -Wconstant-conversion, -Wtautological-constant-out-of-range-compare. */
import type { CompareOp, Expr } from "../ast.ts";
import type { Parser } from "../parse/state.ts";
import { type CType, intOf, type Loc, wrapInt } from "../types.ts";
import { quoteType } from "./show.ts";

/** An implicit conversion of a constant that changes its value. */
export function checkConstant(p: Parser, e: Expr, type: CType): void {
  const [from, to] = [intOf(e.type), intOf(type)];
  if (e.kind !== "int" || from === undefined || to === undefined || to.rank === 0 || p.unevaluated > 0) return;
  const bits = bitsOf(e.value);
  const width = to.size * 8;
  // A positive number that becomes a negative one; of an unsigned type it is meant
  const turns = bits === width && to.signed && from.signed && e.value > 0n;
  if (bits <= width && !turns) return;
  p.warn(
    "C562",
    `implicit conversion from ${quoteType(e.type)} to ${quoteType(type)} changes value from ${e.value} to ${wrapInt(e.value, to)}`,
    e.loc,
  );
}

/** The fewest bits that hold a number, in two's complement where it is negative. */
function bitsOf(value: bigint): number {
  if (value === 0n) return 0;
  return value > 0n ? value.toString(2).length : value === -1n ? 1 : (-value - 1n).toString(2).length + 1;
}

/** Both sides have one type; a narrower number on one side may never reach the constant on the other. */
export function checkRange(p: Parser, op: CompareOp, left: Expr, right: Expr, loc: Loc): void {
  if (p.unevaluated > 0 || loc <= 0) return;
  const [narrow, constant, flipped] = right.kind === "int" ? [left, right, false] : [right, left, true];
  if (constant.kind !== "int" || narrow.kind !== "cast" || !narrow.implicit || narrow.op !== "int") return;
  const { operand } = narrow;
  const [type, common] = [intOf(operand.type), intOf(narrow.type)];
  if (type === undefined || common === undefined || type.rank === 0 || type.size >= common.size) return;
  if (operand.kind === "load" && operand.place.kind === "member" && operand.place.field.bitWidth >= 0) return;
  // Negative numbers become large ones
  if (type.signed && !common.signed) return;
  const bits = BigInt(type.size * 8);
  const [lo, hi] = type.signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  const above = constant.value > hi;
  if (!above && constant.value >= lo) return;
  const less = op === "<" || op === "<=";
  const truth = op === "!=" || (op !== "==" && less === (above !== flipped));
  p.warn(
    "C563",
    `result of comparison of constant ${constant.value} with expression of type ${quoteType(operand.type)} is always ${truth}`,
    loc,
  );
}
