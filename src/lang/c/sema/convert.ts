/**
 * Conversions (C11 6.3): places to values, promotions, the common type of two operands, assignment to a type, casts. Integer
 * constants are converted on the spot.
 */
import type { CastOp, Expr, IntExpr, Place } from "../ast.ts";
import type { Parser } from "../parse/state.ts";
import {
  addressSpaceOf,
  bare,
  CONST,
  type CType,
  complete,
  INT,
  type IntType,
  intOf,
  type Loc,
  qualsOf,
  UINT,
  ULLONG,
  ULONG,
  unqualified,
  VOLATILE,
  wrapInt,
} from "../types.ts";
import { constantOf, isPlace, relocated } from "./fold.ts";
import { checkConstant } from "./ranges.ts";
import { decayed, sameType } from "./same.ts";
import { quoteType } from "./show.ts";

export const errorExpr = (loc: Loc): Expr => ({ kind: "error", type: INT, loc });

export const intExpr = (value: bigint, type: CType, loc: Loc): IntExpr => ({ kind: "int", type, loc, value });

/** A place becomes its value (load, or decay for arrays and functions); values stay. */
export function rvalue(e: Expr): Expr {
  if (!isPlace(e)) return e;
  const t = bare(e.type);
  if (t.kind === "array" || t.kind === "func") {
    markAddress(e);
    return { kind: "decay", type: decayed(e.type), loc: e.loc, place: e };
  }
  if (e.kind === "member" && !isPlace(e.base) && t.kind !== "record") {
    return { kind: "load", type: unqualified(e.type), loc: e.loc, place: e };
  }
  return { kind: "load", type: unqualified(e.type), loc: e.loc, place: e };
}

/** The variable under a place has its address taken. */
export function markAddress(place: Expr): void {
  let at: Expr = place;
  while (at.kind === "member") at = at.base;
  if (at.kind === "var") at.decl.addressTaken = true;
}

/** C11 6.3.1.1: small integers and bit-fields, whatever their declared type, become int where int holds them all. */
export function promote(e: Expr): Expr {
  const type = intOf(e.type);
  if (type === undefined) return e;
  const width = bitWidthOf(e);
  if (width >= 0 && width < 32) return castTo(e, INT);
  if (width === 32) return castTo(e, type.signed ? INT : UINT);
  if (type.rank < 3) return castTo(e, INT);
  return bare(e.type).kind === "enum" ? castTo(e, type) : e;
}

/** Bits of the bit-field whose value this is, as clang sees it: what was assigned, too, but not x++; -1 where it is none. */
function bitWidthOf(e: Expr): number {
  switch (e.kind) {
    case "load":
    case "assign":
    case "assignop":
      return e.place.kind === "member" ? e.place.field.bitWidth : -1;
    case "incdec":
      return !e.post && e.place.kind === "member" ? e.place.field.bitWidth : -1;
    case "comma":
      return bitWidthOf(e.right);
    default:
      return -1;
  }
}

export function isInteger(type: CType): boolean {
  return intOf(type) !== undefined;
}

export function isArithmetic(type: CType): boolean {
  const t = bare(type);
  return t.kind === "int" || t.kind === "enum" || t.kind === "float";
}

export function isScalar(type: CType): boolean {
  const t = bare(type);
  return t.kind === "int" || t.kind === "enum" || t.kind === "float" || t.kind === "ptr";
}

/** C11 6.3.1.8: both operands promoted and brought to their common type. */
export function usual(left: Expr, right: Expr): [Expr, Expr] {
  const lf = bare(left.type);
  const rf = bare(right.type);
  if (lf.kind === "float" || rf.kind === "float") {
    const type = lf.kind === "float" && (rf.kind !== "float" || lf.size >= rf.size) ? lf : rf;
    return [castTo(left, type), castTo(right, type)];
  }
  const l = promote(left);
  const r = promote(right);
  const a = intOf(l.type);
  const b = intOf(r.type);
  if (a === undefined || b === undefined || a === b) return [l, r];
  const type = commonInt(a, b);
  // A typedef of the common type stays, for messages and typeof
  return [a === type ? l : castTo(l, type), b === type ? r : castTo(r, type)];
}

