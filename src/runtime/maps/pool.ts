/**
 * Equal elements for one map, recycled through a free list whose link is the element's first word. Elements are cut from
 * chunks: one for all where the map is preallocated, else chunks that double as the map fills. Elements never move, and a
 * freed one stays readable until it is reused, which is what a program that holds its address may rely on.
 *
 *     words   +POOL_FREE first of the free list   +POOL_NEXT where the next element is cut   +POOL_END end of the chunk
 *
 * The words lie in the map's descriptor, so that the map module can take and give elements, too.
 */
import type { MapHost } from "./ops.ts";

export const POOL_FREE = 0;
export const POOL_NEXT = 4;
export const POOL_END = 8;

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
 * `prefix` bytes come before the address of each element. `words` is where the pool's three words lie.
 * `count` elements are taken at once if `prealloc` (throws "runtime/memory" where they don't fit).
 */
export function createPool(
  host: MapHost,
  config: { elemBytes: number; prefix: number; count: number; prealloc: boolean; words: number },
): Pool {
  const { heap } = host;
  const { u32 } = host.memory;
  const { elemBytes, prefix, count } = config;
  const head = (config.words + POOL_FREE) >>> 2;
  const next = (config.words + POOL_NEXT) >>> 2;
  const end = (config.words + POOL_END) >>> 2;
  const spans: [number, number][] = [];
  let cut = 0;
  let chunkElems = FIRST_CHUNK_ELEMS;

  const addChunk = (elems: number, addr: number): void => {
    spans.push([addr, addr + elems * elemBytes]);
    u32[next] = addr;
    u32[end] = addr + elems * elemBytes;
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
      if (u32[next] === u32[end]) {
        if (cut >= count) return 0;
        const most = Math.max(1, Math.floor(CHUNK_BYTES_MAX / elemBytes));
        const elems = Math.min(count - cut, chunkElems, most);
        const addr = heap.tryAlloc(elems * elemBytes);
        if (addr === 0) return 0;
        chunkElems = elems * 2;
        addChunk(elems, addr);
        host.regionsChanged();
      }
      const elem = u32[next]! + prefix;
      u32[next] = u32[next]! + elemBytes;
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
