/**
 * Macros: their definition from a `#define` line. Tokens in lists are four numbers each: kind, val, loc, flags. In a body a
 * parameter is the kind -1 - its index.
 */
import type { Loc } from "../types.ts";
import type { Preprocessor } from "./preprocessor.ts";

/** kind, val, loc, flags, kind, val, ... */
export type TokenList = number[];

export interface Macro {
  readonly name: number;
  readonly text: string;
  /** Undefined: object-like. The last one is the variadic one where `variadic`. */
  readonly params: readonly number[] | undefined;
  readonly variadic: boolean;
  readonly body: TokenList;
  readonly loc: Loc;
  /** Number of the definition, counted up: a file read lazily sees only the macros before it. */
  readonly seq: number;
  /** Built-in macros are computed. */
  readonly special: string | undefined;
  /** Being expanded. */
  active: boolean;
}

const IDENT = 1;
const EOD = 5;
const ELLIPSIS = 128;
const PASTE = 150;
const SPACE = 2;

/** After `#define`: the rest of the line. */
export function defineDirective(pp: Preprocessor): void {
  pp.raw();
  const name = pp.val;
  const loc = pp.loc;
  if (!pp.is(IDENT)) {
    pp.report.error("C010", loc, pp.is(EOD) ? "macro name missing" : "macro name must be an identifier");
    return;
  }
  const text = pp.names.text(name);
  if (text === "defined" || text === "__VA_ARGS__" || text === "__VA_OPT__") {
    pp.report.error("C010", loc, `'${text}' cannot be used as a macro name`);
    return;
  }
  pp.raw();
  let params: number[] | undefined;
  let variadic = false;
  if (pp.is(40) && (pp.flags & SPACE) === 0) {
    params = [];
    const read = readParams(pp, params);
    if (read === undefined) return;
    variadic = read;
    pp.raw();
  }
  const body: TokenList = [];
  const vaOpt = pp.ids.vaOpt;
  for (; !pp.is(EOD); pp.raw()) {
    let kind = pp.kind;
    if (params !== undefined && kind === IDENT) {
      const index = params.indexOf(pp.val);
      if (index >= 0) kind = -1 - index;
      else if (pp.val === pp.ids.vaArgs && !variadic) {
        pp.report.warn("C511", pp.loc, "__VA_ARGS__ can only appear in the expansion of a variadic macro");
      } else if (pp.val === vaOpt && !variadic) {
        pp.report.warn("C511", pp.loc, "__VA_OPT__ can only appear in the expansion of a variadic macro");
      }
    }
    body.push(kind, pp.val, pp.loc, body.length === 0 ? 0 : pp.flags);
  }
  if (body.length > 0 && (body[0] === PASTE || body[body.length - 4] === PASTE)) {
    pp.report.error("C011", loc, `'##' cannot appear at either end of a macro expansion`);
    return;
  }
  if (params !== undefined) {
    for (let i = 0; i < body.length; i += 4) {
      if (body[i] === 35 && !(body[i + 4] < 0) && !(body[i + 4] === IDENT && body[i + 5] === vaOpt)) {
        pp.report.error("C011", body[i + 2], "'#' is not followed by a macro parameter");
        return;
      }
    }
  }
  const macro: Macro = {
    name,
    text,
    params,
    variadic,
    body,
    loc,
    seq: pp.nextSeq++,
    special: undefined,
    active: false,
  };
  const old = pp.macros[name];
  if (old !== undefined && !sameMacro(old, macro)) {
    pp.report.warn("C510", loc, `'${text}' macro redefined`, {
      notes: old.loc === 0 ? [] : [{ loc: old.loc, message: "previous definition is here" }],
    });
  }
  pp.macros[name] = macro;
}

/** Up to `)`; tells whether the list is variadic, undefined after an error. */
function readParams(pp: Preprocessor, params: number[]): boolean | undefined {
  for (;;) {
    pp.raw();
    if (pp.is(41) && params.length === 0) return false;
    if (pp.is(ELLIPSIS)) {
      params.push(pp.ids.vaArgs);
      pp.raw();
      if (pp.is(41)) return true;
      break;
    }
    if (!pp.is(IDENT)) break;
    if (params.includes(pp.val)) {
      pp.report.error("C010", pp.loc, `duplicate macro parameter name '${pp.names.text(pp.val)}'`);
      return undefined;
    }
    params.push(pp.val);
    pp.raw();
    if (pp.is(ELLIPSIS)) {
      pp.raw();
      if (pp.is(41)) return true;
      break;
    }
    if (pp.is(41)) return false;
    if (!pp.is(44)) break;
  }
  pp.report.error(
    "C010",
    pp.loc,
    pp.is(EOD) ? "missing ')' in macro parameter list" : "invalid token in macro parameter list",
  );
  return undefined;
}

function sameMacro(a: Macro, b: Macro): boolean {
  if (a.special !== undefined || a.variadic !== b.variadic || a.body.length !== b.body.length) return false;
  if (a.params?.length !== b.params?.length || a.params?.some((param, i) => param !== b.params![i]) === true)
    return false;
  for (let i = 0; i < a.body.length; i += 4) {
    if (a.body[i] !== b.body[i] || a.body[i + 1] !== b.body[i + 1]) return false;
    if ((a.body[i + 3] & SPACE) !== (b.body[i + 3] & SPACE)) return false;
  }
  return true;
}
