/**
 * __sync_* and __atomic_* as BPF's atomic operations: 32 and 64 bits, all of them with full ordering. What BPF has no
 * operation for is made from compare-and-exchange.
 */
import { constant, undef } from "../../../ir/build.ts";
import type { Atomic, IntType, Value } from "../../../ir/ir.ts";
import type { BuiltinExpr } from "../ast.ts";
import type { BuiltinId } from "../builtin-ids.ts";
import { bare, type CType, sizeOf } from "../types.ts";
import { type Fn, unsupported } from "./context.ts";
import { usable } from "./place.ts";
import { intWidth, resize, toBool } from "./scalar.ts";

const ACQUIRE_ORDERS: ReadonlySet<bigint> = new Set([1n, 2n, 4n, 5n]);
const RELEASE_ORDERS: ReadonlySet<bigint> = new Set([3n, 4n, 5n]);

interface Rmw {
  readonly rmw: Atomic["rmw"];
  readonly negate?: true;
  /** The new value is wanted: applied to the old one. */
  readonly again?: "add" | "and" | "or" | "xor";
}

const RMW: Partial<Record<BuiltinId, Rmw>> = {
  fetchAdd: { rmw: "add" },
  fetchSub: { rmw: "add", negate: true },
  fetchAnd: { rmw: "and" },
  fetchOr: { rmw: "or" },
  fetchXor: { rmw: "xor" },
  addFetch: { rmw: "add", again: "add" },
  subFetch: { rmw: "add", negate: true, again: "add" },
  andFetch: { rmw: "and", again: "and" },
  orFetch: { rmw: "or", again: "or" },
  xorFetch: { rmw: "xor", again: "xor" },
  exchange: { rmw: "xchg" },
};

/** undefined where the builtin is no atomic. */
export function atomic(fn: Fn, expr: BuiltinExpr, wanted: boolean): Value | undefined {
  const { b } = fn;
  const { args, id } = expr;
  const rmw = RMW[id];
  if (rmw !== undefined) {
    // __atomic_exchange(ptr, value *, result *, order) works through memory.
    if (id === "exchange" && expr.name === "__atomic_exchange") return indirectExchange(fn, expr);
    const type = widthOf(fn, expr);
    const pointer = pointerOf(fn, expr);
    let operand = bits(fn, fn.value(args[1]!), type);
    if (rmw.negate) operand = b.binary("sub", constant(type, 0n), operand);
    b.pos = fn.cx.pos(expr.loc) ?? b.pos;
    const plain = !wanted && rmw.rmw !== "xchg";
    const old = b.atomic(rmw.rmw, plain ? "void" : type, [pointer, operand]);
    if (!wanted) return undef("void");
    return value(fn, rmw.again === undefined ? old : b.binary(rmw.again, old, operand), expr.type);
  }
  switch (id) {
    case "fetchNand":
    case "nandFetch":
      return unsupported(
        fn,
        "C421",
        expr.loc,
        "BPF has no atomic nand",
        "use a loop around __sync_val_compare_and_swap",
      );
    case "valCmpxchg":
    case "boolCmpxchg": {
      const type = widthOf(fn, expr);
      const pointer = pointerOf(fn, expr);
      const expected = bits(fn, fn.value(args[1]!), type);
      const desired = bits(fn, fn.value(args[2]!), type);
      const old = b.atomic("cmpxchg", type, [pointer, expected, desired]);
      if (id === "valCmpxchg") return value(fn, old, expr.type);
      return b.cast("trunc", b.icmp("eq", old, expected), "i8");
    }
    case "atomicCmpxchg": {
      const type = widthOf(fn, expr);
      const pointer = pointerOf(fn, expr);
      const expectedAt = fn.value(args[1]!);
      const third = fn.value(args[2]!);
      const bytes = type === "i32" ? 4 : 8;
      const desired = expr.name.endsWith("_n") ? bits(fn, third, type) : b.load(type, third, bytes);
      const expected = b.load(type, expectedAt, bytes);
      const old = b.atomic("cmpxchg", type, [pointer, expected, desired]);
      const same = b.icmp("eq", old, expected);
      const store = b.newBlock("differs");
      const end = b.newBlock("exchanged");
      b.condBr(same, end, store);
      b.place(store);
      b.store(expectedAt, old, bytes);
      b.br(end);
      b.place(end);
      return b.cast("trunc", same, "i8");
    }
    case "atomicLoad": {
      const through = expr.name === "__atomic_load";
      const order = args[through ? 2 : 1];
      const bytes = pointeeSize(expr);
      const type = intWidth(bytes);
      const acquire = order?.kind === "int" && ACQUIRE_ORDERS.has(order.value);
      const loaded = b.load(type, pointerOf(fn, expr), bytes, { volatile: true, acquire });
      if (!through) return value(fn, loaded, expr.type);
      b.store(fn.value(args[1]!), loaded, bytes);
      return undef("void");
    }
    case "atomicStore": {
      const order = args[2];
      const bytes = pointeeSize(expr);
      const type = intWidth(bytes);
      const pointer = pointerOf(fn, expr);
      const given = fn.value(args[1]!);
      const stored = expr.name === "__atomic_store" ? b.load(type, given, bytes) : bits(fn, given, type);
      const release = order?.kind === "int" && RELEASE_ORDERS.has(order.value);
      b.store(pointer, stored, bytes, { volatile: true, release });
      return undef("void");
    }
    case "syncRelease": {
      const bytes = pointeeSize(expr);
      b.store(pointerOf(fn, expr), constant(intWidth(bytes), 0n), bytes, { volatile: true });
      return undef("void");
    }
    case "fence":
      b.fence();
      return undef("void");
    default:
      return undefined;
  }
}

function indirectExchange(fn: Fn, expr: BuiltinExpr): Value {
  const type = widthOf(fn, expr);
  const bytes = type === "i32" ? 4 : 8;
  const pointer = pointerOf(fn, expr);
  const given = fn.b.load(type, fn.value(expr.args[1]!), bytes);
  const result = fn.value(expr.args[2]!);
  fn.b.store(result, fn.b.atomic("xchg", type, [pointer, given]), bytes);
  return undef("void");
}

function pointerOf(fn: Fn, expr: BuiltinExpr): Value {
  const pointer = expr.args[0]!;
  const t = bare(pointer.type);
  return t.kind === "ptr" ? usable(fn, fn.value(pointer), t.to) : fn.value(pointer);
}

function pointeeSize(expr: BuiltinExpr): number {
  const pointer = bare(expr.args[0]!.type);
  return pointer.kind === "ptr" ? sizeOf(pointer.to) : 8;
}

function widthOf(fn: Fn, expr: BuiltinExpr): IntType {
  const bytes = pointeeSize(expr);
  if (bytes === 4 || bytes === 8) return intWidth(bytes);
  return unsupported(
    fn,
    "C421",
    expr.loc,
    `BPF has atomics of 32 and 64 bits; this one has ${bytes * 8}`,
    "make the variable a __u32 or a __u64",
  );
}

function bits(fn: Fn, given: Value, type: IntType): Value {
  if (given.type === "ptr") return given.op === "const" ? constant("i64", given.value) : fn.b.ptrToInt(given);
  return resize(fn, given, true, type);
}

function value(fn: Fn, result: Value, type: CType): Value {
  const t = bare(type);
  if (t.kind === "ptr") return fn.b.intToPtr(result);
  if (t.kind === "int" && t.rank === 0) return toBool(fn, result);
  return result;
}
