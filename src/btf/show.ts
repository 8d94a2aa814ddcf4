/**
 * Typed values for people and for JSON: addresses as addresses, structs by field, pointers in hex.
 *
 *     { saddr: 192.0.2.7, port: 443, state: OPEN, bytes: 1500, comm: "curl" }
 *
 * What counts as an address is decided by the type where that says so (struct in_addr, in6_addr) and else by shape and
 * name together; ADDRESS_ROWS is the whole rule. A `name` that the caller knows (of a map, say) stands for a value that
 * has no member name of its own.
 */
import { toHex } from "../base/bytes.ts";
import type { BtfType, BtfView } from "./types.ts";
import { type BtfValue, bareType, codecOf, isChar } from "./value.ts";

export interface ShowOptions {
  /** What the value is called, for the address rules. */
  readonly name?: string;
  /** Array elements and bytes shown before "... n more"; 64 by default. */
  readonly maxItems?: number;
}

/** Decodes and formats. Throws what the codec throws. */
export function showBytes(btf: BtfView, typeId: number, bytes: Uint8Array, options: ShowOptions = {}): string {
  return showValue(btf, typeId, codecOf(btf, typeId).decode(bytes), options);
}

/** One line for a decoded value. */
export function showValue(btf: BtfView, typeId: number, value: BtfValue, options: ShowOptions = {}): string {
  return show({ btf, maxItems: options.maxItems ?? 64 }, typeId, value, options.name ?? "");
}

export type JsonValue = number | string | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/** JSON form: bigint as a number where that is exact and as a decimal string beyond 2^53, bytes as hex digits. */
export function jsonOf(value: BtfValue): JsonValue {
  if (typeof value === "bigint") {
    const exact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
    return exact ? Number(value) : value.toString();
  }
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, jsonOf(item)]));
  }
  return value;
}

type Shape = "u32" | "be32" | "bytes4" | "bytes6" | "bytes16" | "words4" | "bewords4";
type Form = "ipv4" | "ipv6" | "mac";

/** The last word of a name says what it is: "saddr", "dst_ip", "addr6", "blocked_ips"; or it begins so: "ip_src". */
const IP_NAME =
  /(^|[_.\d])((s|d|src|dst|local|remote|peer|next|client|server)?(ip|addr|address|gw|gateway|nexthop)s?|ip(v?[46])?_(src|dst|addr|local|remote))(_?v?[46])?$/i;
const MAC_NAME = /(^|[_.\d])(([sd]|src|dst)?(mac|hwaddr|hw|lladdr|eth|ether|addr)s?|dest|source|dst|src)$/i;

/**
 * A value of that shape whose name matches is written in that form. A plain u32 or u32[4] holds the packet's bytes in
 * the packet's order, so it is written byte by byte; __be32 has been brought to host order by decoding.
 */
export const ADDRESS_ROWS: readonly { readonly shape: Shape; readonly name: RegExp; readonly form: Form }[] = [
  { shape: "be32", name: IP_NAME, form: "ipv4" },
  { shape: "u32", name: IP_NAME, form: "ipv4" },
  { shape: "bytes4", name: IP_NAME, form: "ipv4" },
  { shape: "bytes6", name: MAC_NAME, form: "mac" },
  { shape: "bytes16", name: IP_NAME, form: "ipv6" },
  { shape: "words4", name: IP_NAME, form: "ipv6" },
  { shape: "bewords4", name: IP_NAME, form: "ipv6" },
];

interface Context {
  readonly btf: BtfView;
  readonly maxItems: number;
}

function show(context: Context, typeId: number, value: BtfValue, name: string): string {
  const { btf } = context;
  const { type, bigEndian } = bareType(btf, typeId);
  const address = addressOf(btf, type, bigEndian, value, name);
  if (address !== null) return address;
  switch (type.kind) {
    case "ptr":
      return typeof value === "bigint" ? `0x${value.toString(16)}` : String(value);
    case "array":
      return showArray(context, type.typeId, value, name);
    case "struct":
    case "union":
      return braced(fieldsOf(context, type, value));
    case "datasec":
      return braced(
        type.vars.map((entry) => {
          const field = btf.type(entry.typeId).name;
          return `${field}: ${show(context, entry.typeId, member(value, field), field)}`;
        }),
      );
    default:
      return typeof value === "object" && value !== null ? JSON.stringify(jsonOf(value)) : String(value);
  }
}

/** Members in order; of a union whose members are anonymous or many, all of them. */
function fieldsOf(context: Context, type: BtfType, value: BtfValue): string[] {
  if (type.kind !== "struct" && type.kind !== "union") return [];
  const out: string[] = [];
  for (const field of type.members) {
    if (field.name === "") {
      out.push(...fieldsOf(context, bareType(context.btf, field.typeId).type, value));
    } else {
      const inner = member(value, field.name);
      out.push(`${field.name}: ${field.bitSize > 0 ? String(inner) : show(context, field.typeId, inner, field.name)}`);
    }
  }
  return out;
}

