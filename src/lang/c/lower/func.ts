/** Functions: what callers and libbpf see of one, and its body. */
import { Builder, constant, irFunction } from "../../../ir/build.ts";
import type { IrFunction, IrType, Prov, Value } from "../../../ir/ir.ts";
import type { FuncDecl, Label, Stmt } from "../ast.ts";
import { alignOf, bare, sizeOf } from "../types.ts";
import type { Cx, Fn } from "./context.ts";
import { lowerBranch, lowerDiscard, lowerValue } from "./expr.ts";
import { lowerPlace } from "./place.ts";
import { intWidth, isRecord } from "./scalar.ts";
import { enterScope, leaveScope } from "./scope.ts";
import { lowerStmt } from "./stmt.ts";

export function declareFunction(cx: Cx, decl: FuncDecl, name: string): IrFunction {
  const { attrs, type } = decl;
  const section = attrs.section ?? ".text";
  const params: { type: IrType; name: string; prov?: Prov }[] = decl.params.map((param, i) => {
    const ir = paramType(param.type);
    // A program's argument is its context.
    return section !== ".text" && i === 0 && ir === "ptr"
      ? { type: ir, name: param.name, prov: "ctx" as const }
      : { type: ir, name: param.name };
  });
  if (isRecord(type.ret)) params.unshift({ type: "ptr", name: "result" });
  const protoId = cx.btf.proto(
    { ...type, params: decl.params.map((param) => param.type) },
    decl.params.map((param) => param.name),
  );
  const btfId = cx.btf.func(name, protoId, decl.static ? "static" : "global");
  cx.btf.tags(btfId, -1, attrs.declTags);
  for (const [i, param] of decl.params.entries()) cx.btf.tags(btfId, i, param.attrs.declTags);
  return irFunction({
    name,
    section,
    linkage: attrs.weak ? "weak" : decl.static ? "static" : "global",
    hidden: attrs.hidden === true,
    inline: attrs.alwaysInline ? "always" : attrs.noinline ? "never" : "auto",
    naked: attrs.naked === true,
    params,
    ret: isRecord(type.ret) ? "void" : paramType(type.ret),
    btfId,
    pos: cx.pos(decl.loc),
  });
}

function paramType(type: Parameters<typeof bare>[0]): IrType {
  const t = bare(type);
  if (t.kind === "void") return "void";
  if (t.kind === "int" || t.kind === "enum") return intWidth(Math.min(8, sizeOf(t)));
  return "ptr";
}

/** Fills in the blocks. Throws LoweringError where an error was reported. */
export function lowerBody(cx: Cx, decl: FuncDecl, ir: IrFunction): void {
  const b = new Builder(ir);
  const body = decl.body!;
  const fn: Fn = {
    cx,
    decl,
    b,
    slots: new Map(),
    labels: new Map(),
    labelScopes: labelDepths(body),
    sret: isRecord(decl.type.ret) ? ir.params[0]! : undefined,
    preserving: 0,
    scopes: [],
    breaks: [],
    continues: [],
    cases: [],
    value: (expr) => lowerValue(fn, expr),
    discard: (expr) => lowerDiscard(fn, expr),
    branch: (expr, then, otherwise) => lowerBranch(fn, expr, then, otherwise),
    place: (expr) => lowerPlace(fn, expr),
    stmt: (stmt) => lowerStmt(fn, stmt),
  };
  b.pos = cx.pos(decl.loc);
  const first = fn.sret === undefined ? 0 : 1;
  for (const [i, param] of decl.params.entries()) {
    const value: Value = ir.params[first + i]!;
    if (isRecord(param.type)) {
      const slot = b.alloca(Math.max(1, sizeOf(param.type)), alignOf(param.type), param.name);
      b.memOp("memcpy", slot, value, sizeOf(param.type), alignOf(param.type), alignOf(param.type));
      fn.slots.set(param, slot);
      continue;
    }
    const slot = b.alloca(Math.max(1, sizeOf(param.type)), alignOf(param.type), param.name);
    b.store(slot, value, Math.max(1, sizeOf(param.type)));
    fn.slots.set(param, slot);
  }
  enterScope(fn);
  for (const stmt of body.body) fn.stmt(stmt);
  leaveScope(fn);
  if (!b.open) return;
  b.pos = cx.pos(body.end);
  // Falling off the end of a function with a result: the result is not used, or is anything; 0 is what verifiers like.
  b.ret(ir.ret === "void" ? null : constant(ir.ret, 0n));
}

/** How many scopes are open where each label stands. */
function labelDepths(body: Stmt): Map<Label, number> {
  const depths = new Map<Label, number>();
  const walk = (stmt: Stmt | undefined, depth: number): void => {
    switch (stmt?.kind) {
      case "block":
        for (const inner of stmt.body) walk(inner, depth + 1);
        break;
      case "for":
        walk(stmt.body, depth + 1);
        break;
      case "if":
        walk(stmt.then, depth);
        walk(stmt.else, depth);
        break;
      case "while":
      case "do":
      case "switch":
      case "case":
      case "default":
        walk(stmt.body, depth);
        break;
      case "label":
        depths.set(stmt.label, depth);
        walk(stmt.body, depth);
        break;
      default:
        break;
    }
  };
  walk(body, 0);
  return depths;
}
