/**
 * Bytes to preprocessing tokens (C11 6.4), one at a time: `next()` sets kind, val, start and flags. Words, numbers and
 * literals are interned, so a token is four numbers. Comments and line splices are spaces.
 */
import type { Names } from "./names.ts";

const EOF = 0;
const IDENT = 1;
const NUMBER = 2;
const CHAR = 3;
const STRING = 4;
const EOD = 5;
const OTHER = 7;

/** First token of its line. */
export const BOL = 1;
/** Space (or a line end) before it. */
export const SPACE = 2;
/** An identifier that named a macro while that macro was being expanded: never expanded again. */
export const PAINTED = 4;
/** An argument that was empty: kept for ## and then dropped. */
export const PLACEMARKER = 8;

/** Class of each byte: 1 starts a word, 2 digit, 4 space but no newline. */
export const CLASS: Uint8Array = new Uint8Array(256);
for (let c = 0; c < 256; c++) {
  if ((c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 36 || c >= 128) CLASS[c] = 1;
  else if (c >= 48 && c <= 57) CLASS[c] = 2;
  else if (c === 32 || c === 9 || c === 13 || c === 11 || c === 12) CLASS[c] = 4;
}
const WORD: Uint8Array = CLASS;
/** 1 for what may follow in a word. */
const PART: Uint8Array = CLASS.map((c) => (c === 1 || c === 2 ? 1 : 0));

/** Problems that the lexer meets; the preprocessor turns them into diagnostics. */
export type LexProblem = "comment" | "string" | "char" | "nul";

export class Lexer {
  readonly bytes: Uint8Array;
  readonly end: number;
  pos: number;
  /** Loc of byte 0. */
  readonly base: number;
  /** Newlines end the token stream with EOD and are not consumed. */
  inDirective = false;
  kind = 0;
  val = 0;
  start = 0;
  flags = 0;
  readonly #names: Names;
  readonly #report: (problem: LexProblem, loc: number) => void;

  constructor(
    bytes: Uint8Array,
    base: number,
    names: Names,
    report: (problem: LexProblem, loc: number) => void,
    from = 0,
    to: number = bytes.length,
  ) {
    this.bytes = bytes;
    this.base = base;
    this.pos = from;
    this.end = to;
    this.#names = names;
    this.#report = report;
    if (from === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3;
  }

  is(kind: number): boolean {
    return this.kind === kind;
  }

  next(): void {
    const bytes = this.bytes;
    const end = this.end;
    let pos = this.pos;
    let flags = pos === 0 ? BOL : 0;
    // Space, line ends, splices, comments
    let c = 0;
    for (;;) {
      if (pos >= end) {
        this.kind = this.inDirective ? EOD : EOF;
        this.start = pos;
        this.pos = pos;
        this.flags = flags;
        return;
      }
      c = bytes[pos];
      if (c === 32 || c === 9) {
        flags |= SPACE;
        pos++;
      } else if (c === 10) {
        if (this.inDirective) {
          this.kind = EOD;
          this.start = pos;
          this.pos = pos;
          this.flags = flags;
          return;
        }
        flags |= BOL | SPACE;
        pos++;
      } else if (c === 47 && pos + 1 < end && bytes[pos + 1] === 42) {
        const start = pos;
        pos = endOfComment(bytes, pos + 2, end);
        if (pos < 0) {
          this.#report("comment", this.base + start);
          pos = end;
        }
        flags |= SPACE;
      } else if (c === 47 && pos + 1 < end && bytes[pos + 1] === 47) {
        pos = endOfLine(bytes, pos, end);
        flags |= SPACE;
      } else if (c === 92 && spliceAt(bytes, pos, end) > 0) {
        pos += spliceAt(bytes, pos, end);
      } else if (CLASS[c] === 4) {
        flags |= SPACE;
        pos++;
      } else break;
    }
    this.flags = flags;
    this.start = pos;
    const kind = WORD[c];
    if (kind === 1) {
      let hash = c;
      pos++;
      while (pos < end) {
        c = bytes[pos];
        if (PART[c] === 0) break;
        hash = (Math.imul(hash, 31) + c) | 0;
        pos++;
      }
      if (pos < end && c === 92 && spliceAt(bytes, pos, end) > 0) {
        this.#splicedWord(IDENT);
        return;
      }
      if (pos < end && (c === 34 || c === 39) && isPrefix(bytes, this.start, pos)) {
        this.#quoted(pos, c);
        return;
      }
      this.kind = IDENT;
      this.val = this.#names.intern(bytes, this.start, pos, hash);
      this.pos = pos;
      return;
    }
    if (kind === 2 || (c === 46 && pos + 1 < end && WORD[bytes[pos + 1]] === 2)) {
      this.#number(pos);
      return;
    }
    if (c === 34 || c === 39) {
      this.#quoted(pos, c);
      return;
    }
    this.#sign(pos, c);
  }

  /** Skips the rest of the line, honouring splices and comments; leaves the newline. */
  skipLine(): void {
    const { bytes, end } = this;
    let pos = this.pos;
    while (pos < end) {
      const c = bytes[pos];
      if (c === 10) break;
      if (c === 92) {
        const splice = spliceAt(bytes, pos, end);
        pos += splice > 0 ? splice : 2;
      } else if (c === 47 && bytes[pos + 1] === 42) {
        const after = endOfComment(bytes, pos + 2, end);
        pos = after < 0 ? end : after;
      } else if (c === 47 && bytes[pos + 1] === 47) pos = endOfLine(bytes, pos, end);
      else if (c === 34 || c === 39) {
        pos++;
        while (pos < end && bytes[pos] !== c && bytes[pos] !== 10) pos += bytes[pos] === 92 ? 2 : 1;
        if (bytes[pos] === c) pos++;
      } else pos++;
    }
    this.pos = Math.min(pos, end);
  }

  /** A `<...>` header name, if one stands next on the line: its text, or undefined. */
  headerName(): string | undefined {
    const { bytes, end } = this;
    let pos = this.pos;
    while (pos < end && CLASS[bytes[pos]] === 4) pos++;
    if (bytes[pos] !== 60) return undefined;
    const from = ++pos;
    while (pos < end && bytes[pos] !== 62 && bytes[pos] !== 10) pos++;
    if (bytes[pos] !== 62) return undefined;
    this.start = from - 1;
    this.pos = pos + 1;
    return new TextDecoder().decode(bytes.subarray(from, pos));
  }

  /** pp-number: digits, letters, dots, and signs after an exponent. */
  #number(from: number): void {
    const { bytes, end } = this;
    let pos = from + 1;
    let c = 0;
    for (; pos < end; pos++) {
      c = bytes[pos];
      if (PART[c] === 1 || c === 46) continue;
      if (c === 43 || c === 45) {
        const before = bytes[pos - 1] | 32;
        const hex = bytes[from] === 48 && (bytes[from + 1] | 32) === 120;
        if (before === 112 || (before === 101 && !hex)) continue;
      }
      break;
    }
    if (pos < end && c === 92 && spliceAt(bytes, pos, end) > 0) {
      this.#splicedWord(NUMBER);
      return;
    }
    this.kind = NUMBER;
    this.val = this.#names.ofBytes(bytes, from, pos);
    this.pos = pos;
  }

  /** A word or number with line splices inside: gathered without them. */
  #splicedWord(kind: number): void {
    const { bytes, end } = this;
    const text: number[] = [];
    let pos = this.start;
    while (pos < end) {
      const c = bytes[pos];
      const splice = c === 92 ? spliceAt(bytes, pos, end) : 0;
      if (splice > 0) pos += splice;
      else if (PART[c] === 1 || (kind === NUMBER && c === 46)) {
        text.push(c);
        pos++;
      } else break;
    }
    this.kind = kind;
    this.val = this.#names.ofBytes(Uint8Array.from(text), 0, text.length);
    this.pos = pos;
  }

  /** A string or character constant, its prefix included; the quote is at `at`. */
  #quoted(at: number, quote: number): void {
    const { bytes, end } = this;
    let pos = at + 1;
    let spliced = false;
    while (pos < end && bytes[pos] !== quote && bytes[pos] !== 10) {
      if (bytes[pos] === 92) {
        const splice = spliceAt(bytes, pos, end);
        if (splice > 0) {
          spliced = true;
          pos += splice;
        } else pos += 2;
      } else pos++;
    }
    if (pos >= end || bytes[pos] !== quote) {
      this.#report(quote === 34 ? "string" : "char", this.base + this.start);
      this.pos = Math.min(pos, end);
      this.kind = OTHER;
      this.val = this.#names.ofBytes(bytes, this.start, this.pos);
      return;
    }
    pos++;
    this.kind = quote === 34 ? STRING : CHAR;
    this.val = spliced
      ? this.#names.of(new TextDecoder("latin1").decode(bytes.subarray(this.start, pos)).replace(/\\\r?\n/g, ""))
      : this.#names.ofBytes(bytes, this.start, pos);
    this.pos = pos;
  }

  #sign(at: number, c: number): void {
    const bytes = this.bytes;
    const d = at + 1 < this.end ? bytes[at + 1] : 0;
    let kind = c;
    let length = 1;
    switch (c) {
      case 40: // (
      case 41: // )
      case 44: // ,
      case 59: // ;
      case 91: // [
      case 93: // ]
      case 123: // {
      case 125: // }
      case 58: // :
      case 63: // ?
      case 126: // ~
        break;
      case 46: // .
        if (d === 46 && bytes[at + 2] === 46 && at + 2 < this.end) {
          kind = 128;
          length = 3;
        }
        break;
      case 42: // *
        if (d === 61) kind = 140;
        break;
      case 43: // +
        if (d === 43) kind = 130;
        else if (d === 61) kind = 143;
        break;
      case 45: // -
        if (d === 62) kind = 129;
        else if (d === 45) kind = 131;
        else if (d === 61) kind = 144;
        break;
      case 47: // /
        if (d === 61) kind = 141;
        break;
      case 37: // %
        if (d === 61) kind = 142;
        break;
      case 38: // &
        if (d === 38) kind = 138;
        else if (d === 61) kind = 147;
        break;
      case 124: // |
        if (d === 124) kind = 139;
        else if (d === 61) kind = 149;
        break;
      case 94: // ^
        if (d === 61) kind = 148;
        break;
      case 61: // =
        if (d === 61) kind = 136;
        break;
      case 33: // !
        if (d === 61) kind = 137;
        break;
      case 60: // <
        if (d === 60) {
          kind = 132;
          if (bytes[at + 2] === 61) {
            kind = 145;
            length = 3;
          }
        } else if (d === 61) kind = 134;
        break;
      case 62: // >
        if (d === 62) {
          kind = 133;
          if (bytes[at + 2] === 61) {
            kind = 146;
            length = 3;
          }
        } else if (d === 61) kind = 135;
        break;
      case 35: // #
        if (d === 35) kind = 150;
        break;
      default:
        kind = OTHER;
        this.val = this.#names.ofBytes(bytes, at, at + 1);
        if (c === 0) this.#report("nul", this.base + at);
    }
    if (kind >= 128 && length === 1) length = 2;
    this.kind = kind;
    if (kind !== OTHER) this.val = 0;
    this.pos = at + length;
  }
}

/** Bytes of a backslash-newline at `pos` (spaces between are allowed, as clang does), or 0. */
function spliceAt(bytes: Uint8Array, pos: number, end: number): number {
  let at = pos + 1;
  while (at < end && CLASS[bytes[at]] === 4) at++;
  return at < end && bytes[at] === 10 ? at + 1 - pos : 0;
}

function endOfComment(bytes: Uint8Array, from: number, end: number): number {
  for (let at = bytes.indexOf(47, from + 1); at >= 0 && at < end; at = bytes.indexOf(47, at + 1)) {
    if (bytes[at - 1] === 42) return at + 1;
  }
  return -1;
}

/** Of the logical line: a splice goes on. */
function endOfLine(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (;;) {
    at = bytes.indexOf(10, at);
    if (at < 0 || at >= end) return end;
    let back = at - 1;
    while (back > from && CLASS[bytes[back]] === 4) back--;
    if (bytes[back] !== 92) return at;
    at++;
  }
}

/** L, u, U, u8 before a quote. */
function isPrefix(bytes: Uint8Array, from: number, to: number): boolean {
  const c = bytes[from];
  if (to - from === 1) return c === 76 || c === 117 || c === 85;
  return to - from === 2 && c === 117 && bytes[from + 1] === 56;
}
