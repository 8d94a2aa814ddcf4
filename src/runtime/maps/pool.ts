/**
 * Equal elements for one map, recycled through a free list whose link is the element's first word. Elements are cut from
 * chunks: one for all where the map is preallocated, else chunks that double as the map fills. Elements never move, and a
 * freed one stays readable until it is reused, which is what a program that holds its address may rely on.
 */
import type { Heap } from "../heap.ts";
import type { LinearMemory } from "../memory.ts";

const FIRST_CHUNK_ELEMS = 32;
const CHUNK_BYTES_MAX: number = 1 << 20;

export interface Pool {
  /** Address of an element with stale content, or 0: no memory. Whether the map is full is the map's affair. */
  take(): number;
  give(elem: number): void;
  /** Chunks as [start, end). */
  spans(): readonly (readonly [number, number])[];
  free(): void;
}

/**
 * `prefix` bytes come before the address of each element. `freeHead` is the address of the word that heads the free list.
 * `count` elements are taken at once if `prealloc` (throws "runtime/memory" where they don't fit).
 */
export function createPool(
  memory: LinearMemory,
  heap: Heap,
  config: { elemBytes: number; prefix: number; count: number; prealloc: boolean; freeHead: number },
): Pool {
  const { u32 } = memory;
  const { elemBytes, prefix, count } = config;
  const head = config.freeHead >>> 2;
  const spans: [number, number][] = [];
  let next = 0;
  let end = 0;
  let cut = 0;
  let chunkElems = FIRST_CHUNK_ELEMS;

  const addChunk = (elems: number, addr: number): void => {
    spans.push([addr, addr + elems * elemBytes]);
    next = addr;
    end = addr + elems * elemBytes;
    cut += elems;
  };
  if (config.prealloc) addChunk(count, heap.alloc(count * elemBytes));

  return {
    take() {
      const free = u32[head]!;
      if (free !== 0) {
        u32[head] = u32[free >>> 2]!;
        return free;
      }
      if (next === end) {
        if (cut >= count) return 0;
        const most = Math.max(1, Math.floor(CHUNK_BYTES_MAX / elemBytes));
        const elems = Math.min(count - cut, chunkElems, most);
        const addr = heap.tryAlloc(elems * elemBytes);
        if (addr === 0) return 0;
        chunkElems = elems * 2;
        addChunk(elems, addr);
      }
      const elem = next + prefix;
      next += elemBytes;
      return elem;
    },
    give(elem) {
      u32[elem >>> 2] = u32[head]!;
      u32[head] = elem;
    },
    spans: () => spans,
    free() {
      for (const [start] of spans) heap.free(start);
    },
  };
}
