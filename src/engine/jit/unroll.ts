/**
 * Small innermost loops are laid out several times over, each copy's back edge leading to the next copy:
 *
 *     h -> body -> h              h -> body -> h' -> body' -> h
 *
 * Every pass through a WebAssembly loop costs a test for interrupts, and what is known at the end of one pass (bounds, register
 * forms) holds at the start of a copy, which has no other way in. Copies are blocks over the same insns: no bytecode is
 * copied.
 */
import type { Graph, RawBlocks } from "./graph.ts";

/** Insns that all copies of a loop may have together, the most copies, and insns that a function may grow by. */
const MAX_INSNS = 256;
const MAX_COPIES = 4;
const MAX_GROWTH = 1024;

/** The graph's blocks with the copies behind them, or null where no loop is copied. */
export function unroll(g: Graph): RawBlocks | null {
  if (!g.reducible) return null;
  const copiesOf = chooseLoops(g);
  if (copiesOf === null) return null;
  const members = new Map<number, number[]>();
  for (let b = 0; b < g.count; b++) {
    const h = g.loopOf[b]!;
    if (h === -1 || copiesOf[h]! < 2) continue;
    const list = members.get(h);
    if (list === undefined) members.set(h, [b]);
    else list.push(b);
  }
  const out: RawBlocks = {
    first: [...g.first],
    last: [...g.last],
    end: [...g.end],
    next: [...g.next],
    taken: [...g.taken],
  };
  for (const [h, blocks] of members) {
    const copies = copiesOf[h]!;
    const index = new Map(blocks.map((b, i) => [b, i]));
    const firstCopy = out.first.length;
    // Where copy c of block b stands; copy 0 is the block itself.
    const place = (b: number, c: number): number => (c === 0 ? b : firstCopy + (c - 1) * blocks.length + index.get(b)!);
    const lead = (to: number, c: number): number => {
      if (to === h) return place(h, (c + 1) % copies);
      return index.has(to) ? place(to, c) : to;
    };
    for (let c = 1; c < copies; c++) {
      for (const b of blocks) {
        out.first.push(g.first[b]!);
        out.last.push(g.last[b]!);
        out.end.push(g.end[b]!);
        out.next.push(lead(g.next[b]!, c));
        out.taken.push(lead(g.taken[b]!, c));
      }
    }
    for (const b of blocks) {
      out.next[b] = lead(g.next[b]!, 0);
      out.taken[b] = lead(g.taken[b]!, 0);
    }
  }
  return out;
}

/** By header: how often the loop is laid out, 0 for all others; null where no loop is copied. */
function chooseLoops(g: Graph): Uint8Array | null {
  const insns = new Int32Array(g.count);
  for (let b = 0; b < g.count; b++) if (g.loopOf[b] !== -1) insns[g.loopOf[b]!]! += g.last[b]! - g.first[b]! + 1;
  // Only innermost loops.
  for (let h = 0; h < g.count; h++) if (g.loopParent[h] !== -1) insns[g.loopParent[h]!] = 0;
  const copiesOf = new Uint8Array(g.count);
  let growth = 0;
  for (let h = 0; h < g.count; h++) {
    const size = insns[h]!;
    if (size === 0) continue;
    const copies = Math.min(MAX_COPIES, Math.floor(MAX_INSNS / size));
    if (copies < 2 || growth + (copies - 1) * size > MAX_GROWTH) continue;
    growth += (copies - 1) * size;
    copiesOf[h] = copies;
  }
  return growth > 0 ? copiesOf : null;
}
