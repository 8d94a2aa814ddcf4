/**
 * The preprocessor (C11 6.10 with the GNU and clang extensions that BPF sources use): files in, tokens out. Reading is a stack of
 * files below a stack of token lists (macro expansions). A macro is not expanded inside its own expansion; a name met there is
 * painted for good.
 */
import { BOL, Lexer, type LexProblem, PAINTED, SPACE } from "../lexer.ts";
import { Names } from "../names.ts";
import type { LazyInclude, ParseOptions } from "../options.ts";
import { Report } from "../report.ts";
import { type SourceFile, SourceMap } from "../source.ts";
import { KEYWORDS, WORD_KINDS } from "../tokens.ts";
import type { Loc } from "../types.ts";
import { TokenBuffer } from "./buffer.ts";
import { directive } from "./directives.ts";
import { type MacroArg, spelling, substitute } from "./expand.ts";
import type { Macro, TokenList } from "./macro.ts";
import { type Pragma, pragmaOperator } from "./pragma.ts";
import { expandSpecial } from "./special.ts";

const EOF = 0;
const IDENT = 1;
const EOD = 5;
const KEYWORD_COUNT = KEYWORDS.length;
/** Tokens that macros may produce in one unit; more is a macro bomb. */
const MAX_MACRO_TOKENS = 8_000_000;
const MAX_NESTING = 200;

/** One open `#if`. */
export interface Conditional {
  readonly loc: Loc;
  /** A branch was taken already. */
  taken: boolean;
  seenElse: boolean;
}

/** A file being read. */
export interface OpenFile {
  readonly lexer: Lexer;
  readonly source: SourceFile;
  readonly path: string;
  readonly conditionals: Conditional[];
  readonly system: boolean;
  /** Index in the search path where it was found, for #include_next. */
  readonly searchIndex: number;
  /** Include guard: "start" nothing met yet, a name id while inside `#ifndef NAME`, "done" after its #endif, "no". */
  guard: "start" | "no" | { readonly name: number; closed: boolean };
}

export class Preprocessor {
  readonly names: Names = new Names();
  readonly sources: SourceMap = new SourceMap();
  readonly report: Report;
  readonly options: ParseOptions;
  readonly out: TokenBuffer = new TokenBuffer();
  readonly pragmas: Pragma[] = [];
  /** By name id. */
  readonly macros: (Macro | undefined)[] = [];
  /** Include guards and `#pragma once`, by path. */
  readonly once: Map<string, number | "once"> = new Map();
  readonly deps: string[] = [];
  readonly lazyIncludes: LazyInclude[] = [];
  readonly files: OpenFile[] = [];
  readonly ids: Readonly<Record<"vaArgs" | "vaOpt" | "defined" | "pragma", number>>;
  nextSeq = 1;
  counter = 0;
  /** Reading an #if line: `defined` and __has_* are operators. */
  inCondition = false;
  /** Only macros defined before this number are seen (for text that is read late). */
  seqLimit: number = Number.POSITIVE_INFINITY;

  // The current token
  kind = 0;
  val = 0;
  loc: Loc = 0;
  flags = 0;

  /** The file on top of `files`. */
  file: OpenFile | undefined;
  readonly #lists: TokenList[] = [];
  readonly #at: number[] = [];
  readonly #owners: (Macro | undefined)[] = [];
  /** Lists below this are out of reach: an argument is expanded on its own. */
  #floor = 0;
  #isolated = false;
  #macroTokens = 0;
  #depth = 0;

  constructor(options: ParseOptions) {
    this.options = options;
    this.report = new Report(this.sources, options.warnings ?? true);
    this.ids = {
      vaArgs: this.names.of("__VA_ARGS__"),
      vaOpt: this.names.of("__VA_OPT__"),
      defined: this.names.of("defined"),
      pragma: this.names.of("_Pragma"),
    };
  }

