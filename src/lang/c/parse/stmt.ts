/** statement (C11 6.8) with labels, case ranges, asm and unroll pragmas. */
import type { AssignExpr, CaseStmt, CompoundStmt, DefaultStmt, Expr, Label, Stmt, SwitchStmt } from "../ast.ts";
import { assignTo, castTo, condition, isInteger, promote, rvalue } from "../sema/convert.ts";
import { quoteType } from "../sema/show.ts";
import { bare, complete, type EnumType, intOf, type Loc, qualsOf, VOID_PTR, VOLATILE, wrapInt } from "../types.ts";
import { asmText } from "./asm.ts";
import { attributes, attrSink } from "./attribute.ts";
import { constantInt } from "./constant.ts";
import { declaration } from "./declaration.ts";
import { expr } from "./expr.ts";
import { skipMember, staticAssert } from "./recover.ts";
import { startsDeclaration } from "./specifiers.ts";
import { type Parser, Recover } from "./state.ts";

const EOF = 0;
const IDENT = 1;
const ELLIPSIS = 128;

/** `{ ... }` in a scope of its own. */
export function block(p: Parser): CompoundStmt {
  p.pushScope();
  try {
    return functionBlock(p);
  } finally {
    p.popScope();
  }
}

/** `{ ... }` in the scope that is open. */
export function functionBlock(p: Parser): CompoundStmt {
  const { loc } = p;
  p.enter();
  p.next();
  const body: Stmt[] = [];
  const level = p.nesting;
  const depth = p.depth;
  const labels = p.func?.localLabels.length ?? 0;
  while (!p.is(125)) {
    if (p.is(EOF)) {
      p.fail("C109", "expected '}'", { notes: [{ loc, message: "to match this '{'" }] });
    }
    try {
      const stmt = blockItem(p);
      if (stmt !== undefined) body.push(stmt);
    } catch (error) {
      if (!(error instanceof Recover) || p.report.full) throw error;
      p.restoreNesting(level);
      while (p.depth > depth) p.popScope();
      p.unevaluated = 0;
      p.taking = 0;
      skipMember(p);
    }
  }
  const end = p.loc;
  p.next();
  p.leave();
  if (p.func !== undefined) p.func.localLabels.length = labels;
  return { kind: "block", body, loc, end };
}

/** GNU `__label__ a, b;`: labels of this block. */
function localLabels(p: Parser): void {
  const names = new Map<string, Label>();
  do {
    p.next();
    if (!p.is(IDENT)) p.fail("C107", "expected a label's name after '__label__'");
    const label: Label = { name: p.name(p.val), defined: false, used: false, loc: p.loc };
    names.set(label.name, label);
    // Unique in the function's list
    p.func?.labels.set(`${label.name} ${p.loc}`, label);
    p.next();
  } while (p.is(44));
  p.semicolon("after '__label__'");
  p.func?.localLabels.push(names);
}

function blockItem(p: Parser): Stmt | undefined {
  if (p.is(297)) {
    staticAssert(p);
    return undefined;
  }
  if (p.is(335)) {
    localLabels(p);
    return undefined;
  }
  // `name:` is a label even where name is a type
  const declares = p.is(IDENT)
    ? p.peek() !== 58 && startsDeclaration(p)
    : startsDeclaration(p) && !attributeStatement(p);
  if (declares) {
    const read = declaration(p);
    return read.vars.length === 0 ? undefined : read;
  }
  return statement(p);
}

/** `__attribute__((fallthrough));` and attributes before a statement. */
function attributeStatement(p: Parser): boolean {
  if (!p.is(299) && !p.is(300)) return false;
  const { buffer } = p;
  let at = p.at;
  let depth = 0;
  do {
    at++;
    if (buffer.kind[at] === 40) depth++;
    else if (buffer.kind[at] === 41) depth--;
  } while (depth > 0 && at < buffer.count);
  const next = buffer.kind[at + 1];
  return next === 59 || next === 271 || next === 269 || next === 289 || next === 263 || next === 277 || next === 123;
}

export function statement(p: Parser): Stmt {
  p.enter();
  const stmt = statementInner(p);
  p.leave();
  return stmt;
}

