/** Unary, postfix and assignment operators (C11 6.5.2, 6.5.3, 6.5.16). */
import type { ArithOp, Expr, Place } from "../ast.ts";
import type { Parser } from "../parse/state.ts";
import {
  addressSpaceOf,
  bare,
  CONST,
  type CType,
  complete,
  type Field,
  findField,
  INT,
  intOf,
  type Loc,
  pointerTo,
  qualified,
  qualsOf,
  type RecordType,
  unqualified,
  wrapInt,
} from "../types.ts";
import { binary, elementSize } from "./binary.ts";
import {
  assignTo,
  condition,
  errorExpr,
  intExpr,
  isArithmetic,
  isInteger,
  markAddress,
  promote,
  rvalue,
  usual,
} from "./convert.ts";
import { constantOf, isPlace, relocated } from "./fold.ts";
import { elementOf } from "./same.ts";
import { quoteType } from "./show.ts";
import { similar } from "./similar.ts";

export function unary(p: Parser, op: "-" | "~" | "!" | "+", value: Expr, loc: Loc): Expr {
  if (op === "!") {
    const e = condition(p, value, "operand of '!'");
    if (e.kind === "error") return e;
    if (e.kind === "int") return intExpr(e.value === 0n ? 1n : 0n, INT, loc);
    if (e.kind === "float") return intExpr(e.value === 0 ? 1n : 0n, INT, loc);
    return { kind: "unary", op, type: INT, loc, operand: e };
  }
  const e = promote(rvalue(value));
  if (e.kind === "error") return e;
  if (!(op === "~" ? isInteger(e.type) : isArithmetic(e.type))) {
    p.error("C219", `invalid argument type ${quoteType(e.type)} to unary '${op}'`, loc);
    return errorExpr(loc);
  }
  if (op === "+") return e;
  const type = intOf(e.type);
  if (e.kind === "int" && type !== undefined)
    return intExpr(wrapInt(op === "-" ? -e.value : ~e.value, type), type, loc);
  if (e.kind === "float") return { kind: "float", type: e.type, loc, value: -e.value };
  return { kind: "unary", op, type: type ?? e.type, loc, operand: e };
}

export function deref(p: Parser, value: Expr, loc: Loc): Expr {
  const e = rvalue(value);
  if (e.kind === "error") return e;
  const t = bare(e.type);
  if (t.kind !== "ptr") {
    p.error("C220", `indirection requires a pointer, and this is ${quoteType(e.type)}`, loc);
    return errorExpr(loc);
  }
  // *&x and *f
  if (e.kind === "addr") return e.place;
  if (e.kind === "decay" && e.place.kind === "func") return e.place;
  return { kind: "deref", type: t.to, loc, ptr: e };
}

export function addressOf(p: Parser, e: Expr, loc: Loc): Expr {
  if (e.kind === "error") return e;
  if (!isPlace(e)) {
    p.error("C221", "cannot take the address of a value", loc, {
      help: "only variables, members and what a pointer points to have addresses",
    });
    return errorExpr(loc);
  }
  if (e.kind === "member" && e.field.bitWidth >= 0) {
    p.error("C222", `address of bit-field '${e.field.name}' requested`, loc);
    return errorExpr(loc);
  }
  if (e.kind === "member" && !rooted(e)) {
    p.error("C221", "cannot take the address of a value", loc);
    return errorExpr(loc);
  }
  if (e.kind === "var" && e.decl.register && e.decl.attrs.asmName !== undefined) {
    p.error("C221", `address of register variable '${e.decl.name}' requested`, loc);
  }
  markAddress(e);
  if (e.kind === "deref" && bare(e.ptr.type).kind === "ptr") return e.ptr;
  const type = pointerTo(e.type);
  const addr: Expr = { kind: "addr", type, loc, place: e };
  // &((struct s *)0)->m is a number
  if (e.kind === "member" || e.kind === "index") {
    const known = constantOf(addr);
    if (known !== undefined && known.base === undefined && !relocated(e))
      return intExpr(BigInt.asUintN(64, known.value), type, loc);
  }
  return addr;
}

/** The chain of members ends at a place, not at a record value. */
function rooted(e: Expr): boolean {
  let at: Expr = e;
  while (at.kind === "member") at = at.base;
  return isPlace(at);
}

