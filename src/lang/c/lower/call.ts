/** Calls: helpers (pointer constants of their number), functions, kfuncs, function pointers; structs by value. */
import { helperById } from "../../../abi/helpers.ts";
import { undef } from "../../../ir/build.ts";
import type { Call, Prov, Value } from "../../../ir/ir.ts";
import type { CallExpr, Expr, FuncDecl } from "../ast.ts";
import { alignOf, CONST, qualsOf, sizeOf } from "../types.ts";
import type { Fn } from "./context.ts";
import { copyRecord, place } from "./place.ts";
import { irType, isRecord, to64 } from "./scalar.ts";

export function call(fn: Fn, expr: CallExpr): Value {
  const { b } = fn;
  const target = targetOf(expr.callee);
  const args: Value[] = [];
  let result: Value | undefined;
  if (isRecord(expr.type)) {
    result = b.alloca(Math.max(1, sizeOf(expr.type)), alignOf(expr.type), "returned");
    args.push(result);
  }
  const callee = target === undefined ? fn.value(expr.callee) : undefined;
  for (const arg of expr.args) {
    if (isRecord(arg.type)) {
      const value = fn.value(arg);
      const copy = b.alloca(Math.max(1, sizeOf(arg.type)), alignOf(arg.type), "argument");
      copyRecord(fn, place(copy, arg.type), value, alignOf(arg.type));
      args.push(copy);
    } else {
      const value = fn.value(arg);
      // Helpers take 64-bit registers; what is above a narrower argument must not be anything.
      args.push(target?.kind === "func" || value.type === "ptr" ? value : to64(fn, value, arg.type));
    }
  }
  b.pos = fn.cx.pos(expr.loc) ?? b.pos;
  const type = result === undefined ? irType(fn, expr.type, expr.loc) : "void";
  const value = b.call(calleeOf(fn, target), type, callee === undefined ? args : [callee, ...args], provOf(target));
  if (target?.kind === "func" && target.decl.attrs.noreturn === true) {
    b.unreachable();
    b.place(b.newBlock("dead"));
  }
  if (result !== undefined) return result;
  return type === "void" ? undef("void") : value;
}

type Target = { readonly kind: "func"; readonly decl: FuncDecl } | { readonly kind: "helper"; readonly id: number };

function targetOf(callee: Expr): Target | undefined {
  let e = callee;
  while (e.kind === "cast" && (e.op === "ptr" || e.op === "intToPtr")) e = e.operand;
  switch (e.kind) {
    case "decay":
    case "addr":
      return e.place.kind === "func" ? { kind: "func", decl: e.place.decl } : undefined;
    case "int":
      return { kind: "helper", id: Number(e.value) };
    case "load": {
      if (e.place.kind !== "var") return undefined;
      const { decl } = e.place;
      if (decl.storage !== "static" || decl.init?.items.length !== 1) return undefined;
      const data = decl.init.items[0]!.data;
      if (data === undefined) return undefined;
      // Old headers leave the const out. Whoever sets such a pointer anew asks for a call that eBPF does not have.
      if (data.base === undefined) return decl.addressTaken ? undefined : { kind: "helper", id: Number(data.value) };
      const constant = (qualsOf(decl.type) & CONST) !== 0;
      return constant && data.base.kind === "func" && data.value === 0n ? { kind: "func", decl: data.base } : undefined;
    }
    default:
      return undefined;
  }
}

function calleeOf(fn: Fn, target: Target | undefined): Call["callee"] {
  if (target === undefined) return { kind: "indirect" };
  if (target.kind === "helper") return { kind: "helper", id: target.id };
  return { kind: "sym", name: fn.cx.symbol(target.decl) };
}

function provOf(target: Target | undefined): Prov | undefined {
  if (target?.kind !== "helper") return undefined;
  switch (helperById(target.id)?.ret.type) {
    case "map_value":
      return "map";
    case "mem":
    case "dynptr_mem":
      return "mem";
    case "socket":
    case "sock_common":
    case "tcp_sock":
    case "btf_id":
      return "btf";
    default:
      return undefined;
  }
}
