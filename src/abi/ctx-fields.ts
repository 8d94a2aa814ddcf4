/** Short forms for the rows of the ctx layouts. */
import type { CtxField, CtxYield } from "./types.ts";

type Extra = Partial<CtxField>;

/** 4 bytes, read only. */
export function u32(name: string, offBytes: number, extra: Extra = {}): CtxField {
  return { name, offBytes, sizeBytes: 4, read: true, write: false, narrow: false, ...extra };
}

/** 4 bytes, read only, narrower reads allowed. */
export function n32(name: string, offBytes: number, extra: Extra = {}): CtxField {
  return u32(name, offBytes, { narrow: true, ...extra });
}

/** 8 bytes, read only. */
export function u64(name: string, offBytes: number, extra: Extra = {}): CtxField {
  return { name, offBytes, sizeBytes: 8, read: true, write: false, narrow: false, ...extra };
}

export function sized(name: string, offBytes: number, sizeBytes: number, extra: Extra = {}): CtxField {
  return { name, offBytes, sizeBytes, read: true, write: false, narrow: false, ...extra };
}

/** Array of `count` u32. */
export function u32s(name: string, offBytes: number, count: number, extra: Extra = {}): CtxField {
  return { name, offBytes, sizeBytes: 4 * count, elemBytes: 4, read: true, write: false, narrow: false, ...extra };
}

/** 8-byte pointer. */
export function ptr(name: string, offBytes: number, yields: CtxYield, extra: Extra = {}): CtxField {
  return u64(name, offBytes, { yields, ...extra });
}

/** An area that any aligned access may read. */
export function area(name: string, offBytes: number, sizeBytes: number, extra: Extra = {}): CtxField {
  return { name, offBytes, sizeBytes, read: true, write: false, narrow: false, anySize: true, ...extra };
}
