/** Expressions: values, effects, conditions. */
import { constant, undef } from "../../../ir/build.ts";
import type { BinaryOp, Block, Pred, Value } from "../../../ir/ir.ts";
import type {
  AssignExpr,
  AssignOpExpr,
  CompareOp,
  CondExpr,
  Expr,
  IncDecExpr,
  LogicalExpr,
  PtrAddExpr,
  StmtExpr,
} from "../ast.ts";
import { alignOf, bare, type CType, intOf, sizeOf } from "../types.ts";
import { builtin } from "./builtin.ts";
import { call } from "./call.ts";
import { type Fn, unsupported } from "./context.ts";
import { initPlace } from "./init.ts";
import { addressOf, copyRecord, loadPlace, place, scaled, storePlace } from "./place.ts";
import { cast, intWidth, irType, isRecord, isSigned, resize, toBool, zero } from "./scalar.ts";
import { enterScope, leaveScope } from "./scope.ts";
import { hasLabel } from "./walk.ts";
import { halvesAt, halvesOf, isWide, storeHalves, wideBinary, wideCompare, widened, wideTruth } from "./wide.ts";

export function lowerValue(fn: Fn, expr: Expr): Value {
  const { b } = fn;
  b.pos = fn.cx.pos(expr.loc) ?? b.pos;
  switch (expr.kind) {
    case "int":
      if (isWide(expr.type)) return storeHalves(fn, halvesOf(fn, expr));
      return constant(irType(fn, expr.type, expr.loc), expr.value);
    case "float":
      return unsupported(
        fn,
        "C400",
        expr.loc,
        "eBPF has no floating point",
        "use integers, scaled where fractions are needed",
      );
    case "var":
    case "func":
    case "deref":
    case "index":
    case "member":
    case "str":
      return addressOf(fn, fn.place(expr));
    case "compound": {
      if (expr.static) return addressOf(fn, fn.place(expr));
      const slot = b.alloca(Math.max(1, sizeOf(expr.type)), alignOf(expr.type), "literal");
      initPlace(fn, place(slot, expr.type), expr.init);
      return slot;
    }
    case "load": {
      const from = fn.place(expr.place);
      b.pos = fn.cx.pos(expr.loc) ?? b.pos;
      return loadPlace(fn, from, expr.loc);
    }
    case "decay":
    case "addr":
      return addressOf(fn, fn.place(expr.place));
    case "cast":
      return cast(fn, expr);
    case "unary": {
      if (isWide(expr.operand.type)) {
        if (expr.op === "!") return b.icmp("eq", wideTruth(fn, expr.operand), zero("i64"));
        return storeHalves(fn, halvesOf(fn, expr));
      }
      const value = fn.value(expr.operand);
      if (expr.op === "!") return b.icmp("eq", value, zero(value.type));
      if (expr.op === "~") return b.binary("xor", value, constant(value.type, -1n));
      return b.binary("sub", zero(value.type), value, isSigned(expr.type) && !fn.cx.wrapv);
    }
    case "binary": {
      if (isWide(expr.type)) return storeHalves(fn, halvesOf(fn, expr));
      const left = fn.value(expr.left);
      const right = fn.value(expr.right);
      b.pos = fn.cx.pos(expr.loc) ?? b.pos;
      return arithmetic(fn, expr.op, left, right, expr.type, expr.right.type);
    }
    case "compare": {
      if (isWide(expr.left.type)) return wideCompare(fn, expr);
      const left = fn.value(expr.left);
      const right = fn.value(expr.right);
      b.pos = fn.cx.pos(expr.loc) ?? b.pos;
      return b.icmp(predicate(expr.op, isSigned(expr.left.type)), left, right);
    }
    case "ptradd":
      return pointerAdd(fn, expr);
    case "ptrdiff": {
      const left = b.ptrToInt(fn.value(expr.left));
      const right = b.ptrToInt(fn.value(expr.right));
      const bytes = b.binary("sub", left, right, true);
      if (expr.scale === 1) return bytes;
      const { scale } = expr;
      if ((scale & (scale - 1)) === 0) {
        return b.binary("ashr", bytes, constant("i64", BigInt(Math.log2(scale))));
      }
      return exactQuotient(fn, bytes, BigInt(scale));
    }
    case "logical":
      return logical(fn, expr);
    case "cond":
      return conditional(fn, expr);
    case "assign":
      return assign(fn, expr);
    case "assignop":
      return assignOp(fn, expr);
    case "incdec":
      return incDec(fn, expr);
    case "comma":
      fn.discard(expr.left);
      return fn.value(expr.right);
    case "call":
      return call(fn, expr);
    case "builtin":
      return builtin(fn, expr, true);
    case "stmtexpr":
      return statements(fn, expr);
    case "labeladdr":
      return unsupported(fn, "C410", expr.loc, "eBPF has no computed goto", "use a switch");
    case "error":
      return undef("i32");
  }
}

