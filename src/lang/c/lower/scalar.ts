/** Scalars: C types as types of the intermediate form, and conversions between them (C11 6.3.1). */
import { constant, widthOf } from "../../../ir/build.ts";
import type { IntType as IrInt, IrType, Prov, Value } from "../../../ir/ir.ts";
import type { CastExpr, Expr } from "../ast.ts";
import { addressSpaceOf, bare, type CType, intOf, type Loc } from "../types.ts";
import { type Fn, unsupported } from "./context.ts";
import { halvesOf, isWide, storeHalves, wideTruth } from "./wide.ts";

/** i8 to i64 for integers and enums, ptr for pointers, void; structs are handled by address. */
export function irType(fn: Fn, type: CType, loc: Loc): IrType {
  const t = bare(type);
  switch (t.kind) {
    case "void":
      return "void";
    case "ptr":
    case "array":
    case "func":
    case "record":
      return "ptr";
    case "float":
      return unsupported(
        fn,
        "C400",
        loc,
        "eBPF has no floating point",
        "use integers, scaled where fractions are needed",
      );
    default: {
      const int = intOf(t)!;
      // 128 bits lie in memory.
      return int.size === 16 ? "ptr" : intWidth(int.size);
    }
  }
}

export function intWidth(bytes: number): IrInt {
  return bytes === 1 ? "i8" : bytes === 2 ? "i16" : bytes === 4 ? "i32" : "i64";
}

/** Values of the type are addresses of memory that holds them: structs, and integers of 128 bits. */
export function isRecord(type: CType): boolean {
  return bare(type).kind === "record" || isWide(type);
}

/** Whether values of the type are signed; pointers are not. */
export function isSigned(type: CType): boolean {
  return intOf(type)?.signed ?? false;
}

/** To an integer of another width, by the sign of what it was. */
export function resize(fn: Fn, value: Value, signed: boolean, to: IrInt): Value {
  const from = widthOf(value.type);
  const width = widthOf(to);
  if (value.op === "const") {
    return constant(to, signed ? value.value : BigInt.asUintN(from, value.value));
  }
  if (from === width) return value;
  return fn.b.cast(from > width ? "trunc" : signed ? "sext" : "zext", value, to);
}

/** 64 bits of an index or length. */
export function to64(fn: Fn, value: Value, type: CType): Value {
  if (value.type === "ptr") return fn.b.ptrToInt(value);
  return resize(fn, value, isSigned(type), "i64");
}

export function zero(type: IrType): Value {
  return constant(type, 0n);
}

/** 0 or 1 as _Bool has it in memory. */
export function toBool(fn: Fn, value: Value): Value {
  const { b } = fn;
  return b.cast("trunc", b.icmp("ne", value, zero(value.type)), "i8");
}

export function cast(fn: Fn, expr: CastExpr): Value {
  const { operand } = expr;
  switch (expr.op) {
    case "void":
      fn.discard(operand);
      return { op: "undef", type: "void" };
    case "ptr":
      return fn.value(operand);
    case "addrspace": {
      const value = fn.value(operand);
      if (value.op === "const") return value;
      return fn.b.addrCast(value, spaceOf(operand.type), spaceOf(expr.type));
    }
    case "bool":
      return toBool(fn, isWide(operand.type) ? wideTruth(fn, operand) : fn.value(operand));
    case "int": {
      if (isWide(expr.type)) return storeHalves(fn, halvesOf(fn, expr));
      if (isWide(operand.type))
        return resize(fn, halvesOf(fn, operand).lo, false, irType(fn, expr.type, expr.loc) as IrInt);
      const to = irType(fn, expr.type, expr.loc);
      irType(fn, operand.type, expr.loc);
      return resize(fn, fn.value(operand), isSigned(operand.type), to as IrInt);
    }
    case "ptrToInt": {
      if (isWide(expr.type)) return storeHalves(fn, halvesOf(fn, expr));
      const to = irType(fn, expr.type, expr.loc) as IrInt;
      const value = fn.value(operand);
      if (value.op === "const") return constant(to, value.value);
      return resize(fn, fn.b.ptrToInt(value), false, to);
    }
    case "intToPtr": {
      const value = to64(fn, fn.value(operand), operand.type);
      if (value.op === "const") return constant("ptr", value.value);
      if (value.op === "ptrtoint") return value.args[0]!;
      return fn.b.intToPtr(value, provenance(operand));
    }
    case "float":
      return unsupported(
        fn,
        "C400",
        expr.loc,
        "eBPF has no floating point",
        "use integers, scaled where fractions are needed",
      );
  }
}

function spaceOf(pointer: CType): number {
  const t = bare(pointer);
  return t.kind === "ptr" ? addressSpaceOf(t.to) : 0;
}

const PACKET_FIELDS: Readonly<Record<string, Prov>> = { data: "packet", data_meta: "packet", data_end: "packetEnd" };
const PACKET_CTX: ReadonlySet<string> = new Set(["xdp_md", "__sk_buff"]);

/** (void *)(long)ctx->data is a packet pointer. */
function provenance(expr: Expr): Prov | undefined {
  let e = expr;
  while (e.kind === "cast") e = e.operand;
  if (e.kind !== "load" || e.place.kind !== "member") return undefined;
  return PACKET_CTX.has(e.place.record.name) ? PACKET_FIELDS[e.place.field.name] : undefined;
}