function showArray(context: Context, elementId: number, value: BtfValue, name: string): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) {
    const shown = value.subarray(0, context.maxItems);
    const more = value.length - shown.length;
    return `${toHex(shown)}${more > 0 ? ` ... ${more} more` : ""}`;
  }
  if (!Array.isArray(value)) return String(value);
  const shown = value.slice(0, context.maxItems).map((item) => show(context, elementId, item, name));
  if (value.length > shown.length) shown.push(`... ${value.length - shown.length} more`);
  return `[${shown.join(", ")}]`;
}

function braced(fields: readonly string[]): string {
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function member(value: BtfValue, name: string): BtfValue {
  if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Uint8Array) return null;
  return Object.hasOwn(value, name) ? value[name]! : null;
}

function addressOf(btf: BtfView, type: BtfType, bigEndian: boolean, value: BtfValue, name: string): string | null {
  if (type.kind === "struct" && type.name === "in_addr") {
    const inner = member(value, "s_addr");
    return typeof inner === "number" ? ipv4(hostWord(inner)) : null;
  }
  if (type.kind === "struct" && type.name === "in6_addr") {
    const bytes = bytesWithin(value);
    return bytes === null ? null : ipv6(bytes);
  }
  const only = type.kind === "struct" && type.members.length === 1 ? type.members[0]! : null;
  if (only !== null && type.kind === "struct") {
    // A struct around one address, named as one by its member, by its own name or by what holds it.
    const inner = bareType(btf, only.typeId);
    const held = member(value, only.name);
    for (const hint of [only.name, type.name, name]) {
      const address =
        shapeOf(btf, inner.type, inner.bigEndian) && addressOf(btf, inner.type, inner.bigEndian, held, hint);
      if (address) return address;
    }
    return null;
  }
  const shape = shapeOf(btf, type, bigEndian);
  if (shape === null) return null;
  const row = ADDRESS_ROWS.find((candidate) => candidate.shape === shape && candidate.name.test(name));
  if (row === undefined) return null;
  const bytes = addressBytes(shape, value);
  if (bytes === null) return null;
  return row.form === "ipv4" ? ipv4(bytes) : row.form === "ipv6" ? ipv6(bytes) : mac(bytes);
}

function shapeOf(btf: BtfView, type: BtfType, bigEndian: boolean): Shape | null {
  if (type.kind === "int" && type.sizeBytes === 4 && !type.signed) return bigEndian ? "be32" : "u32";
  if (type.kind !== "array") return null;
  const element = bareType(btf, type.typeId);
  if (element.type.kind !== "int" || element.type.signed || isChar(element.type)) return null;
  if (element.type.sizeBytes === 1) {
    return type.nelems === 4 ? "bytes4" : type.nelems === 6 ? "bytes6" : type.nelems === 16 ? "bytes16" : null;
  }
  if (element.type.sizeBytes !== 4 || type.nelems !== 4) return null;
  return element.bigEndian ? "bewords4" : "words4";
}

function addressBytes(shape: Shape, value: BtfValue): Uint8Array | null {
  switch (shape) {
    case "u32":
      return typeof value === "number" ? memoryWord(value) : null;
    case "be32":
      return typeof value === "number" ? hostWord(value) : null;
    case "words4":
    case "bewords4": {
      if (!Array.isArray(value) || value.length !== 4) return null;
      const bytes = new Uint8Array(16);
      for (let i = 0; i < 4; i++) {
        const word = value[i];
        if (typeof word !== "number") return null;
        bytes.set(shape === "words4" ? memoryWord(word) : hostWord(word), 4 * i);
      }
      return bytes;
    }
    default:
      return value instanceof Uint8Array ? value : null;
  }
}

function hostWord(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function memoryWord(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** The first 16 bytes that a decoded in6_addr holds as bytes. */
function bytesWithin(value: BtfValue): Uint8Array | null {
  if (value instanceof Uint8Array) return value.length === 16 ? value : null;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  for (const inner of Object.values(value)) {
    const found = bytesWithin(inner);
    if (found !== null) return found;
  }
  return null;
}

export function ipv4(bytes: Uint8Array): string {
  return bytes.join(".");
}

export function mac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** RFC 5952: lower case, no leading zeros, the longest run of zeros as "::", mapped IPv4 in dots. */
export function ipv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  if (words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff) {
    return `::ffff:${ipv4(bytes.subarray(12, 16))}`;
  }
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  const hex = (list: readonly number[]): string => list.map((word) => word.toString(16)).join(":");
  return start < 0 ? hex(words) : `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`;
}