function statementInner(p: Parser): Stmt {
  const { kind, loc } = p;
  switch (kind) {
    case 123:
      return block(p);
    case 59:
      p.next();
      return { kind: "null", loc };
    case 299:
    case 300:
      attributes(p, attrSink());
      if (p.is(125)) return { kind: "null", loc };
      return statement(p);
    case 271: {
      // if
      p.next();
      p.expect(40, "after 'if'");
      const test = tested(p, "if");
      const { loc: close } = p;
      p.expect(41, "after the condition");
      const braced = p.is(123);
      const yes = scoped(p);
      let no: Stmt | undefined;
      if (!p.is(265)) {
        if (!braced && yes.kind === "if" && yes.else !== undefined && loc > 0 && yes.loc > 0)
          p.warn("C554", "add explicit braces to avoid dangling else", yes.else.loc);
        if (yes.kind === "null" && yes.loc > 0 && sameLine(p, close, yes.loc)) {
          p.warn("C559", "if statement has empty body", yes.loc, {
            help: "put the semicolon on a separate line to silence this warning",
          });
        }
      }
      if (p.is(265)) {
        p.next();
        no = scoped(p);
      }
      // biome-ignore lint/suspicious/noThenProperty: the word of the language, on a plain node
      return { kind: "if", test, then: yes, else: no, loc };
    }
    case 289: {
      // while
      const unroll = p.takeUnroll();
      p.next();
      p.expect(40, "after 'while'");
      const test = tested(p, "while");
      p.expect(41, "after the condition");
      return { kind: "while", test, body: loopBody(p), unroll, loc };
    }
    case 263: {
      // do
      const unroll = p.takeUnroll();
      p.next();
      const body = loopBody(p);
      if (!p.is(289)) p.fail("C111", "expected 'while' after the body of 'do'");
      p.next();
      p.expect(40, "after 'while'");
      const test = tested(p, "do");
      p.expect(41, "after the condition");
      p.semicolon("after 'do ... while (...)'");
      return { kind: "do", body, test, unroll, loc };
    }
    case 269:
      return forStatement(p);
    case 283:
      return switchStatement(p);
    case 258:
      return caseStatement(p);
    case 262: {
      // default
      p.next();
      p.expect(58, "after 'default'");
      const context = p.func?.switches[p.func.switches.length - 1];
      const stmt: { kind: "default"; body: Stmt; loc: number } = { kind: "default", body: { kind: "null", loc }, loc };
      if (context === undefined) p.error("C258", "'default' outside a switch", loc);
      else if (context.fallback !== undefined) {
        p.error("C259", "multiple 'default' labels in one switch", loc, {
          notes: [{ loc: context.fallback.loc, message: "previous one is here" }],
        });
      } else context.fallback = stmt;
      stmt.body = labelled(p);
      return stmt satisfies DefaultStmt;
    }
    case 270: {
      // goto
      p.next();
      if (p.accept(42)) {
        const target = assignTo(p, expr(p), VOID_PTR, "converting the target of 'goto' to");
        p.semicolon("after 'goto'");
        return { kind: "gotoexpr", target, loc };
      }
      if (!p.is(IDENT)) p.fail("C107", "expected a label's name after 'goto'");
      const label = p.label(p.name(p.val), p.loc);
      label.used = true;
      p.next();
      p.semicolon("after 'goto'");
      return { kind: "goto", label, loc };
    }
    case 261:
      p.next();
      if ((p.func?.loops ?? 0) === 0) p.error("C260", "'continue' outside a loop", loc);
      p.semicolon("after 'continue'");
      return { kind: "continue", loc };
    case 257:
      p.next();
      if ((p.func?.breaks ?? 0) === 0) p.error("C260", "'break' outside a loop or switch", loc);
      p.semicolon("after 'break'");
      return { kind: "break", loc };
    case 277:
      return returnStatement(p);
    case 301:
    case 302:
    case 303: {
      const stmt = asmText(p);
      p.semicolon("after 'asm'");
      return stmt;
    }
    case IDENT:
      if (p.peek() === 58) return labelStatement(p);
      break;
    case EOF:
      p.fail("C110", "expected a statement, not the end of the file");
      break;
    default:
      break;
  }
  if (p.is(265)) p.fail("C112", "'else' without 'if'");
  if (startsDeclaration(p)) {
    p.error("C113", "a declaration is not a statement", loc, { help: "put braces around it" });
    declaration(p);
    return { kind: "null", loc };
  }
  const e = expr(p);
  p.semicolon("after the expression");
  const value = dropped(p, e);
  return { kind: "expr", expr: value, loc };
}

