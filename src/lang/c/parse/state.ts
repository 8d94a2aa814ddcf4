/**
 * The parser's state: the current token, scopes, the function being read. Grammar functions in this folder take it as their first
 * argument; those that would import each other in a circle go through `grammar`.
 */
import type {
  AsmStmt,
  CaseStmt,
  CompoundStmt,
  DefaultStmt,
  Expr,
  FuncDecl,
  IntExpr,
  Label,
  Unroll,
  VarDecl,
} from "../ast.ts";
import type { NumberValue } from "../literals.ts";
import type { LazyDecls } from "../options.ts";
import type { TokenBuffer } from "../pp/buffer.ts";
import type { Pragma } from "../pp/pragma.ts";
import type { Preprocessor } from "../pp/preprocessor.ts";
import type { Report, ReportExtra } from "../report.ts";
import { signText } from "../tokens.ts";
import {
  type CType,
  type Enumerator,
  type EnumType,
  INT,
  type Loc,
  type RecordType,
  type TypedefType,
} from "../types.ts";
import { WARNING_FLAGS } from "../warning-flags.ts";

import type { Operand } from "./precedence.ts";

const EOF = 0;
const PRAGMA = 6;
/** Brackets, statements and declarators may nest this deep (clang's limit, too). */
const MAX_DEPTH = 256;

export interface EnumSym {
  readonly kind: "enumerator";
  readonly expr: IntExpr;
  readonly loc: Loc;
}
export type Sym = VarDecl | FuncDecl | TypedefType | EnumSym;
export type Tag = RecordType | EnumType;

/** What a scope shadows, to be put back at its end. */
interface Shadow {
  readonly name: number;
  readonly tag: boolean;
  readonly sym: Sym | Tag | undefined;
  readonly depth: number;
}

export interface SwitchContext {
  readonly cases: CaseStmt[];
  fallback: DefaultStmt | undefined;
  readonly cond: Expr;
  /** By value and upper end, to find duplicates. */
  readonly seen: Map<bigint, Loc>;
}

/** The function whose body is being read. */
export interface FuncContext {
  readonly decl: FuncDecl;
  readonly ret: CType;
  readonly locals: VarDecl[];
  readonly labels: Map<string, Label>;
  /** Names that `__label__` made local to a block, innermost last. */
  readonly localLabels: Map<string, Label>[];
  readonly switches: SwitchContext[];
  /** Loops and switches around, for break and continue. */
  loops: number;
  breaks: number;
}

/** Functions that other files of the grammar need; filled in by parse.ts. */
export interface Grammar {
  typeName(p: Parser): CType;
  record(p: Parser): CType;
  enumeration(p: Parser): CType;
  startsType(p: Parser): boolean;
  /** Whether a keyword kind begins a type. */
  startsTypeKind(kind: number): boolean;
  block(p: Parser): CompoundStmt;
  functionBlock(p: Parser): CompoundStmt;
  /** `{...}` after `(type)`. */
  compoundLiteral(p: Parser, type: CType, loc: Loc): Expr;
  expr(p: Parser): Expr;
  assign(p: Parser): Expr;
}

export interface UnitLists {
  readonly funcs: FuncDecl[];
  readonly vars: VarDecl[];
  readonly asms: AsmStmt[];
  readonly typedefs: Map<string, TypedefType>;
  readonly tags: Map<string, Tag>;
}

/** Thrown to leave a broken construct; caught where parsing can go on. */
export class Recover extends Error {}

export class Parser {
  readonly pp: Preprocessor;
  readonly buffer: TokenBuffer;
  readonly report: Report;
  readonly grammar: Grammar;
  readonly unit: UnitLists = { funcs: [], vars: [], asms: [], typedefs: new Map(), tags: new Map() };
  readonly lazy: LazyDecls[] = [];
  /** `extern` and function declarations of block scope also live here, by name. */
  readonly linkage: Map<number, VarDecl | FuncDecl> = new Map();

  // The current token
  at = -1;
  kind = 0;
  val = 0;
  loc: Loc = 0;
  /** Loc of the token before. */
  prevLoc: Loc = 0;

