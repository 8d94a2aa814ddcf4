/**
 * Random expressions without undefined or unspecified behaviour, -fwrapv understood: shift counts are masked, divisors guarded,
 * indexes masked. An operand changes something only where a sequence point separates it from its neighbours.
 */
import { builtin } from "./builtins.ts";
import { isRecord } from "./records.ts";
import type { Func, Row, Scalar, Scope } from "./scope.ts";
import { fixed, type Node, typed } from "./tree.ts";
import { common, constant, INT, type IntType, promoted, S8, S16, S64, TYPES, U8, U16, U32, U64 } from "./types.ts";

export interface Expr {
  readonly node: Node;
  /** As C has it before promotion. */
  readonly type: IntType;
  /** It reads a bit-field of that width. */
  readonly fieldBits?: number;
}

export interface Lvalue extends Expr {
  readonly root: string;
  /** No index or pointer in it: its address depends on nothing. */
  readonly plain: boolean;
}

export const of = (type: IntType, node: Node): Expr => ({ type, node });

const unsignedOf = (type: IntType): IntType => (type.bits === 64 ? U64 : U32);

export function promote(e: Expr): IntType {
  return promoted(e.type, e.fieldBits);
}

export function literal(s: Scope): Expr {
  const { text, type } = constant(s.r);
  return of(type, typed(type.name)`${text}`);
}

/** `effects`: it may change variables that are not locked. */
export function expr(s: Scope, depth: number, effects = false): Expr {
  if (depth <= 0) return leaf(s);
  if (effects && s.often(25)) {
    const changed = change(s, depth - 1);
    if (changed !== null) return changed;
  }
  return s.r.pick(FORMS)(s, depth, effects) ?? leaf(s);
}

/** Boolean in spirit: a comparison, or several. */
export function condition(s: Scope, depth: number, effects = false): Node {
  switch (s.r.below(6)) {
    case 0:
      return logical(s, depth, effects).node;
    case 1:
      return expr(s, depth, effects).node;
    case 2:
      return typed("int")`!${typed("int")`(${expr(s, depth - 1, effects).node})`}`;
    default:
      return compare(s, depth).node;
  }
}

/** An expression as an index below `length`, a power of two. */
export function index(s: Scope, length: number): Node {
  if (s.often(30)) return fixed`${s.r.below(length)}`;
  return fixed`${expr(s, 1).node} & ${length - 1}`;
}

export function element(s: Scope, row: Row): Lvalue {
  const { elem: type, root } = row;
  if (row.constantIndex === true)
    return { node: fixed`${row.text}[${s.r.below(row.length)}]`, type, root, plain: true };
  const node = s.often(15)
    ? fixed`(*(${row.text} + (${index(s, row.length)})))`
    : fixed`${row.text}[${index(s, row.length)}]`;
  return { node, type, root, plain: false };
}

export function named(one: Scalar): Lvalue {
  const bits = one.fieldBits === undefined ? {} : { fieldBits: one.fieldBits };
  return { node: fixed`${one.text}`, type: one.type, ...bits, root: one.root, plain: true };
}

/** Something that may be assigned to now; null where there is nothing. */
export function target(s: Scope): Lvalue | null {
  const free = (one: { write: boolean; root: string }): boolean => one.write && !s.locked.has(one.root);
  const row = s.often(30) ? s.some(s.rows.filter(free)) : undefined;
  if (row !== undefined) return element(s, row);
  const scalar = s.some(s.scalars.filter(free));
  return scalar === undefined ? null : named(scalar);
}

function leaf(s: Scope): Expr {
  const kind = s.r.below(10);
  if (kind < 3) return literal(s);
  if (kind < 5) {
    const row = s.some(s.rows);
    // An index of its own would nest without end
    if (row !== undefined) return of(row.elem, typed(row.elem.name)`${row.text}[${leafIndex(s, row)}]`);
  }
  const scalar = s.some(s.scalars);
  if (scalar === undefined) return literal(s);
  const { node, type, fieldBits } = named(scalar);
  const read = typed(type.name)`${node}`;
  return fieldBits === undefined ? of(type, read) : { type, fieldBits, node: read };
}

