/**
 * Leaves of typed values: integers of any width and byte order, bit-fields, enums, floats, text. Memory is little-endian
 * but for the typedefs __be16, __be32 and __be64, whose values are given in host order.
 */

import { fromUtf8, utf8 } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { bytesFromText } from "./address.ts";
import type { BtfEnum } from "./types.ts";
import type { BtfValue } from "./value.ts";

/** Reads and writes one value at an offset. Offsets and sizes were checked against the bytes before. */
export interface Leaf {
  readonly size: number;
  read(view: DataView, off: number): BtfValue;
  write(view: DataView, off: number, value: unknown): void;
}

export function intLeaf(sizeBytes: number, signed: boolean, bigEndian: boolean): Leaf {
  const little = !bigEndian;
  const bits = sizeBytes * 8;
  switch (sizeBytes) {
    case 1:
      return signed
        ? {
            size: 1,
            read: (view, off) => view.getInt8(off),
            write: (view, off, value) => view.setInt8(off, smallInt(value, bits, true)),
          }
        : {
            size: 1,
            read: (view, off) => view.getUint8(off),
            write: (view, off, value) => view.setUint8(off, smallInt(value, bits, false)),
          };
    case 2:
      return signed
        ? {
            size: 2,
            read: (view, off) => view.getInt16(off, little),
            write: (view, off, value) => view.setInt16(off, smallInt(value, bits, true), little),
          }
        : {
            size: 2,
            read: (view, off) => view.getUint16(off, little),
            write: (view, off, value) => view.setUint16(off, smallInt(value, bits, false), little),
          };
    case 4:
      return signed
        ? {
            size: 4,
            read: (view, off) => view.getInt32(off, little),
            write: (view, off, value) => view.setInt32(off, smallInt(value, bits, true), little),
          }
        : {
            size: 4,
            read: (view, off) => view.getUint32(off, little),
            write: (view, off, value) => view.setUint32(off, smallInt(value, bits, false), little),
          };
    case 8:
      return signed
        ? {
            size: 8,
            read: (view, off) => view.getBigInt64(off, little),
            write: (view, off, value) => view.setBigInt64(off, bigInt(value, bits, true), little),
          }
        : {
            size: 8,
            read: (view, off) => view.getBigUint64(off, little),
            write: (view, off, value) => view.setBigUint64(off, bigInt(value, bits, false), little),
          };
    default:
      return wideLeaf(sizeBytes, signed);
  }
}

/** __int128 and whatever else has no JavaScript view. */
function wideLeaf(sizeBytes: number, signed: boolean): Leaf {
  const bits = sizeBytes * 8;
  return {
    size: sizeBytes,
    read(view, off) {
      let value = 0n;
      for (let i = sizeBytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(off + i));
      return signed ? BigInt.asIntN(bits, value) : value;
    },
    write(view, off, value) {
      let left = BigInt.asUintN(bits, bigInt(value, bits, signed));
      for (let i = 0; i < sizeBytes; i++, left >>= 8n) view.setUint8(off + i, Number(left & 0xffn));
    },
  };
}

/** C's bool: anything but 0 reads as true. */
export function boolLeaf(sizeBytes: number): Leaf {
  return {
    size: sizeBytes,
    read(view, off) {
      for (let i = 0; i < sizeBytes; i++) if (view.getUint8(off + i) !== 0) return true;
      return false;
    },
    write(view, off, value) {
      for (let i = 1; i < sizeBytes; i++) view.setUint8(off + i, 0);
      view.setUint8(off, boolOf(value) ? 1 : 0);
    },
  };
}

export function floatLeaf(sizeBytes: number): Leaf | null {
  if (sizeBytes === 4) {
    return {
      size: 4,
      read: (view, off) => view.getFloat32(off, true),
      write: (view, off, value) => view.setFloat32(off, floatOf(value), true),
    };
  }
  if (sizeBytes !== 8) return null;
  return {
    size: 8,
    read: (view, off) => view.getFloat64(off, true),
    write: (view, off, value) => view.setFloat64(off, floatOf(value), true),
  };
}

