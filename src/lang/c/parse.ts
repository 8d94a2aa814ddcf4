/**
 * The C front end's entry: bytes to a typed tree and diagnostics. Pure: files come through `FileProvider`.
 */
import type { Expr, Unit } from "./ast.ts";
import type { ParseOptions } from "./options.ts";
import { asmText } from "./parse/asm.ts";
import { declaration } from "./parse/declaration.ts";
import { typeName } from "./parse/declarator.ts";
import { assignment, expr } from "./parse/expr.ts";
import { initializer, layInit } from "./parse/init.ts";
import { enumSpecifier, recordSpecifier } from "./parse/record.ts";
import { skipExternal, staticAssert } from "./parse/recover.ts";
import { startsDeclaration, startsTypeKind } from "./parse/specifiers.ts";
import { type Grammar, Parser, Recover } from "./parse/state.ts";
import { block, functionBlock } from "./parse/stmt.ts";
import { preprocess } from "./pp/run.ts";
import type { CType, Loc } from "./types.ts";

export type { FileProvider, LazyDecls, LazyInclude, ParseOptions } from "./options.ts";

const EOF = 0;

const GRAMMAR: Grammar = {
  typeName,
  record: recordSpecifier,
  enumeration: enumSpecifier,
  startsType: startsDeclaration,
  startsTypeKind,
  block,
  functionBlock,
  compoundLiteral,
  expr,
  assign: assignment,
};

/** Parses `name` (its bytes given, or read through `files`). Never throws for bad input: see `Unit.diagnostics`. */
export function parseC(name: string, source: Uint8Array | undefined, options: ParseOptions): Unit {
  const pp = preprocess(name, source, options);
  const p = new Parser(pp, GRAMMAR);
  for (const flag of options.ignoredWarnings ?? []) p.ignored.add(flag);
  for (const { decls } of pp.lazyIncludes) p.lazy.push(decls);
  translationUnit(p);
  unusedFunctions(p, name);
  const { funcs, vars, asms, typedefs, tags } = p.unit;
  const { report, sources, deps } = pp;
  return {
    file: name,
    funcs,
    vars,
    asms,
    typedefs,
    tags,
    sources,
    diagnostics: report.list,
    errors: report.errors,
    deps,
  };
}

function translationUnit(p: Parser): void {
  while (!p.is(EOF) && !p.report.full) {
    try {
      external(p);
    } catch (error) {
      if (!(error instanceof Recover)) throw error;
      p.restoreNesting(0);
      while (p.depth > 0) p.popScope();
      p.func = undefined;
      p.unevaluated = 0;
      p.defining.clear();
      skipExternal(p);
    }
  }
}

function external(p: Parser): void {
  if (p.accept(59)) return;
  if (p.is(297)) {
    staticAssert(p);
    return;
  }
  if (p.kind >= 301 && p.kind <= 303) {
    p.unit.asms.push(asmText(p));
    p.semicolon("after 'asm'");
    return;
  }
  declaration(p);
}

function compoundLiteral(p: Parser, type: CType, loc: Loc): Expr {
  const isStatic = p.func === undefined;
  const laid = layInit(p, initializer(p), type, isStatic, loc);
  return { kind: "compound", type: laid.type, loc, init: laid.init, static: isStatic };
}

/** Static functions of the main file that nothing uses (inline ones may stay). */
function unusedFunctions(p: Parser, main: string): void {
  for (const func of p.unit.funcs) {
    if (!func.static || func.inline || func.used || func.body === undefined || func.loc <= 0) continue;
    if (
      func.attrs.unused === true ||
      func.attrs.used === true ||
      func.attrs.section !== undefined ||
      func.attrs.alwaysInline === true
    )
      continue;
    if (p.report.sources.fileOf(func.loc)?.name === main) p.warn("C501", `unused function '${func.name}'`, func.loc);
  }
}
