/** Function definitions (C11 6.9.1): scope of the parameters, the body, and what only the whole body shows. */
import type { CompoundStmt, FuncDecl, Label, Stmt, VarDecl } from "../ast.ts";
import { quoteType } from "../sema/show.ts";
import { unsetReads } from "../sema/uninitialized.ts";
import { bare, complete, type Loc } from "../types.ts";
import type { Parser } from "./state.ts";

export function functionBody(p: Parser, func: FuncDecl, params: readonly VarDecl[], loc: Loc): void {
  if (func.body !== undefined) {
    p.error("C201", `redefinition of '${func.name}'`, loc, {
      notes: [{ loc: func.loc, message: "previous definition is here" }],
    });
  }
  if (func.type.variadic) {
    p.error("C402", `'${func.name}' takes variable arguments: eBPF functions cannot`, loc, {
      help: "pass a fixed number of arguments (five at most), or make it a macro",
    });
  }
  const ret = bare(func.type.ret);
  if (ret.kind === "record" && !complete(ret))
    p.error("C226", `incomplete result type ${quoteType(func.type.ret)} in function definition`, loc);
  if (ret.kind === "float") floatError(p, `'${func.name}' returns a floating point number`, loc);
  const context = {
    decl: func,
    ret: func.type.ret,
    locals: [] as VarDecl[],
    labels: new Map<string, Label>(),
    localLabels: [] as Map<string, Label>[],
    switches: [],
    loops: 0,
    breaks: 0,
  };
  func.loc = loc;
  func.params = params;
  const outer = p.func;
  const errors = p.report.errors;
  p.func = context;
  p.pushScope();
  try {
    for (const param of params) {
      if (param.name === "") continue;
      p.declare(p.pp.names.of(param.name), param);
      const t = bare(param.type);
      if (t.kind === "float") floatError(p, `parameter '${param.name}' is a floating point number`, param.loc);
      if (t.kind === "record" && !complete(t))
        p.error("C226", `parameter '${param.name}' has incomplete type ${quoteType(param.type)}`, param.loc);
    }
    const body = p.grammar.functionBlock(p);
    func.body = body;
    checkLabels(p, context.labels);
    // After an error, what is unused or missing is often just unread
    if (p.report.errors === errors) checkBody(p, func, body, context.locals);
  } finally {
    p.popScope();
    p.func = outer;
    func.locals = context.locals;
    func.labels = [...context.labels.values()];
  }
}

function floatError(p: Parser, what: string, loc: Loc): void {
  p.error("C400", `${what}: eBPF has no floating point`, loc, { help: "scale to integers (fixed point)" });
}

function checkLabels(p: Parser, labels: ReadonlyMap<string, Label>): void {
  for (const label of labels.values()) {
    if (!label.defined) p.error("C257", `use of undeclared label '${label.name}'`, label.loc);
    else if (!label.used) p.warn("C507", `unused label '${label.name}'`, label.loc);
  }
}

function checkBody(p: Parser, func: FuncDecl, body: CompoundStmt, locals: readonly VarDecl[]): void {
  for (const local of locals) checkUse(p, local);
  for (const { decl, loc, when, whenLoc } of unsetReads(body)) {
    const declared = { loc: decl.loc, message: `initialize the variable '${decl.name}' to silence this warning` };
    if (when === undefined)
      p.warn("C551", `variable '${decl.name}' is uninitialized when used here`, loc, { notes: [declared] });
    else if (when === "itself")
      p.warn("C551", `variable '${decl.name}' is uninitialized when used within its own initialization`, loc);
    else {
      p.warn("C552", `variable '${decl.name}' is used uninitialized whenever ${when}`, whenLoc, {
        notes: [{ loc, message: "uninitialized use occurs here" }, declared],
      });
    }
  }
  const ret = bare(func.type.ret);
  if (
    ret.kind !== "void" &&
    func.attrs.noreturn !== true &&
    func.attrs.naked !== true &&
    func.name !== "main" &&
    falls(body)
  ) {
    p.warn("C508", `'${func.name}' does not return a value on every path`, body.end);
  }
}

function checkUse(p: Parser, local: VarDecl): void {
  const { attrs, name, loc } = local;
  if (attrs.unused === true || attrs.used === true || local.cleanup !== undefined || loc <= 0) return;
  const uses = p.mentions.get(local);
  if (uses === undefined) p.warn("C500", `unused variable '${name}'`, loc);
  else if (uses.all === uses.sets) p.warn("C550", `variable '${name}' set but not used`, loc);
}

/** Whether control may run past the statement; careful: only says no where it is plain. */
function falls(stmt: Stmt): boolean {
  switch (stmt.kind) {
    case "block": {
      let live = true;
      for (const child of stmt.body) {
        if (child.kind === "label" || child.kind === "case" || child.kind === "default") live = true;
        if (live) live = falls(child);
      }
      return live;
    }
    case "return":
    case "goto":
    case "gotoexpr":
    case "break":
    case "continue":
      return false;
    case "if":
      if (stmt.test.kind === "int")
        return stmt.test.value !== 0n ? falls(stmt.then) : stmt.else === undefined || falls(stmt.else);
      return stmt.else === undefined || falls(stmt.then) || falls(stmt.else);
    case "label":
    case "case":
    case "default":
      return falls(stmt.body);
    case "while":
      return !(stmt.test.kind === "int" && stmt.test.value !== 0n) || breaks(stmt.body);
    case "for":
      return (stmt.test !== undefined && !(stmt.test.kind === "int" && stmt.test.value !== 0n)) || breaks(stmt.body);
    case "do":
      return breaks(stmt.body) || (falls(stmt.body) && !(stmt.test.kind === "int" && stmt.test.value !== 0n));
    case "switch":
      return stmt.fallback === undefined || breaks(stmt.body) || falls(stmt.body);
    case "expr": {
      const e = stmt.expr;
      if (e.kind === "builtin") return e.id !== "unreachable" && e.id !== "trap";
      if (e.kind === "call" && e.callee.kind === "decay" && e.callee.place.kind === "func")
        return e.callee.place.decl.attrs.noreturn !== true;
      if (e.kind === "stmtexpr") return falls(e.body);
      return true;
    }
    case "asm":
      return !/\bexit\b/.test(stmt.text);
    default:
      return true;
  }
}

/** A `break` for this loop or switch. */
function breaks(stmt: Stmt): boolean {
  switch (stmt.kind) {
    case "break":
      return true;
    case "block":
      return stmt.body.some(breaks);
    case "if":
      return breaks(stmt.then) || (stmt.else !== undefined && breaks(stmt.else));
    case "label":
    case "case":
    case "default":
      return breaks(stmt.body);
    default:
      return false;
  }
}
