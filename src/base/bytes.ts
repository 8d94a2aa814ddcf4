/**
 * Little helpers over bytes that every binary format needs. Reads past the end throw a RangeError-free SkepError
 * through the reader's own `fail`, so that each format gives its own code and place.
 */
import { SkepError } from "./error.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function fromUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes up to the first NUL (or the end) as text. */
export function cString(bytes: Uint8Array, offset = 0): string {
  let end = offset;
  while (end < bytes.length && bytes[end] !== 0) end++;
  return decoder.decode(bytes.subarray(offset, end));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const HEX = "0123456789abcdef";

/** "0a1bff": two digits a byte, no separator. */
export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (const byte of bytes) out += HEX[byte >> 4]! + HEX[byte & 15]!;
  return out;
}

/** Reads hex digits, ignoring white space. Throws "hex/invalid". */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) {
    throw new SkepError("hex/invalid", "not an even number of hex digits", {
      advice: "write two digits a byte: 0a1bff",
    });
  }
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}
