/**
 * From a reducible graph to nested WebAssembly scopes. Blocks are put in an order where every loop is contiguous and every
 * edge but a loop's back edge leads forward; then
 *
 *     loop   opens before its header and ends behind the last block of the loop: `br` to it is `continue`
 *     block  ends right before its target and opens early enough for every jump there: `br` to it jumps forward
 *
 * Intervals that would cross are widened to enclose each other. Linear but for the ready heaps.
 */
import { END_BRANCH, type Graph } from "./graph.ts";

export interface Scope {
  readonly loop: boolean;
  /** Block that a `br` to the scope goes to. */
  readonly target: number;
  /** Positions [open, close): opens before the block at `open`, ends before the block at `close`. */
  readonly open: number;
  readonly close: number;
}

export interface Layout {
  /** Blocks in the order of their code. */
  readonly order: Int32Array;
  readonly position: Int32Array;
  /** Scopes that open at each position, outermost first; undefined where none do. */
  readonly opens: readonly (readonly Scope[] | undefined)[];
}

export function layOut(g: Graph): Layout {
  const order = linearise(g);
  const position = new Int32Array(g.count);
  for (let p = 0; p < g.count; p++) position[order[p]!] = p;
  return { order, position, opens: scopes(g, order, position) };
}

function linearise(g: Graph): Int32Array {
  const { count, succs, succAt, header, loopOf, loopParent } = g;
  const waiting = new Int32Array(count);
  for (let b = 0; b < count; b++) {
    for (let i = succAt[b]!; i < succAt[b + 1]!; i++) if (succs[i]! > b) waiting[succs[i]!]!++;
  }
  // One heap a loop (by header), the last one for what is outside of loops.
  const heaps: number[][] = [];
  const heapOf = (b: number): number[] => {
    const loop = header[b] === 1 ? loopParent[b]! : loopOf[b]!;
    const at = loop === -1 ? count : loop;
    heaps[at] ??= [];
    return heaps[at]!;
  };
  const order = new Int32Array(count);
  push(heapOf(0), 0, g);
  let loop = -1;
  for (let placed = 0; placed < count; ) {
    const heap = heaps[loop === -1 ? count : loop];
    if (heap === undefined || heap.length === 0) {
      loop = loopParent[loop]!;
      continue;
    }
    const b = pop(heap, g);
    order[placed++] = b;
    if (header[b] === 1) loop = b;
    for (let i = succAt[b]!; i < succAt[b + 1]!; i++) {
      const to = succs[i]!;
      if (to > b && --waiting[to]! === 0) push(heapOf(to), to, g);
    }
  }
  return order;
}

/** Binary heap of blocks by their first insn: the compiler's own order, as far as the graph allows. */
function push(heap: number[], block: number, g: Graph): void {
  let at = heap.push(block) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    if (g.first[heap[up]!]! <= g.first[block]!) break;
    heap[at] = heap[up]!;
    at = up;
  }
  heap[at] = block;
}

function pop(heap: number[], g: Graph): number {
  const top = heap[0]!;
  const moved = heap.pop()!;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && g.first[heap[child + 1]!]! < g.first[heap[child]!]!) child++;
    if (g.first[heap[child]!]! >= g.first[moved]!) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = moved;
  return top;
}

function scopes(g: Graph, order: Int32Array, position: Int32Array): (Scope[] | undefined)[] {
  const { count, next, taken, header, loopOf, loopParent } = g;
  // Earliest jump to each block that does not just fall through.
  const from = new Int32Array(count).fill(-1);
  const jump = (p: number, to: number): void => {
    if (position[to]! > p && (from[to] === -1 || from[to]! > p)) from[to] = p;
  };
  const loopEnd = new Int32Array(count);
  for (let p = 0; p < count; p++) {
    const b = order[p]!;
    for (let loop = loopOf[b]!; loop !== -1; loop = loopParent[loop]!) {
      if (loopEnd[loop]! > p) break;
      loopEnd[loop] = p + 1;
    }
    const branch = g.end[b] === END_BRANCH;
    if (branch && position[taken[b]!] !== p + 1) jump(p, taken[b]!);
    if (next[b] !== -1 && (position[next[b]!] !== p + 1 || (branch && position[taken[b]!] === p + 1)))
      jump(p, next[b]!);
  }
  const loopsEnding: (number[] | undefined)[] = [];
  for (let h = 0; h < count; h++) {
    if (header[h] === 0) continue;
    loopsEnding[loopEnd[h]!] ??= [];
    loopsEnding[loopEnd[h]!]!.push(h);
  }
  const opens: (Scope[] | undefined)[] = new Array(count).fill(undefined);
  // Outermost intervals so far, ascending and disjoint.
  const openAt: number[] = [];
  const closeAt: number[] = [];
  const add = (loop: boolean, target: number, start: number, close: number): void => {
    let open = start;
    while (openAt.length > 0 && closeAt[closeAt.length - 1]! > open) {
      open = Math.min(open, openAt.pop()!);
      closeAt.pop();
    }
    openAt.push(open);
    closeAt.push(close);
    opens[open] ??= [];
    opens[open]!.push({ loop, target, open, close });
  };
  for (let p = 1; p <= count; p++) {
    const ending = loopsEnding[p];
    // Headers of inner loops stand behind those of outer ones.
    if (ending !== undefined) {
      ending.sort((a, b) => position[b]! - position[a]!);
      for (const h of ending) add(true, h, position[h]!, p);
    }
    if (p < count && from[order[p]!] !== -1) add(false, order[p]!, from[order[p]!]!, p);
  }
  for (const list of opens) list?.reverse();
  return opens;
}
