import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapSpec, outcome, testRuntime, u64Bytes } from "../../../test/fixtures/maps.ts";
import { BPF_MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK } from "../../abi/map-types.ts";

const NO_KEY = new Uint8Array(0);

describe.each([
  ["queue", BPF_MAP_TYPE_QUEUE],
  ["stack", BPF_MAP_TYPE_STACK],
])("%s", (_name, type) => {
  it("does what a list does", () => {
    const step = fc.record({
      op: fc.constantFrom("push", "push", "pop", "peek"),
      flags: fc.constantFrom(0, 0, 0, 1, 2, 3),
      value: fc.bigInt({ min: 0n, max: 999n }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = testRuntime({ memoryBytes: 1 << 20 }).createMap(mapSpec(type, { keySize: 0, maxEntries: 4 }), null);
        const model: bigint[] = [];
        for (const { op, flags, value } of steps) {
          if (op === "push") {
            const want =
              flags === 1 || flags === 3 ? "EINVAL" : model.length === 4 && flags !== 2 ? "E2BIG" : undefined;
            expect(outcome(() => map.update(NO_KEY, u64Bytes(value), flags))).toBe(want);
            if (want === undefined) {
              if (model.length === 4) model.shift();
              model.push(value);
            }
            continue;
          }
          const next = type === BPF_MAP_TYPE_QUEUE ? model[0] : model.at(-1);
          const want = next === undefined ? null : u64Bytes(next);
          expect(op === "pop" ? map.lookupAndDelete(NO_KEY) : map.lookup(NO_KEY)).toEqual(want);
          if (op === "pop") type === BPF_MAP_TYPE_QUEUE ? model.shift() : model.pop();
        }
      }),
      { numRuns: 200 },
    );
  });

  it("has no keys", () => {
    const map = testRuntime().createMap(mapSpec(type, { keySize: 0 }), null);
    expect(outcome(() => map.nextKey(null))).toBe("EINVAL");
    expect(outcome(() => map.delete(NO_KEY))).toBe("EINVAL");
    expect(outcome(() => testRuntime().createMap(mapSpec(type), null))).toBe("EINVAL");
  });
});

describe("bloom filter", () => {
  it("knows every value that was pushed, and few others", () => {
    const spec = mapSpec(BPF_MAP_TYPE_BLOOM_FILTER, { keySize: 0, maxEntries: 1000, mapExtra: 3n });
    const map = testRuntime().createMap(spec, null);
    for (let i = 0n; i < 1000n; i++) map.update(NO_KEY, u64Bytes(i));
    for (let i = 0n; i < 1000n; i++) expect(map.lookup(u64Bytes(i))).toEqual(u64Bytes(i));
    let wrong = 0;
    for (let i = 1000n; i < 3000n; i++) if (map.lookup(u64Bytes(i)) !== null) wrong++;
    expect(wrong).toBeLessThan(2000 * 0.15);
    expect(outcome(() => map.update(NO_KEY, u64Bytes(1n), 2))).toBe("EINVAL");
    expect(outcome(() => map.delete(NO_KEY))).toBe("EOPNOTSUPP");
    expect(outcome(() => testRuntime().createMap({ ...spec, mapExtra: 16n }, null))).toBe("EINVAL");
  });
});