export function lowerDiscard(fn: Fn, expr: Expr): void {
  switch (expr.kind) {
    case "int":
    case "float":
    case "str":
    case "error":
    case "func":
      return;
    case "var":
      return;
    case "cast":
      if (expr.op === "void" || expr.implicit || expr.operand.kind !== "load") {
        fn.discard(expr.operand);
        return;
      }
      break;
    case "comma":
      fn.discard(expr.left);
      fn.discard(expr.right);
      return;
    case "builtin":
      fn.b.pos = fn.cx.pos(expr.loc) ?? fn.b.pos;
      builtin(fn, expr, false);
      return;
    default:
      break;
  }
  fn.value(expr);
}

export function lowerBranch(fn: Fn, expr: Expr, then: Block, otherwise: Block): void {
  const { b } = fn;
  switch (expr.kind) {
    case "int":
      b.br(expr.value !== 0n ? then : otherwise);
      return;
    case "logical": {
      const middle = b.newBlock(expr.op === "&&" ? "and" : "or");
      if (expr.op === "&&") fn.branch(expr.left, middle, otherwise);
      else fn.branch(expr.left, then, middle);
      b.place(middle);
      fn.branch(expr.right, then, otherwise);
      return;
    }
    case "unary":
      if (expr.op === "!") {
        fn.branch(expr.operand, otherwise, then);
        return;
      }
      break;
    case "cast":
      // A comparison widened to long, or made a _Bool, is what it was.
      if (expr.op === "bool" || (expr.op === "int" && sizeOf(expr.type) >= sizeOf(expr.operand.type))) {
        fn.branch(expr.operand, then, otherwise);
        return;
      }
      break;
    case "builtin":
      if (expr.id === "expect") {
        fn.branch(expr.args[0]!, then, otherwise);
        return;
      }
      break;
    default:
      break;
  }
  const value = isWide(expr.type) ? wideTruth(fn, expr) : fn.value(expr);
  b.pos = fn.cx.pos(expr.loc) ?? b.pos;
  b.condBr(value.type === "ptr" ? b.icmp("ne", value, zero("ptr")) : value, then, otherwise);
}

const SIGNED_OPS = {
  "+": "add",
  "-": "sub",
  "*": "mul",
  "/": "sdiv",
  "%": "smod",
  "&": "and",
  "|": "or",
  "^": "xor",
  "<<": "shl",
  ">>": "ashr",
} as const;
const UNSIGNED_OPS = { ...SIGNED_OPS, "/": "udiv", "%": "umod", ">>": "lshr" } as const;

/** Both operands have the type's width (a shift count: its own). */
export function arithmetic(
  fn: Fn,
  op: keyof typeof SIGNED_OPS,
  left: Value,
  right: Value,
  type: CType,
  rightType: CType,
): Value {
  const signed = isSigned(type);
  const name: BinaryOp = (signed ? SIGNED_OPS : UNSIGNED_OPS)[op];
  const count =
    (op === "<<" || op === ">>") && left.type !== "ptr" && left.type !== "void"
      ? resize(fn, right, isSigned(rightType), left.type)
      : right;
  const overflows = op === "+" || op === "-" || op === "*";
  return fn.b.binary(name, left, count, signed && overflows && !fn.cx.wrapv);
}

