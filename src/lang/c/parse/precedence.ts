/** -Wparentheses: operators whose order is easily mistaken, as clang's -Wall names them. Macros are left alone. */
import type { Loc } from "../types.ts";
import type { Parser } from "./state.ts";

const OR = 139;
const AND = 138;
const BIT_OR = 124;
const BIT_XOR = 94;
const BIT_AND = 38;
const PLUS = 43;
const MINUS = 45;
const SHIFTS: Readonly<Record<number, string>> = { 132: "<<", 133: ">>" };
const BITS: Readonly<Record<number, string>> = { [BIT_OR]: "|", [BIT_XOR]: "^", [BIT_AND]: "&" };
const COMPARES: Readonly<Record<number, string>> = { 136: "==", 137: "!=", 60: "<", 62: ">", 134: "<=", 135: ">=" };

/** `left` and `right`: the operand's outermost operator outside of parentheses (0 where it has none), and where that stands. */
export interface Operand {
  readonly op: number;
  readonly loc: Loc;
}

export function checkPrecedence(p: Parser, op: number, loc: Loc, left: Operand, right: Operand): void {
  if (loc <= 0 || (left.op === 0 && right.op === 0)) return;
  for (const inner of [left, right]) {
    if (inner.op === 0) continue;
    if (op === OR && inner.op === AND) within(p, "C555", "&&", "||", inner.loc);
    else if (BITS[op] !== undefined && BITS[inner.op] !== undefined && inner.op !== op && tighter(inner.op, op))
      within(p, "C556", BITS[inner.op]!, BITS[op]!, inner.loc);
    else if (SHIFTS[op] !== undefined && (inner.op === PLUS || inner.op === MINUS)) {
      const sign = inner.op === PLUS ? "+" : "-";
      lower(p, "C557", SHIFTS[op]!, sign, loc);
    }
  }
  if (BITS[op] === undefined) return;
  const [a, b] = [COMPARES[left.op], COMPARES[right.op]];
  if ((a === undefined) === (b === undefined)) return;
  // `a & b == c & d`, `x == 1 | flags & 2`: bits used as truth values on both sides
  if (BITS[(a === undefined ? left : right).op] !== undefined) return;
  lower(p, "C553", BITS[op]!, (a ?? b)!, loc);
}

const tighter = (inner: number, outer: number): boolean => outer === BIT_OR || (outer === BIT_XOR && inner === BIT_AND);

function within(p: Parser, code: string, inner: string, outer: string, loc: Loc): void {
  p.warn(code, `'${inner}' within '${outer}'`, loc, {
    help: `place parentheses around the '${inner}' expression to silence this warning`,
  });
}

function lower(p: Parser, code: string, op: string, first: string, loc: Loc): void {
  p.warn(code, `operator '${op}' has lower precedence than '${first}'; '${first}' will be evaluated first`, loc, {
    help: `place parentheses around the '${first}' expression to silence this warning`,
  });
}