export function index(p: Parser, left: Expr, right: Expr, loc: Loc): Expr {
  const l = rvalue(left);
  const r = rvalue(right);
  if (l.kind === "error" || r.kind === "error") return errorExpr(loc);
  const [base, count] = bare(l.type).kind === "ptr" ? [l, r] : [r, l];
  const t = bare(base.type);
  if (t.kind !== "ptr" || !isInteger(count.type)) {
    p.error(
      "C223",
      t.kind === "ptr" ? "array subscript is not an integer" : "subscripted value is not an array or pointer",
      loc,
    );
    return errorExpr(loc);
  }
  elementSize(p, t.to, loc);
  const at = promote(count);
  warnBounds(p, base, at, loc);
  return { kind: "index", type: t.to, loc, base, index: at };
}

function warnBounds(p: Parser, base: Expr, at: Expr, loc: Loc): void {
  if (base.kind !== "decay" || at.kind !== "int" || p.unevaluated > 0) return;
  const array = bare(base.place.type);
  if (array.kind !== "array" || array.count <= 0) return;
  // A one-element array at a record's end is often a flexible one
  if (base.place.kind === "member" && array.count <= 1) return;
  if (at.value < 0n || at.value >= BigInt(array.count) + (p.taking > 0 ? 1n : 0n)) {
    p.warn(
      "C533",
      `array index ${at.value} is ${at.value < 0n ? "before the beginning" : "past the end"} of the array (that has type ${quoteType(array)})`,
      loc,
    );
  }
}

/** `base.name`, or with `arrow` `base->name`. */
export function member(p: Parser, value: Expr, name: string, arrow: boolean, loc: Loc): Expr {
  let base = value;
  if (arrow) {
    const e = rvalue(base);
    if (e.kind === "error") return e;
    const t = bare(e.type);
    if (t.kind !== "ptr") {
      const record = bare(e.type).kind === "record";
      p.error(
        "C224",
        `member reference type ${quoteType(e.type)} is not a pointer${record ? "; did you mean to use '.'?" : ""}`,
        loc,
        record ? { fix: { message: "use '.'", text: "." } } : {},
      );
      if (!record) return errorExpr(loc);
      base = e;
    } else base = { kind: "deref", type: t.to, loc: e.loc, ptr: e };
  }
  if (base.kind === "error") return base;
  const t = bare(base.type);
  if (t.kind !== "record") {
    const pointed = t.kind === "ptr" ? bare(t.to) : t;
    if (!arrow && pointed.kind === "record") {
      p.error("C224", `member reference type ${quoteType(base.type)} is a pointer; did you mean to use '->'?`, loc, {
        fix: { message: "use '->'", text: "->" },
      });
      return member(p, base, name, true, loc);
    }
    p.error("C225", `member reference base type ${quoteType(base.type)} is not a structure or union`, loc);
    return errorExpr(loc);
  }
  if (!complete(t)) {
    p.error("C226", `incomplete definition of type ${quoteType(t)}`, loc, {
      notes: t.loc === 0 ? [] : [{ loc: t.loc, message: `forward declaration of ${quoteType(t)}` }],
    });
    return errorExpr(loc);
  }
  const path = findField(t, name);
  if (path === undefined) {
    const near = similar(name, memberNames(t));
    p.error(
      "C227",
      `no member named '${name}' in ${quoteType(t)}${near === undefined ? "" : `; did you mean '${near}'?`}`,
      loc,
      near === undefined ? {} : { fix: { message: `use '${near}'`, text: near } },
    );
    return errorExpr(loc);
  }
  return followPath(base, t, path, loc);
}

function memberNames(record: RecordType): Iterable<string> {
  return record.byName?.keys() ?? [];
}

export function followPath(base: Expr, record: RecordType, path: readonly Field[], loc: Loc): Expr {
  let at = base;
  let owner = record;
  for (const field of path) {
    const quals = qualsOf(at.type);
    const space = addressSpaceOf(at.type);
    const type = quals === 0 && space === 0 ? field.type : qualified(field.type, quals, space);
    at = { kind: "member", type, loc, base: at, record: owner, field };
    const inner = bare(field.type);
    if (inner.kind === "record") owner = inner;
  }
  return at;
}

