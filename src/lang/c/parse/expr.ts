/** expression (C11 6.5.3 to 6.5.17): precedence climbing over binary operators, then casts, unary and postfix forms. */
import type { ArithOp, CompareOp, Expr } from "../ast.ts";
import { binary, comma, compare, conditional, logical } from "../sema/binary.ts";
import { call } from "../sema/call.ts";
import { errorExpr, explicitCast, intExpr } from "../sema/convert.ts";
import { addressOf, assign, assignOp, deref, incDec, index, member, sizeOperand, unary } from "../sema/unary.ts";
import { alignOf, type CType, intOf, type Loc, pointerTo, sizeOf, ULONG, VOID } from "../types.ts";
import { checkPrecedence, type Operand } from "./precedence.ts";
import { primary } from "./primary.ts";
import type { Parser } from "./state.ts";

const IDENT = 1;
/** Operators in a row (`a + b + c`, `p->q->r`): the tree stays shallow enough to walk. */
const MAX_CHAIN = 1000;

export function expr(p: Parser): Expr {
  let left = assignment(p);
  while (p.kind === 44) {
    const { loc } = p;
    p.next();
    left = comma(left, assignment(p), loc);
  }
  return left;
}

/** Binding strength of binary operators by kind; 0 for others. */
const LEVEL = new Uint8Array(152);
const ARITH: (ArithOp | undefined)[] = [];
const COMPARE: (CompareOp | undefined)[] = [];
for (const [kind, level, op] of [
  [139, 1, "||"],
  [138, 2, "&&"],
  [124, 3, "|"],
  [94, 4, "^"],
  [38, 5, "&"],
  [43, 9, "+"],
  [45, 9, "-"],
  [42, 10, "*"],
  [47, 10, "/"],
  [37, 10, "%"],
  [132, 8, "<<"],
  [133, 8, ">>"],
] as const) {
  LEVEL[kind] = level;
  if (op !== "||" && op !== "&&") ARITH[kind] = op;
}
for (const [kind, level, op] of [
  [136, 6, "=="],
  [137, 6, "!="],
  [60, 7, "<"],
  [62, 7, ">"],
  [134, 7, "<="],
  [135, 7, ">="],
] as const) {
  LEVEL[kind] = level;
  COMPARE[kind] = op;
}
const ASSIGN: (ArithOp | undefined)[] = [];
for (const [kind, op] of [
  [140, "*"],
  [141, "/"],
  [142, "%"],
  [143, "+"],
  [144, "-"],
  [145, "<<"],
  [146, ">>"],
  [147, "&"],
  [148, "^"],
  [149, "|"],
] as const) {
  ASSIGN[kind] = op;
}

export function assignment(p: Parser): Expr {
  p.enter();
  const left = conditionalExpr(p);
  const { kind, loc } = p;
  let result = left;
  if (kind === 61) {
    p.next();
    result = assign(p, left, assignment(p), loc);
    p.topOp = { op: 61, loc };
  } else if (kind >= 140 && kind <= 149) {
    p.next();
    result = assignOp(p, ASSIGN[kind]!, left, assignment(p), loc);
  }
  p.leave();
  return result;
}

function conditionalExpr(p: Parser): Expr {
  const test = binaryExpr(p, 1);
  if (p.kind !== 63) return test;
  const { loc } = p;
  p.next();
  // A branch that a constant condition drops is not evaluated: what it names is not used
  const known = test.kind === "int" ? test.value !== 0n : undefined;
  let yes: Expr | undefined;
  if (!p.is(58)) {
    if (known === false) p.unevaluated++;
    yes = expr(p);
    if (known === false) p.unevaluated--;
  }
  p.expect(58, "in '?:'");
  if (known === true) p.unevaluated++;
  p.enter();
  const no = conditionalExpr(p);
  p.leave();
  if (known === true) p.unevaluated--;
  return conditional(p, test, yes, no, loc);
}

