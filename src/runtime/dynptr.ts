/**
 * Dynptrs: sized, typed references to memory, ring buffer records and packets.
 *
 *     struct bpf_dynptr   +0 address u64 (0: null)   +8 size u32: type in bits 28..30, bit 31 read-only   +12 offset u32
 *
 * The address of a packet's is the ctx: the bytes are looked for when they are asked for.
 * Source: kernel/bpf/helpers.c (__bpf_dynptr_read, __bpf_dynptr_write, bpf_dynptr_slice, ...).
 */
import { E2BIG, EINVAL, ERANGE } from "../base/errno.ts";
import { CTX_BASE } from "../layout/layout.ts";
import type { Machine } from "./hooks/types.ts";

/** BPF_DYNPTR_TYPE_*. */
export const DYNPTR_LOCAL = 1;
export const DYNPTR_RINGBUF = 2;
export const DYNPTR_SKB = 3;
export const DYNPTR_XDP = 4;
export const DYNPTR_SKB_META = 5;
/** DYNPTR_MAX_SIZE. */
export const DYNPTR_SIZE_MAX = 0xffffff;
export const DYNPTR_BYTES = 16;
const TYPE_SHIFT = 28;
const SIZE_MASK = 0xffffff;
const RDONLY = 0x8000_0000;
/** The kernel copies by so many bytes where a packet is not in one piece. */
const CHUNK_BYTES = 256;

/** Makes the 16 bytes at `ptr` a dynptr over `size` bytes at `data`. */
export function initDynptr(u32: Uint32Array, ptr: number, data: number, type: number, size: number): void {
  u32[ptr >>> 2] = data;
  u32[(ptr + 4) >>> 2] = 0;
  u32[(ptr + 8) >>> 2] = ((type << TYPE_SHIFT) | size) >>> 0;
  u32[(ptr + 12) >>> 2] = 0;
}

export function setReadOnly(u32: Uint32Array, ptr: number): void {
  u32[(ptr + 8) >>> 2]! |= RDONLY;
}

/** Makes it null. */
export function clearDynptr(u32: Uint32Array, ptr: number): void {
  u32.fill(0, ptr >>> 2, (ptr + DYNPTR_BYTES) >>> 2);
}

/** Makes the packet of the ctx a dynptr; -EINVAL and null for flags. */
export function initPacketDynptr(m: Machine, ptr: number, type: number, size: number, flags: number): number {
  if (flags !== 0) {
    clearDynptr(m.u32, ptr);
    return -EINVAL;
  }
  initDynptr(m.u32, ptr, CTX_BASE, type, size);
  return 0;
}

export function dynptrAddress(u32: Uint32Array, ptr: number): number {
  return u32[ptr >>> 2]!;
}

export function dynptrSize(u32: Uint32Array, ptr: number): number {
  return u32[(ptr + 8) >>> 2]! & SIZE_MASK;
}

export function isReadOnly(u32: Uint32Array, ptr: number): boolean {
  return (u32[(ptr + 8) >>> 2]! & RDONLY) !== 0;
}

function typeOf(u32: Uint32Array, ptr: number): number {
  return (u32[(ptr + 8) >>> 2]! & ~RDONLY) >>> TYPE_SHIFT;
}

/** 0, or -E2BIG where `length` bytes at `offset` lie outside. */
function checkRange(u32: Uint32Array, ptr: number, offset: number, length: number): number {
  return offset + length > dynptrSize(u32, ptr) ? -E2BIG : 0;
}

/** dst = bytes. */
export function dynptrRead(m: Machine, ptr: number, offset: number, dst: number, length: number): number {
  const { u32, u8 } = m;
  const data = dynptrAddress(u32, ptr);
  if (data === 0) return -EINVAL;
  const err = checkRange(u32, ptr, offset, length);
  if (err !== 0) return err;
  const at = u32[(ptr + 12) >>> 2]! + offset;
  switch (typeOf(u32, ptr)) {
    case DYNPTR_SKB:
    case DYNPTR_XDP:
      return m.packet?.load(at, dst, length) ?? -EINVAL;
    case DYNPTR_SKB_META: {
      const from = (m.packet?.metaStart() ?? 0) + at;
      u8.copyWithin(dst, from, from + length);
      return 0;
    }
    default:
      u8.copyWithin(dst, data + at, data + at + length);
      return 0;
  }
}

/** bytes = src. Only an skb's takes flags: those of skb_store_bytes. */
export function dynptrWrite(
  m: Machine,
  ptr: number,
  offset: number,
  src: number,
  length: number,
  flags: number,
  flagsHi: number,
): number {
  const { u32, u8 } = m;
  const data = dynptrAddress(u32, ptr);
  if (data === 0 || isReadOnly(u32, ptr)) return -EINVAL;
  const err = checkRange(u32, ptr, offset, length);
  if (err !== 0) return err;
  const at = u32[(ptr + 12) >>> 2]! + offset;
  const type = typeOf(u32, ptr);
  if (type !== DYNPTR_SKB && (flags !== 0 || flagsHi !== 0)) return -EINVAL;
  switch (type) {
    case DYNPTR_SKB:
    case DYNPTR_XDP:
      return m.packet?.store(at, src, length, flags, flagsHi) ?? -EINVAL;
    case DYNPTR_SKB_META:
      u8.copyWithin((m.packet?.metaStart() ?? 0) + at, src, src + length);
      return 0;
    default:
      u8.copyWithin(data + at, src, src + length);
      return 0;
  }
}

