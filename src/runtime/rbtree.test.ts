import fc from "fast-check";
import { expect, it } from "vitest";
import { rbAdd, rbChild, rbFirst, rbHas, rbRemove, rbRoot } from "./rbtree.ts";

const ROOT = 16;
const NODES = 64;
const NODE_BYTES = 48;
/** The key lies after the node. */
const KEY = 32;
const nodeAt = (i: number): number => NODES + i * NODE_BYTES;

it("stays sorted, red-black and complete through random adding and removing", () => {
  const step = fc.record({ node: fc.nat(31), key: fc.nat(20), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const u32 = new Uint32Array(1024);
      const keyOf = (node: number): number => u32[(node + KEY) >>> 2]!;
      const inside = new Set<number>();
      for (const { node: n, key, remove } of steps) {
        const node = nodeAt(n);
        if (remove && inside.has(node)) {
          rbRemove(u32, ROOT, node);
          inside.delete(node);
        } else if (!remove && !inside.has(node)) {
          u32[(node + KEY) >>> 2] = key;
          expect(rbAdd(u32, ROOT, node, (a, b) => keyOf(a) < keyOf(b))).toBe(0);
          inside.add(node);
        } else if (!remove) {
          expect(rbAdd(u32, ROOT, node, () => true)).toBe(-22);
        }
        const order: number[] = [];
        const blackHeight = (at: number): number => {
          if (at === 0) return 1;
          const left = rbChild(u32, ROOT, at, "left");
          const right = rbChild(u32, ROOT, at, "right");
          const red = u32[(at + 12) >>> 2] === 1;
          for (const child of [left, right]) if (red && child !== 0) expect(u32[(child + 12) >>> 2]).toBe(0);
          const height = blackHeight(left);
          order.push(at);
          expect(blackHeight(right)).toBe(height);
          return height + (red ? 0 : 1);
        };
        blackHeight(rbRoot(u32, ROOT));
        expect(new Set(order)).toEqual(inside);
        expect(order.map(keyOf)).toEqual(order.map(keyOf).sort((a, b) => a - b));
        expect(rbFirst(u32, ROOT)).toBe(order[0] ?? 0);
        for (let i = 0; i < 32; i++) expect(rbHas(u32, ROOT, nodeAt(i))).toBe(inside.has(nodeAt(i)));
      }
    }),
    { numRuns: 60 },
  );
});
