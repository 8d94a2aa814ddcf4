/**
 * CO-RE: accesses under __builtin_preserve_access_index, and the questions about fields, types and enum values that libbpf
 * answers for the running kernel. Answers "by the types compiled with" are kept besides.
 * Source: llvm's BPFAbstractMemberAccess.cpp and BPFPreserveDIType.cpp, libbpf's relo_core.c.
 */
import { constant } from "../../../ir/build.ts";
import type { CoreInfo, IntType, Value } from "../../../ir/ir.ts";
import type { BuiltinExpr } from "../ast.ts";
import { bare, type CType, complete, sizeOf } from "../types.ts";
import { type Fn, unsupported } from "./context.ts";
import { chainOf } from "./place.ts";
import { intWidth, irType, isSigned } from "./scalar.ts";

const FIELD_KINDS = [
  "field_byte_offset",
  "field_byte_size",
  "field_exists",
  "field_signed",
  "field_lshift_u64",
  "field_rshift_u64",
] as const;
const TYPE_KINDS = ["type_exists", "type_size", "type_matches"] as const;
const ID_KINDS = ["type_id_local", "type_id_target"] as const;
const ENUM_KINDS = ["enumval_exists", "enumval_value"] as const;

export function preserveAccess(fn: Fn, expr: BuiltinExpr): Value {
  fn.preserving++;
  const value = fn.value(expr.args[0]!);
  fn.preserving--;
  return value;
}

export function fieldInfo(fn: Fn, expr: BuiltinExpr): Value {
  const kind = kindOf(expr, 1, FIELD_KINDS);
  const found = chainOf(fn, expr.args[0]!);
  if (found === undefined || kind === undefined) {
    return unsupported(fn, "C430", expr.loc, "this is no access to a member of a struct", "write it as ptr->field");
  }
  const { place, chain } = found;
  const typeId = fn.cx.btf.id(chain.root);
  const value = fieldValue(kind, place.type, place.bits, chain.offBytes);
  return fn.b.coreInfo(kind, typeId, chain.access.join(":"), value, irType(fn, expr.type, expr.loc) as IntType);
}

function fieldValue(
  kind: (typeof FIELD_KINDS)[number],
  type: CType,
  bits: { readonly bitOff: number; readonly width: number } | undefined,
  offBytes: number,
): bigint {
  const size = sizeOf(type);
  let unit = Math.max(1, size);
  if (bits !== undefined) while (bits.bitOff + bits.width > unit * 8 && unit < 8) unit *= 2;
  switch (kind) {
    case "field_byte_offset":
      return BigInt(offBytes);
    case "field_byte_size":
      return BigInt(bits === undefined ? size : unit);
    case "field_exists":
      return 1n;
    case "field_signed":
      return isSigned(type) ? 1n : 0n;
    case "field_lshift_u64":
      return BigInt(bits === undefined ? Math.max(0, 64 - size * 8) : 64 - bits.bitOff - bits.width);
    case "field_rshift_u64":
      return BigInt(bits === undefined ? Math.max(0, 64 - size * 8) : 64 - bits.width);
  }
}

export function typeInfo(fn: Fn, expr: BuiltinExpr): Value {
  const kind = kindOf(expr, 0, TYPE_KINDS);
  if (kind === undefined || expr.typeArg === undefined) return badKind(fn, expr);
  const value = kind === "type_size" ? BigInt(sizeOf(expr.typeArg)) : 1n;
  return info(fn, expr, kind, expr.typeArg, "0", value);
}

export function typeId(fn: Fn, expr: BuiltinExpr): Value {
  const kind = kindOf(expr, 0, ID_KINDS);
  if (kind === undefined || expr.typeArg === undefined) return badKind(fn, expr);
  return info(fn, expr, kind, expr.typeArg, "0", BigInt(rootId(fn, expr.typeArg)));
}

export function enumValue(fn: Fn, expr: BuiltinExpr): Value {
  const kind = kindOf(expr, 0, ENUM_KINDS);
  if (kind === undefined || expr.typeArg === undefined || expr.enumerator === undefined) return badKind(fn, expr);
  const { enumerator } = expr;
  complete(enumerator.owner);
  const index = enumerator.owner.constants?.findIndex((constant) => constant.name === enumerator.name) ?? 0;
  const value = kind === "enumval_exists" ? 1n : enumerator.value;
  return info(fn, expr, kind, expr.typeArg, String(Math.max(0, index)), value);
}

function info(fn: Fn, expr: BuiltinExpr, kind: CoreInfo["kind"], type: CType, access: string, value: bigint): Value {
  const result = irType(fn, expr.type, expr.loc);
  const to = result === "ptr" || result === "void" ? intWidth(8) : result;
  return fn.b.coreInfo(kind, rootId(fn, type), access, value, to);
}

/** Without qualifiers; a typedef is a name to look for. */
function rootId(fn: Fn, type: CType): number {
  let t = type;
  while (t.kind === "qual" || t.kind === "tag") t = t.type;
  if (bare(t).kind === "void") return 0;
  return fn.cx.btf.id(t);
}

function kindOf<T extends string>(expr: BuiltinExpr, arg: number, kinds: readonly T[]): T | undefined {
  let kind = expr.args[arg];
  while (kind?.kind === "cast") kind = kind.operand;
  return kind?.kind === "int" ? kinds[Number(kind.value)] : undefined;
}

function badKind(fn: Fn, expr: BuiltinExpr): Value {
  unsupported(fn, "C431", expr.loc, `${expr.name} needs a type and a constant that says what to ask`);
  return constant("i32", 0n);
}
