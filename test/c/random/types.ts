/**
 * Integer types as C computes with them on BPF: promotion and the usual arithmetic conversions (C11 6.3.1.1, 6.3.1.8), and
 * constants of a known type.
 */
import type { Rng } from "../../fuzz/rng.ts";

export interface IntType {
  /** As a cast or declaration spells it. */
  readonly name: string;
  readonly bits: 8 | 16 | 32 | 64;
  readonly signed: boolean;
  readonly isBool?: true;
}

const int = (name: string, bits: IntType["bits"], signed: boolean): IntType => ({ name, bits, signed });

export const U8: IntType = int("u8", 8, false);
export const U16: IntType = int("u16", 16, false);
export const U32: IntType = int("u32", 32, false);
export const U64: IntType = int("u64", 64, false);
export const S8: IntType = int("s8", 8, true);
export const S16: IntType = int("s16", 16, true);
export const S32: IntType = int("s32", 32, true);
export const S64: IntType = int("s64", 64, true);
export const INT: IntType = int("int", 32, true);
export const BOOL: IntType = { ...int("bool", 8, false), isBool: true };

export const TYPES: readonly IntType[] = [
  ...[U8, U16, U32, U64, S8, S16, S32, S64, U32, U64, S32, S64, INT, BOOL],
  int("char", 8, true),
  int("unsigned char", 8, false),
  int("short", 16, true),
  int("unsigned short", 16, false),
  int("unsigned", 32, false),
  int("long", 64, true),
  int("unsigned long", 64, false),
  int("long long", 64, true),
];

/** Types whose lvalues atomics and pointers like. */
export const WORDS: readonly IntType[] = [U32, U64];

/** What an operand of this type is computed in. A bit-field narrower than int fits int; a wider one keeps its declared type. */
export function promoted(type: IntType, fieldBits?: number): IntType {
  if (fieldBits !== undefined) {
    if (fieldBits < 32) return INT;
    if (fieldBits === 32) return type.signed ? INT : U32;
    return type;
  }
  return type.bits < 32 ? INT : type;
}

/** Of two promoted types. */
export function common(a: IntType, b: IntType): IntType {
  if (a.bits !== b.bits) return a.bits > b.bits ? a : b;
  return a.signed && !b.signed ? b : a;
}

export interface Constant {
  readonly text: string;
  readonly type: IntType;
}

const EDGES: readonly Constant[] = [
  { text: "0", type: INT },
  { text: "1", type: INT },
  { text: "-1", type: INT },
  { text: "2", type: INT },
  { text: "127", type: INT },
  { text: "128", type: INT },
  { text: "255", type: INT },
  { text: "-128", type: INT },
  { text: "0x8000", type: INT },
  { text: "0xffff", type: INT },
  { text: "0x7fffffff", type: INT },
  { text: "(-0x7fffffff - 1)", type: INT },
  { text: "0x80000000", type: U32 },
  { text: "0xffffffff", type: U32 },
  { text: "4294967295", type: S64 },
  { text: "4294967296", type: S64 },
  { text: "0x80000000LL", type: S64 },
  { text: "-2147483649L", type: S64 },
  { text: "0x7fffffffffffffffLL", type: S64 },
  { text: "0x8000000000000000ULL", type: U64 },
  { text: "0xffffffffffffffff", type: U64 },
  { text: "0xffffffff00000000", type: U64 },
  { text: "'a'", type: INT },
  { text: "'\\xf0'", type: INT },
];

export function constant(r: Rng): Constant {
  switch (r.below(6)) {
    case 0:
    case 1:
      return { text: `${r.below(300)}`, type: INT };
    case 2:
      return r.pick(EDGES);
    case 3:
      return { text: `${r.below(1000)}u`, type: U32 };
    case 4:
      return { text: `0x${r.next().toString(16)}${r.next().toString(16).padStart(8, "0")}ULL`, type: U64 };
    default:
      return { text: `-${1 + r.below(70000)}`, type: INT };
  }
}