/** An enumerator's name where the value has one; the first of several. Takes names and numbers. */
export function enumLeaf(type: BtfEnum, inner: Leaf): Leaf {
  const names = new Map<number | bigint, string>();
  const values = new Map<string, bigint>();
  const wide = type.sizeBytes === 8;
  for (const { name, value } of type.values) {
    const key = wide ? value : Number(value);
    if (!names.has(key)) names.set(key, name);
    if (!values.has(name)) values.set(name, value);
  }
  return {
    size: inner.size,
    read(view, off) {
      const value = inner.read(view, off);
      return names.get(value as number | bigint) ?? value;
    },
    write(view, off, value) {
      inner.write(view, off, typeof value === "string" ? enumerator(type, values, value) : value);
    },
  };
}

function enumerator(type: BtfEnum, values: ReadonlyMap<string, bigint>, name: string): bigint | string {
  const value = values.get(name);
  if (value !== undefined) return value;
  if (NUMERIC.test(name)) return name;
  throw invalid(`"${name}" is no enumerator of enum ${type.name === "" ? "(anonymous)" : type.name}`, {
    advice: `it has ${listed([...values.keys()])}`,
  });
}

/** char[N]: text up to the first NUL. N bytes of text stand without a NUL. */
export function textLeaf(sizeBytes: number): Leaf {
  return {
    size: sizeBytes,
    read(view, off) {
      // Short ASCII, which most of it is, without a decoder.
      let text = "";
      for (let i = 0; i < sizeBytes && i < 64; i++) {
        const byte = view.getUint8(off + i);
        if (byte === 0) return text;
        if (byte > 127) break;
        text += String.fromCharCode(byte);
      }
      if (text.length === sizeBytes) return text;
      const bytes = new Uint8Array(view.buffer, view.byteOffset + off, sizeBytes);
      const end = bytes.indexOf(0);
      return utf8(end < 0 ? bytes : bytes.subarray(0, end));
    },
    write(view, off, value) {
      const bytes = typeof value === "string" ? fromUtf8(value) : value;
      if (!(bytes instanceof Uint8Array)) throw invalid(`${describe(value)} where text is needed`);
      fill(view, off, sizeBytes, bytes, "text");
    },
  };
}

/** Bytes as they are: unsigned char[N], and types that have no better form. */
export function bytesLeaf(sizeBytes: number): Leaf {
  return {
    size: sizeBytes,
    read: (view, off) => new Uint8Array(view.buffer, view.byteOffset + off, sizeBytes).slice(),
    write(view, off, value) {
      if (value instanceof Uint8Array) return fill(view, off, sizeBytes, value, "bytes");
      if (typeof value === "string") {
        const read = bytesFromText(value, sizeBytes);
        if (read === null) throw invalid(`"${value}" is not ${sizeBytes} bytes: neither hex digits nor an address`);
        return fill(view, off, sizeBytes, read, "bytes");
      }
      if (!Array.isArray(value)) throw invalid(`${describe(value)} where bytes are needed`);
      const bytes = new Uint8Array(value.length);
      for (let i = 0; i < value.length; i++) bytes[i] = smallInt(value[i], 8, false);
      fill(view, off, sizeBytes, bytes, "bytes");
    },
  };
}

function fill(view: DataView, off: number, size: number, bytes: Uint8Array, what: string): void {
  if (bytes.length > size) throw invalid(`${bytes.length} bytes of ${what} do not fit ${size}`);
  const target = new Uint8Array(view.buffer, view.byteOffset + off, size);
  target.set(bytes);
  target.fill(0, bytes.length);
}

export interface BitField {
  /** From the start of the struct. */
  readonly bitOff: number;
  readonly bits: number;
  readonly signed: boolean;
  /** Of a 64-bit type: values are bigint. */
  readonly wide: boolean;
}

