/** Keys that are indices 0 .. maxEntries - 1: shared by arrays and the maps of descriptors. Source: array_map_get_next_key. */
import type { MapHost } from "./ops.ts";

export interface IndexKeys {
  read(key: number): number;
  /** Writes `index` where keys are handed out from, returns that address. */
  write(index: number): number;
  /** MapOps.nextKey. */
  next(key: number): number;
  free(): void;
}

export function indexKeys(host: MapHost, maxEntries: number): IndexKeys {
  const { memory, heap } = host;
  const at = heap.alloc(8);
  const write = (index: number): number => {
    memory.u32[at >>> 2] = index;
    return at;
  };
  const read = (key: number): number => memory.view.getUint32(key, true);
  return {
    read,
    write,
    next(key) {
      const index = key === 0 ? maxEntries : read(key);
      if (index >= maxEntries) return write(0);
      return index === maxEntries - 1 ? 0 : write(index + 1);
    },
    free: () => heap.free(at),
  };
}