/** bpf_dynptr_data: 0 where the bytes may not be written, lie outside or in a packet. */
export function dynptrData(m: Machine, ptr: number, offset: number, length: number): number {
  const { u32 } = m;
  if (typeOf(u32, ptr) > DYNPTR_RINGBUF || isReadOnly(u32, ptr)) return 0;
  return dynptrSlice(m, ptr, offset, 0, length);
}

/**
 * Address of `length` bytes at `offset`: the bytes themselves, or a copy in `buffer` (0: none) where a packet's are not in one
 * piece. 0 where there is neither.
 */
export function dynptrSlice(m: Machine, ptr: number, offset: number, buffer: number, length: number): number {
  const { u32 } = m;
  const data = dynptrAddress(u32, ptr);
  if (data === 0 || checkRange(u32, ptr, offset, length) !== 0) return 0;
  const at = u32[(ptr + 12) >>> 2]! + offset;
  switch (typeOf(u32, ptr)) {
    case DYNPTR_SKB:
    case DYNPTR_XDP: {
      const found = m.packet?.pointer(at, length) ?? 0;
      if (found !== 0 || buffer === 0) return found;
      return m.packet?.load(at, buffer, length) === 0 ? buffer : 0;
    }
    case DYNPTR_SKB_META:
      return (m.packet?.metaStart() ?? 0) + at;
    default:
      return data + at;
  }
}

export function dynptrSliceRdwr(m: Machine, ptr: number, offset: number, buffer: number, length: number): number {
  return isReadOnly(m.u32, ptr) ? 0 : dynptrSlice(m, ptr, offset, buffer, length);
}

/** Narrows it to the bytes from `start` to `end`. */
export function dynptrAdjust(u32: Uint32Array, ptr: number, start: number, end: number): number {
  if (dynptrAddress(u32, ptr) === 0 || start > end) return -EINVAL;
  if (end > dynptrSize(u32, ptr)) return -ERANGE;
  u32[(ptr + 12) >>> 2]! += start;
  u32[(ptr + 8) >>> 2] = ((u32[(ptr + 8) >>> 2]! & ~SIZE_MASK) | (end - start)) >>> 0;
  return 0;
}

export function dynptrClone(u32: Uint32Array, ptr: number, clone: number): number {
  if (dynptrAddress(u32, ptr) === 0) {
    clearDynptr(u32, clone);
    return -EINVAL;
  }
  u32.copyWithin(clone >>> 2, ptr >>> 2, (ptr + DYNPTR_BYTES) >>> 2);
  return 0;
}

export function dynptrCopy(m: Machine, dst: number, dstOff: number, src: number, srcOff: number, size: number): number {
  const from = dynptrSlice(m, src, srcOff, 0, size);
  const to = dynptrSliceRdwr(m, dst, dstOff, 0, size);
  if (from !== 0 && to !== 0) {
    m.u8.copyWithin(to, from, from + size);
    return 0;
  }
  if (from !== 0) return dynptrWrite(m, dst, dstOff, from, size, 0, 0);
  if (to !== 0) return dynptrRead(m, src, srcOff, to, size);
  if (checkRange(m.u32, dst, dstOff, size) !== 0 || checkRange(m.u32, src, srcOff, size) !== 0) return -E2BIG;
  for (let done = 0; done < size; done += CHUNK_BYTES) {
    const bytes = Math.min(CHUNK_BYTES, size - done);
    const err =
      dynptrRead(m, src, srcOff + done, m.chunk, bytes) || dynptrWrite(m, dst, dstOff + done, m.chunk, bytes, 0, 0);
    if (err !== 0) return err;
  }
  return 0;
}

export function dynptrMemset(m: Machine, ptr: number, offset: number, size: number, byte: number): number {
  const to = dynptrSliceRdwr(m, ptr, offset, 0, size);
  if (to !== 0) {
    m.u8.fill(byte, to, to + size);
    return 0;
  }
  const err = isReadOnly(m.u32, ptr) ? -EINVAL : checkRange(m.u32, ptr, offset, size);
  if (err !== 0) return err;
  m.u8.fill(byte, m.chunk, m.chunk + CHUNK_BYTES);
  for (let done = 0; done < size; done += CHUNK_BYTES) {
    const failed = dynptrWrite(m, ptr, offset + done, m.chunk, Math.min(CHUNK_BYTES, size - done), 0, 0);
    if (failed !== 0) return failed;
  }
  return 0;
}
