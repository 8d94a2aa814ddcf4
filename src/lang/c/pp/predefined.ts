/**
 * The macros that clang-19 `-target bpf -O2` defines before a source is read, as text to preprocess. Floating-point limits are left
 * out: no BPF source asks for them.
 */
import type { CStandard } from "../options.ts";

export function predefinedText(cpu: 1 | 2 | 3 | 4, standard: CStandard = "c17"): string {
  const lines: string[] = [];
  const define = (name: string, value: string | number): void => {
    lines.push(`#define ${name} ${value}`);
  };
  for (const [name, value] of PLAIN) define(name, value);
  const version = STDC_VERSION[standard];
  if (version !== "") define("__STDC_VERSION__", version);
  define("__BPF_CPU_VERSION__", cpu);
  if (cpu >= 2) define("__BPF_FEATURE_JMP_EXT", 1);
  if (cpu >= 3) {
    define("__BPF_FEATURE_JMP32", 1);
    define("__BPF_FEATURE_ALU32", 1);
  }
  for (const feature of cpu >= 4 ? V4_FEATURES : []) define(`__BPF_FEATURE_${feature}`, 1);
  for (const feature of ["ADDR_SPACE_CAST", "MAY_GOTO"]) define(`__BPF_FEATURE_${feature}`, 1);
  for (const [i, order] of ["RELAXED", "CONSUME", "ACQUIRE", "RELEASE", "ACQ_REL", "SEQ_CST"].entries()) {
    define(`__ATOMIC_${order}`, i);
  }
  for (const kind of ["BOOL", "CHAR", "CHAR16_T", "CHAR32_T", "INT", "LLONG", "LONG", "POINTER", "SHORT", "WCHAR_T"]) {
    define(`__CLANG_ATOMIC_${kind}_LOCK_FREE`, 2);
    define(`__GCC_ATOMIC_${kind}_LOCK_FREE`, 2);
  }
  for (const row of WIDTHS) {
    for (const kind of ["", "_LEAST", "_FAST"]) intMacros(define, `INT${kind}${row.bits}`, row, kind === "");
  }
  const wide = WIDTHS[3];
  intMacros(define, "INTMAX", wide, true);
  intMacros(define, "INTPTR", wide, false);
  define("__SIZE_TYPE__", "long unsigned int");
  define("__SIZE_MAX__", "18446744073709551615UL");
  define("__SIZE_WIDTH__", 64);
  define("__PTRDIFF_TYPE__", "long int");
  define("__PTRDIFF_MAX__", "9223372036854775807L");
  define("__PTRDIFF_WIDTH__", 64);
  return `${lines.join("\n")}\n`;
}

interface Width {
  readonly bits: number;
  readonly signed: string;
  readonly unsigned: string;
  readonly max: string;
  readonly umax: string;
  readonly suffix: string;
  readonly usuffix: string;
}

const WIDTHS: readonly Width[] = [
  { bits: 8, signed: "signed char", unsigned: "unsigned char", max: "127", umax: "255", suffix: "", usuffix: "" },
  { bits: 16, signed: "short", unsigned: "unsigned short", max: "32767", umax: "65535", suffix: "", usuffix: "" },
  {
    bits: 32,
    signed: "int",
    unsigned: "unsigned int",
    max: "2147483647",
    umax: "4294967295U",
    suffix: "",
    usuffix: "U",
  },
  {
    bits: 64,
    signed: "long int",
    unsigned: "long unsigned int",
    max: "9223372036854775807L",
    umax: "18446744073709551615UL",
    suffix: "L",
    usuffix: "UL",
  },
];

function intMacros(
  define: (name: string, value: string | number) => void,
  name: string,
  row: Width,
  suffixes: boolean,
): void {
  define(`__${name}_TYPE__`, row.signed);
  define(`__U${name}_TYPE__`, row.unsigned);
  define(`__${name}_MAX__`, row.max);
  define(`__U${name}_MAX__`, row.umax);
  if (name !== `INT${row.bits}`) define(`__${name}_WIDTH__`, row.bits);
  if (name === "INTMAX" || name === "INTPTR") define(`__U${name}_WIDTH__`, row.bits);
  if (!suffixes) return;
  define(`__${name}_C_SUFFIX__`, row.suffix);
  define(`__U${name}_C_SUFFIX__`, row.usuffix);
}