export function commonInt(a: IntType, b: IntType): IntType {
  if (a.signed === b.signed) return a.rank >= b.rank ? a : b;
  const [s, u] = a.signed ? [a, b] : [b, a];
  if (u.rank >= s.rank) return u;
  if (s.size > u.size) return s;
  // long long against unsigned long: unsigned long long
  return s.rank === 5 ? ULLONG : ULONG;
}

/** Converts without asking whether C allows it; folds integer constants. Undefined-looking pairs give an `error` node. */
export function castTo(e: Expr, type: CType, implicit = true): Expr {
  const from = bare(e.type);
  const to = bare(type);
  const value = unqualified(type);
  if (from === to && from.kind !== "record") {
    // A bit-field promotes by its width; once it is cast, by the type.
    const op = !implicit && bitWidthOf(e) >= 0 ? castOp(from, to) : undefined;
    if (op !== undefined) return { kind: "cast", op, type: value, loc: e.loc, operand: e, implicit };
    return e.type === value ? e : retype(e, value);
  }
  if (
    from.kind === "ptr" &&
    to.kind === "ptr" &&
    e.kind !== "int" &&
    (from.to === to.to || sameType(from.to, to.to, true))
  )
    return e;
  if (to.kind === "void") return { kind: "cast", op: "void", type: value, loc: e.loc, operand: e, implicit };
  if (to.kind === "record") return e;
  const toInt = intOf(type);
  if (e.kind === "int" && (toInt !== undefined || to.kind === "ptr")) {
    if (to.kind === "ptr") {
      // *(enum e *)ENUMERATOR is how CO-RE macros name one.
      const address = intExpr(BigInt.asUintN(64, e.value), value, e.loc);
      return e.enumerator === undefined ? address : { ...address, enumerator: e.enumerator };
    }
    const folded = intExpr(wrapInt(e.value, toInt!), value, e.loc);
    return e.enumerator === undefined ? folded : { ...folded, enumerator: e.enumerator };
  }
  if (e.kind === "float") {
    if (to.kind === "float")
      return { kind: "float", type: value, loc: e.loc, value: to.size === 4 ? Math.fround(e.value) : e.value };
    if (toInt !== undefined && Number.isFinite(e.value)) {
      return intExpr(
        toInt.rank === 0 ? (e.value !== 0 ? 1n : 0n) : wrapInt(BigInt(Math.trunc(e.value)), toInt),
        value,
        e.loc,
      );
    }
  }
  if (e.kind === "int" && to.kind === "float")
    return { kind: "float", type: value, loc: e.loc, value: Number(e.value) };
  const op = castOp(e.type, type);
  if (op === undefined) return errorExpr(e.loc);
  const cast: Expr = { kind: "cast", op, type: value, loc: e.loc, operand: e, implicit };
  // (size_t)&((struct s *)0)->member
  if (op === "ptrToInt" || (op === "bool" && from.kind === "ptr")) {
    const known = constantOf(cast);
    if (known !== undefined && known.base === undefined && toInt !== undefined && !relocated(e)) {
      return intExpr(wrapInt(known.value, toInt), value, e.loc);
    }
  }
  return cast;
}

function castOp(from: CType, to: CType): CastOp | undefined {
  const a = bare(from);
  const b = bare(to);
  const ai = a.kind === "int" || a.kind === "enum";
  const bi = b.kind === "int" || b.kind === "enum";
  if (b.kind === "int" && b.rank === 0) return ai || a.kind === "ptr" || a.kind === "float" ? "bool" : undefined;
  if (ai && bi) return "int";
  if (a.kind === "float" || b.kind === "float")
    return (ai || a.kind === "float") && (bi || b.kind === "float") ? "float" : undefined;
  if (a.kind === "ptr" && b.kind === "ptr") return addressSpaceOf(a.to) === addressSpaceOf(b.to) ? "ptr" : "addrspace";
  if (a.kind === "ptr" && bi) return "ptrToInt";
  if (ai && b.kind === "ptr") return "intToPtr";
  return undefined;
}

