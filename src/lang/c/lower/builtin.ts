/** Builtins: memory, hints, byte order; the others have files of their own. */
import { constant, undef } from "../../../ir/build.ts";
import type { Value } from "../../../ir/ir.ts";
import type { BuiltinExpr, Expr } from "../ast.ts";
import { alignOf, bare, sizeOf } from "../types.ts";
import { atomic } from "./atomic.ts";
import { absolute, bitBuiltin, overflow } from "./bits.ts";
import { type Fn, unsupported } from "./context.ts";
import { enumValue, fieldInfo, preserveAccess, typeId, typeInfo } from "./core.ts";
import { irType, resize, to64, zero } from "./scalar.ts";

/** `wanted`: somebody takes the result. */
export function builtin(fn: Fn, expr: BuiltinExpr, wanted: boolean): Value {
  const { b } = fn;
  const { args } = expr;
  switch (expr.id) {
    case "memcpy":
    case "memmove": {
      const to = fn.value(args[0]!);
      const from = fn.value(args[1]!);
      const len = to64(fn, fn.value(args[2]!), args[2]!.type);
      b.pos = fn.cx.pos(expr.loc) ?? b.pos;
      b.memOp(expr.id, to, from, len, pointeeAlign(args[0]!), pointeeAlign(args[1]!));
      return to;
    }
    case "memset": {
      const to = fn.value(args[0]!);
      const byte = args.length === 2 ? constant("i8", 0n) : resize(fn, fn.value(args[1]!), true, "i8");
      const size = args[args.length - 1]!;
      const len = to64(fn, fn.value(size), size.type);
      b.pos = fn.cx.pos(expr.loc) ?? b.pos;
      b.memOp("memset", to, byte, len, pointeeAlign(args[0]!));
      return to;
    }
    case "memcmp":
    case "bcmp": {
      const left = fn.value(args[0]!);
      const right = fn.value(args[1]!);
      const len = to64(fn, fn.value(args[2]!), args[2]!.type);
      b.pos = fn.cx.pos(expr.loc) ?? b.pos;
      return b.memOp("memcmp", left, right, len, pointeeAlign(args[0]!), pointeeAlign(args[1]!));
    }
    case "strcmp":
    case "strncmp":
    case "strlen":
      return unsupported(
        fn,
        "C411",
        expr.loc,
        `${expr.name} of strings that are not constant: eBPF has no C library`,
        "use bpf_strncmp(), or a loop with a bound",
      );
    case "alloca":
      return unsupported(
        fn,
        "C412",
        expr.loc,
        "eBPF has no alloca: the stack frame has a fixed size",
        "use an array of constant length",
      );
    case "preserveAccessIndex":
      return preserveAccess(fn, expr);
    case "preserveFieldInfo":
      return fieldInfo(fn, expr);
    case "preserveTypeInfo":
      return typeInfo(fn, expr);
    case "btfTypeId":
      return typeId(fn, expr);
    case "preserveEnumValue":
      return enumValue(fn, expr);
    case "expect":
    case "launder":
      return fn.value(args[0]!);
    case "constantP":
      return constant(irType(fn, expr.type, expr.loc), 0n);
    case "assume":
      return undef("void");
    case "prefetch":
      for (const arg of args) fn.discard(arg);
      return undef("void");
    case "unreachable":
    case "trap":
      b.unreachable();
      b.place(b.newBlock("dead"));
      return undef(irType(fn, expr.type, expr.loc));
    case "objectSize":
      return constant("i64", -1n);
    case "returnAddress":
    case "frameAddress":
      return zero("ptr");
    case "bswap16":
    case "bswap32":
    case "bswap64":
      return b.bswap(fn.value(args[0]!));
    case "clz":
    case "ctz":
    case "popcount":
    case "ffs":
    case "parity":
      return bitBuiltin(fn, expr);
    case "abs":
      return absolute(fn, expr);
    case "addOverflow":
    case "subOverflow":
    case "mulOverflow":
      return overflow(fn, expr);
    case "vaStart":
    case "vaEnd":
    case "vaCopy":
      return unsupported(
        fn,
        "C402",
        expr.loc,
        "eBPF functions take no variable arguments",
        "pass an array, or use a macro",
      );
    default: {
      const value = atomic(fn, expr, wanted);
      return value ?? unsupported(fn, "C420", expr.loc, `${expr.name} is not supported`);
    }
  }
}

/** What is known of a pointer's alignment, seen through casts to void *. */
function pointeeAlign(expr: Expr): number {
  let e = expr;
  while (e.kind === "cast" && e.op === "ptr") {
    const target = bare(e.type);
    // A cast to a more aligned type is a promise.
    if (target.kind === "ptr" && sizeOf(target.to) > 0 && bare(target.to).kind !== "void" && !e.implicit) break;
    e = e.operand;
  }
  if (e.kind === "builtin" && e.id === "preserveAccessIndex") return pointeeAlign(e.args[0]!);
  if (e.kind === "decay" || e.kind === "addr") {
    if (e.place.kind === "var") return Math.max(alignOf(e.place.decl.type), e.place.decl.attrs.aligned ?? 1);
    if (e.place.kind === "member") {
      const { record, field } = e.place;
      if (record.packed) return 1;
      return Math.min(alignOf(record), field.bitOff === 0 ? 16 : (field.bitOff / 8) & -(field.bitOff / 8));
    }
    if (e.place.kind === "str") return 1;
    return alignOf(e.place.type);
  }
  const type = bare(e.type);
  return type.kind === "ptr" ? alignOf(type.to) : 1;
}
