/** declaration-specifiers (C11 6.7): storage, qualifiers, the base type. */

import { similar } from "../sema/similar.ts";
import {
  ATOMIC,
  alignOf,
  BOOL,
  bare,
  CHAR,
  CONST,
  type CType,
  DOUBLE,
  FLOAT,
  INT,
  INT128,
  type IntType,
  intOf,
  LDOUBLE,
  LLONG,
  LONG,
  type Loc,
  qualified,
  RESTRICT,
  SCHAR,
  SHORT,
  UCHAR,
  UINT,
  UINT128,
  ULLONG,
  ULONG,
  USHORT,
  VOID,
  VOID_PTR,
  VOLATILE,
} from "../types.ts";
import { type AttrSink, attributes, attrSink, setAligned, taggedType } from "./attribute.ts";
import { constantInt } from "./constant.ts";
import type { Parser } from "./state.ts";

const IDENT = 1;

export type Storage = "none" | "typedef" | "extern" | "static" | "auto" | "register";

export interface Specifiers {
  type: CType;
  storage: Storage;
  inline: boolean;
  /** `__auto_type`: the type comes from the initialiser. */
  auto: boolean;
  /** struct, union or enum was named or defined: `struct s;` declares something. */
  tagged: boolean;
  readonly sink: AttrSink;
  readonly loc: Loc;
}

// Counts of type words, two bits or more each
const N_CHAR = 1;
const N_SHORT = 1 << 2;
const N_INT = 1 << 4;
const N_LONG = 1 << 6;
const N_SIGNED = 1 << 9;
const N_UNSIGNED = 1 << 11;
const N_VOID = 1 << 13;
const N_BOOL = 1 << 15;
const N_FLOAT = 1 << 17;
const N_DOUBLE = 1 << 19;
const N_INT128 = 1 << 21;
const N_OTHER = 1 << 23;

const WORDS: ReadonlyMap<number, CType> = new Map<number, CType>([
  [N_VOID, VOID],
  [N_BOOL, BOOL],
  [N_CHAR, CHAR],
  [N_SIGNED + N_CHAR, SCHAR],
  [N_UNSIGNED + N_CHAR, UCHAR],
  [N_SHORT, SHORT],
  [N_SHORT + N_INT, SHORT],
  [N_SIGNED + N_SHORT, SHORT],
  [N_SIGNED + N_SHORT + N_INT, SHORT],
  [N_UNSIGNED + N_SHORT, USHORT],
  [N_UNSIGNED + N_SHORT + N_INT, USHORT],
  [N_INT, INT],
  [N_SIGNED, INT],
  [N_SIGNED + N_INT, INT],
  [N_UNSIGNED, UINT],
  [N_UNSIGNED + N_INT, UINT],
  [N_LONG, LONG],
  [N_LONG + N_INT, LONG],
  [N_SIGNED + N_LONG, LONG],
  [N_SIGNED + N_LONG + N_INT, LONG],
  [N_UNSIGNED + N_LONG, ULONG],
  [N_UNSIGNED + N_LONG + N_INT, ULONG],
  [2 * N_LONG, LLONG],
  [2 * N_LONG + N_INT, LLONG],
  [N_SIGNED + 2 * N_LONG, LLONG],
  [N_SIGNED + 2 * N_LONG + N_INT, LLONG],
  [N_UNSIGNED + 2 * N_LONG, ULLONG],
  [N_UNSIGNED + 2 * N_LONG + N_INT, ULLONG],
  [N_FLOAT, FLOAT],
  [N_DOUBLE, DOUBLE],
  [N_LONG + N_DOUBLE, LDOUBLE],
  [N_INT128, INT128],
  [N_SIGNED + N_INT128, INT128],
  [N_UNSIGNED + N_INT128, UINT128],
]);

/** Whether the current token begins declaration-specifiers. */
export function startsDeclaration(p: Parser): boolean {
  return startsSpecifier(p, p.kind, p.val);
}

function startsSpecifier(p: Parser, kind: number, val: number): boolean {
  if (kind === IDENT) return p.lookup(val)?.kind === "typedef";
  return kind >= 256 && SPECIFIER[kind - 256] === 1;
}

export function startsTypeKind(kind: number): boolean {
  return kind >= 256 && SPECIFIER[kind - 256] === 1;
}

const SPECIFIER = new Uint8Array(96);
// auto char const double enum extern float inline int long register restrict short signed static struct typedef union unsigned void volatile ...
for (const k of [
  0, 3, 4, 8, 10, 11, 12, 16, 17, 18, 19, 20, 22, 23, 25, 26, 28, 29, 30, 31, 32, 34, 36, 37, 38, 40, 42, 43, 44, 48,
  49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 66, 67, 68, 69, 77, 78, 83, 85, 86,
]) {
  SPECIFIER[k] = 1;
}

