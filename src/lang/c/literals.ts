/**
 * Number, character and string literals (C11 6.4.4, 6.4.5, GNU binary constants) from their spelling.
 */
import {
  DOUBLE,
  FLOAT,
  type FloatType,
  INT,
  INT128,
  type IntType,
  LDOUBLE,
  LLONG,
  LONG,
  UINT,
  UINT128,
  ULLONG,
  ULONG,
} from "./types.ts";

export type NumberValue =
  | { readonly kind: "int"; readonly value: bigint; readonly type: IntType; readonly tooBig: boolean }
  | { readonly kind: "float"; readonly value: number; readonly type: FloatType }
  | { readonly kind: "bad"; readonly message: string };

const INT_LITERAL =
  /^(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|(0[0-7]*)|([1-9][0-9]*))([uU]?(?:[lL]|ll|LL|[zZ])?|(?:[lL]|ll|LL|[zZ])[uU])$/;
const FLOAT_LITERAL =
  /^(?:([0-9]*\.[0-9]+|[0-9]+\.?)([eE][+-]?[0-9]+)?|0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?[pP]([+-]?[0-9]+))([fFlL]|f16|F16)?$/;

export function parseNumber(text: string): NumberValue {
  const int = INT_LITERAL.exec(text);
  if (int !== null) {
    const digits =
      int[1] !== undefined
        ? `0x${int[1]}`
        : int[2] !== undefined
          ? `0b${int[2]}`
          : int[3] !== undefined
            ? `0o${int[3]}`
            : int[4];
    const value = text === "0" ? 0n : BigInt(digits === "0o0" ? "0" : digits);
    const suffix = int[5].toLowerCase();
    const unsigned = suffix.includes("u");
    const longs = suffix.includes("ll") ? 2 : suffix.includes("l") || suffix.includes("z") ? 1 : 0;
    return intLiteral(value, int[4] !== undefined, unsigned, longs);
  }
  const float = FLOAT_LITERAL.exec(text);
  if (float !== null) {
    const suffix = (float[6] ?? "").toLowerCase();
    const type = suffix === "f" || suffix === "f16" ? FLOAT : suffix === "l" ? LDOUBLE : DOUBLE;
    const value =
      float[5] === undefined
        ? Number(`${float[1]}${float[2] ?? ""}`)
        : hexFloat(float[3], float[4] ?? "", Number(float[5]));
    return { kind: "float", value: type === FLOAT ? Math.fround(value) : value, type };
  }
  return { kind: "bad", message: badNumber(text) };
}

/** C11 6.4.4.1: the first type of the row that holds the value. */
function intLiteral(value: bigint, decimal: boolean, unsigned: boolean, longs: number): NumberValue {
  const rows: IntType[] = [];
  if (longs === 0) rows.push(INT, UINT);
  if (longs <= 1) rows.push(LONG, ULONG);
  rows.push(LLONG, ULLONG);
  for (const type of rows) {
    if (unsigned ? type.signed : !type.signed && decimal) continue;
    if (value < 1n << BigInt(type.size * 8 - (type.signed ? 1 : 0))) return { kind: "int", value, type, tooBig: false };
  }
  // clang: a decimal that fits no signed type becomes unsigned
  if (value < 1n << 64n) return { kind: "int", value, type: ULLONG, tooBig: false };
  const wide = value < 1n << 127n ? INT128 : UINT128;
  return { kind: "int", value: BigInt.asUintN(64, value), type: wide.size > 8 ? ULLONG : wide, tooBig: true };
}

function hexFloat(whole: string, part: string, exponent: number): number {
  let value = 0;
  for (const digit of whole + part) value = value * 16 + Number.parseInt(digit, 16);
  return value * 2 ** (exponent - 4 * part.length);
}

function badNumber(text: string): string {
  if (/^0[0-9]+[uUlL]*$/.test(text)) return `invalid digit '${/[89]/.exec(text)?.[0] ?? "?"}' in octal constant`;
  const tail = /^(?:0[xX][0-9a-fA-F]*|0[bB][01]*|[0-9.]+)(.*)$/.exec(text);
  return `invalid suffix '${tail?.[1] ?? text}' on number '${text.slice(0, 60)}'`;
}

