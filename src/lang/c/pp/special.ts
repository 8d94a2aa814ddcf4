/** Macros that are computed: __FILE__, __LINE__, __COUNTER__, and the __has_* questions. */
import { ATTRIBUTES } from "../attributes.ts";
import { BUILTINS } from "../builtins.ts";
import { BOL, SPACE } from "../lexer.ts";
import { KEYWORDS } from "../tokens.ts";
import { findInclude } from "./include.ts";
import type { Macro } from "./macro.ts";
import type { Preprocessor } from "./preprocessor.ts";

const EOF = 0;
const IDENT = 1;
const NUMBER = 2;
const STRING = 4;
const EOD = 5;

const QUESTIONS = [
  "__has_builtin",
  "__has_attribute",
  "__has_c_attribute",
  "__has_cpp_attribute",
  "__has_declspec_attribute",
  "__has_feature",
  "__has_extension",
  "__has_warning",
  "__has_include",
  "__has_include_next",
  "__has_constexpr_builtin",
  "__has_embed",
  "__is_identifier",
  "__building_module",
] as const;
const VALUES = [
  "__FILE__",
  "__FILE_NAME__",
  "__BASE_FILE__",
  "__LINE__",
  "__COUNTER__",
  "__INCLUDE_LEVEL__",
  "__DATE__",
  "__TIME__",
  "__TIMESTAMP__",
] as const;

const FEATURES: ReadonlySet<string> = new Set([
  "c_alignas",
  "c_alignof",
  "c_atomic",
  "c_generic_selections",
  "c_static_assert",
  "c_thread_local",
  "statement_expressions",
  "statement_attributes_with_gnu_syntax",
  "gnu_asm",
  "gnu_asm_goto_with_outputs",
  "overloadable_unmarked",
  "enumerator_attributes",
  "attribute_deprecated_with_message",
  "attribute_unavailable_with_message",
]);

export function defineSpecials(pp: Preprocessor): void {
  for (const text of [...QUESTIONS, ...VALUES]) {
    const name = pp.names.of(text);
    pp.macros[name] = {
      name,
      text,
      params: undefined,
      variadic: false,
      body: [],
      loc: 0,
      seq: 0,
      special: text,
      active: false,
    };
  }
}

/** True when something was put in the macro's place. */
export function expandSpecial(pp: Preprocessor, macro: Macro): boolean {
  const { loc } = pp;
  const flags = pp.flags & (BOL | SPACE);
  const put = (kind: number, text: string): true => {
    pp.pushList([kind, pp.names.of(text), loc, flags], undefined);
    return true;
  };
  const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;
  const file = (): string => pp.sources.fileOf(pp.sources.expandLoc(loc))?.name ?? "";
  switch (macro.special) {
    case "__LINE__":
      return put(NUMBER, String(pp.sources.lineCol(loc).line));
    case "__FILE__":
      return put(STRING, quote(file()));
    case "__FILE_NAME__":
      return put(STRING, quote(file().replace(/^.*\//, "")));
    case "__BASE_FILE__":
      return put(STRING, quote(pp.deps[0] ?? ""));
    case "__COUNTER__":
      return put(NUMBER, String(pp.counter++));
    case "__INCLUDE_LEVEL__":
      return put(NUMBER, String(pp.files.length - 1));
    // Fixed: the same source gives the same bytes on every day
    case "__DATE__":
      return put(STRING, '"Jan  1 1970"');
    case "__TIME__":
      return put(STRING, '"00:00:00"');
    case "__TIMESTAMP__":
      return put(STRING, '"Thu Jan  1 00:00:00 1970"');
  }
  pp.raw();
  if (!pp.is(40)) {
    // `defined(__has_builtin)` and `#ifdef __has_builtin` never come here; a bare name is left alone
    pp.unread();
    pp.kind = IDENT;
    pp.val = macro.name;
    pp.loc = loc;
    pp.flags = flags;
    return false;
  }
  return put(NUMBER, answer(pp, macro.special!));
}

/** After the parenthesis: the argument and `)`. */
function answer(pp: Preprocessor, question: string): string {
  if (question === "__has_include" || question === "__has_include_next") {
    const header = headerArgument(pp);
    return header !== undefined &&
      findInclude(pp, header.name, header.angled, question === "__has_include_next") !== undefined
      ? "1"
      : "0";
  }
  let name = "";
  let depth = 1;
  for (;;) {
    pp.raw();
    if (pp.is(EOF) || pp.is(EOD)) {
      pp.report.error("C017", pp.loc, `missing ')' after '${question}'`);
      return "0";
    }
    if (pp.is(40)) depth++;
    if (pp.is(41) && --depth === 0) break;
    if (pp.is(IDENT)) name = pp.names.text(pp.val);
  }
  switch (question) {
    case "__has_builtin":
    case "__has_constexpr_builtin":
      return BUILTINS.has(name) || (name.startsWith("__builtin_") && KEYWORDS.includes(name)) ? "1" : "0";
    case "__has_attribute":
      return ATTRIBUTES.has(name.replace(/^__(.*)__$/, "$1")) ? "1" : "0";
    case "__has_feature":
    case "__has_extension":
      return FEATURES.has(name.replace(/^__(.*)__$/, "$1")) ? "1" : "0";
    case "__has_warning":
      return "1";
    case "__is_identifier":
      return KEYWORDS.includes(name) ? "0" : "1";
    default:
      return "0";
  }
}

function headerArgument(pp: Preprocessor): { name: string; angled: boolean } | undefined {
  const lexer = pp.file?.lexer;
  const direct = pp.inFile ? lexer?.headerName() : undefined;
  let header: { name: string; angled: boolean } | undefined;
  if (direct !== undefined) header = { name: direct, angled: true };
  else {
    pp.expanded();
    if (pp.is(STRING)) header = { name: pp.names.text(pp.val).slice(1, -1), angled: false };
    else if (pp.is(60)) {
      let name = "";
      for (pp.expanded(); !pp.is(62) && !pp.is(EOD) && !pp.is(EOF); pp.expanded()) name += pp.spelling();
      header = { name, angled: true };
    }
  }
  pp.raw();
  if (!pp.is(41)) {
    pp.report.error("C017", pp.loc, "expected ')' after the header name");
    if (pp.is(EOD)) pp.unread();
  }
  return header;
}
