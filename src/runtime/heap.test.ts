import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHeap } from "./heap.ts";

const START = 0x80000;
const END = 0x100000;

describe("heap", () => {
  it("hands out zeroed, aligned blocks that never overlap, and takes all of them back", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            bytes: fc.oneof(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 0, max: 40_000 })),
            align: fc.constantFrom(16, 64, 4096),
            free: fc.nat(),
            keep: fc.boolean(),
          }),
          { maxLength: 60 },
        ),
        (steps) => {
          const u8 = new Uint8Array(END);
          const heap = createHeap(u8, START, END);
          const whole = heap.available;
          const live: { at: number; bytes: number }[] = [];
          for (const step of steps) {
            const at = heap.tryAlloc(step.bytes, step.align);
            if (at !== 0) {
              expect(at % step.align).toBe(0);
              expect(at).toBeGreaterThanOrEqual(START);
              expect(at + step.bytes).toBeLessThanOrEqual(END);
              for (const other of live) {
                expect(at + step.bytes <= other.at || other.at + other.bytes <= at || step.bytes === 0).toBe(true);
              }
              expect(u8.subarray(at, at + step.bytes).every((byte) => byte === 0)).toBe(true);
              u8.fill(0xff, at, at + step.bytes);
              live.push({ at, bytes: step.bytes });
            }
            if (!step.keep && live.length > 0) heap.free(live.splice(step.free % live.length, 1)[0]!.at);
          }
          for (const block of live) heap.free(block.at);
          expect(heap.used).toBe(0);
          expect(heap.available).toBe(whole);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("says what is missing and what to do", () => {
    const heap = createHeap(new Uint8Array(END), START, END);
    expect(() => heap.alloc(END)).toThrowError(
      expect.objectContaining({ code: "runtime/memory", advice: expect.stringContaining("memoryBytes") }),
    );
  });

  it("refuses to free what it did not hand out", () => {
    const heap = createHeap(new Uint8Array(END), START, END);
    const at = heap.alloc(100);
    heap.free(at);
    expect(() => heap.free(at)).toThrowError(expect.objectContaining({ code: "bug" }));
  });
});
