/**
 * declarator and abstract-declarator (C11 6.7.6, 6.7.7). A declarator is read into a list of steps from the base type outwards to
 * the name: `int *a[2]` is pointer, array of 2.
 */
import type { Expr, VarDecl } from "../ast.ts";
import { rvalue } from "../sema/convert.ts";
import { constantOf } from "../sema/fold.ts";
import { decayed } from "../sema/same.ts";
import { quoteType } from "../sema/show.ts";
import { isComplete } from "../sema/unary.ts";
import {
  ATOMIC,
  bare,
  CONST,
  type CType,
  type FuncType,
  intOf,
  type Loc,
  qualified,
  RESTRICT,
  sizeOf,
  VOID,
  VOLATILE,
} from "../types.ts";
import { type AttrSink, attributes, attrSink, taggedType } from "./attribute.ts";
import { specifiers, startsDeclaration } from "./specifiers.ts";
import type { Parser } from "./state.ts";

const IDENT = 1;
const ELLIPSIS = 128;
/** Pointers, arrays and functions in one declarator: types stay shallow enough to walk. */
const MAX_STEPS = 128;

export interface Declarator {
  /** Interned name, -1 where abstract. */
  readonly name: number;
  readonly type: CType;
  readonly loc: Loc;
  /** Parameters of the outermost function step next to the name, for a definition. */
  readonly params: readonly VarDecl[] | undefined;
}

type Step =
  | { readonly kind: "ptr"; readonly quals: number; readonly sink: AttrSink | undefined }
  | { readonly kind: "array"; readonly size: Expr | undefined; readonly loc: Loc; readonly quals: number }
  | {
      readonly kind: "func";
      readonly params: readonly VarDecl[];
      readonly variadic: boolean;
      readonly unspecified: boolean;
      readonly loc: Loc;
    };

interface Head {
  name: number;
  loc: Loc;
}

/** `mode`: "named" wants a name, "abstract" wants none, "either" takes both (parameters). */
export function declarator(p: Parser, base: CType, sink: AttrSink, mode: "named" | "abstract" | "either"): Declarator {
  // The common case, without a list: `type name` followed by what ends it
  if (p.kind === IDENT && mode !== "abstract") {
    const next = p.peek();
    if (next === 59 || next === 44 || next === 61 || next === 41 || next === 58) {
      const { val, loc } = p;
      p.next();
      return { name: val, type: base, loc, params: undefined };
    }
  }
  const head: Head = { name: -1, loc: p.loc };
  const steps: Step[] = [];
  readSteps(p, steps, head, mode, sink);
  if (steps.length > MAX_STEPS) p.fail("C102", `a declarator of more than ${MAX_STEPS} parts`, {}, head.loc);
  let type = base;
  let params: readonly VarDecl[] | undefined;
  for (const step of steps) {
    type = applyStep(p, type, step);
    params = step.kind === "func" ? step.params : undefined;
  }
  return { name: head.name, type, loc: head.loc, params };
}

function readSteps(p: Parser, steps: Step[], head: Head, mode: "named" | "abstract" | "either", sink: AttrSink): void {
  p.enter();
  while (p.kind === 42 || p.kind === 299 || p.kind === 300) {
    if (p.kind !== 42) {
      attributes(p, sink);
      continue;
    }
    p.next();
    steps.push(pointerStep(p));
  }
  const inner: Step[] = [];
  if (p.is(IDENT) && mode !== "abstract") {
    head.name = p.val;
    head.loc = p.loc;
    p.next();
  } else if (p.is(40) && nested(p, mode)) {
    p.next();
    readSteps(p, inner, head, mode, sink);
    p.expect(41, "to end the declarator");
  } else if (mode === "named") {
    p.fail(
      "C107",
      p.kind >= 256 ? `'${p.text()}' is a keyword and cannot be a name` : `expected a name, not '${p.text()}'`,
    );
  }
  const suffixes: Step[] = [];
  for (;;) {
    if (p.is(91)) suffixes.push(arrayStep(p));
    else if (p.is(40)) suffixes.push(functionStep(p));
    else break;
  }
  for (let i = suffixes.length - 1; i >= 0; i--) steps.push(suffixes[i]);
  for (const step of inner) steps.push(step);
  p.leave();
}

/** Whether `(` opens a nested declarator rather than a parameter list. */
function nested(p: Parser, mode: "named" | "abstract" | "either"): boolean {
  if (mode === "named") return true;
  const next = p.peek();
  if (next === 42 || next === 40 || next === 91 || next === 299 || next === 300) return true;
  if (next === IDENT && mode === "either") {
    // `(name)` unless the name is a type
    const { buffer } = p;
    return p.lookup(buffer.val[p.at + 1])?.kind !== "typedef";
  }
  return false;
}

function pointerStep(p: Parser): Step {
  let quals = 0;
  let sink: AttrSink | undefined;
  for (;;) {
    switch (p.kind) {
      case 260:
      case 312:
      case 313:
        quals |= CONST;
        break;
      case 288:
      case 314:
      case 315:
        quals |= VOLATILE;
        break;
      case 276:
      case 316:
      case 317:
        quals |= RESTRICT;
        break;
      case 292:
        quals |= ATOMIC;
        break;
      case 341: // _Nonnull
      case 342:
        break;
      case 299:
      case 300:
        sink ??= attrSink();
        attributes(p, sink);
        continue;
      default:
        return { kind: "ptr", quals, sink };
    }
    p.next();
  }
}