/** The same value under another name of its type. */
function retype(e: Expr, type: CType): Expr {
  return e.kind === "int" || e.kind === "load" || e.kind === "cast" ? { ...e, type } : e;
}

/** A null pointer constant: 0, or (void *)0. */
export function isNull(e: Expr): boolean {
  if (e.kind !== "int" || e.value !== 0n) return false;
  const t = bare(e.type);
  return t.kind !== "ptr" || bare(t.to).kind === "void";
}

/** What the conversion is for, in messages: "assigning to", "initializing", "passing argument 2 of 'f'", "returning". */
export type Purpose = string;

/** Converts as if by assignment (C11 6.5.16.1), complaining as clang does. */
export function assignTo(p: Parser, value: Expr, type: CType, purpose: Purpose): Expr {
  const e = rvalue(value);
  if (e.kind === "error") return e;
  const from = bare(e.type);
  const to = bare(type);
  const bad = (why = "incompatible type"): Expr => {
    const map =
      e.kind === "load" && e.place.kind === "var" && e.place.decl.attrs.section === ".maps" ? e.place.decl : null;
    p.error(
      "C210",
      `${purpose} ${quoteType(unqualified(type))} from ${why} ${quoteType(e.type)}`,
      e.loc,
      map === null ? {} : { help: `maps are passed by address: &${map.name}` },
    );
    return errorExpr(e.loc);
  };
  if (from.kind === "void") return bad();
  if (to.kind === "record") {
    if (from === to) return e;
    if (to.union && to.attrs?.transparentUnion === true) return e;
    return bad();
  }
  if (isArithmetic(type) && isArithmetic(e.type)) {
    checkConstant(p, e, type);
    return castTo(e, type);
  }
  if (to.kind === "int" && to.rank === 0 && from.kind === "ptr") return castTo(e, type);
  if (to.kind === "ptr") {
    if (isNull(e)) return castTo(e, type);
    if (from.kind === "ptr") {
      checkPointers(p, e, type, purpose);
      return castTo(e, type);
    }
    if (isInteger(e.type)) {
      p.softError(
        "C211",
        `incompatible integer to pointer conversion ${purpose} ${quoteType(unqualified(type))} from ${quoteType(e.type)}`,
        e.loc,
        {
          help: isPacketField(e) ? "write (void *)(long) in front of it" : "a cast makes it explicit",
        },
      );
      return castTo(e, type);
    }
  }
  if (from.kind === "ptr" && isInteger(type)) {
    p.softError(
      "C211",
      `incompatible pointer to integer conversion ${purpose} ${quoteType(unqualified(type))} from ${quoteType(e.type)}`,
      e.loc,
      {
        help: "read what it points to with '*', or cast it where the address is meant",
      },
    );
    return castTo(e, type);
  }
  return bad();
}

/** data, data_end and data_meta of a packet's context: pointers that are declared as numbers. */
function isPacketField(e: Expr): boolean {
  return e.kind === "load" && e.place.kind === "member" && /^data(_end|_meta)?$/.test(e.place.field.name);
}

