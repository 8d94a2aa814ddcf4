/** bpf_strtol, bpf_strtoul, bpf_strncmp. Source: kernel/bpf/helpers.c, lib/kstrtox.c. */
import { EINVAL, ERANGE } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import type { Runtime } from "../runtime.ts";

/** BPF_STRTOX_BASE_MASK. */
const BASE_MASK = 0x1f;
/** The kernel copies at most so many characters before it parses. */
const DIGITS_MAX = 63;

const S64_MAX: bigint = (1n << 63n) - 1n;
const U64_MAX: bigint = (1n << 64n) - 1n;

export function stringHelpers(rt: Runtime): HelperImpl[] {
  const { u8, view } = rt;
  const toNumber = (buf: number, length: number, lo: number, hi: number, res: number, signed: boolean): number => {
    view.setBigUint64(res, 0n, true);
    if (hi !== 0 || (lo & ~BASE_MASK) !== 0) return -EINVAL;
    const parsed = parseInteger(u8.subarray(buf, buf + length), lo);
    if (typeof parsed === "number") return parsed;
    const { magnitude, negative, consumed } = parsed;
    if (signed) {
      // -2^63 is in range, and "-0" is 0.
      if (magnitude > S64_MAX + (negative ? 1n : 0n)) return -ERANGE;
      view.setBigInt64(res, negative ? -magnitude : magnitude, true);
    } else {
      if (negative) return -EINVAL;
      view.setBigUint64(res, magnitude, true);
    }
    return consumed;
  };
  return [
    {
      name: "strtol",
      args: ["i", "i", "d", "i"],
      ret: "s",
      fn: (buf, length, lo, hi, res) => toNumber(buf! >>> 0, length! >>> 0, lo!, hi!, res! >>> 0, true),
    },
    {
      name: "strtoul",
      args: ["i", "i", "d", "i"],
      ret: "s",
      fn: (buf, length, lo, hi, res) => toNumber(buf! >>> 0, length! >>> 0, lo!, hi!, res! >>> 0, false),
    },
    {
      name: "strncmp",
      args: ["i", "i", "i"],
      ret: "s",
      fn: (s1, size, s2) => {
        for (let i = 0; i < size! >>> 0; i++) {
          const a = u8[(s1! >>> 0) + i]!;
          const b = u8[(s2! >>> 0) + i]!;
          if (a !== b) return a < b ? -1 : 1;
          if (a === 0) return 0;
        }
        return 0;
      },
    },
  ];
}

interface Parsed {
  readonly magnitude: bigint;
  readonly negative: boolean;
  /** Bytes read: white space, sign, prefix and digits. */
  readonly consumed: number;
}

function parseInteger(bytes: Uint8Array, base: number): Parsed | number {
  if (bytes.length === 0 || (base !== 0 && base !== 8 && base !== 10 && base !== 16)) return -EINVAL;
  let at = 0;
  while (at < bytes.length && isSpace(bytes[at]!)) at++;
  const negative = bytes[at] === 0x2d;
  if (negative) at++;
  if (at >= bytes.length) return -EINVAL;
  const end = Math.min(bytes.length, at + DIGITS_MAX);
  const prefixed = bytes[at] === 0x30 && at + 1 < end && (bytes[at + 1]! | 0x20) === 0x78;
  let radix = base;
  if (radix === 0) {
    if (prefixed && at + 2 < end && digitOf(bytes[at + 2]!) < 16) radix = 16;
    else radix = bytes[at] === 0x30 ? 8 : 10;
  }
  if (radix === 16 && prefixed) at += 2;
  const first = at;
  let magnitude = 0n;
  let overflow = false;
  while (at < end && digitOf(bytes[at]!) < radix) {
    magnitude = magnitude * BigInt(radix) + BigInt(digitOf(bytes[at]!));
    if (magnitude > U64_MAX) overflow = true;
    at++;
  }
  if (overflow) return -ERANGE;
  return at === first ? -EINVAL : { magnitude, negative, consumed: at };
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 99;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xa0;
}