/** `off` is the struct's. Bits count from the lowest of each byte, as compilers for little-endian targets lay them. */
export function bitsLeaf(field: BitField): Leaf {
  const { bits, signed, wide } = field;
  const first = field.bitOff >> 3;
  const shift = field.bitOff & 7;
  const bytes = (shift + bits + 7) >> 3;
  const get = (view: DataView, off: number): bigint => {
    let raw = 0n;
    for (let i = bytes - 1; i >= 0; i--) raw = (raw << 8n) | BigInt(view.getUint8(off + first + i));
    const value = BigInt.asUintN(bits, raw >> BigInt(shift));
    return signed ? BigInt.asIntN(bits, value) : value;
  };
  return {
    size: 0,
    read(view, off) {
      if (wide || bits > 32) {
        const value = get(view, off);
        return wide ? value : Number(value);
      }
      // Up to 40 bits: exact as a double.
      let raw = 0;
      for (let i = bytes - 1; i >= 0; i--) raw = raw * 256 + view.getUint8(off + first + i);
      const value = Math.floor(raw / 2 ** shift) % 2 ** bits;
      return signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
    },
    write(view, off, value) {
      const given = BigInt.asUintN(bits, wide ? bigInt(value, bits, signed) : BigInt(smallInt(value, bits, signed)));
      const mask = ((1n << BigInt(bits)) - 1n) << BigInt(shift);
      let raw = given << BigInt(shift);
      let keep = mask;
      for (let i = 0; i < bytes; i++, raw >>= 8n, keep >>= 8n) {
        const at = off + first + i;
        const old = view.getUint8(at) & ~Number(keep & 0xffn);
        view.setUint8(at, old | Number(raw & 0xffn));
      }
    },
  };
}

/** A bit-field whose bits are a bool. */
export function boolBits(inner: Leaf): Leaf {
  return {
    size: 0,
    read: (view, off) => inner.read(view, off) !== 0,
    write: (view, off, value) => inner.write(view, off, boolOf(value) ? 1 : 0),
  };
}

const NUMERIC = /^(-?\d+|0[xX][0-9a-fA-F]+)$/;

function smallInt(value: unknown, bits: number, signed: boolean): number {
  // What most values are: small enough for any width from 8 bits on, or for 32 without sign.
  if (typeof value === "number" && value >>> 0 === value && (value < 128 || bits === 32) && !signed) {
    if (bits >= 8) return value;
  }
  let number: number;
  if (typeof value === "number") number = value;
  else if (typeof value === "boolean") number = value ? 1 : 0;
  else if (typeof value === "bigint" || (typeof value === "string" && NUMERIC.test(value))) number = Number(value);
  else throw invalid(`${describe(value)} where a number is needed`);
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  if (!(Number.isInteger(number) && number >= min && number <= max)) {
    throw invalid(`${describe(value)} does not fit ${signed ? "signed" : "unsigned"} ${bits} bits`, {
      advice: `it must be a whole number from ${min} to ${max}`,
    });
  }
  return number;
}

function bigInt(value: unknown, bits: number, signed: boolean): bigint {
  if (typeof value === "bigint" && (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value) {
    return value;
  }
  let number: bigint;
  if (typeof value === "bigint") number = value;
  else if (typeof value === "number" && Number.isSafeInteger(value)) number = BigInt(value);
  else if (typeof value === "string" && NUMERIC.test(value)) number = BigInt(value);
  else if (typeof value === "number")
    throw invalid(`${value} is not exact`, { advice: "give 64-bit values as bigint: 5n" });
  else throw invalid(`${describe(value)} where a bigint is needed`);
  if ((signed ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number)) !== number) {
    throw invalid(`${number} does not fit ${signed ? "signed" : "unsigned"} ${bits} bits`);
  }
  return number;
}

function boolOf(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (value === 0 || value === 1 || value === 0n || value === 1n) return Number(value) === 1;
  throw invalid(`${describe(value)} where true or false is needed`);
}

function floatOf(value: unknown): number {
  if (typeof value === "number") return value;
  throw invalid(`${describe(value)} where a number is needed`);
}

export function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "object" ? "an object" : String(value);
}

export function listed(names: readonly string[]): string {
  return names.length > 12 ? `${names.slice(0, 12).join(", ")}, ... (${names.length})` : names.join(", ");
}

export function invalid(message: string, options: { advice?: string } = {}): SkepError {
  return new SkepError("btf/value", message, options);
}