const STDC_VERSION: Readonly<Record<CStandard, string>> = {
  c89: "",
  c99: "199901L",
  c11: "201112L",
  c17: "201710L",
  c23: "202311L",
};

const V4_FEATURES = ["BSWAP", "GOTOL", "LDSX", "MOVSX", "SDIV_SMOD", "ST"];

const PLAIN: readonly (readonly [string, string | number])[] = [
  ["_LP64", 1],
  ["__LP64__", 1],
  ["__bpf__", 1],
  ["__BPF__", 1],
  ["__ELF__", 1],
  ["__llvm__", 1],
  ["__clang__", 1],
  ["__clang_major__", 19],
  ["__clang_minor__", 1],
  ["__clang_patchlevel__", 7],
  ["__clang_version__", '"19.1.7 "'],
  ["__VERSION__", '"Clang 19.1.7"'],
  ["__GNUC__", 4],
  ["__GNUC_MINOR__", 2],
  ["__GNUC_PATCHLEVEL__", 1],
  ["__GNUC_STDC_INLINE__", 1],
  ["__GXX_ABI_VERSION", 1002],
  ["__OPTIMIZE__", 1],
  ["__STDC__", 1],
  ["__STDC_HOSTED__", 1],
  ["__STDC_UTF_16__", 1],
  ["__STDC_UTF_32__", 1],
  ["__ORDER_LITTLE_ENDIAN__", 1234],
  ["__ORDER_BIG_ENDIAN__", 4321],
  ["__ORDER_PDP_ENDIAN__", 3412],
  ["__BYTE_ORDER__", "__ORDER_LITTLE_ENDIAN__"],
  ["__LITTLE_ENDIAN__", 1],
  ["__USER_LABEL_PREFIX__", ""],
  ["__FINITE_MATH_ONLY__", 0],
  ["__FLT_RADIX__", 2],
  ["__DECIMAL_DIG__", 17],
  ["__BIGGEST_ALIGNMENT__", 8],
  ["__BITINT_MAXWIDTH__", 128],
  ["__GCC_ATOMIC_TEST_AND_SET_TRUEVAL", 1],
  ["__PRAGMA_REDEFINE_EXTNAME", 1],
  ["__CONSTANT_CFSTRINGS__", 1],
  ["__CHAR_BIT__", 8],
  ["__BOOL_WIDTH__", 8],
  ["__POINTER_WIDTH__", 64],
  ["__SCHAR_MAX__", 127],
  ["__SHRT_MAX__", 32767],
  ["__SHRT_WIDTH__", 16],
  ["__INT_MAX__", 2147483647],
  ["__INT_WIDTH__", 32],
  ["__LONG_MAX__", "9223372036854775807L"],
  ["__LONG_WIDTH__", 64],
  ["__LONG_LONG_MAX__", "9223372036854775807LL"],
  ["__LLONG_WIDTH__", 64],
  ["__WCHAR_TYPE__", "int"],
  ["__WCHAR_MAX__", 2147483647],
  ["__WCHAR_WIDTH__", 32],
  ["__WINT_TYPE__", "int"],
  ["__WINT_MAX__", 2147483647],
  ["__WINT_WIDTH__", 32],
  ["__CHAR16_TYPE__", "unsigned short"],
  ["__CHAR32_TYPE__", "unsigned int"],
  ["__SIG_ATOMIC_MAX__", 2147483647],
  ["__SIG_ATOMIC_WIDTH__", 32],
  ["__SIZEOF_SHORT__", 2],
  ["__SIZEOF_INT__", 4],
  ["__SIZEOF_LONG__", 8],
  ["__SIZEOF_LONG_LONG__", 8],
  ["__SIZEOF_INT128__", 16],
  ["__SIZEOF_POINTER__", 8],
  ["__SIZEOF_SIZE_T__", 8],
  ["__SIZEOF_PTRDIFF_T__", 8],
  ["__SIZEOF_WCHAR_T__", 4],
  ["__SIZEOF_WINT_T__", 4],
  ["__SIZEOF_FLOAT__", 4],
  ["__SIZEOF_DOUBLE__", 8],
  ["__SIZEOF_LONG_DOUBLE__", 8],
];
