/**
 * Token kinds. A one-character sign is its ASCII code; longer signs, words and literals have the numbers below. Hot files
 * repeat the few they switch on as constants of their own (an imported constant costs ten times a local one).
 */
export const T = {
  EOF: 0,
  IDENT: 1,
  NUMBER: 2,
  CHAR: 3,
  STRING: 4,
  /** End of a directive's line. */
  EOD: 5,
  /** `val` is an index into `pragmas`. */
  PRAGMA: 6,
  /** A character that starts no token. */
  OTHER: 7,
  ELLIPSIS: 128,
  ARROW: 129,
  INC: 130,
  DEC: 131,
  SHL: 132,
  SHR: 133,
  LE: 134,
  GE: 135,
  EQ: 136,
  NE: 137,
  AND: 138,
  OR: 139,
  MUL_ASSIGN: 140,
  DIV_ASSIGN: 141,
  MOD_ASSIGN: 142,
  ADD_ASSIGN: 143,
  SUB_ASSIGN: 144,
  SHL_ASSIGN: 145,
  SHR_ASSIGN: 146,
  AND_ASSIGN: 147,
  XOR_ASSIGN: 148,
  OR_ASSIGN: 149,
  PASTE: 150,
  TRUE: 151,
  FALSE: 152,
  /** Keyword number k is 256 + k. */
  KEYWORD: 256,
} as const;

/** Spellings of the kinds 128 and up, in order. */
export const SIGNS: readonly string[] = [
  "...",
  "->",
  "++",
  "--",
  "<<",
  ">>",
  "<=",
  ">=",
  "==",
  "!=",
  "&&",
  "||",
  "*=",
  "/=",
  "%=",
  "+=",
  "-=",
  "<<=",
  ">>=",
  "&=",
  "^=",
  "|=",
  "##",
];

/** Their order is their number. Alternative spellings (`__inline`) are rows of their own; the parser treats them alike. */
export const KEYWORDS: readonly string[] = [
  "auto", // 0
  "break",
  "case",
  "char",
  "const",
  "continue", // 5
  "default",
  "do",
  "double",
  "else",
  "enum", // 10
  "extern",
  "float",
  "for",
  "goto",
  "if", // 15
  "inline",
  "int",
  "long",
  "register",
  "restrict", // 20
  "return",
  "short",
  "signed",
  "sizeof",
  "static", // 25
  "struct",
  "switch",
  "typedef",
  "union",
  "unsigned", // 30
  "void",
  "volatile",
  "while",
  "_Alignas",
  "_Alignof", // 35
  "_Atomic",
  "_Bool",
  "_Complex",
  "_Generic",
  "_Noreturn", // 40
  "_Static_assert",
  "_Thread_local",
  "__attribute__",
  "__attribute",
  "__asm__", // 45
  "__asm",
  "asm",
  "typeof",
  "__typeof__",
  "__typeof", // 50
  "__typeof_unqual__",
  "__auto_type",
  "__extension__",
  "__inline__",
  "__inline", // 55
  "__const__",
  "__const",
  "__volatile__",
  "__volatile",
  "__restrict__", // 60
  "__restrict",
  "__signed__",
  "__signed",
  "__alignof__",
  "__alignof", // 65
  "__int128",
  "__int128_t",
  "__uint128_t",
  "__builtin_va_list",
  "__builtin_va_arg", // 70
  "__builtin_offsetof",
  "__builtin_types_compatible_p",
  "__builtin_choose_expr",
  "__func__",
  "__FUNCTION__", // 75
  "__PRETTY_FUNCTION__",
  "__thread",
  "_Float16",
  "__label__",
  "__real__", // 80
  "__imag__",
  "__builtin_bit_cast",
  "_BitInt",
  "__nullptr",
  "_Nonnull", // 85
  "_Nullable",
];

/** Words that C23 makes keywords, and the kinds that they are then. The last two are kinds of their own. */
export const WORDS_C23: readonly (readonly [string, number])[] = [
  ...(
    [
      ["bool", "_Bool"],
      ["static_assert", "_Static_assert"],
      ["alignas", "_Alignas"],
      ["alignof", "_Alignof"],
      ["thread_local", "_Thread_local"],
      ["typeof_unqual", "__typeof_unqual__"],
      ["nullptr", "__nullptr"],
    ] as const
  ).map(([word, same]): [string, number] => [word, T.KEYWORD + KEYWORDS.indexOf(same)]),
  ["true", T.TRUE],
  ["false", T.FALSE],
];

/** Kinds of the first names of every table of names: keywords, then C23's. */
export const WORD_KINDS: Int16Array = Int16Array.from([
  ...KEYWORDS.map((_, i) => T.KEYWORD + i),
  ...WORDS_C23.map(([, kind]) => kind),
]);

export function signText(kind: number): string {
  return kind >= 128 ? SIGNS[kind - 128] : String.fromCharCode(kind);
}