export function predicate(op: CompareOp, signed: boolean): Pred {
  switch (op) {
    case "==":
      return "eq";
    case "!=":
      return "ne";
    case "<":
      return signed ? "slt" : "ult";
    case "<=":
      return signed ? "sle" : "ule";
    case ">":
      return signed ? "sgt" : "ugt";
    case ">=":
      return signed ? "sge" : "uge";
  }
}

function pointerAdd(fn: Fn, expr: PtrAddExpr): Value {
  const { b } = fn;
  const pointer = fn.value(expr.ptr);
  const bytes = scaled(fn, expr.index, expr.scale);
  b.pos = fn.cx.pos(expr.loc) ?? b.pos;
  return movePointer(fn, pointer, bytes, expr.op === "-");
}

function movePointer(fn: Fn, pointer: Value, bytes: Value, back: boolean): Value {
  const { b } = fn;
  if (bytes.op === "const") {
    const by = back ? -bytes.value : bytes.value;
    if (pointer.op === "const") return constant("ptr", pointer.value + by);
    return by === 0n ? pointer : b.ptrAdd(pointer, constant("i64", by));
  }
  return b.ptrAdd(pointer, back ? b.binary("sub", zero("i64"), bytes) : bytes);
}

/** Division that leaves no rest, by a number that is no power of two: multiply by the odd part's inverse modulo 2^64. */
function exactQuotient(fn: Fn, value: Value, by: bigint): Value {
  let odd = by;
  let shift = 0n;
  while ((odd & 1n) === 0n) {
    odd >>= 1n;
    shift++;
  }
  let inverse = odd;
  for (let i = 0; i < 6; i++) inverse = BigInt.asUintN(64, inverse * (2n - odd * inverse));
  const shifted = shift === 0n ? value : fn.b.binary("ashr", value, constant("i64", shift));
  return fn.b.binary("mul", shifted, constant("i64", inverse));
}

function logical(fn: Fn, expr: LogicalExpr): Value {
  const { b } = fn;
  const yes = b.newBlock("true");
  const no = b.newBlock("false");
  const end = b.newBlock("logical");
  fn.branch(expr, yes, no);
  b.place(yes);
  b.br(end);
  b.place(no);
  b.br(end);
  b.place(end);
  return b.phi("i32", [constant("i32", 1n), constant("i32", 0n)], [yes, no]);
}

function conditional(fn: Fn, expr: CondExpr): Value {
  const { b } = fn;
  if (expr.test.kind === "int" && expr.then !== undefined) {
    const taken = expr.test.value !== 0n ? expr.then : expr.else;
    const other = expr.test.value !== 0n ? expr.else : expr.then;
    if (!hasLabel(other)) return fn.value(taken);
  }
  const then = b.newBlock("then");
  const otherwise = b.newBlock("else");
  const end = b.newBlock("cond");
  let first: Value;
  if (expr.then === undefined) {
    first = fn.value(expr.test);
    b.condBr(first.type === "ptr" ? b.icmp("ne", first, zero("ptr")) : first, then, otherwise);
    b.place(then);
  } else {
    fn.branch(expr.test, then, otherwise);
    b.place(then);
    first = fn.value(expr.then);
  }
  const firstEnd = b.block;
  if (b.open) b.br(end);
  b.place(otherwise);
  const second = fn.value(expr.else);
  const secondEnd = b.block;
  if (b.open) b.br(end);
  b.place(end);
  const type = irType(fn, expr.type, expr.loc);
  if (type === "void") return undef("void");
  return b.phi(type, [first, second], [firstEnd, secondEnd]);
}

function assign(fn: Fn, expr: AssignExpr): Value {
  const { b } = fn;
  if (isRecord(expr.type)) {
    const value = fn.value(expr.value);
    const to = fn.place(expr.place);
    b.pos = fn.cx.pos(expr.loc) ?? b.pos;
    copyRecord(fn, to, value, alignOf(expr.value.type));
    return addressOf(fn, to);
  }
  const value = fn.value(expr.value);
  const to = fn.place(expr.place);
  b.pos = fn.cx.pos(expr.loc) ?? b.pos;
  return storePlace(fn, to, value);
}

