/** Binary operators (C11 6.5.5 to 6.5.15): typed, constants folded. */
import type { ArithOp, CompareOp, Expr } from "../ast.ts";
import type { Parser } from "../parse/state.ts";
import {
  bare,
  type CType,
  complete,
  INT,
  intOf,
  LONG,
  type Loc,
  pointerTo,
  qualified,
  qualsOf,
  sizeOf,
  VOID_PTR,
} from "../types.ts";
import {
  castTo,
  condition,
  errorExpr,
  intExpr,
  isArithmetic,
  isInteger,
  isNull,
  promote,
  rvalue,
  usual,
} from "./convert.ts";
import { foldArith, foldCompare } from "./fold.ts";
import { checkRange } from "./ranges.ts";
import { sameType } from "./same.ts";
import { quoteType } from "./show.ts";

export function binary(p: Parser, op: ArithOp, left: Expr, right: Expr, loc: Loc): Expr {
  const l = rvalue(left);
  const r = rvalue(right);
  if (l.kind === "error" || r.kind === "error") return errorExpr(loc);
  const lt = bare(l.type);
  const rt = bare(r.type);
  if ((op === "+" || op === "-") && (lt.kind === "ptr" || rt.kind === "ptr")) return pointerArith(p, op, l, r, loc);
  if (op === "<<" || op === ">>") return shift(p, op, l, r, loc);
  const bits = op === "%" || op === "&" || op === "|" || op === "^";
  if (!(bits ? isInteger(l.type) && isInteger(r.type) : isArithmetic(l.type) && isArithmetic(r.type)))
    return badOperands(p, op, l, r, loc);
  const [a, b] = usual(l, r);
  return arith(p, op, a, b, loc);
}

/** Operands have one type already. */
function arith(p: Parser, op: ArithOp, a: Expr, b: Expr, loc: Loc): Expr {
  if (a.kind === "int" && b.kind === "int") {
    const type = intOf(a.type)!;
    const value = foldArith(op, a.value, b.value, type);
    if (value !== undefined) {
      warnOverflow(p, op, a.value, b.value, value, a.type, loc);
      return intExpr(value, type, loc);
    }
  }
  if (a.kind === "float" && b.kind === "float") {
    const value =
      op === "+"
        ? a.value + b.value
        : op === "-"
          ? a.value - b.value
          : op === "*"
            ? a.value * b.value
            : a.value / b.value;
    return { kind: "float", type: a.type, loc, value: sizeOf(a.type) === 4 ? Math.fround(value) : value };
  }
  if ((op === "/" || op === "%") && b.kind === "int" && b.value === 0n && p.unevaluated === 0) {
    p.warn("C530", `${op === "/" ? "division" : "remainder"} by zero is undefined`, loc);
  }
  return { kind: "binary", op, type: intOf(a.type) ?? bare(a.type), loc, left: a, right: b };
}

function warnOverflow(p: Parser, op: ArithOp, a: bigint, b: bigint, value: bigint, type: CType, loc: Loc): void {
  if (intOf(type)?.signed !== true || p.unevaluated > 0) return;
  const exact = op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : value;
  if (exact !== value) p.warn("C531", `overflow in expression; result is ${value} with type ${quoteType(type)}`, loc);
}

function shift(p: Parser, op: "<<" | ">>", l: Expr, r: Expr, loc: Loc): Expr {
  if (!isInteger(l.type) || !isInteger(r.type)) return badOperands(p, op, l, r, loc);
  const a = promote(l);
  const b = promote(r);
  const type = intOf(a.type)!;
  if (b.kind === "int") {
    if (b.value < 0n || b.value >= BigInt(type.size * 8)) {
      if (p.unevaluated === 0) {
        p.warn(
          "C532",
          b.value < 0n ? "shift count is negative" : `shift count >= width of type ${quoteType(a.type)}`,
          loc,
        );
      }
    } else if (a.kind === "int") return intExpr(foldArith(op, a.value, b.value, type)!, type, loc);
  }
  return { kind: "binary", op, type, loc, left: a, right: b };
}