function checkPointers(p: Parser, e: Expr, type: CType, purpose: Purpose): void {
  const from = bare(e.type);
  const to = bare(type);
  if (from.kind !== "ptr" || to.kind !== "ptr") return;
  const a = bare(from.to);
  const b = bare(to.to);
  const lost = qualsOf(from.to) & ~qualsOf(to.to) & (CONST | VOLATILE);
  const spaces = addressSpaceOf(from.to) !== addressSpaceOf(to.to);
  if (spaces) {
    p.error(
      "C212",
      `${purpose} ${quoteType(unqualified(type))} from ${quoteType(e.type)} changes address space of pointer`,
      e.loc,
    );
    return;
  }
  if (a.kind !== "void" && b.kind !== "void" && !sameType(from.to, to.to)) {
    const x = intOf(a);
    const y = intOf(b);
    // Signs differ: clang's -Wpointer-sign, off in BPF builds
    if (x !== undefined && y !== undefined && x.size === y.size) return;
    if (x !== undefined && y !== undefined && x.size === 1 && y.size === 1) return;
    p.warn(
      "C520",
      `incompatible pointer types ${purpose} ${quoteType(unqualified(type))} from ${quoteType(e.type)}`,
      e.loc,
    );
    return;
  }
  if (lost !== 0 && a.kind !== "func") {
    p.warn("C521", `${purpose} ${quoteType(unqualified(type))} from ${quoteType(e.type)} discards qualifiers`, e.loc);
  }
}

/** `(type)e`. */
export function explicitCast(p: Parser, value: Expr, type: CType, loc: Loc): Expr {
  const to = bare(type);
  if (to.kind === "void")
    return {
      kind: "cast",
      op: "void",
      type: to,
      loc,
      operand: isPlace(value) ? rvalueOrPlace(value) : value,
      implicit: false,
    };
  const e = rvalue(value);
  if (e.kind === "error") return e;
  const from = bare(e.type);
  if (to.kind === "record") {
    if (from === to) return e;
    if (to.union && complete(to)) {
      const field = to.fields!.find((member) => sameType(member.type, e.type));
      if (field !== undefined) {
        const item = { offBytes: 0, bits: undefined, type: field.type, value: e, data: constantOf(e) };
        return rvalue({ kind: "compound", type, loc, init: { items: [item], loc }, static: p.func === undefined });
      }
    }
  }
  if (!isScalar(type)) {
    p.error("C213", `cast to ${quoteType(type)}, which is not a scalar type`, loc, {
      help: to.kind === "record" ? "write a compound literal: (T){...}" : "a cast makes numbers and pointers only",
    });
    return errorExpr(loc);
  }
  if (!isScalar(e.type)) {
    p.error("C213", `operand of type ${quoteType(e.type)} where a scalar is wanted`, e.loc);
    return errorExpr(loc);
  }
  if ((from.kind === "float" && to.kind === "ptr") || (from.kind === "ptr" && to.kind === "float")) {
    p.error(
      "C213",
      `a pointer and a floating point number do not convert: ${quoteType(e.type)} to ${quoteType(type)}`,
      loc,
    );
    return errorExpr(loc);
  }
  const cast = castTo(e, type, false);
  return cast.kind === "int" || cast.kind === "float" ? { ...cast, loc } : cast;
}

/** A discarded place: volatile ones are read. */
function rvalueOrPlace(place: Place): Expr {
  const t = bare(place.type);
  return t.kind === "array" || t.kind === "func" || t.kind === "void" || (t.kind === "record" && t.fields === undefined)
    ? place
    : rvalue(place);
}

/** A condition: a scalar value. */
export function condition(p: Parser, value: Expr, what: string): Expr {
  const e = rvalue(value);
  if (e.kind === "error" || isScalar(e.type)) return e;
  p.error("C214", `${what} has type ${quoteType(e.type)}, where a number or pointer is wanted`, e.loc);
  return errorExpr(e.loc);
}

/** Default argument promotions, for variadic arguments and calls without a prototype. */
export function promoteArgument(p: Parser, value: Expr): Expr {
  const e = rvalue(value);
  const t = bare(e.type);
  if (t.kind === "float" && t.size === 4) return e;
  if (t.kind === "void") {
    p.error("C210", "an argument of type 'void'", e.loc);
    return errorExpr(e.loc);
  }
  return promote(e);
}