function leafIndex(s: Scope, row: Row): string {
  const scalar = row.constantIndex !== true && s.often(60) ? s.some(s.scalars) : undefined;
  return scalar === undefined ? `${s.r.below(row.length)}` : `${scalar.text} & ${row.length - 1}`;
}

type Form = (s: Scope, depth: number, effects: boolean) => Expr | null;

/** More often where it stands more often. */
const FORMS: readonly Form[] = [
  ...[arithmetic, arithmetic, arithmetic, bitwise, bitwise, shift, shift, divide],
  ...[cast, cast, unary, unary, compare, logical, ternary, ternary, comma],
  ...[statementExpr, call, call, builtins, literalObject, constantTable, typeTest],
];

function arithmetic(s: Scope, depth: number, effects: boolean): Expr {
  const [a, b] = operands(s, depth, effects);
  const type = common(promote(a), promote(b));
  const op = s.r.pick(["+", "-", "*"]);
  if (type.signed && !s.c.wraps) {
    // Of narrow operands, whose result fits, or unsigned
    const narrow = s.often(60) ? s.r.pick([S16, U8, S8]) : type.bits === 64 ? U64 : U32;
    const result = promoted(narrow);
    return of(
      result,
      typed(result.name)`(${fixed`(${narrow.name})${a.node}`} ${op} ${fixed`(${narrow.name})${b.node}`})`,
    );
  }
  return of(type, typed(type.name)`(${a.node} ${op} ${b.node})`);
}

function bitwise(s: Scope, depth: number, effects: boolean): Expr {
  const [a, b] = operands(s, depth, effects);
  const type = common(promote(a), promote(b));
  return of(type, typed(type.name)`(${a.node} ${s.r.pick(["&", "|", "^"])} ${b.node})`);
}

/** Two operands; one of them may change something where the other is a constant. */
function operands(s: Scope, depth: number, effects: boolean): [Expr, Expr] {
  if (effects && s.often(30)) return [expr(s, depth - 1, true), literal(s)];
  return [expr(s, depth - 1), expr(s, depth - 1 - s.r.below(2))];
}

function shift(s: Scope, depth: number): Expr {
  const a = expr(s, depth - 1);
  const op = s.r.pick(["<<", ">>"]);
  const type = s.c.wraps || op === ">>" ? promote(a) : unsignedOf(promote(a));
  const count = s.often(50) ? fixed`${s.r.below(type.bits)}` : fixed`(${expr(s, 1).node} & ${type.bits - 1})`;
  // The reducer may put a narrower operand in: the cast keeps the width
  return of(type, typed(type.name)`(${fixed`(${type.name})${a.node}`} ${op} ${count})`);
}

function divide(s: Scope, depth: number): Expr {
  const op = s.r.pick(["/", "%"]);
  if (s.c.cpu === 4 && s.often(50)) {
    const a = expr(s, depth - 1);
    const divisor = s.often(50)
      ? fixed`${s.r.pick(["3", "-3", "-7", "8", "100", "-2", "1000003", "-4LL", "10LL"])}`
      : fixed`((${expr(s, 1).node} & ${s.r.pick([7, 255, 4095])}) + 1)`;
    return of(S64, typed("s64")`((s64)(${a.node} ${op} ${divisor}))`);
  }
  const type = s.r.pick([U32, U64]);
  const divisor = s.often(50)
    ? fixed`${s.r.pick(["1", "2", "3", "7", "10", "16", "255", "1000", "0x80000000u", "4096"])}`
    : fixed`((${s.r.pick([U8, U16, type]).name})${expr(s, 1).node} | ${s.r.pick([1, 2, 64])})`;
  if (s.often(10)) {
    const small = s.r.pick([U8, U16]);
    return of(INT, typed("int")`(${fixed`(${small.name})${expr(s, depth - 1).node}`} ${op} ${2 + s.r.below(30)})`);
  }
  return of(
    type,
    typed(type.name)`((${type.name})(${fixed`(${type.name})${expr(s, depth - 1).node}`} ${op} ${divisor}))`,
  );
}

