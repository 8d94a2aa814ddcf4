/**
 * C types for the BPF target: LP64, little-endian, as clang-19 `-target bpf` lays them out.
 * Sugar (typedef, qualifiers, tags) is kept, because BTF shows it; `bare()` strips it.
 * Records and enums have identity: compare them with ===. Everything else compares with `sameType`.
 * Source: C11 6.2.5, 6.7; clang's BPF target info.
 */
import type { Expr } from "./ast.ts";

/** A place in the sources; see SourceMap in source.ts. 0 is "nowhere" (built in). */
export type Loc = number;

export interface VoidType {
  readonly kind: "void";
}

export interface IntType {
  readonly kind: "int";
  /** As clang writes it in BTF: "unsigned int", "long", "char", "_Bool", "__int128". */
  readonly name: string;
  /** Bytes: 1, 2, 4, 8 or 16. */
  readonly size: number;
  readonly signed: boolean;
  /** C11 6.3.1.1: 0 _Bool, 1 char, 2 short, 3 int, 4 long, 5 long long, 6 __int128. */
  readonly rank: number;
}

/** Parsed and folded, never computed at run time: eBPF has no floating point. */
export interface FloatType {
  readonly kind: "float";
  readonly name: "float" | "double" | "long double";
  readonly size: number;
}

export interface PtrType {
  readonly kind: "ptr";
  /** Address space and btf_type_tag sit on the pointee's sugar. */
  readonly to: CType;
}

export interface ArrayType {
  readonly kind: "array";
  readonly of: CType;
  /** Elements; -1 where incomplete (`int a[]`, a flexible array member). */
  readonly count: number;
  /** The length where it is not constant (an error was reported unless the array is never laid out). */
  readonly vla?: Expr;
}

export interface FuncType {
  readonly kind: "func";
  readonly ret: CType;
  /** After adjustment: no arrays, no functions. */
  readonly params: readonly CType[];
  readonly paramNames: readonly string[];
  readonly variadic: boolean;
  /** `()`: no prototype. */
  readonly unspecified: boolean;
}

export interface Field {
  /** "" for an anonymous struct or union member, and for an unnamed bit-field. */
  readonly name: string;
  readonly type: CType;
  /** -1 where the member is no bit-field. 0-width ones are not listed. */
  readonly bitWidth: number;
  /**
   * From the start of the record, in bits; set by layout. A bit-field's value lies in bits
   * [bitOff, bitOff + bitWidth) of the little-endian record.
   */
  bitOff: number;
  /** Position in `record.fields`, the index that CO-RE access strings use. */
  readonly index: number;
  readonly attrs: Attrs | undefined;
  readonly loc: Loc;
}

export interface RecordType {
  readonly kind: "record";
  readonly union: boolean;
  /** "" where anonymous. */
  readonly name: string;
  /** Undefined while only declared. Call `complete()` first: a definition may be waiting to be read. */
  fields: readonly Field[] | undefined;
  /** Bytes; valid once complete. */
  size: number;
  align: number;
  packed: boolean;
  /** `__attribute__((preserve_access_index))`: member accesses are CO-RE relocated. */
  preserveAccessIndex: boolean;
  attrs: Attrs | undefined;
  loc: Loc;
  /** Reads the definition that an include answered lazily; undefined once read. */
  pending: (() => void) | undefined;
  /** Direct and nested (through anonymous members) names; made on the first look-up. */
  byName: Map<string, readonly Field[]> | undefined;
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
  readonly owner: EnumType;
  readonly loc: Loc;
}

export interface EnumType {
  readonly kind: "enum";
  readonly name: string;
  /** Undefined while only declared. */
  constants: readonly Enumerator[] | undefined;
  /** clang: unsigned int unless a value is negative; 8 bytes where a value needs them. */
  underlying: IntType;
  attrs: Attrs | undefined;
  loc: Loc;
  pending: (() => void) | undefined;
}

export interface TypedefType {
  readonly kind: "typedef";
  readonly name: string;
  readonly type: CType;
  readonly attrs: Attrs | undefined;
  readonly loc: Loc;
  /** Of the typedef itself (`aligned` on a typedef), 0 where it says none. */
  readonly align: number;
}