function assignOp(fn: Fn, expr: AssignOpExpr): Value {
  const { b } = fn;
  if (isWide(expr.place.type) || isWide(expr.compute)) return wideAssignOp(fn, expr);
  // Sides are unsequenced: the value first, so that what it calls is not between the load and the store.
  const by = expr.scale > 0 ? scaled(fn, expr.value, expr.scale) : fn.value(expr.value);
  const to = fn.place(expr.place);
  b.pos = fn.cx.pos(expr.loc) ?? b.pos;
  const old = loadPlace(fn, to, expr.loc);
  if (expr.scale > 0) return storePlace(fn, to, movePointer(fn, old, by, expr.op === "-"));
  const compute = intOf(expr.compute);
  if (compute === undefined) return unsupported(fn, "C400", expr.loc, "eBPF has no floating point");
  irType(fn, expr.compute, expr.loc);
  const wide = resize(fn, old, isSigned(expr.place.type), intWidth(compute.size));
  const result = arithmetic(fn, expr.op, wide, by, expr.compute, expr.value.type);
  return storePlace(fn, to, narrow(fn, result, expr.compute, expr.place.type));
}

function wideAssignOp(fn: Fn, expr: AssignOpExpr): Value {
  const to = fn.place(expr.place);
  const wide = isWide(to.type);
  const old = wide
    ? halvesAt(fn, addressOf(fn, to))
    : widened(fn, loadPlace(fn, to, expr.loc), isSigned(expr.place.type));
  const result = wideBinary(fn, { op: expr.op, type: expr.compute, loc: expr.loc }, old, expr.value);
  if (wide) return storeHalves(fn, result, addressOf(fn, to));
  return storePlace(fn, to, narrow(fn, result.lo, expr.compute, expr.place.type));
}

/** To the type of a place, which may be _Bool. */
function narrow(fn: Fn, value: Value, from: CType, to: CType): Value {
  const int = intOf(to)!;
  if (int.rank === 0) return toBool(fn, value);
  return resize(fn, value, isSigned(from), intWidth(int.size));
}

function incDec(fn: Fn, expr: IncDecExpr): Value {
  const { b } = fn;
  const to = fn.place(expr.place);
  b.pos = fn.cx.pos(expr.loc) ?? b.pos;
  if (isWide(expr.place.type)) {
    const address = addressOf(fn, to);
    const before = halvesAt(fn, address);
    const one: Expr = { kind: "int", type: expr.type, loc: expr.loc, value: 1n };
    const next = wideBinary(fn, { op: expr.op, type: expr.type, loc: expr.loc }, before, one);
    storeHalves(fn, next, address);
    return expr.post ? storeHalves(fn, before) : address;
  }
  const old = loadPlace(fn, to, expr.loc);
  if (expr.scale > 0 || old.type === "ptr") {
    const by = BigInt(Math.max(1, expr.scale));
    const moved = movePointer(fn, old, constant("i64", by), expr.op === "-");
    storePlace(fn, to, moved);
    return expr.post ? old : moved;
  }
  const int = intOf(expr.place.type)!;
  let next: Value;
  if (int.rank === 0) {
    next = expr.op === "+" ? constant("i8", 1n) : b.binary("xor", old, constant("i8", 1n));
  } else {
    // Narrow types are promoted to int: no overflow there.
    next = b.binary(
      expr.op === "+" ? "add" : "sub",
      old,
      constant(old.type, 1n),
      int.signed && int.size >= 4 && !fn.cx.wrapv,
    );
  }
  const stored = storePlace(fn, to, next);
  return expr.post ? old : stored;
}

function statements(fn: Fn, expr: StmtExpr): Value {
  const { b } = fn;
  enterScope(fn);
  for (const stmt of expr.body.body) fn.stmt(stmt);
  let result: Value = undef("void");
  if (expr.result !== undefined) {
    if (!b.open) b.place(b.newBlock("dead"));
    result = fn.value(expr.result);
    if (bare(expr.result.type).kind === "record" && fn.scopes[fn.scopes.length - 1]!.cleanups.length > 0) {
      const size = sizeOf(expr.result.type);
      const slot = b.alloca(Math.max(1, size), alignOf(expr.result.type), "result");
      copyRecord(fn, place(slot, expr.result.type), result, alignOf(expr.result.type));
      result = slot;
    }
  }
  leaveScope(fn);
  return result;
}
