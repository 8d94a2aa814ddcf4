/**
 * BTF for kernels that do not know all of its kinds: what is not known becomes something of the same length that is, so that
 * type ids and offsets stay. Programs then load with their types, or at least with most of them.
 *
 *     kind         since   becomes                             kind        since   becomes
 *     func         5.0     typedef (func_proto: enum)          decl_tag    5.16    int of 1 byte
 *     var          5.2     int of 1 byte                       type_tag    5.17    const
 *     datasec      5.2     struct with the variables           enum64      6.0     union with the names
 *     func global  5.6     func static                         enum kflag  6.0     enum without the sign
 *     float        5.13    struct without members              "?" names   6.12    "_" (datasec only)
 *
 * Source: tools/lib/bpf/libbpf.c bpf_object__sanitize_btf(), kernel/bpf/btf.c of these versions.
 */
import { viewOf } from "../base/bytes.ts";
import { BTF_HEADER_BYTES, EXTRA_WORDS, ITEM_WORDS } from "../btf/kinds.ts";

export type BtfFeature =
  | "func"
  | "datasec"
  | "func_global"
  | "float"
  | "decl_tag"
  | "type_tag"
  | "enum64"
  | "qmark_datasec";

const INT = 1;
const STRUCT = 4;
const UNION = 5;
const ENUM = 6;
const TYPEDEF = 8;
const CONST = 10;
const FUNC = 12;
const FUNC_PROTO = 13;
const VAR = 14;
const DATASEC = 15;
const FLOAT = 16;
const DECL_TAG = 17;
const TYPE_TAG = 18;
const ENUM64 = 19;

const KFLAG = 0x80000000;
const ONE_BYTE_INT = 8;

const info = (kind: number, vlen: number): number => ((kind << 24) | vlen) >>> 0;

/** A copy in which only what `has` says the kernel knows is left. `raw` is well-formed BTF. */
export function fitBtf(raw: Uint8Array, has: (feature: BtfFeature) => boolean): Uint8Array {
  const bytes = raw.slice();
  const view = viewOf(bytes);
  const hdrLen = view.getUint32(4, true);
  const start = hdrLen + view.getUint32(8, true);
  const end = start + view.getUint32(12, true);
  const strings = hdrLen + view.getUint32(16, true);
  const u32 = (at: number): number => view.getUint32(at, true);
  const put = (at: number, value: number): void => view.setUint32(at, value, true);
  const offsets = typeOffsets(view, start, end);
  const oneByteInt = (at: number): void => {
    put(at + 4, info(INT, 0));
    put(at + 8, 1);
    put(at + 12, ONE_BYTE_INT);
  };
  for (const at of offsets) {
    const word = u32(at + 4);
    const kind = (word >>> 24) & 31;
    const vlen = word & 0xffff;
    switch (kind) {
      case VAR:
        if (!has("datasec")) oneByteInt(at);
        break;
      case DECL_TAG:
        if (!has("decl_tag")) oneByteInt(at);
        break;
      case DATASEC:
        if (!has("datasec")) {
          cleanName(bytes, strings + u32(at), /[.?]/);
          put(at + 4, info(STRUCT, vlen));
          // {var, offset, size} -> {name, type, bit offset}; the variable stays as the member's (now 1-byte int) type.
          for (let i = 0, item = at + 12; i < vlen; i++, item += 12) {
            const variable = u32(item);
            const offset = u32(item + 4);
            put(item, u32(offsets[variable - 1] ?? at));
            put(item + 4, variable);
            put(item + 8, 8 * offset);
          }
        } else if (!has("qmark_datasec")) cleanName(bytes, strings + u32(at), /^\?/);
        break;
      case FUNC_PROTO:
        if (has("func")) break;
        put(at + 4, info(ENUM, vlen));
        put(at + 8, 4);
        break;
      case FUNC:
        if (!has("func")) put(at + 4, info(TYPEDEF, 0));
        else if (!has("func_global")) put(at + 4, info(FUNC, 0));
        break;
      case FLOAT:
        if (has("float")) break;
        put(at, 0);
        put(at + 4, info(STRUCT, 0));
        break;
      case TYPE_TAG:
        if (has("type_tag")) break;
        put(at, 0);
        put(at + 4, info(CONST, 0));
        break;
      case ENUM:
        if (!has("enum64")) put(at + 4, word & ~KFLAG);
        break;
      case ENUM64:
        if (!has("enum64")) enumAsUnion(view, at, vlen, offsets);
        break;
    }
  }
  return bytes;
}

