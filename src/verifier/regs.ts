/**
 * One register as REG_WORDS int32 words in a flat array; a register is named by (array, first word). 64-bit values are two
 * words, low first. Words up to ID are what "exactly equal" compares (struct bpf_reg_state in include/linux/bpf_verifier.h
 * has the same order, and pruning depends on what lies before `id`).
 *
 *     0 TYPE   1 OFF   2 RAW0 3 RAW1 4 RAW2   5 VAL   7 MASK   9 SMIN  11 SMAX  13 UMIN  15 UMAX
 *     17 S32MIN 18 S32MAX 19 U32MIN 20 U32MAX  21 ID  22 REF  23 FRAMENO  24 PRECISE
 */

/** Base type in the low byte, modifier flags above. */
export const TYPE = 0;
/** Fixed offset of a pointer, s32; for a linked scalar the constant added since it was linked. */
export const OFF = 1;
/**
 * By type. Map pointers: map number + 1, map uid. BTF pointers: which BTF (1 kernel, 2 program), type id. Memory: size,
 * dynptr id. Packet: range. Dynptr: type, first slot. Iterator: BTF, type id, state and depth. Function: subprog.
 */
export const RAW0 = 2;
export const RAW1 = 3;
export const RAW2 = 4;
/** The tnum's known bits. */
export const VAL = 5;
/** The tnum's unknown bits. */
export const MASK = 7;
export const SMIN = 9;
export const SMAX = 11;
export const UMIN = 13;
export const UMAX = 15;
export const S32MIN = 17;
export const S32MAX = 18;
export const U32MIN = 19;
export const U32MAX = 20;
/** Links pointers that are null together, packet pointers of one variable offset, scalars of one origin. */
export const ID = 21;
/** Id of the reference that this pointer stands for, 0 without one. */
export const REF = 22;
/** Stack pointers: the frame they point into. */
export const FRAMENO = 23;
export const PRECISE = 24;
export const REG_WORDS = 25;

/** Flags in ID of a scalar: it is `OFF` more than the others with that id, by a 64-bit or a 32-bit addition. */
export const ADD_CONST64: number = 1 << 31;
export const ADD_CONST32: number = 1 << 30;
export const ADD_CONST: number = ADD_CONST64 | ADD_CONST32;

// enum bpf_reg_type.
export const NOT_INIT = 0;
export const SCALAR_VALUE = 1;
export const PTR_TO_CTX = 2;
export const CONST_PTR_TO_MAP = 3;
export const PTR_TO_MAP_VALUE = 4;
export const PTR_TO_MAP_KEY = 5;
export const PTR_TO_STACK = 6;
export const PTR_TO_PACKET_META = 7;
export const PTR_TO_PACKET = 8;
export const PTR_TO_PACKET_END = 9;
export const PTR_TO_FLOW_KEYS = 10;
export const PTR_TO_SOCKET = 11;
export const PTR_TO_SOCK_COMMON = 12;
export const PTR_TO_TCP_SOCK = 13;
export const PTR_TO_TP_BUFFER = 14;
export const PTR_TO_XDP_SOCK = 15;
export const PTR_TO_BTF_ID = 16;
export const PTR_TO_MEM = 17;
export const PTR_TO_ARENA = 18;
export const PTR_TO_BUF = 19;
export const PTR_TO_FUNC = 20;
export const CONST_PTR_TO_DYNPTR = 21;
export const BASE_TYPE_MASK = 0xff;

// enum bpf_type_flag.
export const PTR_MAYBE_NULL: number = 1 << 8;
export const MEM_RDONLY: number = 1 << 9;
export const MEM_RINGBUF: number = 1 << 10;
export const MEM_USER: number = 1 << 11;
export const MEM_PERCPU: number = 1 << 12;
export const OBJ_RELEASE: number = 1 << 13;
export const PTR_UNTRUSTED: number = 1 << 14;
export const MEM_UNINIT: number = 1 << 15;
export const DYNPTR_TYPE_LOCAL: number = 1 << 16;
export const DYNPTR_TYPE_RINGBUF: number = 1 << 17;
export const MEM_FIXED_SIZE: number = 1 << 18;
export const MEM_ALLOC: number = 1 << 19;
export const PTR_TRUSTED: number = 1 << 20;
export const MEM_RCU: number = 1 << 21;
export const NON_OWN_REF: number = 1 << 22;
export const DYNPTR_TYPE_SKB: number = 1 << 23;
export const DYNPTR_TYPE_XDP: number = 1 << 24;
export const MEM_ALIGNED: number = 1 << 25;
export const MEM_WRITE: number = 1 << 26;
export const DYNPTR_TYPE_SKB_META: number = 1 << 27;
export const DYNPTR_TYPE_MASK: number =
  DYNPTR_TYPE_LOCAL | DYNPTR_TYPE_RINGBUF | DYNPTR_TYPE_SKB | DYNPTR_TYPE_XDP | DYNPTR_TYPE_SKB_META;

