/**
 * The order in which an LRU hash gives elements up: the kernel's two lists with reference marks, one pair a map.
 *
 *     new element            head of inactive, unmarked
 *     lookup by a program    sets the mark, moves nothing
 *     eviction               from the tail of inactive: a marked element loses its mark and goes to the head of active, the
 *                            first unmarked one is given up. Where inactive is shorter than active, active is turned first:
 *                            unmarked ones from its tail go to inactive.
 *
 * The kernel keeps per-CPU lists of free elements before these and gives up as many as 128 at once; here exactly one goes
 * for each that comes. Source: kernel/bpf/bpf_lru_list.c.
 */

import type { LinearMemory } from "../memory.ts";
import {
  HASH_ACTIVE,
  HASH_ACTIVE_COUNT,
  HASH_INACTIVE,
  HASH_INACTIVE_COUNT,
  LRU_LIST,
  LRU_NEXT,
  LRU_PREFIX,
  LRU_PREV,
  LRU_REF,
} from "./hash-layout.ts";

const LIST_NONE = 0;
const LIST_ACTIVE = 1;
const LIST_INACTIVE = 2;

/** Elements looked at in one turn of a list, so that one insertion costs a bounded time. */
const SCAN_MAX = 128;

export interface Lru {
  /** A new element in use; `ref` where it replaces one of the same key. */
  add(elem: number, ref: boolean): void;
  remove(elem: number): void;
  mark(elem: number): void;
  /** The element to give up, taken off its list; 0 where none is in use. */
  evict(): number;
}

export function createLru(memory: LinearMemory, desc: number): Lru {
  const { u8, u32 } = memory;
  const active = desc + HASH_ACTIVE + LRU_PREFIX;
  const inactive = desc + HASH_INACTIVE + LRU_PREFIX;
  const activeCount = (desc + HASH_ACTIVE_COUNT) >>> 2;
  const inactiveCount = (desc + HASH_INACTIVE_COUNT) >>> 2;
  for (const list of [active, inactive]) {
    u32[(list + LRU_PREV) >>> 2] = list;
    u32[(list + LRU_NEXT) >>> 2] = list;
  }

  const link = (elem: number, list: number): void => {
    const first = u32[(list + LRU_NEXT) >>> 2]!;
    u32[(elem + LRU_NEXT) >>> 2] = first;
    u32[(elem + LRU_PREV) >>> 2] = list;
    u32[(first + LRU_PREV) >>> 2] = elem;
    u32[(list + LRU_NEXT) >>> 2] = elem;
    u8[elem + LRU_LIST] = list === active ? LIST_ACTIVE : LIST_INACTIVE;
    const count = list === active ? activeCount : inactiveCount;
    u32[count] = u32[count]! + 1;
  };
  const unlink = (elem: number): void => {
    const prev = u32[(elem + LRU_PREV) >>> 2]!;
    const next = u32[(elem + LRU_NEXT) >>> 2]!;
    u32[(prev + LRU_NEXT) >>> 2] = next;
    u32[(next + LRU_PREV) >>> 2] = prev;
    const count = u8[elem + LRU_LIST] === LIST_ACTIVE ? activeCount : inactiveCount;
    u32[count] = u32[count]! - 1;
    u8[elem + LRU_LIST] = LIST_NONE;
  };
  const move = (elem: number, list: number): void => {
    unlink(elem);
    link(elem, list);
  };
  const tail = (list: number): number => u32[(list + LRU_PREV) >>> 2]!;

  /** Turns the tail of active: marked ones get a second round, the others become candidates. */
  const turnActive = (): void => {
    for (let i = 0; i < SCAN_MAX; i++) {
      const elem = tail(active);
      if (elem === active) return;
      if (u8[elem + LRU_REF] !== 0) {
        u8[elem + LRU_REF] = 0;
        move(elem, active);
      } else move(elem, inactive);
    }
  };

  return {
    add(elem, ref) {
      u8[elem + LRU_REF] = ref ? 1 : 0;
      link(elem, inactive);
    },
    remove: unlink,
    mark(elem) {
      u8[elem + LRU_REF] = 1;
    },
    evict() {
      if (u32[inactiveCount]! < u32[activeCount]!) turnActive();
      for (let i = 0; i < SCAN_MAX; i++) {
        const elem = tail(inactive);
        if (elem === inactive) break;
        if (u8[elem + LRU_REF] === 0) {
          unlink(elem);
          return elem;
        }
        u8[elem + LRU_REF] = 0;
        move(elem, active);
      }
      // Everything that was looked at is in use: take the oldest whatever its mark.
      const elem = tail(inactive) !== inactive ? tail(inactive) : tail(active);
      if (elem === active) return 0;
      unlink(elem);
      return elem;
    },
  };
}
