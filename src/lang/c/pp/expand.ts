/**
 * Substitution of a macro's body (C11 6.10.3.1 to 6.10.3.3, GNU `, ## args`, __VA_OPT__): parameters, `#` and `##`.
 */
import { Lexer, PAINTED, PLACEMARKER, SPACE } from "../lexer.ts";
import { signText } from "../tokens.ts";
import type { Loc } from "../types.ts";
import type { Macro, TokenList } from "./macro.ts";
import type { Preprocessor } from "./preprocessor.ts";

const IDENT = 1;
const STRING = 4;
const PASTE = 150;

/** An argument: as written, and fully expanded when first needed. */
export interface MacroArg {
  readonly raw: TokenList;
  expanded: TokenList | undefined;
  /** The variadic one where nothing at all was given: `, ## args` drops its comma. */
  readonly elided: boolean;
}

/** One use of a macro. */
interface Use {
  readonly pp: Preprocessor;
  readonly macro: Macro;
  readonly args: readonly MacroArg[];
  /** For SourceMap.macroLoc. */
  readonly expansion: number;
}

/** The body with arguments in place; `at` is where the macro was used, `flags` those of its name. */
export function substitute(
  pp: Preprocessor,
  macro: Macro,
  args: readonly MacroArg[],
  at: Loc,
  flags: number,
): TokenList {
  const expansion = pp.sources.expansion(macro.text, at);
  const out: TokenList = [];
  fill({ pp, macro, args, expansion }, 0, macro.body.length, out);
  let kept = 0;
  for (let i = 0; i < out.length; i += 4) {
    if ((out[i + 3] & PLACEMARKER) !== 0) continue;
    out[kept] = out[i];
    out[kept + 1] = out[i + 1];
    out[kept + 2] = pp.sources.macroLoc(out[i + 2], expansion);
    out[kept + 3] = kept === 0 ? (out[i + 3] & PAINTED) | flags : out[i + 3];
    kept += 4;
  }
  out.length = kept;
  return out;
}

function fill(use: Use, from: number, to: number, out: TokenList): void {
  const { pp, macro, args } = use;
  const { body } = macro;
  const functionLike = macro.params !== undefined;
  const first = out.length;
  for (let i = from; i < to; ) {
    const kind = body[i];
    if (kind === PASTE && out.length > first) {
      const comma = out[out.length - 4] === 44 && body[i - 4] === 44;
      const right: TokenList = [];
      const next = i + 4;
      const vaRight = comma && macro.variadic && body[next] === -macro.params!.length;
      if (vaRight) {
        const arg = args[macro.params!.length - 1];
        if (arg === undefined || arg.elided) out.length -= 4;
        else append(out, expandedArg(pp, arg), body[next + 3]);
        i = next + 4;
        continue;
      }
      i = operand(use, next, to, right);
      pasteOnto(use, out, right);
      continue;
    }
    const pasteNext = body[i + 4] === PASTE && i + 4 < to;
    if (kind < 0) {
      const arg = args[-1 - kind];
      if (pasteNext) {
        // `args ## x`: as written
        append(out, arg.raw, body[i + 3], true);
      } else append(out, expandedArg(pp, arg), body[i + 3]);
      i += 4;
      continue;
    }
    if (functionLike && (kind === 35 || (kind === IDENT && body[i + 1] === pp.ids.vaOpt && macro.variadic))) {
      i = operand(use, i, to, out);
      continue;
    }
    out.push(kind, body[i + 1], body[i + 2], body[i + 3]);
    i += 4;
  }
}

