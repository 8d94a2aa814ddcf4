/** `#if` expressions (C11 6.10.1): 64-bit integers, `defined`, and the __has_* questions (which are macros). */
import { parseChar, parseNumber } from "../literals.ts";
import type { Preprocessor } from "./preprocessor.ts";

const EOF = 0;
const IDENT = 1;
const NUMBER = 2;
const CHAR = 3;
const EOD = 5;

interface Value {
  readonly value: bigint;
  readonly unsigned: boolean;
}

/** Lowest binds least. Kinds of tokens.ts. */
const LEVELS: ReadonlyMap<number, number> = new Map([
  [139, 1], // ||
  [138, 2], // &&
  [124, 3],
  [94, 4],
  [38, 5],
  [136, 6], // ==
  [137, 6],
  [60, 7],
  [62, 7],
  [134, 7],
  [135, 7],
  [132, 8], // <<
  [133, 8],
  [43, 9],
  [45, 9],
  [42, 10],
  [47, 10],
  [37, 10],
]);
const MAX_DEPTH = 200;

class Bad extends Error {}

/** Reads to the end of the line; false after an error (reported). */
export function condition(pp: Preprocessor): boolean {
  const at = pp.loc;
  pp.inCondition = true;
  let result = false;
  try {
    advance(pp);
    if (pp.is(EOD) || pp.is(EOF)) fail(pp, at, "expected a value in the preprocessor expression");
    result = ternary(pp, true, 0).value !== 0n;
    if (!pp.is(EOD) && !pp.is(EOF)) fail(pp, pp.loc, `unexpected '${pp.spelling()}' in the preprocessor expression`);
  } catch (error) {
    if (!(error instanceof Bad)) throw error;
    for (; !pp.is(EOD) && !pp.is(EOF); pp.raw());
  }
  pp.inCondition = false;
  return result;
}

function fail(pp: Preprocessor, loc: number, message: string): never {
  pp.report.error("C018", loc, message);
  throw new Bad();
}

function advance(pp: Preprocessor): void {
  for (;;) {
    pp.raw();
    if (!pp.is(IDENT)) return;
    if (pp.val === pp.ids.defined) {
      const { loc } = pp;
      pp.raw();
      const paren = pp.is(40);
      if (paren) pp.raw();
      if (!pp.is(IDENT)) fail(pp, loc, "'defined' wants a macro name");
      const known = pp.macros[pp.val] !== undefined;
      if (paren) {
        pp.raw();
        if (!pp.is(41)) fail(pp, loc, "missing ')' after 'defined'");
      }
      pp.kind = NUMBER;
      pp.val = pp.names.of(known ? "1" : "0");
      return;
    }
    const macro = pp.macros[pp.val];
    if (macro === undefined || (pp.flags & 4) !== 0 || !pp.expand(macro)) return;
  }
}

function ternary(pp: Preprocessor, live: boolean, depth: number): Value {
  if (depth > MAX_DEPTH) fail(pp, pp.loc, "the preprocessor expression nests too deep");
  const test = binary(pp, 1, live, depth);
  if (!pp.is(63)) return test;
  advance(pp);
  const yes = ternary(pp, live && test.value !== 0n, depth + 1);
  if (!pp.is(58)) fail(pp, pp.loc, "expected ':' in the preprocessor expression");
  advance(pp);
  const no = ternary(pp, live && test.value === 0n, depth + 1);
  return norm(test.value !== 0n ? yes.value : no.value, yes.unsigned || no.unsigned);
}

function binary(pp: Preprocessor, level: number, live: boolean, depth: number): Value {
  let left = unary(pp, live, depth);
  for (;;) {
    const op = pp.kind;
    const own = LEVELS.get(op);
    if (own === undefined || own < level) return left;
    const { loc } = pp;
    advance(pp);
    const alive = live && (op === 138 ? left.value !== 0n : op === 139 ? left.value === 0n : true);
    const right = binary(pp, own + 1, alive, depth + 1);
    left = apply(pp, op, left, right, alive, loc);
  }
}

