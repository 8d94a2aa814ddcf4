/**
 * The C front end's entry: bytes to a typed tree and diagnostics. Pure: files come through `FileProvider`.
 */
import { HELPERS } from "../../abi/helpers.ts";
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
import { type Attrs, CONST, type CType, type Loc, qualsOf } from "./types.ts";

export type { FileProvider, LazyDecls, LazyInclude, ParseOptions } from "./options.ts";

const EOF = 0;
const GPL_HELPERS: ReadonlySet<string> = new Set(
  HELPERS.filter((helper) => helper.gplOnly).map((helper) => `bpf_${helper.name}`),
);

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
  unusedSymbols(p, name);
  if (pp.report.errors === 0) missingLicense(p);
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
      p.taking = 0;
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

/** Without a licence the kernel refuses programs that call helpers for GPL programs. */
function missingLicense(p: Parser): void {
  const { funcs, vars } = p.unit;
  if (vars.some((decl) => decl.attrs.section === "license")) return;
  const helper = vars.find((decl) => decl.used && decl.storage === "static" && GPL_HELPERS.has(decl.name));
  const program = funcs.find(({ body, attrs, loc }) => body !== undefined && attrs.section !== undefined && loc > 0);
  if (helper === undefined || program === undefined) return;
  p.warn("C566", `the object has no license, and ${helper.name} is for GPL programs`, program.loc, {
    help: 'add: char LICENSE[] SEC("license") = "GPL";',
  });
}

/** Static functions and variables of the main file that nothing uses. */
function unusedSymbols(p: Parser, main: string): void {
  const here = (loc: Loc): boolean => loc > 0 && p.report.sources.fileOf(loc)?.name === main;
  for (const func of p.unit.funcs) {
    if (!func.static || func.used || func.body === undefined || !here(func.loc) || isKept(func.attrs)) continue;
    p.warn("C501", `unused function '${func.name}'`, func.loc);
  }
  for (const decl of p.unit.vars) {
    if (decl.storage !== "static" || p.mentions.has(decl) || decl.used || !here(decl.loc) || isKept(decl.attrs))
      continue;
    // Constants may be there for others
    if ((qualsOf(decl.type) & CONST) === 0) p.warn("C500", `unused variable '${decl.name}'`, decl.loc);
  }
}

function isKept(attrs: Attrs): boolean {
  return attrs.unused === true || attrs.used === true || attrs.section !== undefined;
}
