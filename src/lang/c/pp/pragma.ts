/**
 * `#pragma` and `_Pragma`. What the parser must know goes into the token stream as a PRAGMA token; what only concerns files
 * or messages is done here; the rest is passed over.
 */
import { Lexer } from "../lexer.ts";
import { parseString } from "../literals.ts";
import type { Loc } from "../types.ts";
import { spelling } from "./expand.ts";
import type { Preprocessor } from "./preprocessor.ts";

const EOF = 0;
const IDENT = 1;
const STRING = 4;
const EOD = 5;
const PRAGMA = 6;

export type Pragma = { readonly loc: Loc } & (
  | { readonly kind: "unroll"; readonly how: "full" | "enable" | "disable" | number }
  /** `clang attribute push`: the attributes given to every record that follows, spelled. */
  | { readonly kind: "attributePush"; readonly attributes: readonly string[] }
  | { readonly kind: "attributePop" }
  | { readonly kind: "packPush"; readonly align: number | undefined }
  | { readonly kind: "packPop" }
  | { readonly kind: "packSet"; readonly align: number }
  | { readonly kind: "weak"; readonly name: string }
  | { readonly kind: "diagnosticPush" | "diagnosticPop" }
  /** `GCC diagnostic ignored "-Wname"`. */
  | { readonly kind: "diagnostic"; readonly name: string; readonly ignored: boolean }
  | { readonly kind: "visibility"; readonly hidden: boolean | undefined }
);

interface Word {
  readonly kind: number;
  readonly text: string;
}

export function pragmaDirective(pp: Preprocessor): void {
  const { loc } = pp;
  pp.raw();
  if (pp.is(IDENT) && pp.names.text(pp.val) === "once") {
    pp.once.set(pp.file!.path, "once");
    return;
  }
  const words: Word[] = [];
  for (; !pp.is(EOD) && !pp.is(EOF); pp.expanded()) words.push({ kind: pp.kind, text: spelling(pp, pp.kind, pp.val) });
  pragma(pp, words, loc);
}

/** After the name `_Pragma`. */
export function pragmaOperator(pp: Preprocessor): void {
  const { loc } = pp;
  pp.expanded();
  if (pp.is(40)) {
    pp.expanded();
    if (pp.is(STRING)) {
      const text = String.fromCharCode(...parseString(pp.names.bytes(pp.val)).values.slice(0, 4096));
      pp.expanded();
      if (pp.is(41)) {
        const bytes = new TextEncoder().encode(text);
        const lexer = new Lexer(bytes, 0, pp.names, () => {});
        const words: Word[] = [];
        for (lexer.next(); !lexer.is(EOF); lexer.next()) {
          words.push({ kind: lexer.kind, text: spelling(pp, lexer.kind, lexer.val) });
        }
        pragma(pp, words, loc);
        return;
      }
    }
  }
  pp.report.error("C023", loc, "_Pragma takes a parenthesised string literal");
  if (!pp.is(EOF)) pp.unread();
}

function pragma(pp: Preprocessor, words: readonly Word[], loc: Loc): void {
  const text = words.map((word) => word.text);
  const put = (row: Pragma): void => {
    pp.out.push(PRAGMA, pp.pragmas.length, loc);
    pp.pragmas.push(row);
  };
  switch (text[0]) {
    case "unroll":
    case "nounroll":
      put({ kind: "unroll", how: text[0] === "nounroll" ? "disable" : unrollCount(text.slice(1)), loc });
      return;
    case "GCC":
    case "clang":
      if (text[1] === "loop") loopPragma(text.slice(2), loc, put);
      else if (text[1] === "unroll") put({ kind: "unroll", how: unrollCount(text.slice(2)), loc });
      else if (text[1] === "attribute") {
        if (text.includes("pop")) put({ kind: "attributePop", loc });
        else if (text.includes("push")) put({ kind: "attributePush", attributes: pushedAttributes(text), loc });
      } else if (text[1] === "visibility") {
        put({ kind: "visibility", hidden: text[2] === "push" ? text[4] === "hidden" : undefined, loc });
      } else if (text[1] === "error" || text[1] === "warning") {
        const said = (text[2] ?? "").slice(1, -1);
        if (text[1] === "error") pp.report.error("C019", loc, said);
        else pp.report.warn("C512", loc, said);
      } else if (text[1] === "system_header") pp.report.quietFiles.add(pp.file?.path ?? "");
      else if (text[1] === "diagnostic") {
        if (text[2] === "push") put({ kind: "diagnosticPush", loc });
        else if (text[2] === "pop") put({ kind: "diagnosticPop", loc });
        else put({ kind: "diagnostic", name: (text[3] ?? "").slice(1, -1), ignored: text[2] === "ignored", loc });
      }
      return;
    case "pack":
      packPragma(text.slice(1), loc, put);
      return;
    case "weak":
      if (text[1] !== undefined) put({ kind: "weak", name: text[1], loc });
  }
}

function unrollCount(words: readonly string[]): "full" | number {
  const number = words.find((word) => /^[0-9]/.test(word));
  return number === undefined ? "full" : Number.parseInt(number, 10);
}

/** `loop unroll(full) unroll_count(4)`. */
function loopPragma(words: readonly string[], loc: Loc, put: (row: Pragma) => void): void {
  for (let i = 0; i < words.length; i++) {
    if (words[i + 1] !== "(") continue;
    const value = words[i + 2] ?? "";
    if (words[i] === "unroll") {
      if (value === "full" || value === "enable" || value === "disable") put({ kind: "unroll", how: value, loc });
    } else if (words[i] === "unroll_count") put({ kind: "unroll", how: Number.parseInt(value, 10) || "full", loc });
  }
}

/** Names in `push (__attribute__((a, b(c))), apply_to = ...)`, without underscores. */
function pushedAttributes(words: readonly string[]): string[] {
  const from = words.findIndex((word) => word.startsWith("__attribute"));
  const names: string[] = [];
  let depth = 0;
  for (let i = from + 1; from >= 0 && i < words.length; i++) {
    if (words[i] === "(") depth++;
    else if (words[i] === ")") {
      if (--depth === 0) break;
    } else if (depth === 2 && words[i] !== ",") names.push(words[i].replace(/^__(.*)__$/, "$1"));
  }
  return names;
}

/** `pack(push, 1)`, `pack(pop)`, `pack(2)`, `pack()`. */
function packPragma(words: readonly string[], loc: Loc, put: (row: Pragma) => void): void {
  const align = words.find((word) => /^[0-9]+$/.test(word));
  if (words.includes("push")) put({ kind: "packPush", align: align === undefined ? undefined : Number(align), loc });
  else if (words.includes("pop")) put({ kind: "packPop", loc });
  else put({ kind: "packSet", align: align === undefined ? 0 : Number(align), loc });
}
