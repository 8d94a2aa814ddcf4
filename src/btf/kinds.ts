/**
 * Kinds of BTF and how long each one's record is. A type is three words {name_off, info, size or type} and, after them,
 * `EXTRA_WORDS[kind] + vlen * ITEM_WORDS[kind]` more:
 *
 *     info   31     28..24   15..0
 *            kflag  kind     vlen
 *
 * Source: Documentation/bpf/btf.rst, include/uapi/linux/btf.h.
 */
import type { BtfKind } from "./types.ts";

export const BTF_MAGIC = 0xeb9f;
export const BTF_VERSION = 1;
export const BTF_HEADER_BYTES = 24;
/** Ids and depths the kernel and libbpf refuse beyond. */
export const BTF_MAX_VLEN = 0xffff;
export const MAX_RESOLVE_DEPTH = 32;

export const BTF_KIND_INT = 1;
export const BTF_KIND_PTR = 2;
export const BTF_KIND_ARRAY = 3;
export const BTF_KIND_STRUCT = 4;
export const BTF_KIND_UNION = 5;
export const BTF_KIND_ENUM = 6;
export const BTF_KIND_FWD = 7;
export const BTF_KIND_TYPEDEF = 8;
export const BTF_KIND_VOLATILE = 9;
export const BTF_KIND_CONST = 10;
export const BTF_KIND_RESTRICT = 11;
export const BTF_KIND_FUNC = 12;
export const BTF_KIND_FUNC_PROTO = 13;
export const BTF_KIND_VAR = 14;
export const BTF_KIND_DATASEC = 15;
export const BTF_KIND_FLOAT = 16;
export const BTF_KIND_DECL_TAG = 17;
export const BTF_KIND_TYPE_TAG = 18;
export const BTF_KIND_ENUM64 = 19;

export const BTF_INT_SIGNED = 1;
export const BTF_INT_CHAR = 2;
export const BTF_INT_BOOL = 4;

interface KindRow {
  readonly kind: BtfKind;
  readonly extraWords: number;
  readonly itemWords: number;
}

/** By kind number. */
export const KINDS: readonly KindRow[] = [
  { kind: "void", extraWords: 0, itemWords: 0 },
  { kind: "int", extraWords: 1, itemWords: 0 },
  { kind: "ptr", extraWords: 0, itemWords: 0 },
  { kind: "array", extraWords: 3, itemWords: 0 },
  { kind: "struct", extraWords: 0, itemWords: 3 },
  { kind: "union", extraWords: 0, itemWords: 3 },
  { kind: "enum", extraWords: 0, itemWords: 2 },
  { kind: "fwd", extraWords: 0, itemWords: 0 },
  { kind: "typedef", extraWords: 0, itemWords: 0 },
  { kind: "volatile", extraWords: 0, itemWords: 0 },
  { kind: "const", extraWords: 0, itemWords: 0 },
  { kind: "restrict", extraWords: 0, itemWords: 0 },
  { kind: "func", extraWords: 0, itemWords: 0 },
  { kind: "func_proto", extraWords: 0, itemWords: 2 },
  { kind: "var", extraWords: 1, itemWords: 0 },
  { kind: "datasec", extraWords: 0, itemWords: 3 },
  { kind: "float", extraWords: 0, itemWords: 0 },
  { kind: "decl_tag", extraWords: 1, itemWords: 0 },
  { kind: "type_tag", extraWords: 0, itemWords: 0 },
  { kind: "enum64", extraWords: 0, itemWords: 3 },
];

export const EXTRA_WORDS: Uint8Array = Uint8Array.from(KINDS, (row) => row.extraWords);
export const ITEM_WORDS: Uint8Array = Uint8Array.from(KINDS, (row) => row.itemWords);

export function kindNumber(kind: BtfKind): number {
  return KINDS.findIndex((row) => row.kind === kind);
}
