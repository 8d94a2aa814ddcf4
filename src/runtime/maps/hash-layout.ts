/**
 * How hash maps lie in linear memory. TypeScript (hash.ts) and the WebAssembly map module (map-module.ts) read the same.
 *
 *     bucket table   MAP_DATA: one u32 a bucket, address of the first element or 0
 *     element        +0  next element of the bucket (or of the free list), u32
 *                    +4  hash of the key, u32
 *                    +8  key, padded to 8 bytes
 *                    +HASH_VALUE_OFF  value, padded to 8 bytes; per-CPU types: one such value a CPU, MAP_CPU_STRIDE apart
 *     LRU element    the same with 16 bytes before it: prev, next (u32), list and ref (u8)
 *
 * The hash works on 32-bit words, so that both languages compute it alike. A last partial word is zero-extended.
 *
 *     h = seed;  each word:  h = (h ^ w) * HASH_MUL;  h ^= h >>> 15;      end:  h *= HASH_MUL_END;  h ^= h >>> 16
 */
import { MAP_EXT } from "../../layout/layout.ts";
import type { LinearMemory } from "../memory.ts";

// Descriptor words of hash maps.
/** Buckets minus 1; their number is a power of two. */
export const HASH_MASK: number = MAP_EXT;
export const HASH_SEED: number = MAP_EXT + 4;
export const HASH_VALUE_OFF: number = MAP_EXT + 8;
/** Where elements come from: see pool.ts. */
export const HASH_POOL: number = MAP_EXT + 12;
/** Sentinels of the two LRU lists, as if they were elements LRU_PREFIX past these offsets. */
export const HASH_ACTIVE: number = MAP_EXT + 24;
export const HASH_INACTIVE: number = MAP_EXT + 32;
export const HASH_ACTIVE_COUNT: number = MAP_EXT + 40;
export const HASH_INACTIVE_COUNT: number = MAP_EXT + 44;
/** Non-zero for LRU types: a lookup by a program marks the element. */
export const HASH_LRU: number = MAP_EXT + 48;
/** The element that an update of a present key is written to, or 0: it takes one from the pool. */
export const HASH_SPARE: number = MAP_EXT + 52;
/** Elements that the map may hold: MAP_MAX_ENTRIES, rounded up for LRU lists a CPU. */
export const HASH_LIMIT: number = MAP_EXT + 56;

export const ELEM_HASH = 4;
export const ELEM_KEY = 8;

export const LRU_PREFIX = 16;
/** Offsets from the element's address. */
export const LRU_PREV = -16;
export const LRU_NEXT = -12;
export const LRU_LIST = -8;
export const LRU_REF = -7;

export const HASH_MUL = 0x85ebca6b;
export const HASH_MUL_END = 0xc2b2ae35;

export function hashKey(memory: LinearMemory, key: number, size: number, seed: number): number {
  const { view, u8 } = memory;
  let h = seed;
  const words = key + (size & ~3);
  for (let at = key; at < words; at += 4) {
    h = Math.imul(h ^ view.getInt32(at, true), HASH_MUL);
    h ^= h >>> 15;
  }
  if ((size & 3) !== 0) {
    let word = 0;
    for (let i = size & 3; i > 0; i--) word = (word << 8) | u8[words + i - 1]!;
    h = Math.imul(h ^ word, HASH_MUL);
    h ^= h >>> 15;
  }
  h = Math.imul(h, HASH_MUL_END);
  return (h ^ (h >>> 16)) >>> 0;
}

export function sameKey(memory: LinearMemory, a: number, b: number, size: number): boolean {
  const { view, u8 } = memory;
  let i = 0;
  for (; i + 4 <= size; i += 4) if (view.getInt32(a + i, true) !== view.getInt32(b + i, true)) return false;
  for (; i < size; i++) if (u8[a + i] !== u8[b + i]) return false;
  return true;
}