function binaryExpr(p: Parser, level: number): Expr {
  const negated = p.kind === 33;
  let left = castExpr(p);
  let top: Operand = NO_OPERATOR;
  for (let parts = 0; ; parts++) {
    const { kind, loc } = p;
    const own = kind < 152 ? LEVEL[kind] : 0;
    if (own === 0 || own < level) {
      p.topOp = top;
      return left;
    }
    if (parts > MAX_CHAIN) p.fail("C102", `an expression of more than ${MAX_CHAIN} operators`);
    p.next();
    const dead = left.kind === "int" && ((kind === 138 && left.value === 0n) || (kind === 139 && left.value !== 0n));
    if (dead) p.unevaluated++;
    const right = binaryExpr(p, own + 1);
    if (dead) p.unevaluated--;
    checkPrecedence(p, kind, loc, top, p.topOp);
    if (negated && parts === 0 && own >= 6 && own <= 7) checkNegated(p, left, right, COMPARE[kind]!, loc);
    top = { op: kind, loc };
    const op = ARITH[kind];
    if (op !== undefined) left = binary(p, op, left, right, loc);
    else if (own >= 6) left = compare(p, COMPARE[kind]!, left, right, loc);
    else left = logical(p, kind === 138 ? "&&" : "||", left, right, loc);
  }
}

const NO_OPERATOR: Operand = { op: 0, loc: 0 };

/** `!a == b` */
function checkNegated(p: Parser, left: Expr, right: Expr, op: string, loc: Loc): void {
  if (loc <= 0 || left.kind !== "unary" || left.op !== "!" || isTruth(left.operand) || isTruth(right)) return;
  p.warn("C558", `logical not is only applied to the left hand side of this comparison ('${op}')`, left.loc, {
    help: "add parentheses after the '!' to evaluate the comparison first, or around the '!' expression to silence this warning",
  });
}

function isTruth(e: Expr): boolean {
  if (e.kind === "cast") return e.op === "bool" || isTruth(e.operand);
  return (
    e.kind === "compare" || e.kind === "logical" || (e.kind === "unary" && e.op === "!") || intOf(e.type)?.rank === 0
  );
}

export function castExpr(p: Parser): Expr {
  if (p.kind === 40 && typeFollows(p)) {
    const { loc } = p;
    p.enter();
    p.next();
    const type = p.grammar.typeName(p);
    p.expect(41, "after the type of a cast");
    const result = p.is(123)
      ? postfix(p, p.grammar.compoundLiteral(p, type, loc))
      : explicitCast(p, castExpr(p), type, loc);
    p.leave();
    return result;
  }
  return unaryExpr(p);
}

/** After `(`: whether a type name stands there. */
function typeFollows(p: Parser): boolean {
  const next = p.peek();
  if (next === IDENT) {
    const { buffer } = p;
    let at = p.at + 1;
    while (buffer.kind[at] === 6) at++;
    return p.lookup(buffer.val[at])?.kind === "typedef";
  }
  return next >= 256 && p.grammar.startsTypeKind(next);
}

function unaryExpr(p: Parser): Expr {
  const { kind, loc } = p;
  switch (kind) {
    case 38: {
      // &
      p.next();
      p.enter();
      p.taking++;
      const e = castExpr(p);
      p.taking--;
      p.leave();
      return addressOf(p, e, loc);
    }
    case 42: {
      // *
      p.next();
      p.enter();
      const e = castExpr(p);
      p.leave();
      return deref(p, e, loc);
    }
    case 43:
    case 45:
    case 126:
    case 33: {
      p.next();
      p.enter();
      const e = castExpr(p);
      p.leave();
      return unary(p, kind === 43 ? "+" : kind === 45 ? "-" : kind === 126 ? "~" : "!", e, loc);
    }
    case 130:
    case 131: {
      p.next();
      p.enter();
      const e = unaryExpr(p);
      p.leave();
      return incDec(p, kind === 130 ? "+" : "-", false, e, loc);
    }
    case 138: {
      // &&label
      p.next();
      if (!p.is(IDENT)) p.fail("C107", "expected a label's name after '&&'");
      const name = p.name(p.val);
      p.next();
      if (p.func === undefined) p.fail("C250", "a label's address outside a function");
      const label = p.label(name, loc);
      label.used = true;
      return { kind: "labeladdr", type: pointerTo(VOID), loc, label };
    }
    case 280: // sizeof
      return sizeOfExpr(p, "sizeof");
    case 291: // _Alignof
    case 320:
    case 321:
      return sizeOfExpr(p, "_Alignof");
    case 309: {
      // __extension__
      p.next();
      p.enter();
      const e = castExpr(p);
      p.leave();
      return e;
    }
    case 336: // __real__
    case 337:
      p.fail("C407", "complex numbers are not supported: eBPF has integers only");
      break;
    default:
      break;
  }
  return postfix(p, primary(p));
}

