/**
 * 128-bit integers: two 64-bit halves, the low one first, in memory like a struct. Copies, comparisons, bit operations,
 * addition, subtraction and shifts by a constant; no multiplication or division.
 */
import { constant } from "../../../ir/build.ts";
import type { Value } from "../../../ir/ir.ts";
import type { BinaryExpr, CompareExpr, Expr } from "../ast.ts";
import { type CType, intOf } from "../types.ts";
import { type Fn, unsupported } from "./context.ts";

export interface Halves {
  readonly lo: Value;
  readonly hi: Value;
}

export function isWide(type: CType): boolean {
  return intOf(type)?.size === 16;
}

/** Of an expression of a 128-bit type. */
export function halvesOf(fn: Fn, expr: Expr): Halves {
  const { b } = fn;
  switch (expr.kind) {
    case "int":
      return { lo: constant("i64", expr.value), hi: constant("i64", expr.value >> 64n) };
    case "unary":
      if (expr.op === "~") {
        const v = halvesOf(fn, expr.operand);
        return { lo: b.binary("xor", v.lo, ONES), hi: b.binary("xor", v.hi, ONES) };
      }
      if (expr.op === "-") return subtract(fn, { lo: ZERO, hi: ZERO }, halvesOf(fn, expr.operand));
      break;
    case "binary":
      return binary(fn, expr);
    case "cast":
      if (expr.op === "int" || expr.op === "ptrToInt" || expr.op === "bool") {
        if (isWide(expr.operand.type)) return halvesOf(fn, expr.operand);
        const value = fn.value(expr.operand);
        if (value.type === "ptr") return { lo: b.ptrToInt(value), hi: ZERO };
        return widened(fn, value, intOf(expr.operand.type)?.signed ?? false);
      }
      break;
    default:
      break;
  }
  return halvesAt(fn, fn.value(expr));
}

export function halvesAt(fn: Fn, address: Value): Halves {
  return { lo: fn.b.load("i64", address, 8), hi: fn.b.load("i64", fn.b.ptrAdd(address, 8), 8) };
}

/** Of an integer of 64 bits or fewer. */
export function widened(fn: Fn, value: Value, signed: boolean): Halves {
  const lo = fn.b.cast(signed ? "sext" : "zext", value, "i64");
  return { lo, hi: signed ? fn.b.binary("ashr", lo, constant("i64", 63n)) : ZERO };
}

const ZERO = constant("i64", 0n);
const ONES = constant("i64", -1n);

/** Puts the halves into a slot of their own, or where `to` says; gives the address. */
export function storeHalves(fn: Fn, value: Halves, to: Value = fn.b.alloca(16, 8, "wide")): Value {
  fn.b.store(to, value.lo, 8);
  fn.b.store(fn.b.ptrAdd(to, 8), value.hi, 8);
  return to;
}

/** i32, 0 or 1. */
export function wideCompare(fn: Fn, expr: CompareExpr): Value {
  const { b } = fn;
  const x = halvesOf(fn, expr.left);
  const y = halvesOf(fn, expr.right);
  const signed = intOf(expr.left.type)!.signed;
  if (expr.op === "==" || expr.op === "!=") {
    const differ = b.binary("or", b.binary("xor", x.lo, y.lo), b.binary("xor", x.hi, y.hi));
    return b.icmp(expr.op === "==" ? "eq" : "ne", differ, ZERO);
  }
  const strict = expr.op === "<" || expr.op === ">";
  const [p, q] = expr.op === "<" || expr.op === "<=" ? [x, y] : [y, x];
  const below = b.icmp(signed ? "slt" : "ult", p.hi, q.hi);
  const same = b.icmp("eq", p.hi, q.hi);
  const low = b.icmp(strict ? "ult" : "ule", p.lo, q.lo);
  return b.binary("or", below, b.binary("and", same, low));
}

/** 0 where the number is. */
export function wideTruth(fn: Fn, expr: Expr): Value {
  const v = halvesOf(fn, expr);
  return fn.b.binary("or", v.lo, v.hi);
}

function binary(fn: Fn, expr: BinaryExpr): Halves {
  return wideBinary(fn, expr, halvesOf(fn, expr.left), expr.right);
}

/** `x op right`, of `expr`'s operator and type. */
export function wideBinary(fn: Fn, expr: Pick<BinaryExpr, "op" | "loc" | "type">, x: Halves, right: Expr): Halves {
  const { b } = fn;
  if (expr.op === "<<" || expr.op === ">>") return shift(fn, expr, x, right);
  const y = halvesOf(fn, right);
  switch (expr.op) {
    case "&":
      return { lo: b.binary("and", x.lo, y.lo), hi: b.binary("and", x.hi, y.hi) };
    case "|":
      return { lo: b.binary("or", x.lo, y.lo), hi: b.binary("or", x.hi, y.hi) };
    case "^":
      return { lo: b.binary("xor", x.lo, y.lo), hi: b.binary("xor", x.hi, y.hi) };
    case "+": {
      const lo = b.binary("add", x.lo, y.lo);
      const carry = b.cast("zext", b.icmp("ult", lo, x.lo), "i64");
      return { lo, hi: b.binary("add", b.binary("add", x.hi, y.hi), carry) };
    }
    case "-":
      return subtract(fn, x, y);
    default:
      return unsupported(fn, "C409", expr.loc, `128-bit ${expr.op} is not supported`, "use 64-bit numbers");
  }
}

function subtract(fn: Fn, x: Halves, y: Halves): Halves {
  const { b } = fn;
  const borrow = b.cast("zext", b.icmp("ult", x.lo, y.lo), "i64");
  return { lo: b.binary("sub", x.lo, y.lo), hi: b.binary("sub", b.binary("sub", x.hi, y.hi), borrow) };
}

function shift(fn: Fn, expr: Pick<BinaryExpr, "op" | "loc" | "type">, x: Halves, by: Expr): Halves {
  const { b } = fn;
  const left = expr.op === "<<";
  const signed = intOf(expr.type)!.signed;
  let count = by;
  while (count.kind === "cast") count = count.operand;
  if (count.kind !== "int") {
    return unsupported(fn, "C409", expr.loc, "a 128-bit number is shifted by a constant only", "use 64-bit numbers");
  }
  const bits = Number(count.value & 127n);
  const k = (n: number): Value => constant("i64", BigInt(n));
  if (bits === 0) return x;
  const fill = signed ? b.binary("ashr", x.hi, k(63)) : ZERO;
  if (left) {
    if (bits >= 64) return { lo: ZERO, hi: bits === 64 ? x.lo : b.binary("shl", x.lo, k(bits - 64)) };
    const up = b.binary("lshr", x.lo, k(64 - bits));
    return { lo: b.binary("shl", x.lo, k(bits)), hi: b.binary("or", b.binary("shl", x.hi, k(bits)), up) };
  }
  const right = signed ? "ashr" : "lshr";
  if (bits >= 64) return { lo: bits === 64 ? x.hi : b.binary(right, x.hi, k(bits - 64)), hi: fill };
  const down = b.binary("shl", x.hi, k(64 - bits));
  return { lo: b.binary("or", b.binary("lshr", x.lo, k(bits)), down), hi: b.binary(right, x.hi, k(bits)) };
}