/** The condition of a statement. */
function tested(p: Parser, word: string): Expr {
  const e = expr(p);
  const { op, loc } = p.topOp;
  if (op === 61 && loc > 0) {
    p.warn("C553", "using the result of an assignment as a condition without parentheses", loc, {
      help: "use '==' to compare; parentheses around the assignment silence this warning",
    });
  }
  return condition(p, e, `the condition of '${word}'`);
}

/** An expression whose value nobody uses. */
function dropped(p: Parser, e: Expr): Expr {
  if (e.loc > 0 && e.kind === "compare")
    p.warn("C506", `result of '${e.op}' is not used${e.op === "==" ? "; did you mean '='?" : ""}`, e.loc);
  if ((e.kind === "assign" || e.kind === "assignop" || e.kind === "incdec") && e.place.kind === "var") {
    const { decl } = e.place;
    const known = p.mentions.get(decl);
    if (known !== undefined && (e.kind === "assign" || (qualsOf(decl.type) & VOLATILE) === 0)) known.sets++;
  }
  if (e.kind === "assign" && e.loc > 0) checkSelf(p, e);
  // The last one of a statement expression is its value: places stay readable
  const t = bare(e.type);
  return t.kind === "void" || t.kind === "func" ? e : rvalue(e);
}

function checkSelf(p: Parser, e: AssignExpr): void {
  const { place, value } = e;
  if (place.kind !== "var" || value.kind !== "load" || value.place.kind !== "var" || value.place.decl !== place.decl)
    return;
  if ((qualsOf(place.type) & VOLATILE) === 0)
    p.warn("C560", `explicitly assigning value of variable of type ${quoteType(place.type)} to itself`, e.loc);
}

function scoped(p: Parser): Stmt {
  p.pushScope();
  try {
    return statement(p);
  } finally {
    p.popScope();
  }
}

function sameLine(p: Parser, a: Loc, b: Loc): boolean {
  const { sources } = p.report;
  return a > 0 && sources.lineCol(a).line === sources.lineCol(b).line;
}

function loopBody(p: Parser): Stmt {
  const { func } = p;
  if (func !== undefined) {
    func.loops++;
    func.breaks++;
  }
  try {
    return scoped(p);
  } finally {
    if (func !== undefined) {
      func.loops--;
      func.breaks--;
    }
  }
}

function forStatement(p: Parser): Stmt {
  const { loc } = p;
  const unroll = p.takeUnroll();
  p.next();
  p.expect(40, "after 'for'");
  p.pushScope();
  try {
    let init: Stmt | undefined;
    if (p.is(59)) p.next();
    else if (startsDeclaration(p)) {
      const read = declaration(p);
      if (read.vars.length > 0) init = read;
    } else {
      const at = p.loc;
      init = { kind: "expr", expr: dropped(p, expr(p)), loc: at };
      p.expect(59, "in 'for'");
    }
    let test: Expr | undefined;
    if (!p.is(59)) test = tested(p, "for");
    p.expect(59, "in 'for'");
    let step: Expr | undefined;
    if (!p.is(41)) step = dropped(p, expr(p));
    p.expect(41, "after 'for (...'");
    return { kind: "for", init, test, step, body: loopBody(p), unroll, loc };
  } finally {
    p.popScope();
  }
}

function switchStatement(p: Parser): Stmt {
  const { loc } = p;
  p.next();
  p.expect(40, "after 'switch'");
  const raw = rvalue(expr(p));
  let cond = promote(raw);
  p.expect(41, "after the value of 'switch'");
  if (cond.kind !== "error" && !isInteger(cond.type)) {
    p.error("C261", `statement requires an integer, and this is ${quoteType(cond.type)}`, cond.loc);
    cond = { kind: "error", type: cond.type, loc };
  }
  const { func } = p;
  const cases: CaseStmt[] = [];
  const context = { cases, fallback: undefined as DefaultStmt | undefined, cond, seen: new Map<bigint, number>() };
  if (func === undefined) p.fail("C262", "statement outside a function");
  func.switches.push(context);
  func.breaks++;
  try {
    const body = scoped(p);
    const stmt: SwitchStmt = { kind: "switch", cond, body, cases, fallback: context.fallback, loc };
    const named = bare(raw.type);
    if (named.kind === "enum" && context.fallback === undefined && loc > 0) checkHandled(p, named, cases, raw.loc);
    return stmt;
  } finally {
    func.switches.pop();
    func.breaks--;
  }
}

