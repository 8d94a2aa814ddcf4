/** Lines that begin with `#` (C11 6.10): conditionals, #define, #include, #error, #pragma, #line. */
import { CLASS } from "../lexer.ts";
import type { Loc } from "../types.ts";
import { condition } from "./condition.ts";
import { includeDirective } from "./include.ts";
import { defineDirective } from "./macro.ts";
import { pragmaDirective } from "./pragma.ts";
import type { Preprocessor } from "./preprocessor.ts";

const EOF = 0;
const IDENT = 1;
const NUMBER = 2;
const EOD = 5;

/** After the `#`. Leaves the lexer at the end of the line (or, after a false condition, of the line where text counts again). */
export function directive(pp: Preprocessor): void {
  const file = pp.file!;
  const hash = pp.loc;
  pp.raw();
  if (pp.is(EOD)) return;
  if (pp.is(NUMBER)) {
    // A line marker of preprocessed text
    pp.noGuard(file);
    restOfLine(pp);
    return;
  }
  const word = pp.is(IDENT) ? pp.names.text(pp.val) : "";
  const { loc } = pp;
  const atStart = file.guard === "start" && file.conditionals.length === 0;
  if (!(atStart && word === "ifndef")) pp.noGuard(file);
  switch (word) {
    case "define":
      defineDirective(pp);
      restOfLine(pp);
      return;
    case "undef":
      pp.raw();
      if (!pp.is(IDENT)) pp.report.error("C010", pp.loc, "macro name missing");
      else pp.macros[pp.val] = undefined;
      restOfLine(pp);
      return;
    case "include":
    case "import":
    case "include_next":
      includeDirective(pp, word === "include_next");
      return;
    case "ifdef":
    case "ifndef": {
      pp.raw();
      if (!pp.is(IDENT)) pp.report.error("C010", pp.loc, "macro name missing");
      const name = pp.is(IDENT) ? pp.val : -1;
      if (atStart && word === "ifndef") file.guard = name >= 0 ? { name, closed: false } : "no";
      restOfLine(pp);
      open(pp, hash, (name >= 0 && pp.macros[name] !== undefined) === (word === "ifdef"));
      return;
    }
    case "if":
      open(pp, hash, condition(pp));
      return;
    case "elif":
    case "elifdef":
    case "elifndef":
    case "else":
    case "endif":
      close(pp, word, loc);
      return;
    case "error":
    case "warning": {
      const text = lineText(pp);
      if (word === "error") pp.report.error("C019", loc, text === "" ? "#error" : text);
      else pp.report.warn("C512", loc, text === "" ? "#warning" : text);
      return;
    }
    case "pragma":
      pragmaDirective(pp);
      restOfLine(pp);
      return;
    case "line":
    case "ident":
    case "sccs":
      restOfLine(pp);
      return;
    default:
      pp.report.error(
        "C015",
        loc,
        word === "" ? "invalid preprocessing directive" : `unknown preprocessing directive '#${word}'`,
      );
      restOfLine(pp);
  }
}

function restOfLine(pp: Preprocessor): void {
  const lexer = pp.file!.lexer;
  while (!pp.is(EOD) && !pp.is(EOF)) {
    if (pp.inFile) {
      lexer.skipLine();
      return;
    }
    pp.raw();
  }
}

/** The raw text up to the end of the line. */
function lineText(pp: Preprocessor): string {
  const lexer = pp.file!.lexer;
  const from = lexer.pos;
  lexer.skipLine();
  return new TextDecoder()
    .decode(lexer.bytes.subarray(from, lexer.pos))
    .replace(/\\\r?\n/g, "")
    .trim();
}

function open(pp: Preprocessor, loc: Loc, yes: boolean): void {
  pp.file!.conditionals.push({ loc, taken: yes, seenElse: false });
  if (!yes) skipGroup(pp);
}

/** `#elif`, `#else`, `#endif` met while text counts: the rest is skipped. */
function close(pp: Preprocessor, word: string, loc: Loc): void {
  const file = pp.file!;
  const top = file.conditionals[file.conditionals.length - 1];
  if (top === undefined) {
    pp.report.error("C016", loc, `#${word} without #if`);
    restOfLine(pp);
    return;
  }
  restOfLine(pp);
  if (word === "endif") {
    file.conditionals.pop();
    endGuard(pp);
    return;
  }
  if (top.seenElse) pp.report.error("C016", loc, `#${word} after #else`);
  if (word === "else") top.seenElse = true;
  if (file.conditionals.length === 1 && typeof file.guard === "object") file.guard = "no";
  top.taken = true;
  skipGroup(pp);
}

function endGuard(pp: Preprocessor): void {
  const file = pp.file!;
  if (file.conditionals.length === 0 && typeof file.guard === "object" && !file.guard.closed) {
    file.guard = { name: file.guard.name, closed: true };
  }
}

/** Skips to where text counts again: a true #elif, an #else, or the #endif. */
function skipGroup(pp: Preprocessor): void {
  const file = pp.file!;
  const { lexer, conditionals } = file;
  const { bytes, end } = lexer;
  let depth = 0;
  for (;;) {
    lexer.skipLine();
    if (lexer.pos >= end) return;
    // At a newline: to the first character of the next line
    let pos = lexer.pos + 1;
    while (pos < end && CLASS[bytes[pos]] === 4) pos++;
    if (bytes[pos] !== 35 && bytes[pos] !== 47) {
      lexer.pos = pos;
      continue;
    }
    lexer.pos = lexer.pos + 1;
    lexer.next();
    if (!lexer.is(35)) continue;
    lexer.next();
    if (!lexer.is(IDENT)) continue;
    const word = pp.names.text(lexer.val);
    const loc = lexer.base + lexer.start;
    if (word === "if" || word === "ifdef" || word === "ifndef") depth++;
    else if (word === "endif") {
      if (depth-- > 0) continue;
      lexer.skipLine();
      conditionals.pop();
      endGuard(pp);
      return;
    } else if (depth === 0 && (word === "else" || word.startsWith("elif"))) {
      const top = conditionals[conditionals.length - 1];
      if (top.seenElse) pp.report.error("C016", loc, `#${word} after #else`);
      if (conditionals.length === 1 && typeof file.guard === "object") file.guard = "no";
      if (word === "else") {
        top.seenElse = true;
        if (top.taken) continue;
        top.taken = true;
        lexer.skipLine();
        return;
      }
      if (top.taken) continue;
      pp.loc = loc;
      if (elifTrue(pp, word)) {
        top.taken = true;
        return;
      }
    }
  }
}

function elifTrue(pp: Preprocessor, word: string): boolean {
  if (word === "elif") return condition(pp);
  pp.raw();
  const known = pp.is(IDENT) && pp.macros[pp.val] !== undefined;
  restOfLine(pp);
  return known === (word === "elifdef");
}