/** RAW0 of a packet pointer that is known to lie at, or behind, the end of the packet. */
export const AT_PKT_END = -1;
export const BEYOND_PKT_END = -2;

/** RAW0 of a BTF pointer: whose types RAW1 counts in. */
export const BTF_KERNEL = 1;
export const BTF_PROG = 2;

export type Words = Int32Array;

export function copyReg(d: Words, di: number, s: Words, si: number): void {
  for (let i = 0; i < REG_WORDS; i++) d[di + i] = s[si + i]!;
}

/** Words from..to-1 are equal. */
export function sameWords(a: Words, ai: number, b: Words, bi: number, words: number): boolean {
  for (let i = 0; i < words; i++) if (a[ai + i] !== b[bi + i]) return false;
  return true;
}

export function isConst(w: Words, at: number): boolean {
  return w[at + MASK] === 0 && w[at + MASK + 1] === 0;
}

export function isConst32(w: Words, at: number): boolean {
  return w[at + MASK] === 0;
}

/** The scalar 0. */
export function isNull(w: Words, at: number): boolean {
  return (
    w[at] === SCALAR_VALUE && w[at + MASK] === 0 && w[at + MASK + 1] === 0 && w[at + VAL] === 0 && w[at + VAL + 1] === 0
  );
}

/** Tnum and ranges become the constant; nothing else changes. */
export function setConst(w: Words, at: number, lo: number, hi: number): void {
  w[at + VAL] = lo;
  w[at + VAL + 1] = hi;
  w[at + MASK] = 0;
  w[at + MASK + 1] = 0;
  w[at + SMIN] = lo;
  w[at + SMIN + 1] = hi;
  w[at + SMAX] = lo;
  w[at + SMAX + 1] = hi;
  w[at + UMIN] = lo;
  w[at + UMIN + 1] = hi;
  w[at + UMAX] = lo;
  w[at + UMAX + 1] = hi;
  w[at + S32MIN] = lo;
  w[at + S32MAX] = lo;
  w[at + U32MIN] = lo;
  w[at + U32MAX] = lo;
}

/** The constant, with offset, raw words and ids cleared; the type stays. */
export function markKnown(w: Words, at: number, lo: number, hi: number): void {
  w[at + OFF] = 0;
  w[at + RAW0] = 0;
  w[at + RAW1] = 0;
  w[at + RAW2] = 0;
  w[at + ID] = 0;
  w[at + REF] = 0;
  setConst(w, at, lo, hi);
}

export function markConstZero(w: Words, at: number, precise: boolean): void {
  markKnown(w, at, 0, 0);
  w[at] = SCALAR_VALUE;
  w[at + PRECISE] = precise ? 1 : 0;
}

export function unbound64(w: Words, at: number): void {
  w[at + SMIN] = 0;
  w[at + SMIN + 1] = -2147483648;
  w[at + SMAX] = -1;
  w[at + SMAX + 1] = 2147483647;
  w[at + UMIN] = 0;
  w[at + UMIN + 1] = 0;
  w[at + UMAX] = -1;
  w[at + UMAX + 1] = -1;
}

export function unbound32(w: Words, at: number): void {
  w[at + S32MIN] = -2147483648;
  w[at + S32MAX] = 2147483647;
  w[at + U32MIN] = 0;
  w[at + U32MAX] = -1;
}

export function unbound(w: Words, at: number): void {
  unbound64(w, at);
  unbound32(w, at);
}

/** A scalar of which nothing is known. */
export function markUnknown(w: Words, at: number, precise: boolean): void {
  w[at] = SCALAR_VALUE;
  w[at + OFF] = 0;
  w[at + RAW0] = 0;
  w[at + RAW1] = 0;
  w[at + RAW2] = 0;
  w[at + VAL] = 0;
  w[at + VAL + 1] = 0;
  w[at + MASK] = -1;
  w[at + MASK + 1] = -1;
  unbound(w, at);
  w[at + ID] = 0;
  w[at + REF] = 0;
  w[at + FRAMENO] = 0;
  w[at + PRECISE] = precise ? 1 : 0;
}

export function markNotInit(w: Words, at: number, precise: boolean): void {
  markUnknown(w, at, precise);
  w[at] = NOT_INIT;
}

export function baseType(type: number): number {
  return type & BASE_TYPE_MASK;
}

export function isPacketPointer(type: number): boolean {
  const base = type & BASE_TYPE_MASK;
  return base === PTR_TO_PACKET || base === PTR_TO_PACKET_META;
}

export function isSockPointer(type: number): boolean {
  return type === PTR_TO_SOCKET || type === PTR_TO_SOCK_COMMON || type === PTR_TO_TCP_SOCK || type === PTR_TO_XDP_SOCK;
}

/** A pointer to an object of the program's own heap (bpf_obj_new). */
export function isAllocObject(type: number): boolean {
  return (type & BASE_TYPE_MASK) === PTR_TO_BTF_ID && (type & MEM_ALLOC) !== 0;
}

export function isNonOwningRef(type: number): boolean {
  return isAllocObject(type) && (type & NON_OWN_REF) !== 0;
}
