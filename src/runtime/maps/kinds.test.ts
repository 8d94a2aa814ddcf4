import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapSpec, testRuntime } from "../../../test/fixtures/maps.ts";
import { BPF_MAP_TYPE_HASH, MAP_TYPES } from "../../abi/map-types.ts";
import { SkepError } from "../../base/error.ts";
import { MAP_KINDS } from "./kinds.ts";

const size = fc.oneof(
  { arbitrary: fc.constantFrom(0, 4, 4, 8), weight: 4 },
  fc.constantFrom(1, 4096, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.integer({ min: 0, max: 64 }),
);

describe("map types", () => {
  it("make a map or refuse it, whatever sizes an object asks for", () => {
    const rt = testRuntime({ memoryBytes: 4 << 20 });
    const template = rt.createMap(mapSpec(BPF_MAP_TYPE_HASH), null);
    const { used } = rt.heap;
    const type = fc.constantFrom(...MAP_TYPES.map((row) => row.id), 99);
    const flags = fc.oneof(
      { arbitrary: fc.constantFrom(0, 0, 1, 0x400), weight: 6 },
      fc.integer({ min: 0, max: 0xffff_ffff }),
    );
    const spec = fc.record({
      type,
      keySize: size,
      valueSize: size,
      maxEntries: size,
      flags,
      extra: fc.bigInt({ min: 0n, max: 20n }),
    });
    const made = new Set<number>();
    fc.assert(
      fc.property(spec, ({ type: id, extra, ...fields }) => {
        try {
          const map = rt.createMap(mapSpec(id, { ...fields, mapExtra: extra }), template);
          made.add(id);
          try {
            map.nextKey(null);
          } catch (error) {
            if (!(error instanceof SkepError)) throw error;
          }
          map.close();
        } catch (error) {
          if (!(error instanceof SkepError)) throw error;
          expect(error.code).toMatch(/^(map|runtime)\//);
          expect(error.errno).toBeGreaterThan(0);
        }
        expect(rt.heap.used).toBe(used);
      }),
      { numRuns: 3000, seed: 7 },
    );
    expect(made.size).toBeGreaterThan(3);
  });

  it("say how much memory they take before they take it", () => {
    for (const [id, kind] of MAP_KINDS) {
      const keyless = kind.check(mapSpec(id, { keySize: 0 }), 2) === 0;
      const spec = mapSpec(id, { keySize: keyless ? 0 : 4, maxEntries: 1000 });
      if (kind.check(spec, 2) !== 0 || spec.valueSize !== 8) continue;
      const rt = testRuntime({ cpus: 2 });
      const before = rt.heap.used;
      rt.createMap(spec, null);
      expect([id, rt.heap.used - before <= kind.bytes(spec, 2) + 4096]).toEqual([id, true]);
    }
  });
});
