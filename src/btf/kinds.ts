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

const NUMBERS: ReadonlyMap<BtfKind, number> = new Map(KINDS.map((row, i) => [row.kind, i]));

export function kindNumber(kind: BtfKind): number {
  return NUMBERS.get(kind)!;
}