/** const, volatile, restrict, _Atomic, an address space. */
export interface QualType {
  readonly kind: "qual";
  /** Bits CONST, VOLATILE, RESTRICT, ATOMIC. */
  readonly quals: number;
  /** 0, or `address_space(N)` (1 is the arena). */
  readonly addressSpace: number;
  readonly type: CType;
}

/** `btf_type_tag("name")`: BTF's TYPE_TAG between a pointer and what it points to. */
export interface TagType {
  readonly kind: "tag";
  readonly name: string;
  readonly type: CType;
}

export type CType =
  | VoidType
  | IntType
  | FloatType
  | PtrType
  | ArrayType
  | FuncType
  | RecordType
  | EnumType
  | TypedefType
  | QualType
  | TagType;

/** A type without sugar on top. */
export type BareType = Exclude<CType, TypedefType | QualType | TagType>;

export const CONST = 1;
export const VOLATILE = 2;
export const RESTRICT = 4;
export const ATOMIC = 8;

/** Attributes of a declaration, a field or a record. Absent means not given. */
export interface Attrs {
  section?: string;
  alwaysInline?: true;
  noinline?: true;
  weak?: true;
  packed?: true;
  /** Bytes. */
  aligned?: number;
  preserveAccessIndex?: true;
  declTags?: string[];
  unused?: true;
  used?: true;
  hidden?: true;
  noreturn?: true;
  fallthrough?: true;
  naked?: true;
  transparentUnion?: true;
  /** Name of the function that runs with the variable's address at the end of its scope. */
  cleanup?: string;
  /** `bpf_fastcall`, and kfunc prototypes in vmlinux.h. */
  bpfFastcall?: true;
  /** `asm("name")` after a declarator. */
  asmName?: string;
  alias?: string;
  error?: string;
  warning?: string;
  deprecated?: string;
}

const int = (name: string, size: number, signed: boolean, rank: number): IntType => ({
  kind: "int",
  name,
  size,
  signed,
  rank,
});

export const VOID: VoidType = { kind: "void" };
export const BOOL: IntType = int("_Bool", 1, false, 0);
export const CHAR: IntType = int("char", 1, true, 1);
export const SCHAR: IntType = int("signed char", 1, true, 1);
export const UCHAR: IntType = int("unsigned char", 1, false, 1);
export const SHORT: IntType = int("short", 2, true, 2);
export const USHORT: IntType = int("unsigned short", 2, false, 2);
export const INT: IntType = int("int", 4, true, 3);
export const UINT: IntType = int("unsigned int", 4, false, 3);
export const LONG: IntType = int("long", 8, true, 4);
export const ULONG: IntType = int("unsigned long", 8, false, 4);
export const LLONG: IntType = int("long long", 8, true, 5);
export const ULLONG: IntType = int("unsigned long long", 8, false, 5);
export const INT128: IntType = int("__int128", 16, true, 6);
export const UINT128: IntType = int("unsigned __int128", 16, false, 6);
export const FLOAT: FloatType = { kind: "float", name: "float", size: 4 };
export const DOUBLE: FloatType = { kind: "float", name: "double", size: 8 };
export const LDOUBLE: FloatType = { kind: "float", name: "long double", size: 8 };
export const VOID_PTR: PtrType = { kind: "ptr", to: VOID };

/** Strips typedefs, qualifiers and tags. */
export function bare(type: CType): BareType {
  let t = type;
  while (t.kind === "typedef" || t.kind === "qual" || t.kind === "tag") t = t.type;
  return t;
}

/** Qualifier bits of the type, through typedefs. An array has its element's. */
export function qualsOf(type: CType): number {
  let bits = 0;
  let t = type;
  for (;;) {
    if (t.kind === "qual") bits |= t.quals;
    if (t.kind === "typedef" || t.kind === "qual" || t.kind === "tag") t = t.type;
    else if (t.kind === "array") t = t.of;
    else return bits;
  }
}