function arrayStep(p: Parser): Step {
  const { loc } = p;
  p.next();
  let quals = 0;
  // `[static const n]` of parameters
  for (;;) {
    if (p.is(281)) p.next();
    else if (p.is(260)) {
      quals |= CONST;
      p.next();
    } else if (p.is(276) || p.is(316) || p.is(317)) p.next();
    else break;
  }
  let size: Expr | undefined;
  if (p.is(42) && p.peek() === 93) p.next();
  else if (!p.is(93)) size = rvalue(p.grammar.assign(p));
  p.expect(93, "after the array's length");
  return { kind: "array", size, loc, quals };
}

function functionStep(p: Parser): Step {
  const { loc } = p;
  p.next();
  const params: VarDecl[] = [];
  let variadic = false;
  let unspecified = false;
  p.pushScope();
  try {
    if (p.is(41)) unspecified = true;
    else if (p.is(287) && p.peek() === 41) p.next();
    else {
      for (;;) {
        if (p.accept(ELLIPSIS)) {
          variadic = true;
          break;
        }
        params.push(parameter(p));
        if (!p.accept(44)) break;
      }
    }
  } finally {
    p.popScope();
  }
  p.expect(41, "after the parameters");
  return { kind: "func", params, variadic, unspecified, loc };
}

function parameter(p: Parser): VarDecl {
  if (!startsDeclaration(p)) {
    if (p.is(IDENT)) {
      p.fail("C200", `unknown type name '${p.text()}'`);
    }
    p.fail("C106", `expected a parameter's type, not '${p.text()}'`);
  }
  const spec = specifiers(p);
  const read = declarator(p, spec.type, spec.sink, "either");
  attributes(p, spec.sink);
  const type = decayed(read.type);
  if (bare(type).kind === "void" && read.name >= 0)
    p.error("C240", `parameter '${p.name(read.name)}' has incomplete type 'void'`, read.loc);
  const decl: VarDecl = {
    kind: "var",
    name: read.name < 0 ? "" : p.name(read.name),
    type,
    storage: "param",
    owner: undefined,
    attrs: spec.sink.attrs,
    init: undefined,
    defined: true,
    used: false,
    addressTaken: false,
    register: spec.storage === "register",
    cleanup: undefined,
    loc: read.loc,
  };
  if (read.name >= 0) {
    if (p.here(read.name) !== undefined) p.error("C201", `redefinition of parameter '${decl.name}'`, read.loc);
    p.declare(read.name, decl);
  }
  return decl;
}

function applyStep(p: Parser, base: CType, step: Step): CType {
  switch (step.kind) {
    case "ptr": {
      let type: CType = { kind: "ptr", to: base };
      if (step.quals !== 0) type = qualified(type, step.quals);
      return step.sink === undefined ? type : taggedType(type, step.sink);
    }
    case "array":
      return arrayType(p, base, step.size, step.loc);
    case "func": {
      const ret = bare(base);
      if (ret.kind === "func" || ret.kind === "array")
        p.error(
          "C241",
          `function cannot return ${ret.kind === "func" ? "a function" : "an array"}, ${quoteType(base)}`,
          step.loc,
        );
      const type: FuncType = {
        kind: "func",
        ret: ret.kind === "func" || ret.kind === "array" ? VOID : base,
        params: step.params.map((param) => param.type),
        paramNames: step.params.map((param) => param.name),
        variadic: step.variadic,
        unspecified: step.unspecified,
      };
      return type;
    }
  }
}

function arrayType(p: Parser, of: CType, size: Expr | undefined, loc: Loc): CType {
  const element = bare(of);
  if (element.kind === "func" || element.kind === "void" || !isComplete(of)) {
    p.error("C242", `array has incomplete element type ${quoteType(of)}`, loc);
    return { kind: "array", of: { kind: "int", name: "char", size: 1, signed: true, rank: 1 }, count: 0 };
  }
  if (size === undefined || size.kind === "error") return { kind: "array", of, count: -1 };
  if (intOf(size.type) === undefined) {
    p.error("C243", `size of array has non-integer type ${quoteType(size.type)}`, size.loc);
    return { kind: "array", of, count: 1 };
  }
  const known =
    size.kind === "int" ? size.value : constantOf(size)?.base === undefined ? constantOf(size)?.value : undefined;
  if (known === undefined) return { kind: "array", of, count: -1, vla: size };
  if (known < 0n) {
    p.error("C243", `array size is negative (${known})`, size.loc);
    return { kind: "array", of, count: 1 };
  }
  if (known * BigInt(Math.max(1, sizeOf(of))) > 1n << 40n) {
    p.error("C243", `array is too large (${known} elements)`, size.loc);
    return { kind: "array", of, count: 1 };
  }
  return { kind: "array", of, count: Number(known) };
}

/** type-name: `const struct s *(*)[4]`. */
export function typeName(p: Parser): CType {
  const spec = specifiers(p);
  if (spec.storage !== "none") p.error("C104", "a type name has no storage class", spec.loc);
  if (p.is(41) || p.is(44)) return spec.type;
  const read = declarator(p, spec.type, spec.sink, "abstract");
  attributes(p, spec.sink);
  return read.type;
}