function pointerArith(p: Parser, op: "+" | "-", l: Expr, r: Expr, loc: Loc): Expr {
  const lt = bare(l.type);
  const rt = bare(r.type);
  if (op === "-" && lt.kind === "ptr" && rt.kind === "ptr") {
    if (!sameType(lt.to, rt.to)) {
      p.error("C215", `${quoteType(l.type)} and ${quoteType(r.type)} are not pointers to compatible types`, loc);
      return errorExpr(loc);
    }
    const scale = elementSize(p, lt.to, loc);
    if (l.kind === "int" && r.kind === "int" && scale > 0) {
      return intExpr(BigInt.asIntN(64, l.value - r.value) / BigInt(scale), LONG, loc);
    }
    return { kind: "ptrdiff", type: LONG, loc, left: l, right: r, scale: Math.max(scale, 1) };
  }
  const [ptr, index] = lt.kind === "ptr" ? [l, r] : [r, l];
  const to = bare(ptr.type);
  if (to.kind !== "ptr" || !isInteger(index.type) || (op === "-" && lt.kind !== "ptr"))
    return badOperands(p, op, l, r, loc);
  const scale = elementSize(p, to.to, loc);
  const count = promote(index);
  if (ptr.kind === "int" && count.kind === "int") {
    const bytes = count.value * BigInt(scale);
    return intExpr(BigInt.asUintN(64, op === "+" ? ptr.value + bytes : ptr.value - bytes), ptr.type, loc);
  }
  return { kind: "ptradd", op, type: ptr.type, loc, ptr, index: count, scale };
}

/** Bytes that a pointer moves by; 1 for void and functions (GNU). */
export function elementSize(p: Parser, to: CType, loc: Loc): number {
  const t = bare(to);
  if (t.kind === "void" || t.kind === "func") return 1;
  if ((t.kind === "record" || t.kind === "enum") && !complete(t)) {
    p.error("C216", `arithmetic on a pointer to incomplete type ${quoteType(to)}`, loc);
    return 1;
  }
  return sizeOf(to);
}

function badOperands(p: Parser, op: string, l: Expr, r: Expr, loc: Loc): Expr {
  p.error("C217", `invalid operands to binary '${op}': ${quoteType(l.type)} and ${quoteType(r.type)}`, loc);
  return errorExpr(loc);
}

export function compare(p: Parser, op: CompareOp, left: Expr, right: Expr, loc: Loc): Expr {
  const l = rvalue(left);
  const r = rvalue(right);
  if (l.kind === "error" || r.kind === "error") return errorExpr(loc);
  const lt = bare(l.type);
  const rt = bare(r.type);
  let a: Expr;
  let b: Expr;
  if (isArithmetic(l.type) && isArithmetic(r.type)) [a, b] = usual(l, r);
  else if (lt.kind === "ptr" && rt.kind === "ptr") {
    // A pointer to void is equal to others, or not; it is not less than them (6.5.8p2)
    const any = (op === "==" || op === "!=") && (bare(lt.to).kind === "void" || bare(rt.to).kind === "void");
    if (!isNull(l) && !isNull(r) && !any && !sameType(lt.to, rt.to)) {
      p.warn("C522", `comparison of distinct pointer types (${quoteType(l.type)} and ${quoteType(r.type)})`, loc);
    }
    [a, b] = [l, r];
  } else if (lt.kind === "ptr" && isInteger(r.type)) {
    if (!isNull(r))
      p.warn("C523", `comparison between pointer and integer (${quoteType(l.type)} and ${quoteType(r.type)})`, loc);
    [a, b] = [l, castTo(r, l.type)];
  } else if (rt.kind === "ptr" && isInteger(l.type)) {
    if (!isNull(l))
      p.warn("C523", `comparison between pointer and integer (${quoteType(l.type)} and ${quoteType(r.type)})`, loc);
    [a, b] = [castTo(l, r.type), r];
  } else return badOperands(p, op, l, r, loc);
  if ((a.kind === "int" && b.kind === "int") || (a.kind === "float" && b.kind === "float")) {
    return intExpr(foldCompare(op, a.value, b.value) ? 1n : 0n, INT, loc);
  }
  checkRange(p, op, a, b, loc);
  return { kind: "compare", op, type: INT, loc, left: a, right: b };
}