  openFile(path: string, bytes: Uint8Array, from: Loc, system: boolean, searchIndex: number): OpenFile {
    const source = this.sources.add(path, bytes, from);
    const lexer = new Lexer(bytes, source.base, this.names, (problem, loc) => this.#lexProblem(problem, loc));
    const file: OpenFile = { lexer, source, path, conditionals: [], system, searchIndex, guard: "start" };
    if (system) this.report.quietFiles.add(path);
    this.files.push(file);
    this.file = file;
    return file;
  }

  /** Reads until the files opened now are all read; tokens go to `out`. */
  run(): void {
    const { out, macros } = this;
    const words = this.options.standard === "c23" ? WORD_KINDS.length : KEYWORD_COUNT;
    for (;;) {
      this.raw();
      const { kind } = this;
      if (kind === IDENT) {
        const { val } = this;
        const macro = macros[val];
        if (macro !== undefined && (this.flags & PAINTED) === 0 && macro.seq < this.seqLimit && this.expand(macro))
          continue;
        if (val === this.ids.pragma) {
          pragmaOperator(this);
          continue;
        }
        out.push(val < words ? WORD_KINDS[val] : IDENT, val, this.loc);
      } else if (kind === EOF) {
        if (this.report.full || !this.#closeFile()) return;
      } else if (kind === 35 && (this.flags & BOL) !== 0 && this.#lists.length === 0) {
        this.#runDirective();
      } else {
        const file = this.file;
        if (file !== undefined && file.guard !== "no") this.noGuard(file);
        out.push(kind, this.val, this.loc);
      }
    }
  }

  /** Whether the current token is of a kind. */
  is(kind: number): boolean {
    return this.kind === kind;
  }

  /** The next token, no macro expanded. EOF at the end of a file (run() goes on with the includer) or an isolated list. */
  raw(): void {
    for (;;) {
      const top = this.#lists.length - 1;
      if (top < this.#floor) {
        if (this.#isolated) {
          this.kind = EOF;
          return;
        }
        const file = this.file;
        if (file === undefined) {
          this.kind = EOF;
          return;
        }
        const { lexer } = file;
        lexer.next();
        this.kind = lexer.kind;
        this.val = lexer.val;
        this.loc = lexer.base + lexer.start;
        this.flags = lexer.flags;
        if (lexer.kind === IDENT && file.guard !== "no" && !lexer.inDirective) this.noGuard(file);
        return;
      }
      const list = this.#lists[top];
      const at = this.#at[top];
      if (at < list.length) {
        this.kind = list[at];
        this.val = list[at + 1];
        this.loc = list[at + 2];
        this.flags = list[at + 3];
        this.#at[top] = at + 4;
        if (this.kind === IDENT && this.macros[this.val]?.active === true) {
          this.flags |= PAINTED;
          list[at + 3] |= PAINTED;
        }
        return;
      }
      this.#pop();
    }
  }

  /** The next token with macros expanded; for #if, #include and pragma lines. */
  expanded(): void {
    for (;;) {
      this.raw();
      if (this.kind !== IDENT || (this.flags & PAINTED) !== 0) return;
      const macro = this.macros[this.val];
      if (macro === undefined || macro.seq >= this.seqLimit || !this.expand(macro)) return;
    }
  }

  /** Begins to read a list (a macro's expansion). */
  pushList(list: TokenList, owner: Macro | undefined): void {
    this.#lists.push(list);
    this.#at.push(0);
    this.#owners.push(owner);
    if (owner !== undefined) owner.active = true;
    this.#macroTokens += list.length >> 2;
  }

  /** Expands the macro whose name was just read. False: it is no use of it (no parenthesis), the token stands as it is. */
  expand(macro: Macro): boolean {
    const { loc } = this;
    const flags = this.flags & (BOL | SPACE);
    if (this.#macroTokens > MAX_MACRO_TOKENS) {
      if (this.#macroTokens < Number.MAX_SAFE_INTEGER) {
        this.report.error("C013", loc, `macros expand to more than ${MAX_MACRO_TOKENS} tokens`);
        this.#macroTokens = Number.MAX_SAFE_INTEGER;
      }
      return false;
    }
    if (macro.special !== undefined) return expandSpecial(this, macro);
    if (macro.params === undefined) {
      this.pushList(substitute(this, macro, [], loc, flags), macro);
      return true;
    }
    if (!this.#openParen()) return false;
    const args = this.#collectArgs(macro, loc);
    if (args === undefined) return true;
    this.pushList(substitute(this, macro, args, loc, flags), macro);
    return true;
  }

  /** A list on its own, fully expanded. */
  expandList(list: TokenList): TokenList {
    let plain = true;
    for (let i = 0; i < list.length && plain; i += 4)
      plain = list[i] !== IDENT || this.macros[list[i + 1]] === undefined;
    if (plain) return list;
    if (this.#depth >= MAX_NESTING) {
      this.report.error("C013", list[2], `macro arguments nest deeper than ${MAX_NESTING}`);
      return [];
    }
    this.#depth++;
    const floor = this.#floor;
    const isolated = this.#isolated;
    this.#floor = this.#lists.length;
    this.#isolated = true;
    this.pushList(list.slice(), undefined);
    const out: TokenList = [];
    for (;;) {
      this.expanded();
      if (this.kind === EOF) break;
      out.push(this.kind, this.val, this.loc, this.flags);
    }
    this.#floor = floor;
    this.#isolated = isolated;
    this.#depth--;
    return out;
  }

  /** The current token's text. */
  spelling(): string {
    return spelling(this, this.kind, this.val);
  }

  /** Puts the current token back, to be read next. */
  unread(): void {
    this.pushList([this.kind, this.val, this.loc, this.flags], undefined);
  }

  /** Whether the current token comes from a file, not from a macro. */
  get inFile(): boolean {
    return this.#lists.length === 0;
  }

  noGuard(file: OpenFile): void {
    // Text before, or after, the guard's #ifndef ... #endif
    if (file.guard === "start" || (typeof file.guard === "object" && file.guard.closed)) file.guard = "no";
  }

  #pop(): void {
    this.#lists.pop();
    this.#at.pop();
    const owner = this.#owners.pop();
    if (owner !== undefined) owner.active = false;
  }

  /** Consumes `(` if it is the next token; otherwise leaves everything. */
  #openParen(): boolean {
    for (;;) {
      const top = this.#lists.length - 1;
      if (top < this.#floor) break;
      const at = this.#at[top];
      if (at < this.#lists[top].length) {
        if (this.#lists[top][at] !== 40) return false;
        this.#at[top] = at + 4;
        return true;
      }
      this.#pop();
    }
    const lexer = this.file?.lexer;
    if (this.#isolated || lexer === undefined) return false;
    const { pos, kind, val, start, flags } = lexer;
    lexer.next();
    if (lexer.kind === 40) return true;
    lexer.pos = pos;
    lexer.kind = kind;
    lexer.val = val;
    lexer.start = start;
    lexer.flags = flags;
    return false;
  }

  /** After the opening parenthesis: the arguments. Undefined after an error (reported). */
  #collectArgs(macro: Macro, at: Loc): MacroArg[] | undefined {
    const params = macro.params!;
    const args: MacroArg[] = [];
    let raw: TokenList = [];
    let depth = 0;
    for (;;) {
      this.raw();
      const { kind } = this;
      if (kind === EOF || kind === EOD) {
        this.report.error("C014", at, `unterminated call of macro '${macro.text}'`, {
          help: "a closing ')' is missing",
        });
        // run() must see the end of the file again: the lexer stays there
        return undefined;
      }
      if (kind === 35 && (this.flags & BOL) !== 0 && this.inFile && !this.file!.lexer.inDirective) {
        this.#runDirective();
        continue;
      }
      if (kind === 41 && depth-- === 0) break;
      if (kind === 40) depth++;
      else if (kind === 44 && depth === 0 && !(macro.variadic && args.length === params.length - 1)) {
        args.push({ raw, expanded: undefined, elided: false });
        raw = [];
        continue;
      }
      raw.push(kind, this.val, this.loc, this.flags & ~BOL);
    }
    if (params.length > 0 || raw.length > 0 || args.length > 0)
      args.push({ raw, expanded: undefined, elided: raw.length === 0 && params.length === 1 });
    if (macro.variadic && args.length === params.length - 1) args.push({ raw: [], expanded: undefined, elided: true });
    if (args.length === params.length) return args;
    const few = args.length < params.length;
    this.report.error(
      "C014",
      at,
      `too ${few ? "few" : "many"} arguments for macro '${macro.text}': ${args.length} given, ${params.length - (macro.variadic ? 1 : 0)} wanted`,
      macro.loc === 0 ? {} : { notes: [{ loc: macro.loc, message: `macro '${macro.text}' defined here` }] },
    );
    return undefined;
  }

  #runDirective(): void {
    const lexer = this.file!.lexer;
    lexer.inDirective = true;
    directive(this);
    lexer.inDirective = false;
  }

  /** At a file's end; false when it was the last. */
  #closeFile(): boolean {
    const file = this.files.pop();
    this.file = this.files[this.files.length - 1];
    if (file === undefined) return false;
    for (const open of file.conditionals) this.report.error("C016", open.loc, "unterminated conditional directive");
    if (typeof file.guard === "object" && file.guard.closed) this.once.set(file.path, file.guard.name);
    return this.file !== undefined;
  }

  #lexProblem(problem: LexProblem, loc: Loc): void {
    switch (problem) {
      case "comment":
        this.report.error("C001", loc, "unterminated /* comment");
        return;
      case "string":
        this.report.error("C002", loc, `missing terminating '"' character`);
        return;
      case "char":
        this.report.warn("C502", loc, `missing terminating ' character`);
        return;
      case "nul":
        this.report.warn("C503", loc, "null character in the source");
    }
  }
}
