/** The typed tree as short text, one line a statement: what golden tests compare. */
import type { Expr, FuncDecl, Stmt, Unit, VarDecl } from "../../../src/lang/c/ast.ts";
import { showType } from "../../../src/lang/c/sema/show.ts";

const t = (e: Expr): string => showType(e.type);

/** Conversions are written `(op type operand)`, places `name`, `*p`, `a[i]`, `s.f`; a load is `<place>`. */
export function showExpr(e: Expr): string {
  switch (e.kind) {
    case "int":
      return `${e.value}:${t(e)}`;
    case "float":
      return `${e.value}:${t(e)}`;
    case "var":
      return e.decl.name;
    case "func":
      return e.decl.name;
    case "deref":
      return `*${showExpr(e.ptr)}`;
    case "index":
      return `${showExpr(e.base)}[${showExpr(e.index)}]`;
    case "member":
      return `${showExpr(e.base)}.${e.field.name === "" ? "(anon)" : e.field.name}`;
    case "str":
      return JSON.stringify(new TextDecoder("latin1").decode(e.bytes));
    case "compound":
      return `(compound ${t(e)}${e.init.items.map((item) => ` @${item.offBytes}=${showExpr(item.value)}`).join("")})`;
    case "load":
      return `<${showExpr(e.place)}>`;
    case "decay":
      return `(decay ${showExpr(e.place)})`;
    case "addr":
      return `&${showExpr(e.place)}`;
    case "cast":
      return `(${e.op}${e.implicit ? "" : "!"} ${t(e)} ${showExpr(e.operand)})`;
    case "unary":
      return `(${e.op} ${showExpr(e.operand)})`;
    case "binary":
      return `(${e.op}:${t(e)} ${showExpr(e.left)} ${showExpr(e.right)})`;
    case "compare":
    case "logical":
      return `(${e.op} ${showExpr(e.left)} ${showExpr(e.right)})`;
    case "ptradd":
      return `(ptr${e.op}${e.scale} ${showExpr(e.ptr)} ${showExpr(e.index)})`;
    case "ptrdiff":
      return `(ptrdiff/${e.scale} ${showExpr(e.left)} ${showExpr(e.right)})`;
    case "cond":
      return `(? ${showExpr(e.test)} ${e.then === undefined ? "_" : showExpr(e.then)} ${showExpr(e.else)})`;
    case "assign":
      return `(= ${showExpr(e.place)} ${showExpr(e.value)})`;
    case "assignop":
      return `(${e.op}=${e.scale > 0 ? e.scale : `:${showType(e.compute)}`} ${showExpr(e.place)} ${showExpr(e.value)})`;
    case "incdec":
      return `(${e.post ? "post" : "pre"}${e.op}${e.op}${e.scale > 0 ? e.scale : ""} ${showExpr(e.place)})`;
    case "comma":
      return `(, ${showExpr(e.left)} ${showExpr(e.right)})`;
    case "call":
      return `(call ${[e.callee, ...e.args].map(showExpr).join(" ")})`;
    case "builtin": {
      const type = e.typeArg === undefined ? [] : [`{${showType(e.typeArg)}}`];
      return `(${e.id}:${t(e)} ${[...type, ...(e.enumerator === undefined ? [] : [e.enumerator.name]), ...e.args.map(showExpr)].join(" ")})`;
    }
    case "stmtexpr":
      return `({ ${e.body.body.flatMap((stmt) => showStmt(stmt, "")).join("; ")}${e.result === undefined ? "" : `; ${showExpr(e.result)}`} })`;
    case "labeladdr":
      return `&&${e.label.name}`;
    case "error":
      return "(error)";
  }
}

export function showVar(v: VarDecl): string {
  const init = v.init === undefined ? "" : ` =${v.init.items.map(showItem).join("")}`;
  return `${v.storage} ${v.name}: ${showType(v.type)}${init}`;
}

function showItem(item: {
  offBytes: number;
  bits: { bitOff: number; bitWidth: number } | undefined;
  value: Expr;
}): string {
  const bits = item.bits === undefined ? "" : `.${item.bits.bitOff}:${item.bits.bitWidth}`;
  return ` @${item.offBytes}${bits} ${showExpr(item.value)}`;
}

export function showStmt(s: Stmt, indent: string): string[] {
  const inner = `${indent}  `;
  switch (s.kind) {
    case "block":
      return [`${indent}{`, ...s.body.flatMap((child) => showStmt(child, inner)), `${indent}}`];
    case "expr":
      return [`${indent}${showExpr(s.expr)}`];
    case "decl":
      return s.vars.map((v) => `${indent}${showVar(v)}`);
    case "if":
      return [
        `${indent}if ${showExpr(s.test)}`,
        ...showStmt(s.then, inner),
        ...(s.else === undefined ? [] : [`${indent}else`, ...showStmt(s.else, inner)]),
      ];
    case "while":
      return [`${indent}while${unroll(s.unroll)} ${showExpr(s.test)}`, ...showStmt(s.body, inner)];
    case "do":
      return [`${indent}do${unroll(s.unroll)}`, ...showStmt(s.body, inner), `${indent}while ${showExpr(s.test)}`];
    case "for":
      return [
        `${indent}for${unroll(s.unroll)} ${s.init === undefined ? "" : showStmt(s.init, "").join(", ")}; ${s.test === undefined ? "" : showExpr(s.test)}; ${s.step === undefined ? "" : showExpr(s.step)}`,
        ...showStmt(s.body, inner),
      ];
    case "switch":
      return [`${indent}switch ${showExpr(s.cond)}`, ...showStmt(s.body, inner)];
    case "case":
      return [`${indent}case ${s.lo}${s.hi === s.lo ? "" : `...${s.hi}`}:`, ...showStmt(s.body, inner)];
    case "default":
      return [`${indent}default:`, ...showStmt(s.body, inner)];
    case "label":
      return [`${indent}${s.label.name}:`, ...showStmt(s.body, inner)];
    case "goto":
      return [`${indent}goto ${s.label.name}`];
    case "gotoexpr":
      return [`${indent}goto *${showExpr(s.target)}`];
    case "return":
      return [`${indent}return${s.value === undefined ? "" : ` ${showExpr(s.value)}`}`];
    case "asm": {
      const list = (operands: readonly { constraint: string; expr: Expr; name: string }[]): string =>
        operands.map((o) => `${o.name === "" ? "" : `[${o.name}]`}${o.constraint}(${showExpr(o.expr)})`).join(", ");
      return [
        `${indent}asm${s.volatile ? " volatile" : ""} ${JSON.stringify(s.text)} : ${list(s.outputs)} : ${list(s.inputs)} : ${s.clobbers.join(", ")}${s.labels.length > 0 ? ` : ${s.labels.map((l) => l.name).join(", ")}` : ""}`,
      ];
    }
    default:
      return [`${indent}${s.kind}`];
  }
}

const unroll = (how: unknown): string => (how === undefined ? "" : `[unroll ${String(how)}]`);

export function showFunc(f: FuncDecl): string {
  return [`${f.name}: ${showType(f.type)}`, ...(f.body === undefined ? [] : showStmt(f.body, ""))].join("\n");
}

export function showUnit(unit: Unit): string {
  return [...unit.vars.map(showVar), ...unit.funcs.map(showFunc)].join("\n");
}