/** Enumerators that no case names. */
function checkHandled(p: Parser, type: EnumType, cases: readonly CaseStmt[], loc: Loc): void {
  if (!complete(type)) return;
  const left = type.constants!.filter(({ value }) => !cases.some((one) => one.lo <= value && value <= one.hi));
  const names = left.slice(0, 3).map(({ name }) => `'${name}'`);
  if (left.length === 0) return;
  const list = left.length < 3 ? names.join(" and ") : `${names[0]}, ${names[1]}, and ${names[2]}`;
  const text =
    left.length > 3
      ? `${left.length} enumeration values not handled in switch: ${names.join(", ")}...`
      : `enumeration value${left.length === 1 ? "" : "s"} ${list} not handled in switch`;
  p.warn("C561", text, loc);
}

function caseStatement(p: Parser): Stmt {
  const { loc } = p;
  p.next();
  const context = p.func?.switches[p.func.switches.length - 1];
  const type = context === undefined ? undefined : intOf(context.cond.type);
  const value = (): bigint => {
    const read = constantInt(p, "the value of 'case'") ?? 0n;
    return type === undefined ? read : wrapInt(read, type);
  };
  const lo = value();
  const hi = p.accept(ELLIPSIS) ? value() : lo;
  p.expect(58, "after the value of 'case'");
  const stmt: { kind: "case"; lo: bigint; hi: bigint; body: Stmt; loc: number } = {
    kind: "case",
    lo,
    hi,
    body: { kind: "null", loc },
    loc,
  };
  if (context === undefined) p.error("C258", "'case' outside a switch", loc);
  else {
    if (hi < lo) p.warn("C547", "empty case range", loc);
    const before = lo === hi ? context.seen.get(lo) : undefined;
    if (before !== undefined)
      p.error("C263", `duplicate case value '${lo}'`, loc, {
        notes: [{ loc: before, message: "previous case is here" }],
      });
    else if (lo === hi) context.seen.set(lo, loc);
    context.cases.push(stmt);
  }
  stmt.body = labelled(p);
  return stmt;
}

/** The statement after a label; C23 and clang let a block end, or a declaration stand, there. */
function labelled(p: Parser): Stmt {
  const { loc } = p;
  if (p.is(125)) return { kind: "null", loc };
  const declares = p.is(IDENT)
    ? p.peek() !== 58 && startsDeclaration(p)
    : startsDeclaration(p) && !attributeStatement(p);
  if (declares) return declaration(p);
  return statement(p);
}

function labelStatement(p: Parser): Stmt {
  const { loc } = p;
  const label = p.label(p.name(p.val), loc);
  if (label.defined)
    p.error("C264", `redefinition of label '${label.name}'`, loc, {
      notes: [{ loc: label.loc, message: "previous one is here" }],
    });
  label.defined = true;
  label.loc = loc;
  p.next();
  p.next();
  const sink = attrSink();
  attributes(p, sink);
  if (sink.attrs.unused === true) label.used = true;
  return { kind: "label", label, body: labelled(p), loc };
}

function returnStatement(p: Parser): Stmt {
  const { loc } = p;
  p.next();
  const func = p.func!;
  const ret = bare(func.ret);
  if (p.is(59)) {
    p.next();
    if (ret.kind !== "void") p.error("C265", `non-void function '${func.decl.name}' should return a value`, loc);
    return { kind: "return", value: undefined, loc };
  }
  const e = expr(p);
  p.semicolon("after 'return'");
  if (ret.kind === "void") {
    if (bare(e.type).kind === "void")
      return {
        kind: "block",
        body: [
          { kind: "expr", expr: e, loc },
          { kind: "return", value: undefined, loc },
        ],
        loc,
        end: loc,
      };
    if (e.kind !== "error") p.warn("C548", `void function '${func.decl.name}' should not return a value`, loc);
    return {
      kind: "block",
      body: [
        { kind: "expr", expr: castTo(rvalue(e), ret), loc },
        { kind: "return", value: undefined, loc },
      ],
      loc,
      end: loc,
    };
  }
  return { kind: "return", value: assignTo(p, e, func.ret, "returning, as the result type"), loc };
}