  func: FuncContext | undefined;
  /** sizeof and typeof operands are not evaluated: use there does not make a variable used or a load needed. */
  unevaluated = 0;
  /** The operand of `&`: one past the end has an address, too. */
  taking = 0;
  pendingUnroll: Unroll;
  /** Records whose members are being read. */
  readonly defining: Set<RecordType> = new Set();
  /** Records read so far; by name id, the record that last had such a member, and where. Finds duplicates. */
  records = 0;
  readonly memberOf: number[] = [];
  readonly memberLoc: Loc[] = [];
  readonly packStack: number[] = [];
  /** `#pragma pack` in force, 0 for none. */
  pack = 0;
  /** Attributes that `#pragma clang attribute push` adds to records. */
  readonly pushed: (readonly string[])[] = [];
  readonly visibility: boolean[] = [];
  readonly weakNames: Set<string> = new Set();
  /** Literals read before, by interned spelling. */
  readonly numbers: Map<number, NumberValue> = new Map();
  /** Mentions of locals, and how many of them are plain assignments whose value nobody uses. */
  readonly mentions: Map<VarDecl, { all: number; sets: number }> = new Map();
  /** Of the expression read last: its outermost operator outside of parentheses. */
  topOp: Operand = { op: 0, loc: 0 };
  /** Undeclared names that were reported already. */
  readonly unknown: Set<number> = new Set();
  /** wchar_t is int. */
  readonly wide = true;

  /** Warnings that `#pragma GCC diagnostic ignored` turned off, by clang's names. */
  ignored: Set<string> = new Set();
  readonly #ignoredStack: Set<string>[] = [];
  /** What a lazy header answered with. */
  readonly #fromLazy: Set<Sym | Tag> = new Set();
  readonly #ordinary: (Sym | undefined)[] = [];
  readonly #ordinaryDepth: number[] = [];
  readonly #tags: (Tag | undefined)[] = [];
  readonly #tagDepth: number[] = [];
  readonly #scopes: Shadow[][] = [];
  #nesting = 0;

  constructor(pp: Preprocessor, grammar: Grammar) {
    this.pp = pp;
    this.buffer = pp.out;
    this.report = pp.report;
    this.grammar = grammar;
    this.next();
  }

  // Tokens

  next(): void {
    const { buffer } = this;
    this.prevLoc = this.loc;
    let at = this.at + 1;
    while (buffer.kind[at] === PRAGMA) this.#pragma(this.pp.pragmas[buffer.val[at++]]);
    if (at >= buffer.count) at = buffer.count - 1;
    this.at = at;
    this.kind = buffer.kind[at];
    this.val = buffer.val[at];
    this.loc = buffer.loc[at];
  }

  /** Kind of the token `ahead` places on. */
  peek(ahead = 1): number {
    const { buffer } = this;
    let at = this.at;
    for (let n = ahead; n > 0; n--) {
      at++;
      while (buffer.kind[at] === PRAGMA) at++;
      if (at >= buffer.count) return EOF;
    }
    return buffer.kind[at];
  }

  is(kind: number): boolean {
    return this.kind === kind;
  }

  accept(kind: number): boolean {
    if (this.kind !== kind) return false;
    this.next();
    return true;
  }

  expect(kind: number, where: string): void {
    if (this.kind === kind) {
      this.next();
      return;
    }
    const want = signText(kind);
    const after = kind === 59 || kind === 41 || kind === 93;
    this.fail("C100", `expected '${want}' ${where}`, {
      fix: { message: `insert '${want}'`, text: want, loc: after ? this.prevLoc : this.loc, insert: true },
    });
  }

  /** A statement's or declaration's semicolon: reported where it is missing, and parsing goes on as if it were there. */
  semicolon(where: string): void {
    if (this.kind === 59) {
      this.next();
      return;
    }
    // Where the next token begins a line, the fault is at the end of the line before
    this.report.error("C101", this.prevLoc, `expected ';' ${where}`, {
      fix: { message: "insert ';' after this", text: ";", loc: this.prevLoc },
    });
    const { sources } = this.report;
    const before = sources.lineCol(this.prevLoc);
    const here = sources.lineCol(this.loc);
    if (this.kind !== 125 && before.line === here.line && before.file === here.file) throw new Recover();
  }