function cast(s: Scope, depth: number, effects: boolean): Expr {
  const type = s.r.pick(TYPES);
  return of(type, typed(type.name)`(${type.name})${expr(s, depth - 1, effects).node}`);
}

function unary(s: Scope, depth: number, effects: boolean): Expr {
  const a = expr(s, depth - 1, effects);
  const op = s.r.pick(["-", "~", "!", "!!", "+"]);
  if (op === "-" && !s.c.wraps) return of(INT, typed("int")`(- ${fixed`(${s.r.pick(["s16", "u8", "s8"])})${a.node}`})`);
  const type = op.startsWith("!") ? INT : promote(a);
  return of(type, typed(type.name)`(${op} ${a.node})`);
}

function compare(s: Scope, depth: number): Expr {
  const [a, b] = operands(s, depth, false);
  return of(INT, typed("int")`(${a.node} ${s.r.pick(["<", "<=", ">", ">=", "==", "!="])} ${b.node})`);
}

function logical(s: Scope, depth: number, effects: boolean): Expr {
  const a = expr(s, depth - 1, effects);
  const b = s.often(60) ? compare(s, depth - 1) : expr(s, depth - 1, effects);
  return of(INT, typed("int")`(${a.node} ${s.r.pick(["&&", "||"])} ${b.node})`);
}

function ternary(s: Scope, depth: number, effects: boolean): Expr {
  const a = expr(s, depth - 1, effects);
  const b = expr(s, depth - 1, effects);
  const type = common(promote(a), promote(b));
  return of(type, typed(type.name)`(${condition(s, 1, effects)} ? ${a.node} : ${b.node})`);
}

function comma(s: Scope, depth: number, effects: boolean): Expr | null {
  if (!effects) return null;
  const first = change(s, 1);
  if (first === null) return null;
  const b = expr(s, depth - 1, true);
  return of(promote(b), typed(promote(b).name)`(${first.node}, +${b.node})`);
}

/** An assignment, compound assignment, increment or decrement as an expression. */
export function change(s: Scope, depth: number): Expr | null {
  const to = target(s);
  if (to === null) return null;
  return s.locking(to.root, () => {
    const { node, type, fieldBits } = to;
    const right = (): Node => expr(s, depth, to.plain).node;
    const text = typed(type.name);
    const overflows = !s.c.wraps && promoted(type, fieldBits).signed && type.bits >= 32 && type.isBool !== true;
    const kind = overflows ? s.r.below(2) : s.r.below(8);
    let made: Node;
    if (kind < 2) made = text`(${node} = ${right()})`;
    else if (kind < 4) {
      made = text`(${node} ${s.r.pick(["+=", "-=", "*=", "^=", "|=", "&="])} ${within(s, promoted(type, fieldBits), right())})`;
    } else if (kind === 4 && (s.c.wraps || !promoted(type, fieldBits).signed)) {
      const width = promoted(type, fieldBits).bits;
      made = text`(${node} ${s.r.pick(["<<=", ">>="])} ${fixed`(${right()} & ${width - 1})`})`;
    } else if (kind === 5 && type.isBool !== true && (!promoted(type, fieldBits).signed || s.c.cpu === 4)) {
      made = text`(${node} ${s.r.pick(["/=", "%="])} ${fixed`((u8)${right()} + 1u)`})`;
    } else if (kind === 6 || type.isBool === true) {
      made = type.isBool === true ? text`(${node} ^= ${right()})` : text`(${s.r.pick(["++", "--"])}${node})`;
    } else made = text`(${node}${s.r.pick(["++", "--"])})`;
    return fieldBits === undefined ? of(type, made) : { type, fieldBits, node: made };
  });
}

/** What may be added to, or multiplied with, a variable of that promoted type without overflow, where that does not wrap. */
function within(s: Scope, type: IntType, value: Node): Node {
  if (s.c.wraps) return value;
  return type.signed ? fixed`(s8)${value}` : fixed`(${type.name})${value}`;
}