function sizeOfExpr(p: Parser, what: "sizeof" | "_Alignof"): Expr {
  const { loc } = p;
  p.next();
  let type: CType | undefined;
  let align = 0;
  p.unevaluated++;
  if (p.is(40) && typeFollows(p)) {
    const at = p.loc;
    p.next();
    type = p.grammar.typeName(p);
    p.expect(41, `after the operand of '${what}'`);
    if (p.is(123)) type = postfix(p, p.grammar.compoundLiteral(p, type, at)).type;
  } else {
    p.enter();
    const e = unaryExpr(p);
    p.leave();
    if (e.kind === "member" && e.field.bitWidth >= 0) p.error("C222", `'${what}' of a bit-field`, loc);
    if (e.kind === "error") type = undefined;
    else type = e.type;
    if (e.kind === "var") align = e.decl.attrs.aligned ?? 0;
    if (e.kind === "member") align = e.field.attrs?.aligned ?? 0;
  }
  p.unevaluated--;
  if (type === undefined || !sizeOperand(p, type, what, loc))
    return type === undefined ? errorExpr(loc) : intExpr(1n, ULONG, loc);
  if (what === "_Alignof") return intExpr(BigInt(Math.max(alignOf(type), align)), ULONG, loc);
  return intExpr(BigInt(sizeOf(type) || (type === VOID || isByte(type) ? 1 : 0)), ULONG, loc);
}

/** GNU: sizeof(void) and sizeof(function) are 1. */
function isByte(type: CType): boolean {
  let t = type;
  while (t.kind === "typedef" || t.kind === "qual" || t.kind === "tag") t = t.type;
  return t.kind === "void" || t.kind === "func";
}

export function postfix(p: Parser, start: Expr): Expr {
  let e = start;
  for (let parts = 0; ; parts++) {
    if (parts > MAX_CHAIN) p.fail("C102", `an expression of more than ${MAX_CHAIN} operators`);
    const { kind, loc } = p;
    switch (kind) {
      case 91: {
        // [
        p.next();
        const at = expr(p);
        p.expect(93, "after the subscript");
        e = index(p, e, at, loc);
        continue;
      }
      case 40: {
        // (
        p.next();
        const args = argumentList(p);
        e = call(p, e, args, e.loc);
        continue;
      }
      case 46: // .
      case 129: {
        p.next();
        if (!p.is(IDENT) && p.kind < 256) p.fail("C107", `expected a member's name, not '${p.text()}'`);
        const name = p.name(p.val);
        const at: Loc = p.loc;
        p.next();
        e = member(p, e, name, kind === 129, at);
        continue;
      }
      case 130:
      case 131:
        p.next();
        e = incDec(p, kind === 130 ? "+" : "-", true, e, loc);
        continue;
      default:
        return e;
    }
  }
}

/** After `(`, through `)`. */
export function argumentList(p: Parser): Expr[] {
  const args: Expr[] = [];
  if (p.accept(41)) return args;
  for (;;) {
    args.push(assignment(p));
    if (p.accept(44)) continue;
    p.expect(41, "after the arguments");
    return args;
  }
}
