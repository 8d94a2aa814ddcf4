/** Counting bits, absolute values and overflow checks, out of plain arithmetic: BPF has no instructions for them. */
import { constant, widthOf } from "../../../ir/build.ts";
import type { Value } from "../../../ir/ir.ts";
import type { BuiltinExpr } from "../ast.ts";
import { bare, intOf, UINT } from "../types.ts";
import { type Fn, unsupported } from "./context.ts";
import { intWidth, resize, zero } from "./scalar.ts";

export function popcount(fn: Fn, value: Value): Value {
  const { b } = fn;
  const type = value.type;
  const width = widthOf(type);
  const k = (pattern: bigint): Value =>
    constant(type, BigInt.asUintN(width, pattern * (width === 64 ? 0x100000001n : 1n)));
  const right = (v: Value, by: bigint): Value => b.binary("lshr", v, constant(type, by));
  let v = b.binary("sub", value, b.binary("and", right(value, 1n), k(0x55555555n)));
  v = b.binary("add", b.binary("and", v, k(0x33333333n)), b.binary("and", right(v, 2n), k(0x33333333n)));
  v = b.binary("and", b.binary("add", v, right(v, 4n)), k(0x0f0f0f0fn));
  return right(b.binary("mul", v, k(0x01010101n)), BigInt(width - 8));
}

/** The bits below the lowest one that is set: their number is ctz, also of 0. */
export function trailing(fn: Fn, value: Value): Value {
  const { b } = fn;
  const below = b.binary("sub", value, constant(value.type, 1n));
  return popcount(fn, b.binary("and", below, b.binary("xor", value, constant(value.type, -1n))));
}

export function leading(fn: Fn, value: Value): Value {
  const { b } = fn;
  let v = value;
  for (let by = 1; by < widthOf(value.type); by *= 2) {
    v = b.binary("or", v, b.binary("lshr", v, constant(v.type, BigInt(by))));
  }
  return popcount(fn, b.binary("xor", v, constant(v.type, -1n)));
}

/** Bit builtins; their result is an int. */
export function bitBuiltin(fn: Fn, expr: BuiltinExpr): Value {
  const { b } = fn;
  let value = fn.value(expr.args[0]!);
  if (widthOf(value.type) < 32) value = resize(fn, value, false, "i32");
  switch (expr.id) {
    case "popcount":
      return resize(fn, popcount(fn, value), false, "i32");
    case "parity":
      return b.binary("and", resize(fn, popcount(fn, value), false, "i32"), constant("i32", 1n));
    case "ctz":
      return resize(fn, trailing(fn, value), false, "i32");
    case "clz": {
      const narrow = 32 - Math.min(32, (intOf(expr.args[0]!.type)?.size ?? 4) * 8);
      const count = resize(fn, leading(fn, value), false, "i32");
      return narrow === 0 ? count : b.binary("sub", count, constant("i32", BigInt(narrow)));
    }
    default: {
      // ffs: 1 + ctz, 0 for 0
      const found = b.binary("add", resize(fn, trailing(fn, value), false, "i32"), constant("i32", 1n));
      return b.select(b.icmp("ne", value, zero(value.type)), found, constant("i32", 0n));
    }
  }
}

export function absolute(fn: Fn, expr: BuiltinExpr): Value {
  const { b } = fn;
  const value = fn.value(expr.args[0]!);
  const sign = b.binary("ashr", value, constant(value.type, BigInt(widthOf(value.type) - 1)));
  return b.binary("sub", b.binary("xor", value, sign), sign);
}

/** a op b in unlimited precision, cut to the result's type and stored; tells whether that lost anything. */
export function overflow(fn: Fn, expr: BuiltinExpr): Value {
  const { b } = fn;
  const [left, right, result] = expr.args;
  const pointer = bare(result!.type);
  const to = intOf(pointer.kind === "ptr" ? pointer.to : UINT)!;
  const op = expr.id === "addOverflow" ? "add" : expr.id === "subOverflow" ? "sub" : "mul";
  const leftInt = intOf(left!.type)!;
  const rightInt = intOf(right!.type)!;
  const type = intWidth(to.size);
  let lost: Value;
  let stored: Value;
  const small = (int: { size: number }): boolean => int.size <= 4;
  const a64 = resize(fn, fn.value(left!), leftInt.signed, "i64");
  const b64 = resize(fn, fn.value(right!), rightInt.signed, "i64");
  // Two unsigned 32-bit factors need all 64 bits, and no sign.
  const unsignedProduct = op === "mul" && !leftInt.signed && !rightInt.signed;
  if (small(leftInt) && small(rightInt) && (to.size <= 4 || !unsignedProduct)) {
    const exact = b.binary(op, a64, b64);
    stored = resize(fn, exact, true, type);
    if (unsignedProduct)
      lost = b.icmp("ugt", exact, constant("i64", (1n << BigInt(8 * to.size - (to.signed ? 1 : 0))) - 1n));
    else if (to.size < 8) lost = b.icmp("ne", exact, resize(fn, stored, to.signed, "i64"));
    else lost = to.signed ? constant("i32", 0n) : b.icmp("slt", exact, zero("i64"));
  } else if (leftInt.signed === to.signed && rightInt.signed === to.signed && to.size === 8) {
    const exact = b.binary(op, a64, b64);
    stored = exact;
    lost = wideLost(fn, op, a64, b64, exact, to.signed);
  } else if (!leftInt.signed && !rightInt.signed && !to.signed) {
    const exact = b.binary(op, a64, b64);
    stored = resize(fn, exact, false, type);
    const wide = b.icmp("ne", exact, resize(fn, stored, false, "i64"));
    lost = b.binary("or", wideLost(fn, op, a64, b64, exact, false), wide);
  } else {
    return unsupported(
      fn,
      "C422",
      expr.loc,
      `${expr.name} of mixed 64-bit types is not supported`,
      "cast the operands to the result's type",
    );
  }
  b.store(fn.value(result!), stored, to.size);
  return b.cast("trunc", lost, "i8");
}

function wideLost(fn: Fn, op: "add" | "sub" | "mul", x: Value, y: Value, exact: Value, signed: boolean): Value {
  const { b } = fn;
  const negative = (v: Value): Value => b.icmp("slt", v, zero("i64"));
  if (op === "mul") {
    const back = b.binary(signed ? "sdiv" : "udiv", exact, y);
    const wrong = b.icmp("ne", back, x);
    return b.binary("and", wrong, b.icmp("ne", y, zero("i64")));
  }
  if (!signed) return op === "add" ? b.icmp("ult", exact, x) : b.icmp("ult", x, y);
  const differs = op === "add" ? b.binary("xor", y, exact) : b.binary("xor", x, y);
  return negative(b.binary("and", b.binary("xor", x, exact), differs));
}