export interface CharValue {
  readonly value: bigint;
  /** Width of one character in bytes: 1, 2 (u"") or 4 (L, U). */
  readonly width: number;
  readonly problem: string | undefined;
}

/** `'a'`, `L'\n'`; the bytes are the whole spelling. Several characters are packed, as clang does. */
export function parseChar(bytes: Uint8Array): CharValue {
  const { start, width } = prefix(bytes);
  const units = decode(bytes, start, width);
  if (units.values.length === 0) return { value: 0n, width, problem: "empty character constant" };
  if (width > 1) return { value: BigInt(units.values[units.values.length - 1]), width, problem: units.problem };
  if (units.values.length === 1) return { value: BigInt((units.values[0] << 24) >> 24), width, problem: units.problem };
  let packed = 0;
  for (const unit of units.values.slice(-4)) packed = (packed << 8) | (unit & 0xff);
  return { value: BigInt(packed), width: -1, problem: units.problem };
}

export interface StringValue {
  /** Little-endian units, without a terminating zero. */
  readonly values: readonly number[];
  readonly width: number;
  readonly problem: string | undefined;
}

export function parseString(bytes: Uint8Array): StringValue {
  const { start, width } = prefix(bytes);
  const units = decode(bytes, start, width);
  return { values: units.values, width, problem: units.problem };
}

function prefix(bytes: Uint8Array): { start: number; width: number } {
  switch (bytes[0]) {
    case 76: // L
    case 85: // U
      return { start: 2, width: 4 };
    case 117: // u, u8
      return bytes[1] === 56 ? { start: 3, width: 1 } : { start: 2, width: 2 };
    default:
      return { start: 1, width: 1 };
  }
}

/** Characters from `start` up to the closing quote, escapes resolved. */
function decode(bytes: Uint8Array, start: number, width: number): { values: number[]; problem: string | undefined } {
  const values: number[] = [];
  let problem: string | undefined;
  const end = bytes.length - 1;
  const put = (code: number): void => {
    if (width === 1 && code >= 128)
      for (const byte of new TextEncoder().encode(String.fromCodePoint(code))) values.push(byte);
    else values.push(code);
  };
  for (let at = start; at < end; ) {
    const c = bytes[at];
    if (c !== 92) {
      if (width === 1 || c < 128) {
        values.push(c);
        at++;
      } else {
        const length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        values.push(new TextDecoder().decode(bytes.subarray(at, at + length)).codePointAt(0) ?? 0xfffd);
        at += length;
      }
      continue;
    }
    const e = bytes[at + 1];
    at += 2;
    const simple = SIMPLE.get(e);
    if (simple !== undefined) values.push(simple);
    else if (e >= 48 && e <= 55) {
      let code = e - 48;
      for (let n = 1; n < 3 && at < end && bytes[at] >= 48 && bytes[at] <= 55; n++) code = code * 8 + bytes[at++] - 48;
      values.push(width === 1 ? code & 0xff : code);
    } else if (e === 120 || e === 117 || e === 85) {
      const most = e === 120 ? 16 : e === 117 ? 4 : 8;
      let code = 0;
      let n = 0;
      for (; n < most && at < end && hexDigit(bytes[at]) >= 0; n++) code = code * 16 + hexDigit(bytes[at++]);
      if (n === 0) problem ??= `\\${String.fromCharCode(e)} used with no following hex digits`;
      if (e === 120) {
        if (code >= 2 ** (width * 8)) problem ??= "hex escape sequence out of range";
        values.push(width === 1 ? code & 0xff : code >>> 0);
      } else if (code <= 0x10ffff) put(code);
      else problem ??= "invalid universal character";
    } else {
      problem ??= `unknown escape sequence '\\${String.fromCharCode(e)}'`;
      values.push(e);
    }
  }
  return { values, problem };
}

const SIMPLE: ReadonlyMap<number, number> = new Map([
  [110, 10],
  [116, 9],
  [114, 13],
  [97, 7],
  [98, 8],
  [102, 12],
  [118, 11],
  [101, 27],
  [69, 27],
  [92, 92],
  [39, 39],
  [34, 34],
  [63, 63],
]);

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