  text(): string {
    const { kind } = this;
    if (kind === EOF) return "end of file";
    return kind >= 256 || (kind >= 1 && kind <= 4) || kind === 7 ? this.pp.names.text(this.val) : signText(kind);
  }

  name(id: number): string {
    return this.pp.names.text(id);
  }

  // Errors

  error(code: string, message: string, loc: Loc = this.loc, extra: ReportExtra = {}): void {
    this.report.error(code, loc, message, extra);
  }

  warn(code: string, message: string, loc: Loc = this.loc, extra: ReportExtra = {}): void {
    if (this.ignored.size > 0 && WARNING_FLAGS[code]?.some((flag) => this.ignored.has(flag)) === true) return;
    this.report.warn(code, loc, message, extra);
  }

  fail(code: string, message: string, extra: ReportExtra = {}, loc: Loc = this.loc): never {
    this.report.error(code, loc, message, extra);
    throw new Recover();
  }

  /** Guards recursion: run `leave()` afterwards. */
  enter(): void {
    if (++this.#nesting > MAX_DEPTH) {
      this.#nesting--;
      this.fail("C102", `nesting deeper than ${MAX_DEPTH} levels`);
    }
  }

  leave(): void {
    this.#nesting--;
  }

  get nesting(): number {
    return this.#nesting;
  }

  /** After a Recover was caught: back to the level that caught it. */
  restoreNesting(level: number): void {
    this.#nesting = level;
  }

  /** An error by default that a pragma may turn off. */
  softError(code: string, message: string, loc: Loc, extra: ReportExtra = {}): void {
    if (WARNING_FLAGS[code]?.some((flag) => this.ignored.has(flag)) !== true)
      this.report.error(code, loc, message, extra);
  }

  // Scopes

  get depth(): number {
    return this.#scopes.length;
  }

  pushScope(): void {
    this.#scopes.push([]);
  }

  popScope(): void {
    const shadows = this.#scopes.pop()!;
    for (let i = shadows.length - 1; i >= 0; i--) {
      const { name, tag, sym, depth } = shadows[i];
      if (tag) {
        this.#tags[name] = sym as Tag | undefined;
        this.#tagDepth[name] = depth;
      } else {
        this.#ordinary[name] = sym as Sym | undefined;
        this.#ordinaryDepth[name] = depth;
      }
    }
  }

  lookup(name: number): Sym | undefined {
    const sym = this.#ordinary[name];
    return sym === undefined && this.lazy.length > 0 ? this.#lazySym(name) : sym;
  }

  lookupTag(name: number): Tag | undefined {
    const tag = this.#tags[name];
    return tag === undefined && this.lazy.length > 0 ? this.#lazyTag(name) : tag;
  }

  /** Declared in this very scope by the program: what a lazy header has may be declared anew. */
  here(name: number): Sym | undefined {
    const sym = this.#ordinary[name];
    if (sym === undefined || this.#fromLazy.has(sym)) return undefined;
    return this.#ordinaryDepth[name] === this.#scopes.length ? sym : undefined;
  }

  tagHere(name: number): Tag | undefined {
    const tag = this.#tags[name];
    if (tag === undefined || this.#fromLazy.has(tag)) return undefined;
    return this.#tagDepth[name] === this.#scopes.length ? tag : undefined;
  }

  declare(name: number, sym: Sym): void {
    const depth = this.#scopes.length;
    if (depth > 0 && this.#ordinaryDepth[name] !== depth) {
      this.#scopes[depth - 1].push({
        name,
        tag: false,
        sym: this.#ordinary[name],
        depth: this.#ordinaryDepth[name] ?? 0,
      });
    }
    this.#ordinary[name] = sym;
    this.#ordinaryDepth[name] = depth;
  }