function unary(pp: Preprocessor, live: boolean, depth: number): Value {
  if (depth > MAX_DEPTH) fail(pp, pp.loc, "the preprocessor expression nests too deep");
  const { kind } = pp;
  if (kind === 43 || kind === 45 || kind === 33 || kind === 126) {
    advance(pp);
    const { value, unsigned } = unary(pp, live, depth + 1);
    if (kind === 43) return { value, unsigned };
    if (kind === 45) return norm(-value, unsigned);
    return kind === 33 ? { value: value === 0n ? 1n : 0n, unsigned: false } : norm(~value, unsigned);
  }
  if (kind === 40) {
    advance(pp);
    let value = ternary(pp, live, depth + 1);
    while (pp.is(44)) {
      advance(pp);
      value = ternary(pp, live, depth + 1);
    }
    if (!pp.is(41)) fail(pp, pp.loc, "expected ')' in the preprocessor expression");
    advance(pp);
    return value;
  }
  let value: Value;
  if (kind === NUMBER) {
    const number = parseNumber(pp.names.text(pp.val));
    if (number.kind === "bad") fail(pp, pp.loc, number.message);
    if (number.kind === "float") fail(pp, pp.loc, "floating point literal in the preprocessor expression");
    value = {
      value: number.value,
      unsigned: !number.type.signed && number.value >= 1n << 63n ? true : /[uU]/.test(pp.names.text(pp.val)),
    };
  } else if (kind === CHAR) value = { value: parseChar(pp.names.bytes(pp.val)).value, unsigned: false };
  else if (kind === IDENT) {
    const { loc, val } = pp;
    const yes = pp.options.standard === "c23" && pp.names.text(val) === "true";
    value = { value: yes ? 1n : 0n, unsigned: false };
    advance(pp);
    if (pp.is(40) && live) fail(pp, loc, `function-like macro '${pp.names.text(val)}' is not defined`);
    return value;
  } else
    fail(
      pp,
      pp.loc,
      kind === EOD
        ? "expected a value in the preprocessor expression"
        : `invalid token '${pp.spelling()}' at the start of a preprocessor expression`,
    );
  advance(pp);
  return value;
}

const norm = (value: bigint, unsigned: boolean): Value => ({
  value: unsigned ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value),
  unsigned,
});

function apply(pp: Preprocessor, op: number, left: Value, right: Value, live: boolean, loc: number): Value {
  const unsigned = left.unsigned || right.unsigned;
  const a = unsigned ? BigInt.asUintN(64, left.value) : left.value;
  const b = unsigned ? BigInt.asUintN(64, right.value) : right.value;
  const truth = (yes: boolean): Value => ({ value: yes ? 1n : 0n, unsigned: false });
  switch (op) {
    case 139:
      return truth(left.value !== 0n || right.value !== 0n);
    case 138:
      return truth(left.value !== 0n && right.value !== 0n);
    case 124:
      return norm(a | b, unsigned);
    case 94:
      return norm(a ^ b, unsigned);
    case 38:
      return norm(a & b, unsigned);
    case 136:
      return truth(a === b);
    case 137:
      return truth(a !== b);
    case 60:
      return truth(a < b);
    case 62:
      return truth(a > b);
    case 134:
      return truth(a <= b);
    case 135:
      return truth(a >= b);
    case 132:
      return norm(left.value << (right.value & 63n), left.unsigned);
    case 133:
      return norm(left.value >> (right.value & 63n), left.unsigned);
    case 43:
      return norm(a + b, unsigned);
    case 45:
      return norm(a - b, unsigned);
    case 42:
      return norm(a * b, unsigned);
    default: {
      if (b === 0n) {
        if (live) fail(pp, loc, "division by zero in the preprocessor expression");
        return norm(0n, unsigned);
      }
      return norm(op === 47 ? a / b : a % b, unsigned);
    }
  }
}
