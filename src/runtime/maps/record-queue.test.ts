import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRecordQueue } from "./record-queue.ts";

describe("record queue", () => {
  it("gives records back in order, unchanged, or refuses them", () => {
    const steps = fc.array(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constant("drain" as const)), { maxLength: 80 });
    fc.assert(
      fc.property(steps, fc.constantFrom(64, 100, 256), (list, capacity) => {
        const queue = createRecordQueue(new Uint8Array(capacity));
        let model: string[] = [];
        let serial = 0;
        for (const step of list) {
          if (step === "drain") {
            const got: string[] = [];
            expect(queue.drain((record) => got.push(String(record)))).toBe(model.length);
            expect(got).toEqual(model);
            model = [];
            continue;
          }
          const bytes = new Uint8Array(step).fill(++serial & 0xff);
          const into = queue.push(step);
          if (into === null) {
            // Whatever fits an empty queue is refused only while others wait.
            expect(model.length > 0 || step + 4 > capacity - 3).toBe(true);
            continue;
          }
          into.set(bytes);
          model.push(String(bytes));
          expect(queue.length).toBe(model.length);
        }
      }),
      { numRuns: 300 },
    );
  });
});