/** One operand of `##`, or a `#`, or a __VA_OPT__: appended to `out` unexpanded; returns the index after it. */
function operand(use: Use, at: number, to: number, out: TokenList): number {
  const { pp, macro, args } = use;
  const { body } = macro;
  const kind = body[at];
  if (at >= to) return to;
  if (kind < 0) {
    append(out, args[-1 - kind].raw, body[at + 3], true);
    return at + 4;
  }
  if (kind === 35 && macro.params !== undefined && at + 4 < to) {
    if (body[at + 4] < 0) {
      out.push(STRING, stringize(pp, args[-1 - body[at + 4]].raw), body[at + 2], body[at + 3]);
      return at + 8;
    }
    const inner: TokenList = [];
    const after = operand(use, at + 4, to, inner);
    out.push(STRING, stringize(pp, inner), body[at + 2], body[at + 3]);
    return after;
  }
  if (kind === IDENT && body[at + 1] === pp.ids.vaOpt && macro.variadic && body[at + 4] === 40) {
    let depth = 0;
    let close = at + 4;
    for (; close < to; close += 4) {
      if (body[close] === 40) depth++;
      else if (body[close] === 41 && --depth === 0) break;
    }
    const inner: TokenList = [];
    const last = args[macro.params!.length - 1];
    if (last !== undefined && expandedArg(pp, last).length > 0) fill(use, at + 8, Math.min(close, to), inner);
    append(out, inner, body[at + 3], true);
    return Math.min(close + 4, to);
  }
  out.push(kind, body[at + 1], body[at + 2], body[at + 3]);
  return at + 4;
}

/** Appends a list; its first token takes the space of the place. With `mark`, an empty list leaves a placemarker. */
function append(out: TokenList, list: TokenList, flags: number, mark = false): void {
  if (list.length === 0) {
    if (mark) out.push(0, 0, 0, PLACEMARKER | (flags & SPACE));
    return;
  }
  const at = out.length;
  for (let i = 0; i < list.length; i++) out.push(list[i]);
  out[at + 3] = (out[at + 3] & ~SPACE) | (flags & SPACE);
}

function expandedArg(pp: Preprocessor, arg: MacroArg): TokenList {
  arg.expanded ??= pp.expandList(arg.raw);
  return arg.expanded;
}

/** Joins the last token of `out` with the first of `right` (C11 6.10.3.3), then appends the rest. */
function pasteOnto({ pp, expansion }: Use, out: TokenList, right: TokenList): void {
  if (right.length === 0) return;
  const at = out.length - 4;
  if ((right[3] & PLACEMARKER) === 0) {
    if ((out[at + 3] & PLACEMARKER) !== 0) {
      const flags = out[at + 3] & SPACE;
      for (let i = 0; i < 4; i++) out[at + i] = right[i];
      out[at + 3] = (out[at + 3] & ~SPACE) | flags;
    } else {
      const text = spelling(pp, out[at], out[at + 1]) + spelling(pp, right[0], right[1]);
      const bytes = new TextEncoder().encode(text);
      const lexer = new Lexer(bytes, 0, pp.names, () => {});
      lexer.next();
      if (lexer.pos === bytes.length && lexer.kind !== 0 && lexer.start === 0) {
        out[at] = lexer.kind;
        out[at + 1] = lexer.val;
        out[at + 3] &= SPACE;
      } else {
        pp.report.error(
          "C012",
          pp.sources.macroLoc(out[at + 2], expansion),
          `pasting formed '${text.slice(0, 80)}', an invalid token`,
        );
        for (let i = 0; i < 4; i++) out.push(right[i]);
      }
    }
  }
  for (let i = 4; i < right.length; i++) out.push(right[i]);
}

export function spelling(pp: Preprocessor, kind: number, val: number): string {
  return kind < 0 || kind === IDENT || (kind >= 2 && kind <= 4) || kind === 7 ? pp.names.text(val) : signText(kind);
}

/** `#arg`: the interned spelling of a string literal. */
function stringize(pp: Preprocessor, list: TokenList): number {
  let text = "";
  for (let i = 0; i < list.length; i += 4) {
    if ((list[i + 3] & PLACEMARKER) !== 0) continue;
    if (text !== "" && (list[i + 3] & SPACE) !== 0) text += " ";
    const token = spelling(pp, list[i], list[i + 1]);
    text += list[i] === STRING || list[i] === 3 ? token.replace(/["\\]/g, "\\$&") : token;
  }
  return pp.names.of(`"${text}"`);
}