  declareTag(name: number, tag: Tag): void {
    const depth = this.#scopes.length;
    if (depth > 0 && this.#tagDepth[name] !== depth) {
      this.#scopes[depth - 1].push({ name, tag: true, sym: this.#tags[name], depth: this.#tagDepth[name] ?? 0 });
    }
    this.#tags[name] = tag;
    this.#tagDepth[name] = depth;
    if (depth === 0) this.unit.tags.set(this.name(name), tag);
  }

  #lazySym(name: number): Sym | undefined {
    const text = this.name(name);
    for (const source of this.lazy) {
      const type = source.typedef(text);
      if (type !== undefined && type.kind === "typedef") {
        this.unit.typedefs.set(text, type);
        return this.#keep(name, type);
      }
      const enumerator = source.enumerator(text);
      if (enumerator !== undefined) return this.#keep(name, enumSym(enumerator));
      const func = source.func?.(text);
      if (func !== undefined) {
        this.unit.funcs.push(func);
        return this.#keep(name, func);
      }
    }
    return undefined;
  }

  #keep(name: number, sym: Sym): Sym {
    this.#ordinary[name] = sym;
    this.#ordinaryDepth[name] = 0;
    this.#fromLazy.add(sym);
    return sym;
  }

  #lazyTag(name: number): Tag | undefined {
    const text = this.name(name);
    for (const source of this.lazy) {
      const tag = source.tag(text);
      if (tag === undefined) continue;
      this.#tags[name] = tag;
      this.#tagDepth[name] = 0;
      this.#fromLazy.add(tag);
      this.unit.tags.set(text, tag);
      return tag;
    }
    return undefined;
  }

  /** The function's label of that name, made on the first use. */
  label(name: string, loc: Loc): Label {
    const { labels, localLabels } = this.func!;
    for (let i = localLabels.length - 1; i >= 0; i--) {
      const local = localLabels[i].get(name);
      if (local !== undefined) return local;
    }
    let label = labels.get(name);
    if (label === undefined) {
      label = { name, defined: false, used: false, loc };
      labels.set(name, label);
    }
    return label;
  }

  *funcNames(): Iterable<string> {
    for (const func of this.unit.funcs) yield func.name;
  }

  *variableNames(): Iterable<string> {
    for (let id = 0; id < this.#ordinary.length; id++) {
      const sym = this.#ordinary[id];
      if (sym !== undefined && sym.kind !== "typedef") yield this.name(id);
    }
  }

  // Pragmas

  #pragma(pragma: Pragma): void {
    switch (pragma.kind) {
      case "unroll":
        this.pendingUnroll = pragma.how;
        return;
      case "attributePush":
        this.pushed.push(pragma.attributes);
        return;
      case "attributePop":
        this.pushed.pop();
        return;
      case "packPush":
        this.packStack.push(this.pack);
        if (pragma.align !== undefined) this.pack = pragma.align;
        return;
      case "packPop":
        this.pack = this.packStack.pop() ?? 0;
        return;
      case "packSet":
        this.pack = pragma.align;
        return;
      case "weak":
        this.weakNames.add(pragma.name);
        return;
      case "diagnosticPush":
        this.#ignoredStack.push(new Set(this.ignored));
        return;
      case "diagnosticPop":
        this.ignored = this.#ignoredStack.pop() ?? new Set();
        return;
      case "diagnostic":
        if (pragma.ignored) this.ignored.add(pragma.name);
        else this.ignored.delete(pragma.name);
        return;
      case "visibility":
        if (pragma.hidden === undefined) this.visibility.pop();
        else this.visibility.push(pragma.hidden);
    }
  }

  /** The unroll pragma before a loop, used up. */
  takeUnroll(): Unroll {
    const unroll = this.pendingUnroll;
    this.pendingUnroll = undefined;
    return unroll;
  }
}

export function enumSym(enumerator: Enumerator): EnumSym {
  const { owner, value, loc } = enumerator;
  return { kind: "enumerator", expr: { kind: "int", type: enumeratorType(value, owner), loc, value, enumerator }, loc };
}

/** An enumerator that fits int has type int (C11 6.4.4.3); others the enum's underlying type (GNU). */
function enumeratorType(value: bigint, owner: EnumType): CType {
  return value >= -0x80000000n && value <= 0x7fffffffn ? INT : owner.underlying;
}