/** The place that an assignment changes; undefined after an error. */
function modifiable(p: Parser, e: Expr, loc: Loc, what: string): Place | undefined {
  if (e.kind === "error") return undefined;
  const t = bare(e.type);
  if (!isPlace(e) || t.kind === "func" || e.kind === "str" || (e.kind === "member" && !rooted(e))) {
    p.error("C228", `${what}: the expression is not assignable`, loc);
    return undefined;
  }
  if (t.kind === "array") {
    p.error("C228", `array type ${quoteType(e.type)} is not assignable`, loc, {
      help: "copy it with __builtin_memcpy",
    });
    return undefined;
  }
  if ((qualsOf(e.type) & CONST) !== 0) {
    const name =
      e.kind === "var" ? `variable '${e.decl.name}'` : e.kind === "member" ? `member '${e.field.name}'` : "value";
    p.error("C229", `cannot assign to ${name} with const-qualified type ${quoteType(e.type)}`, loc, {
      notes:
        e.kind === "var" && e.decl.loc !== 0
          ? [{ loc: e.decl.loc, message: `'${e.decl.name}' declared const here` }]
          : [],
    });
    return undefined;
  }
  if (t.kind === "record" && !complete(t)) {
    p.error("C226", `incomplete type ${quoteType(e.type)} is not assignable`, loc);
    return undefined;
  }
  return e;
}

export function assign(p: Parser, left: Expr, right: Expr, loc: Loc): Expr {
  const place = modifiable(p, left, loc, "assignment");
  const value = rvalue(right);
  if (place === undefined || value.kind === "error") return errorExpr(loc);
  const converted = assignTo(p, value, place.type, "assigning to");
  if (converted.kind === "error") return converted;
  return { kind: "assign", type: unqualified(place.type), loc, place, value: converted };
}

export function assignOp(p: Parser, op: ArithOp, left: Expr, right: Expr, loc: Loc): Expr {
  const place = modifiable(p, left, loc, `'${op}='`);
  const value = rvalue(right);
  if (place === undefined || value.kind === "error") return errorExpr(loc);
  const type = unqualified(place.type);
  const t = bare(type);
  const load: Expr = { kind: "load", type, loc: place.loc, place };
  if (t.kind === "ptr" && (op === "+" || op === "-") && isInteger(value.type)) {
    return {
      kind: "assignop",
      op,
      type,
      loc,
      place,
      value: promote(value),
      compute: type,
      scale: elementSize(p, t.to, loc),
    };
  }
  // The operator checks the operands; what it computes in is the left operand's type afterwards
  const probe = binary(p, op, load, value, loc);
  if (probe.kind === "error") return probe;
  if (!isArithmetic(type)) {
    p.error("C217", `invalid operands to '${op}=': ${quoteType(type)} and ${quoteType(value.type)}`, loc);
    return errorExpr(loc);
  }
  if (op === "<<" || op === ">>") {
    return { kind: "assignop", op, type, loc, place, value: promote(value), compute: promote(load).type, scale: 0 };
  }
  const [l, r] = usual(load, value);
  return { kind: "assignop", op, type, loc, place, value: r, compute: l.type, scale: 0 };
}

export function incDec(p: Parser, op: "+" | "-", post: boolean, e: Expr, loc: Loc): Expr {
  const place = modifiable(p, e, loc, `'${op}${op}'`);
  if (place === undefined) return errorExpr(loc);
  const type = unqualified(place.type);
  const t = bare(type);
  if (t.kind !== "ptr" && !isArithmetic(type)) {
    p.error("C219", `cannot ${op === "+" ? "increment" : "decrement"} a value of type ${quoteType(type)}`, loc);
    return errorExpr(loc);
  }
  return { kind: "incdec", op, post, type, loc, place, scale: t.kind === "ptr" ? elementSize(p, t.to, loc) : 0 };
}

/** sizeof and _Alignof wants: a complete object type; GNU allows void and functions (1). */
export function sizeOperand(p: Parser, type: CType, what: string, loc: Loc): boolean {
  const t = bare(type);
  if (t.kind === "array" && t.vla !== undefined) {
    p.error("C404", `'${what}' of a variable-length array: its size is only known at run time`, loc, {
      help: "give the array a constant length: eBPF's stack is 512 bytes, fixed when the program is loaded",
    });
    return false;
  }
  const known =
    t.kind === "record" || t.kind === "enum" ? complete(t) : !(t.kind === "array" && (t.count < 0 || !isComplete(t)));
  if (!known) {
    p.error("C230", `invalid application of '${what}' to an incomplete type ${quoteType(type)}`, loc);
    return false;
  }
  return true;
}

export function isComplete(type: CType): boolean {
  const t = bare(type);
  if (t.kind === "array") return t.count >= 0 && isComplete(elementOf(type, t));
  return t.kind === "record" || t.kind === "enum" ? complete(t) : t.kind !== "void" && t.kind !== "func";
}
