/**
 * The allocator over the heap part of linear memory. Its book-keeping lives outside that memory, so no program can damage it.
 *
 *     start .. top     blocks handed out, and free ones in between (sorted by address, neighbours merged)
 *     top .. end       never used: still zero, so handing it out touches no page
 *
 * Small blocks (up to SMALL_BYTES) are cut from runs by size class and recycled through one list a class; their runs are
 * given back when the last block of a run is freed. Larger ones are first fit.
 */

import { ENOMEM } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";

const ALIGN = 16;
const SMALL_BYTES = 512;
const RUN_BYTES = 4096;

export interface Heap {
  /** A zeroed block, 16-byte aligned (or more). Throws "runtime/memory". */
  alloc(bytes: number, align?: number): number;
  /** Like alloc, but 0 where there is no room. */
  tryAlloc(bytes: number, align?: number): number;
  /** Gives back a block that alloc returned; anything else throws "bug". */
  free(addr: number): void;
  /** Where set: gets every block as it is handed out, so that a half-made thing can be taken back. */
  journal: number[] | null;
  /** Bytes in use, rounding included. */
  readonly used: number;
  /** Bytes of the largest block that could be had now. */
  readonly available: number;
}

interface Run {
  readonly start: number;
  readonly classBytes: number;
  live: number;
}

export function createHeap(u8: Uint8Array, start: number, end: number): Heap {
  // Free blocks below `top`, ascending: starts[i] .. ends[i].
  const starts: number[] = [];
  const ends: number[] = [];
  const sizes = new Map<number, number>();
  const smallFree = new Map<number, number[]>();
  const runs = new Map<number, Run>();
  const base = roundUp(start, ALIGN);
  let top = base;
  let used = 0;

  const large = (bytes: number, align: number): number => {
    for (let i = 0; i < starts.length; i++) {
      const at = roundUp(starts[i]!, align);
      if (at + bytes > ends[i]!) continue;
      take(i, at, bytes);
      u8.fill(0, at, at + bytes);
      return at;
    }
    // The last free block may touch the untouched part: grow it.
    const tail = starts.length - 1;
    const joins = tail >= 0 && ends[tail] === top;
    const from = joins ? starts[tail]! : top;
    const at = roundUp(from, align);
    if (at + bytes > end) return 0;
    if (joins) {
      starts.pop();
      ends.pop();
    }
    if (at > from) {
      starts.push(from);
      ends.push(at);
    }
    if (at < top) u8.fill(0, at, Math.min(top, at + bytes));
    if (at + bytes < top) {
      starts.push(at + bytes);
      ends.push(top);
    }
    top = Math.max(top, at + bytes);
    return at;
  };

  const take = (i: number, at: number, bytes: number): void => {
    const blockStart = starts[i]!;
    const blockEnd = ends[i]!;
    const parts: [number, number][] = [];
    if (at > blockStart) parts.push([blockStart, at]);
    if (at + bytes < blockEnd) parts.push([at + bytes, blockEnd]);
    starts.splice(i, 1, ...parts.map((part) => part[0]));
    ends.splice(i, 1, ...parts.map((part) => part[1]));
  };

  const release = (at: number, bytes: number): void => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (starts[mid]! < at) low = mid + 1;
      else high = mid;
    }
    const joinsLeft = low > 0 && ends[low - 1] === at;
    const joinsRight = low < starts.length && starts[low] === at + bytes;
    if (joinsLeft && joinsRight) {
      ends[low - 1] = ends[low]!;
      starts.splice(low, 1);
      ends.splice(low, 1);
    } else if (joinsLeft) ends[low - 1] = at + bytes;
    else if (joinsRight) starts[low] = at;
    else {
      starts.splice(low, 0, at);
      ends.splice(low, 0, at + bytes);
    }
  };

  const small = (classBytes: number): number => {
    let list = smallFree.get(classBytes);
    if (list === undefined) {
      list = [];
      smallFree.set(classBytes, list);
    }
    if (list.length === 0) {
      const at = large(RUN_BYTES, RUN_BYTES);
      if (at === 0) return 0;
      runs.set(at, { start: at, classBytes, live: 0 });
      for (let offBytes = RUN_BYTES - classBytes; offBytes >= 0; offBytes -= classBytes) list.push(at + offBytes);
    }
    const addr = list.pop()!;
    runs.get(addr - (addr % RUN_BYTES))!.live++;
    u8.fill(0, addr, addr + classBytes);
    return addr;
  };

  const tryAlloc = (bytes: number, align = ALIGN): number => {
    if (!(bytes >= 0) || bytes > end - base) return 0;
    const isSmall = bytes <= SMALL_BYTES && align <= ALIGN;
    const size = isSmall ? classOf(bytes) : roundUp(Math.max(bytes, 1), ALIGN);
    const at = isSmall ? small(size) : large(size, Math.max(align, ALIGN));
    if (at === 0) return 0;
    sizes.set(at, size);
    used += size;
    heap.journal?.push(at);
    return at;
  };

  const heap: Heap = {
    journal: null,
    tryAlloc,
    alloc(bytes, align) {
      const at = tryAlloc(bytes, align);
      if (at !== 0) return at;
      throw new SkepError(
        "runtime/memory",
        `no room for ${bytes} bytes in the runtime's memory: ${end - base - used} of ${end - base} are free`,
        { errno: ENOMEM, advice: "pass a larger memoryBytes to embedded(), or make maps smaller (max_entries)" },
      );
    },
    free(addr) {
      const size = sizes.get(addr);
      if (size === undefined)
        throw new SkepError("bug", `heap: free of 0x${addr.toString(16)}, which is no live block`);
      sizes.delete(addr);
      used -= size;
      const run = size <= SMALL_BYTES ? runs.get(addr - (addr % RUN_BYTES)) : undefined;
      if (run === undefined || run.classBytes !== size) {
        release(addr, size);
        return;
      }
      const list = smallFree.get(size)!;
      list.push(addr);
      if (--run.live > 0) return;
      runs.delete(run.start);
      smallFree.set(
        size,
        list.filter((block) => block - (block % RUN_BYTES) !== run.start),
      );
      release(run.start, RUN_BYTES);
    },
    get used() {
      return used;
    },
    get available() {
      let best = end - (starts.length > 0 && ends[ends.length - 1] === top ? starts[starts.length - 1]! : top);
      for (let i = 0; i < starts.length; i++) best = Math.max(best, ends[i]! - starts[i]!);
      return best;
    },
  };
  return heap;
}

/** 16, 32, 64, ... up to SMALL_BYTES. */
function classOf(bytes: number): number {
  let size = ALIGN;
  while (size < bytes) size *= 2;
  return size;
}

/** `align` is a power of two; plain arithmetic, as addresses go past 2^31. */
export function roundUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