export function logical(p: Parser, op: "&&" | "||", left: Expr, right: Expr, loc: Loc): Expr {
  const l = condition(p, left, `left operand of '${op}'`);
  const r = condition(p, right, `right operand of '${op}'`);
  if (l.kind === "error" || r.kind === "error") return errorExpr(loc);
  if (l.kind === "int") {
    const truth = l.value !== 0n;
    if (truth === (op === "||")) return intExpr(truth ? 1n : 0n, INT, loc);
    if (r.kind === "int") return intExpr(r.value !== 0n ? 1n : 0n, INT, loc);
  }
  return { kind: "logical", op, type: INT, loc, left: l, right: r };
}

/** `test ? then : else`; `then` undefined for GNU `test ?: else`. */
export function conditional(p: Parser, testExpr: Expr, thenExpr: Expr | undefined, elseExpr: Expr, loc: Loc): Expr {
  const test = condition(p, testExpr, "the condition of '?:'");
  const a = rvalue(thenExpr ?? test);
  const b = rvalue(elseExpr);
  if (test.kind === "error" || a.kind === "error" || b.kind === "error") return errorExpr(loc);
  const at = bare(a.type);
  const bt = bare(b.type);
  let x: Expr = a;
  let y: Expr = b;
  if (isArithmetic(a.type) && isArithmetic(b.type)) [x, y] = usual(a, b);
  else if (at.kind === "void" || bt.kind === "void") {
    x = castTo(a, { kind: "void" });
    y = castTo(b, { kind: "void" });
  } else if (at.kind === "record" && at === bt) {
    // as they are
  } else {
    const type = pointerType(p, a, b, loc);
    if (type === undefined) {
      p.error("C218", `incompatible operand types of '?:': ${quoteType(a.type)} and ${quoteType(b.type)}`, loc);
      return errorExpr(loc);
    }
    x = castTo(a, type);
    y = castTo(b, type);
  }
  if (test.kind === "int") {
    if (test.value === 0n) return y;
    return thenExpr === undefined ? castTo(test, x.type) : x;
  }
  return {
    kind: "cond",
    type: x.type,
    loc,
    test: thenExpr === undefined ? x : test,
    // biome-ignore lint/suspicious/noThenProperty: the word of the language, on a plain node
    then: thenExpr === undefined ? undefined : x,
    else: y,
  };
}

/** C11 6.5.15p6: qualifiers of both, void beats others. */
function pointerType(p: Parser, a: Expr, b: Expr, loc: Loc): CType | undefined {
  const at = bare(a.type);
  const bt = bare(b.type);
  if (at.kind === "ptr" && (isNull(b) || isInteger(b.type))) {
    if (!isNull(b)) p.warn("C523", `pointer and integer in '?:' (${quoteType(a.type)} and ${quoteType(b.type)})`, loc);
    if (bt.kind !== "ptr") return a.type;
  }
  if (bt.kind === "ptr" && (isNull(a) || isInteger(a.type))) {
    if (!isNull(a)) p.warn("C523", `pointer and integer in '?:' (${quoteType(a.type)} and ${quoteType(b.type)})`, loc);
    if (at.kind !== "ptr") return b.type;
  }
  if (at.kind !== "ptr" || bt.kind !== "ptr") return undefined;
  if (isNull(b)) return a.type;
  if (isNull(a)) return b.type;
  const quals = qualsOf(at.to) | qualsOf(bt.to);
  if (sameType(at.to, bt.to)) return qualsOf(at.to) === quals ? a.type : pointerTo(qualified(at.to, quals));
  if (bare(at.to).kind === "void") return pointerTo(qualified(at.to, quals));
  if (bare(bt.to).kind === "void") return pointerTo(qualified(bt.to, quals));
  p.warn("C522", `pointer type mismatch in '?:' (${quoteType(a.type)} and ${quoteType(b.type)})`, loc);
  return VOID_PTR;
}

export function comma(left: Expr, right: Expr, loc: Loc): Expr {
  const r = rvalue(right);
  return { kind: "comma", type: r.type, loc, left: rvalueIfObject(left), right: r };
}

function rvalueIfObject(e: Expr): Expr {
  const t = bare(e.type);
  return t.kind === "void" ? e : rvalue(e);
}