export function specifiers(p: Parser): Specifiers {
  const sink = attrSink();
  const spec: Specifiers = { type: INT, storage: "none", inline: false, auto: false, tagged: false, sink, loc: p.loc };
  let count = 0;
  let quals = 0;
  let other: CType | undefined;
  const storage = (name: Storage): void => {
    if (spec.storage !== "none" && spec.storage !== name)
      p.error("C104", `cannot combine '${name}' with '${spec.storage}'`);
    spec.storage = name;
    p.next();
  };
  for (;;) {
    switch (p.kind) {
      case IDENT: {
        if (count !== 0) break;
        const sym = p.lookup(p.val);
        if (sym?.kind !== "typedef") break;
        other = sym;
        count = N_OTHER;
        p.next();
        continue;
      }
      case 284: // typedef
        storage("typedef");
        continue;
      case 267: // extern
        storage("extern");
        continue;
      case 281: // static
        storage("static");
        continue;
      case 256: // auto
        storage("auto");
        continue;
      case 275: // register
        storage("register");
        continue;
      case 298: // _Thread_local
      case 333: // __thread
        p.error("C406", "eBPF programs have no thread-local variables", p.loc, {
          help: "use a per-CPU array map, or local storage of the task",
        });
        p.next();
        continue;
      case 272: // inline
      case 310:
      case 311:
        spec.inline = true;
        p.next();
        continue;
      case 296: // _Noreturn
        sink.attrs.noreturn = true;
        p.next();
        continue;
      case 260: // const
      case 312:
      case 313:
        quals |= CONST;
        p.next();
        continue;
      case 288: // volatile
      case 314:
      case 315:
        quals |= VOLATILE;
        p.next();
        continue;
      case 276: // restrict
      case 316:
      case 317:
        quals |= RESTRICT;
        p.next();
        continue;
      case 309: // __extension__
      case 341: // _Nonnull
      case 342:
        p.next();
        continue;
      case 292: // _Atomic
        p.next();
        if (p.accept(40)) {
          p.enter();
          other = qualified(p.grammar.typeName(p), ATOMIC);
          p.leave();
          count += N_OTHER;
          p.expect(41, "after '_Atomic('");
        } else quals |= ATOMIC;
        continue;
      case 290: // _Alignas
        alignas(p, spec);
        continue;
      case 299: // __attribute__
      case 300:
        attributes(p, sink);
        continue;
      case 287: // void
        count += N_VOID;
        p.next();
        continue;
      case 293: // _Bool
        count += N_BOOL;
        p.next();
        continue;
      case 259: // char
        count += N_CHAR;
        p.next();
        continue;
      case 278: // short
        count += N_SHORT;
        p.next();
        continue;
      case 273: // int
        count += N_INT;
        p.next();
        continue;
      case 274: // long
        count += N_LONG;
        p.next();
        continue;
      case 279: // signed
      case 318:
      case 319:
        count += N_SIGNED;
        p.next();
        continue;
      case 286: // unsigned
        count += N_UNSIGNED;
        p.next();
        continue;
      case 268: // float
      case 334: // _Float16
        count += N_FLOAT;
        p.next();
        continue;
      case 264: // double
        count += N_DOUBLE;
        p.next();
        continue;
      case 322: // __int128
        count += N_INT128;
        p.next();
        continue;
      case 323: // __int128_t
      case 324: // __uint128_t
        other = p.kind === 323 ? INT128 : UINT128;
        count += N_OTHER;
        p.next();
        continue;
      case 325: // __builtin_va_list
        other = VOID_PTR;
        count += N_OTHER;
        p.next();
        continue;
      case 294: // _Complex
      case 339: // _BitInt
        p.fail("C407", `'${p.text()}' is not supported: eBPF has integers of 8 to 64 bits`);
        break;
      case 282: // struct
      case 285: // union
        other = p.grammar.record(p);
        spec.tagged = true;
        count += N_OTHER;
        continue;
      case 266: // enum
        other = p.grammar.enumeration(p);
        spec.tagged = true;
        count += N_OTHER;
        continue;
      case 304: // typeof
      case 305:
      case 306:
      case 307: // __typeof_unqual__
        other = typeofType(p);
        count += N_OTHER;
        continue;
      case 308: // __auto_type
        spec.auto = true;
        count += N_OTHER;
        other = INT;
        p.next();
        continue;
      default:
        break;
    }
    break;
  }
  let type = count === N_OTHER ? other : WORDS.get(count);
  if (type === undefined) {
    if (count === 0) type = missingType(p, spec);
    else {
      p.error("C105", "these type specifiers do not go together", spec.loc);
      type = other ?? INT;
    }
  }
  if (sink.mode !== undefined) type = modeType(type, sink.mode);
  if (quals !== 0) type = qualified(type, quals);
  if (sink.typeTags.length > 0 || sink.addressSpace !== 0) type = taggedType(type, sink);
  spec.type = type;
  return spec;
}