export function addressSpaceOf(type: CType): number {
  let t = type;
  for (;;) {
    if (t.kind === "qual" && t.addressSpace !== 0) return t.addressSpace;
    if (t.kind === "typedef" || t.kind === "qual" || t.kind === "tag") t = t.type;
    else if (t.kind === "array") t = t.of;
    else return 0;
  }
}

/** The type of a value: top-level qualifiers gone; a typedef stays unless it hides one. */
export function unqualified(type: CType): CType {
  let t = type;
  while (t.kind === "qual") t = t.type;
  if (t.kind === "typedef" && qualsOf(t.type) !== 0) return unqualified(t.type);
  return t;
}

export function qualified(type: CType, quals: number, addressSpace = 0): CType {
  if (quals === 0 && addressSpace === 0) return type;
  if (type.kind === "qual") {
    const all = type.quals | quals;
    const space = addressSpace === 0 ? type.addressSpace : addressSpace;
    return all === type.quals && space === type.addressSpace
      ? type
      : { kind: "qual", quals: all, addressSpace: space, type: type.type };
  }
  return { kind: "qual", quals, addressSpace, type };
}

export const pointerTo = (to: CType): PtrType => ({ kind: "ptr", to });
export const arrayOf = (of: CType, count: number): ArrayType => ({ kind: "array", of, count });

/** Reads a waiting definition; tells whether the record or enum is defined. */
export function complete(type: RecordType | EnumType): boolean {
  const read = type.pending;
  if (read !== undefined) {
    type.pending = undefined;
    read();
  }
  return type.kind === "record" ? type.fields !== undefined : type.constants !== undefined;
}

/** The members that lead to `name`, outermost first (anonymous structs and unions on the way); undefined where none. */
export function findField(record: RecordType, name: string): readonly Field[] | undefined {
  if (!complete(record)) return undefined;
  record.byName ??= namesIn(record);
  return record.byName.get(name);
}

function namesIn(record: RecordType): Map<string, readonly Field[]> {
  const names = new Map<string, readonly Field[]>();
  for (const field of record.fields!) {
    if (field.name !== "") {
      names.set(field.name, [field]);
      continue;
    }
    const inner = bare(field.type);
    if (inner.kind !== "record" || !complete(inner)) continue;
    inner.byName ??= namesIn(inner);
    for (const [name, path] of inner.byName) if (!names.has(name)) names.set(name, [field, ...path]);
  }
  return names;
}

/** Bytes; 0 for void, functions and incomplete types (sema has complained where that matters). */
export function sizeOf(type: CType): number {
  const t = bare(type);
  switch (t.kind) {
    case "void":
    case "func":
      return 0;
    case "int":
    case "float":
      return t.size;
    case "ptr":
      return 8;
    case "array":
      return t.count < 0 ? 0 : t.count * sizeOf(t.of);
    case "record":
      complete(t);
      return t.size;
    case "enum":
      complete(t);
      return t.underlying.size;
  }
}

/** Bytes, a power of two. */
export function alignOf(type: CType): number {
  let t = type;
  while (t.kind === "typedef" || t.kind === "qual" || t.kind === "tag") {
    if (t.kind === "typedef" && t.align !== 0) return t.align;
    t = t.type;
  }
  switch (t.kind) {
    case "void":
    case "func":
      return 1;
    case "int":
    case "float":
      return t.size;
    case "ptr":
      return 8;
    case "array":
      return alignOf(t.of);
    case "record":
      complete(t);
      return t.align;
    case "enum":
      complete(t);
      return t.underlying.size;
  }
}

/** The integer type that holds values of an integer or enum type; undefined for others. */
export function intOf(type: CType): IntType | undefined {
  const t = bare(type);
  if (t.kind === "int") return t;
  if (t.kind !== "enum") return undefined;
  complete(t);
  return t.underlying;
}

/** Wraps a value into an integer type: two's complement, canonical (sign- or zero-extended). */
export function wrapInt(value: bigint, type: IntType): bigint {
  if (type.rank === 0) return value === 0n ? 0n : 1n;
  return type.signed ? BigInt.asIntN(type.size * 8, value) : BigInt.asUintN(type.size * 8, value);
}
