import fc from "fast-check";
import { expect, it } from "vitest";
import { createBlocks } from "./blocks.ts";

const BYTES = 0x10000;

it("copies and clears as typed arrays do, overlapping or not", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const [ours, plain] = [new Uint8Array(memory.buffer), new Uint8Array(BYTES)];
  const sides = [createBlocks(memory, ours), createBlocks(null, plain)];
  for (let i = 0; i < BYTES; i++) ours[i] = plain[i] = (i * 31) & 255;
  const place = fc.nat(BYTES - 3000);
  fc.assert(
    fc.property(place, place, fc.nat(2999), (a, b, bytes) => {
      for (const blocks of sides) {
        blocks.copy(a, b, bytes);
        blocks.clear(b, bytes >>> 4);
      }
      expect(Buffer.compare(ours, plain)).toBe(0);
    }),
    { numRuns: 100 },
  );
  expect(() => sides[0]!.copy(BYTES - 8, 0, 9)).toThrow(WebAssembly.RuntimeError);
});
