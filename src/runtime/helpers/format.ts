/**
 * The kernel's printf for programs: which conversions are allowed and what they print.
 *
 *     %[0 +-][width]  d i u x X, each with l or ll    c  s    p px pK ps pS pB  pks pus  pI4 pi4 pI6 pi6
 *
 * Pointers are printed as they are (the kernel hashes %p); there are no symbols, so %ps prints the address.
 * Source: kernel/bpf/helpers.c bpf_bprintf_prepare, lib/vsprintf.c, Documentation/core-api/printk-formats.rst.
 */
import { EINVAL } from "../../base/errno.ts";
import type { Runtime } from "../runtime.ts";
import { readableEnd } from "./memory.ts";

/** MAX_BPRINTF_BUF: longer output is cut. */
export const PRINTF_BYTES_MAX = 1024;
const STRING_MAX = 512;

/** Arguments are pairs of words: low, high. */
export type FormatArgs = ArrayLike<number>;

const SPEC = /%(?:%|([0+\- ]*)([1-9][0-9]*)?(p(?:[ku]s|[iI][46]|[KxsSB])?|s|c|l{0,2}[diuxX]))/y;
const PRINTABLE = /^[\t-\r\x20-\x7e]*$/;

/** The text, or -EINVAL for a format that the kernel refuses. `format` is what stands before its NUL. */
export function bpfFormat(rt: Runtime, format: string, args: FormatArgs): string | number {
  if (!PRINTABLE.test(format)) return -EINVAL;
  let out = "";
  let arg = 0;
  for (let i = 0; i < format.length; ) {
    if (format[i] !== "%") {
      out += format[i++];
      continue;
    }
    SPEC.lastIndex = i;
    const spec = SPEC.exec(format);
    if (spec === null) return -EINVAL;
    i = SPEC.lastIndex;
    const [, flags, width, kind] = spec;
    if (kind === undefined) {
      out += "%";
      continue;
    }
    // A pointer or string conversion ends at white space, punctuation or the end.
    const next = format[i];
    if ((kind === "p" || kind.endsWith("s")) && next !== undefined && /[A-Za-z0-9]/.test(next)) return -EINVAL;
    if (2 * arg >= args.length) return -EINVAL;
    const text = convert(rt, kind, args[2 * arg]! >>> 0, args[2 * arg + 1]! >>> 0, flags!);
    arg++;
    out += pad(text, Number(width ?? 0), flags!, /[diuxX]$/.test(kind));
  }
  return out;
}

/** Bytes of a NUL-ended format at `at`, or null where there is no NUL within `size` bytes. */
export function formatText(rt: Runtime, at: number, size: number): string | null {
  const end = rt.u8.indexOf(0, at);
  if (end < 0 || end >= at + size) return null;
  let text = "";
  for (let i = at; i < end; i++) text += String.fromCharCode(rt.u8[i]!);
  return text;
}

/** `count` u64 at `at` as pairs of words. */
export function wordPairs(rt: Runtime, at: number, count: number): Uint32Array {
  const words = new Uint32Array(2 * count);
  for (let i = 0; i < words.length; i++) words[i] = rt.view.getUint32(at + 4 * i, true);
  return words;
}

function convert(rt: Runtime, kind: string, lo: number, hi: number, flags: string): string {
  switch (kind) {
    case "s":
    case "pks":
    case "pus":
      return stringAt(rt, lo, hi);
    case "c":
      return String.fromCharCode(lo & 0xff);
    case "p":
    case "pK":
    case "px":
      return hex(lo, hi).padStart(16, "0");
    case "ps":
    case "pS":
    case "pB":
      return `0x${hex(lo, hi)}`;
    case "pI4":
    case "pi4":
      return bytesAt(rt, lo, hi, 4)
        .map((byte) => String(byte).padStart(kind === "pi4" ? 3 : 0, "0"))
        .join(".");
    case "pI6":
    case "pi6":
      return ipv6(bytesAt(rt, lo, hi, 16), kind === "pI6");
  }
  const long = kind.startsWith("l");
  const plus = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  switch (kind.at(-1)) {
    case "x":
      return long ? hex(lo, hi) : lo.toString(16);
    case "X":
      return (long ? hex(lo, hi) : lo.toString(16)).toUpperCase();
    case "u":
      return long ? u64(lo, hi).toString() : lo.toString();
    default: {
      const value = long ? BigInt.asIntN(64, u64(lo, hi)) : BigInt(lo | 0);
      return value < 0n ? value.toString() : plus + value.toString();
    }
  }
}

function pad(text: string, width: number, flags: string, isNumber: boolean): string {
  if (text.length >= width) return text;
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0") || !isNumber) return text.padStart(width);
  const sign = /^[+\- ]/.test(text) ? text[0]! : "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

function hex(lo: number, hi: number): string {
  return hi === 0 ? lo.toString(16) : hi.toString(16) + lo.toString(16).padStart(8, "0");
}

function u64(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

/** Text up to a NUL; empty where it cannot be read. */
function stringAt(rt: Runtime, lo: number, hi: number): string {
  const end = hi === 0 ? Math.min(readableEnd(rt, lo), lo + STRING_MAX) : 0;
  if (end === 0) return "";
  const nul = rt.u8.indexOf(0, lo);
  return new TextDecoder().decode(rt.u8.subarray(lo, nul >= 0 && nul < end ? nul : end));
}

/** Zeroes where they cannot be read, as the kernel does for addresses. */
function bytesAt(rt: Runtime, lo: number, hi: number, count: number): number[] {
  if (hi !== 0 || lo + count > readableEnd(rt, lo)) return new Array<number>(count).fill(0);
  return [...rt.u8.subarray(lo, lo + count)];
}

function ipv6(bytes: readonly number[], colons: boolean): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16).padStart(4, "0"));
  return groups.join(colons ? ":" : "");
}
