/**
 * BTF's type graph as data. A type is named by its id within one `Btf`; id 0 is void.
 * Source: Documentation/bpf/btf.rst, include/uapi/linux/btf.h.
 */

export interface BtfMember {
  readonly name: string;
  readonly typeId: number;
  /** From the start of the struct. */
  readonly bitOff: number;
  /** 0 where the member is no bit-field. */
  readonly bitSize: number;
}

export interface BtfEnumerator {
  readonly name: string;
  /** Sign-extended for signed enums, zero-extended otherwise. */
  readonly value: bigint;
}

export interface BtfParam {
  readonly name: string;
  /** 0 with an empty name in the last place means "...". */
  readonly typeId: number;
}

export interface BtfDatasecVar {
  readonly typeId: number;
  readonly offBytes: number;
  readonly sizeBytes: number;
}

export interface BtfInt {
  readonly kind: "int";
  readonly name: string;
  readonly sizeBytes: number;
  readonly bits: number;
  readonly bitOff: number;
  readonly signed: boolean;
  readonly char: boolean;
  readonly bool: boolean;
}
export interface BtfComposite {
  readonly kind: "struct" | "union";
  readonly name: string;
  readonly sizeBytes: number;
  readonly members: readonly BtfMember[];
}
export interface BtfEnum {
  readonly kind: "enum" | "enum64";
  readonly name: string;
  readonly sizeBytes: number;
  readonly signed: boolean;
  readonly values: readonly BtfEnumerator[];
}
export interface BtfArray {
  readonly kind: "array";
  readonly name: "";
  readonly typeId: number;
  readonly indexTypeId: number;
  readonly nelems: number;
}
/** Kinds that only point on. `name` is empty except for typedef and type_tag. */
export interface BtfRef {
  readonly kind: "ptr" | "typedef" | "volatile" | "const" | "restrict" | "type_tag";
  readonly name: string;
  readonly typeId: number;
  /** type_tag with the kind flag: the name is an attribute of its own, no btf_type_tag (since 6.14). */
  readonly attr?: true;
}
export interface BtfFwd {
  readonly kind: "fwd";
  readonly name: string;
  readonly union: boolean;
}
export interface BtfFunc {
  readonly kind: "func";
  readonly name: string;
  readonly typeId: number;
  readonly linkage: "static" | "global" | "extern";
}
export interface BtfFuncProto {
  readonly kind: "func_proto";
  readonly name: "";
  readonly retTypeId: number;
  readonly params: readonly BtfParam[];
}
export interface BtfVar {
  readonly kind: "var";
  readonly name: string;
  readonly typeId: number;
  readonly linkage: "static" | "global" | "extern";
}
export interface BtfDatasec {
  readonly kind: "datasec";
  readonly name: string;
  readonly sizeBytes: number;
  readonly vars: readonly BtfDatasecVar[];
}
export interface BtfFloat {
  readonly kind: "float";
  readonly name: string;
  readonly sizeBytes: number;
}
export interface BtfDeclTag {
  readonly kind: "decl_tag";
  readonly name: string;
  readonly typeId: number;
  /** Member or parameter index, or -1 for the type itself. */
  readonly componentIdx: number;
  /** With the kind flag: the name is an attribute of its own, no btf_decl_tag (since 6.14). */
  readonly attr?: true;
}
export interface BtfVoid {
  readonly kind: "void";
  readonly name: "";
}

export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfComposite
  | BtfEnum
  | BtfArray
  | BtfRef
  | BtfFwd
  | BtfFunc
  | BtfFuncProto
  | BtfVar
  | BtfDatasec
  | BtfFloat
  | BtfDeclTag;

export type BtfKind = BtfType["kind"];

/** Read access to a type graph. `class Btf` in btf.ts implements it over raw bytes, decoding lazily. */
export interface BtfView {
  /** Number of types, void included: valid ids are 0..length-1. */
  readonly length: number;
  /** Throws "btf/type-id" for an id out of range. */
  type(id: number): BtfType;
  /** Id of the first type of that name and kind (any kind if omitted), or 0. Anonymous types are never found. */
  find(name: string, kind?: BtfKind): number;
  /** All ids of that exact name, ascending. */
  findAll(name: string, kind?: BtfKind): readonly number[];
  /** All ids whose name without a flavour ("task_struct___old" is "task_struct") is `name`, ascending. */
  findEssential(name: string): readonly number[];
  /** Skips typedef, const, volatile, restrict and type_tag. */
  skipMods(id: number): number;
  /** Size in bytes of a complete type; throws "btf/size" where there is none (void, func, fwd). */
  sizeOf(id: number): number;
  /** The raw .BTF bytes, as BPF_BTF_LOAD takes them. */
  readonly raw: Uint8Array;
  /** True where a kernel has types that are not here: see partial.ts. */
  readonly partial?: boolean;
}