function missingType(p: Parser, spec: Specifiers): CType {
  if (p.is(IDENT)) {
    const name = p.name(p.val);
    const known = p.lookup(p.val);
    const next = p.peek();
    // `foo x`, `foo *x`: foo was meant as a type
    if (known === undefined && (next === IDENT || next === 42)) {
      const tag = p.lookupTag(p.val);
      const near = tag === undefined ? similar(name, p.unit.typedefs.keys()) : undefined;
      p.error(
        "C200",
        `unknown type name '${name}'${near === undefined ? "" : `; did you mean '${near}'?`}`,
        p.loc,
        tag !== undefined
          ? {
              fix: {
                message: `write '${tag.kind === "enum" ? "enum" : tag.union ? "union" : "struct"} ${name}'`,
                text: tag.kind === "enum" ? "enum " : tag.union ? "union " : "struct ",
                insert: true,
              },
            }
          : near !== undefined
            ? { fix: { message: `use '${near}'`, text: near } }
            : typeHelp(name),
      );
      p.next();
      return INT;
    }
  }
  if (spec.storage === "none" && !spec.inline && !spec.sink.any)
    p.fail("C106", `expected a type, not '${p.text()}'`, typeHelp(p.text()));
  p.error("C106", "a type specifier is missing (C has no implicit int)", p.loc, typeHelp(p.text()));
  return INT;
}

/** Macros that a program without its headers takes for names. */
const HELPERS_H =
  /^(SEC|__uint|__type|__array|__ulong|__always_inline|__noinline|__weak|__hidden|__ksym|__kconfig|__kptr|__arg_\w+)$/;

function typeHelp(name: string): { help?: string } {
  if (HELPERS_H.test(name)) return { help: `include <bpf/bpf_helpers.h>: ${name} is a macro of it` };
  if (/^(__)?[usb]e?(8|16|32|64)$|^__[bl]e(16|32|64)$/.test(name))
    return { help: 'include "vmlinux.h" or <linux/types.h>' };
  if (/^u?int(8|16|32|64)_t$/.test(name)) return { help: "include <stdint.h>, or write __u32 and the like" };
  if (name === "bool") return { help: 'include "vmlinux.h" or <stdbool.h>, or write _Bool' };
  if (name === "size_t") return { help: "include <stddef.h>" };
  return {};
}

function alignas(p: Parser, spec: Specifiers): void {
  const { loc } = p;
  p.next();
  p.expect(40, "after '_Alignas'");
  const bytes = p.grammar.startsType(p) ? BigInt(alignOf(p.grammar.typeName(p))) : constantInt(p, "the alignment");
  p.expect(41, "after the alignment");
  spec.sink.any = true;
  if (bytes !== undefined) setAligned(p, spec.sink.attrs, bytes, loc);
}

/** `typeof(expr)`, `typeof(type)`: the operand is not evaluated and keeps its qualifiers. */
function typeofType(p: Parser): CType {
  const unqual = p.kind === 307;
  p.next();
  p.expect(40, "after 'typeof'");
  p.enter();
  let type: CType;
  if (p.grammar.startsType(p)) type = p.grammar.typeName(p);
  else {
    p.unevaluated++;
    const e = p.grammar.expr(p);
    p.unevaluated--;
    type = e.kind === "func" ? e.decl.type : e.type;
  }
  p.leave();
  p.expect(41, "after the operand of 'typeof'");
  return unqual ? bare(type) : type;
}

function modeType(type: CType, mode: string): CType {
  const signed = intOf(type)?.signed ?? true;
  const rows: Readonly<Record<string, readonly [IntType, IntType]>> = {
    QI: [SCHAR, UCHAR],
    byte: [SCHAR, UCHAR],
    HI: [SHORT, USHORT],
    SI: [INT, UINT],
    DI: [LONG, ULONG],
    word: [LONG, ULONG],
    pointer: [LONG, ULONG],
    TI: [INT128, UINT128],
  };
  const row = rows[mode];
  return row === undefined ? type : signed ? row[0] : row[1];
}