function statementExpr(s: Scope, depth: number, effects: boolean): Expr {
  const type = s.r.pick(TYPES);
  const name = s.name("t");
  const first = expr(s, depth - 1, effects);
  return s.inner(() => {
    s.scalars.push({ text: name, type, root: name, write: true, address: true });
    const second = expr(s, depth - 1, effects);
    const result = promoted(type);
    return of(
      result,
      typed(
        result.name,
      )`({ ${type.name} ${name} = ${first.node}; ${name} ${s.r.pick(s.c.wraps || !result.signed ? ["+=", "^=", "-="] : ["^=", "|="])} ${within(s, result, second.node)}; +${name}; })`,
    );
  });
}

function builtins(s: Scope, depth: number): Expr {
  return builtin(s, expr(s, depth - 1).node, expr(s, 1).node, condition(s, 1));
}

/** A call of a function of the program that returns an integer. */
function call(s: Scope, depth: number, effects: boolean): Expr | null {
  const fn = s.some(s.c.funcs.filter((one) => !isRecord(one.result) && (effects || !one.effects)));
  if (fn === undefined || s.trips > 64) return null;
  const made = callNode(s, fn, depth - 1);
  const type = fn.result as IntType;
  return made === null ? null : of(type, typed(type.name)`${made}`);
}

/** null where an argument that it wants is not at hand. */
export function callNode(s: Scope, fn: Func, depth: number): Node | null {
  const args: Node[] = [];
  for (const param of fn.params) {
    if (param.kind === "int") args.push(expr(s, Math.min(depth, 2)).node);
    else if (param.kind === "row") {
      const fit = s.rows.filter(
        (row) =>
          row.address && row.elem.name === param.elem.name && row.length >= param.length && (row.write || !param.write),
      );
      const row = s.some(fit.filter((one) => !s.locked.has(one.root) || !param.write));
      if (row === undefined) return null;
      args.push(fixed`${row.text}`);
    } else {
      const { name } = param.type;
      const one = s.some(s.instances.filter((it) => it.type.name === name && (it.write || !param.pointer)));
      if (one === undefined) return null;
      if (param.pointer && s.locked.has(one.root)) return null;
      args.push(fixed`${param.pointer ? "&" : ""}${one.text}`);
    }
  }
  const all = args.flatMap((arg, i): (Node | string)[] => (i === 0 ? [arg] : [", ", arg]));
  return { kind: "fixed", type: "", parts: [`${fn.name}(`, ...all, ")"] };
}

/** A field of a compound literal, or an element of one. */
function literalObject(s: Scope, depth: number): Expr {
  const type = s.r.pick([...TYPES]);
  const elems = [expr(s, depth - 1), literal(s), expr(s, 1), literal(s)];
  const [a, b, c, d] = elems.map((one) => one.node) as [Node, Node, Node, Node];
  if (s.often(50)) {
    return of(type, typed(type.name)`((${type.name}[4]){ ${a}, ${b}, [3] = ${d}, [2] = ${c} })[${index(s, 4)}]`);
  }
  const bits = type.isBool === true ? 1 : 1 + s.r.below(type.bits);
  return {
    type,
    fieldBits: bits,
    node: typed(type.name)`((struct { ${type.name} a : ${bits}; u64 b; }){ .b = ${b}, .a = ${a} }).a`,
  };
}

function constantTable(s: Scope): Expr {
  if (s.often(40)) return of(INT, typed("int")`"restricted C"[${fixed`${expr(s, 1).node} & 7`}]`);
  return of(U32, typed("u32")`(u32)sizeof(+${expr(s, 1).node})`);
}

/** What type the compiler thinks an expression has. */
function typeTest(s: Scope, depth: number): Expr {
  const a = expr(s, depth - 1);
  if (s.often(50)) return of(INT, typed("int")`TYPE_OF(+${a.node})`);
  return of(INT, typed("int")`((((typeof(+${a.node}))-1) < 0 ? ${expr(s, 1).node} : ${literal(s).node}) != 0)`);
}