/** Members need a type: the object's first int that is not wider than the union. Without one the union is empty. */
function enumAsUnion(view: DataView, at: number, vlen: number, offsets: readonly number[]): void {
  const size = view.getUint32(at + 8, true);
  const member =
    1 +
    offsets.findIndex((each) => {
      const kind = (view.getUint32(each + 4, true) >>> 24) & 31;
      return kind === INT && view.getUint32(each + 8, true) <= size;
    });
  view.setUint32(at + 4, info(UNION, vlen), true);
  for (let i = 0, item = at + 12; i < vlen; i++, item += 12) {
    view.setUint32(item + 4, member, true);
    view.setUint32(item + 8, 0, true);
  }
}

/** Where each type begins: [0] is type 1. */
function typeOffsets(view: DataView, start: number, end: number): number[] {
  const offsets: number[] = [];
  for (let at = start; at + 12 <= end; ) {
    offsets.push(at);
    const word = view.getUint32(at + 4, true);
    const kind = (word >>> 24) & 31;
    at += 4 * (3 + (EXTRA_WORDS[kind] ?? 0) + (word & 0xffff) * (ITEM_WORDS[kind] ?? 0));
  }
  return offsets;
}

/** In place: the string may be shared, but only with the same name. */
function cleanName(bytes: Uint8Array, at: number, bad: RegExp): void {
  for (let i = at; bytes[i] !== 0 && i < bytes.length; i++) {
    const first = i === at;
    if (bad.source.startsWith("^") && !first) return;
    if (bad.test(String.fromCharCode(bytes[i]!))) bytes[i] = 0x5f;
  }
}

/** The least BTF that has a feature: types as words, and strings. The kernel takes it exactly where it knows the feature. */
export const BTF_PROBES: Readonly<Record<BtfFeature, { readonly words: readonly number[]; readonly strings: string }>> =
  {
    // int; func_proto(int a); func
    func: {
      words: [1, 0x01000000, 4, 0x01000020, 0, info(FUNC_PROTO, 1), 0, 5, 1, 5, info(FUNC, 0), 2],
      strings: "\0int\0a\0",
    },
    func_global: {
      words: [1, 0x01000000, 4, 0x01000020, 0, info(FUNC_PROTO, 1), 0, 5, 1, 5, info(FUNC, 1), 2],
      strings: "\0int\0a\0",
    },
    // int; static var x; datasec ".data"
    datasec: {
      words: [1, 0x01000000, 4, 0x01000020, 5, info(VAR, 0), 1, 0, 7, info(DATASEC, 1), 4, 2, 0, 4],
      strings: "\0int\0x\0.data\0",
    },
    qmark_datasec: {
      words: [1, 0x01000000, 4, 0x01000020, 5, info(VAR, 0), 1, 0, 7, info(DATASEC, 1), 4, 2, 0, 4],
      strings: "\0int\0x\0?.foo bar:buz\0",
    },
    float: { words: [1, info(FLOAT, 0), 4], strings: "\0float\0" },
    // int; static var x; decl_tag on it
    decl_tag: {
      words: [1, 0x01000000, 4, 0x01000020, 5, info(VAR, 0), 1, 0, 7, info(DECL_TAG, 0), 2, 0xffffffff],
      strings: "\0int\0x\0tag\0",
    },
    // int; type_tag; ptr to it
    type_tag: {
      words: [1, 0x01000000, 4, 0x01000020, 5, info(TYPE_TAG, 0), 1, 0, info(2, 0), 2],
      strings: "\0int\0tag\0",
    },
    enum64: { words: [1, info(ENUM64, 0), 8], strings: "\0enum64\0" },
  };

/** Header, types, strings. */
export function tinyBtf(words: readonly number[], strings: string): Uint8Array {
  const types = 4 * words.length;
  const bytes = new Uint8Array(BTF_HEADER_BYTES + types + strings.length);
  const view = viewOf(bytes);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  view.setUint32(4, BTF_HEADER_BYTES, true);
  view.setUint32(12, types, true);
  view.setUint32(16, types, true);
  view.setUint32(20, strings.length, true);
  words.forEach((word, i) => {
    view.setUint32(BTF_HEADER_BYTES + 4 * i, word, true);
  });
  for (let i = 0; i < strings.length; i++) bytes[BTF_HEADER_BYTES + types + i] = strings.charCodeAt(i);
  return bytes;
}
