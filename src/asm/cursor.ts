/** A place in a statement's tokens, what the parsers share: peek, take, expect, and errors that name the place. */
import { SkepError } from "../base/error.ts";
import type { Statement, Token } from "./lex.ts";

export interface Cursor {
  readonly stmt: Statement;
  readonly file: string | undefined;
  /** Named numbers: %[name], or a plain name where a number is wanted. */
  readonly constants: Readonly<Record<string, number | bigint>>;
  at: number;
  /** Brackets and signs open in the constant expression being read. */
  depth: number;
}

const MAX_DEPTH = 32;

export function peek(c: Cursor, ahead = 0): Token {
  const tokens = c.stmt.tokens;
  return tokens[Math.min(c.at + ahead, tokens.length - 1)]!;
}

export function take(c: Cursor): Token {
  const token = peek(c);
  if (token.kind !== "end") c.at++;
  return token;
}

/** Takes the token if its text is `text`. */
export function accept(c: Cursor, text: string): boolean {
  const token = peek(c);
  if (token.kind === "end" || token.text !== text) return false;
  c.at++;
  return true;
}

export function expect(c: Cursor, text: string): void {
  if (!accept(c, text)) fail(c, "asm/syntax", `expected "${text}" but found ${shown(peek(c))}`);
}

export function fail(c: Cursor, code: string, message: string, advice?: string, token: Token = peek(c)): never {
  const site = { line: c.stmt.line, col: token.col, ...(c.file === undefined ? {} : { file: c.file }) };
  throw new SkepError(code, message, {
    site,
    advice: advice ?? "see `skep asm --help` for the notation: r1 = *(u32 *)(r2 + 4), if r1 == 0 goto done",
  });
}

export function shown(token: Token): string {
  return token.kind === "end" ? "the end of the line" : `"${token.text}"`;
}

/** A register of any width; `wide` is false for w0..w10. */
export function register(c: Cursor): { reg: number; wide: boolean } {
  const token = peek(c);
  if (token.kind !== "reg")
    fail(c, "asm/register", `expected a register but found ${shown(token)}`, "r0 to r10, or w0 to w10 for 32 bits");
  if (token.value > 10n) fail(c, "asm/register", `there is no register ${token.text}`, "registers are r0 to r10");
  c.at++;
  return { reg: Number(token.value), wide: token.text[0] !== "w" };
}

/** True where a number can begin here. */
export function numberAhead(c: Cursor): boolean {
  const token = peek(c);
  if (token.kind === "num" || token.text === "~") return true;
  if (token.kind === "name") return constant(c, token.text) !== undefined;
  if (token.text === "(") return peek(c, 1).kind === "num" || ["-", "(", "~"].includes(peek(c, 1).text);
  return (token.text === "-" || token.text === "+") && peek(c, 1).kind !== "reg";
}

/** sum := term (('+' | '-' | '|' | '<<' | '>>') term)*, left to right; a constant expression. */
export function number(c: Cursor): bigint {
  let value = factor(c);
  for (;;) {
    // "goto +3 <sym>" and "1 << 3": a single '<' never continues a number.
    if (accept(c, "+")) value += factor(c);
    else if (accept(c, "-")) value -= factor(c);
    else if (accept(c, "|")) value |= factor(c);
    else if (accept(c, "*")) value *= factor(c);
    else if (accept(c, "<<")) value <<= shiftCount(c);
    else if (accept(c, ">>")) value >>= shiftCount(c);
    else return value;
  }
}

function shiftCount(c: Cursor): bigint {
  const count = factor(c);
  if (count < 0n || count > 63n) fail(c, "asm/range", `shift by ${count}`, "constants shift by 0 to 63");
  return count;
}

function factor(c: Cursor): bigint {
  const token = peek(c);
  if (c.depth > MAX_DEPTH) fail(c, "asm/syntax", `more than ${MAX_DEPTH} signs and brackets within another`);
  c.depth++;
  const value = sign(c) ?? leaf(c, token);
  c.depth--;
  return value;
}

function sign(c: Cursor): bigint | null {
  if (accept(c, "-")) return -factor(c);
  if (accept(c, "+")) return factor(c);
  if (accept(c, "~")) return ~factor(c);
  if (!accept(c, "(")) return null;
  const value = number(c);
  expect(c, ")");
  return value;
}

function leaf(c: Cursor, token: Token): bigint {
  if (token.kind === "num") {
    c.at++;
    return token.value;
  }
  if (token.kind === "name") {
    const value = constant(c, token.text);
    if (value !== undefined) {
      c.at++;
      return BigInt(value);
    }
  }
  fail(c, "asm/syntax", `expected a number but found ${shown(token)}`);
}

export function constant(c: Cursor, name: string): number | bigint | undefined {
  const key = name.startsWith("%[") ? name.slice(2, -1) : name;
  return Object.hasOwn(c.constants, key) ? c.constants[key] : undefined;
}

/** A number in [-2^31, 2^32), wrapped to a signed 32-bit imm; negative ones may be written as unsigned 64-bit numbers. */
export function imm32(c: Cursor): number {
  const token = peek(c);
  let value = number(c);
  if (value >= 0xffff_ffff_8000_0000n && value <= 0xffff_ffff_ffff_ffffn) value = BigInt.asIntN(64, value);
  if (value < -0x80000000n || value > 0xffffffffn) {
    fail(c, "asm/range", `${value} does not fit in 32 bits`, "use a 64-bit load: r1 = 0x123456789 ll", token);
  }
  return Number(BigInt.asIntN(32, value));
}

/** A number that fits a signed 16-bit off. */
export function off16(c: Cursor): number {
  const token = peek(c);
  const value = number(c);
  if (value < -0x8000n || value > 0x7fffn) {
    fail(c, "asm/range", `offset ${value} does not fit in 16 bits`, "offsets are -32768 to 32767", token);
  }
  return Number(value);
}
