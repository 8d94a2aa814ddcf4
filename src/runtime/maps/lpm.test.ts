import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapSpec, outcome, testRuntime, u64Bytes } from "../../../test/fixtures/maps.ts";
import { BPF_MAP_TYPE_LPM_TRIE } from "../../abi/map-types.ts";

function lpmKey(prefix: number, ...data: number[]): Uint8Array {
  return Uint8Array.of(prefix, 0, 0, 0, ...data);
}

const ENTRIES = 12;
const spec = mapSpec(BPF_MAP_TYPE_LPM_TRIE, { keySize: 6, maxEntries: ENTRIES, flags: 1 });

function bits(key: Uint8Array, count: number): string {
  return [...key.subarray(4)]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(0, count);
}

describe("LPM trie", () => {
  it("finds what a search of all prefixes finds", () => {
    const step = fc.record({
      op: fc.constantFrom("update", "update", "update", "delete", "lookup", "walk"),
      prefix: fc.integer({ min: 0, max: 17 }),
      data: fc.tuple(fc.constantFrom(0, 0x80, 0xc0, 0xff, 0x01), fc.constantFrom(0, 0x80, 0xff)),
      flags: fc.constantFrom(0, 0, 1, 2, 3),
      value: fc.bigInt({ min: 0n, max: 1n << 40n }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const rt = testRuntime({ memoryBytes: 1 << 20 });
        const before = rt.heap.used;
        const map = rt.createMap(spec, null);
        const model = new Map<string, bigint>();
        for (const { op, prefix, data, flags, value } of steps) {
          const key = lpmKey(prefix, ...data);
          const name = bits(key, prefix);
          switch (op) {
            case "update": {
              let want: string | undefined;
              if (flags > 2 || prefix > 16) want = "EINVAL";
              else if (model.has(name)) want = flags === 1 ? "EEXIST" : undefined;
              else if (flags === 2) want = "ENOENT";
              else if (model.size === ENTRIES) want = "ENOSPC";
              expect(outcome(() => map.update(key, u64Bytes(value), flags))).toBe(want);
              if (want === undefined) model.set(name, value);
              break;
            }
            case "delete":
              expect(outcome(() => map.delete(key))).toBe(prefix > 16 ? "EINVAL" : model.delete(name));
              break;
            case "lookup": {
              let want: bigint | undefined;
              for (let i = prefix; i >= 0 && want === undefined && prefix <= 16; i--) want = model.get(bits(key, i));
              expect(map.lookup(key)).toEqual(want === undefined ? null : u64Bytes(want));
              break;
            }
            case "walk": {
              const seen: string[] = [];
              for (let k = map.nextKey(null); k !== null; k = map.nextKey(k)) seen.push(bits(k, k[0]!));
              expect([...seen].sort()).toEqual([...model.keys()].sort());
              // More specific before less specific.
              seen.forEach((a, i) => {
                for (const b of seen.slice(i + 1)) expect(b !== a && b.startsWith(a)).toBe(false);
              });
            }
          }
        }
        map.close();
        expect(rt.heap.used).toBe(before);
      }),
      { numRuns: 300 },
    );
  });

  it("is refused where the kernel refuses it", () => {
    const rt = testRuntime();
    const make = (fields: object): unknown => outcome(() => rt.createMap({ ...spec, ...fields }, null) && "made");
    expect(make({})).toBe("made");
    expect(make({ flags: 0 })).toBe("EINVAL");
    expect(make({ keySize: 4 })).toBe("EINVAL");
    expect(make({ keySize: 261 })).toBe("EINVAL");
    expect(make({ maxEntries: 2 ** 32 - 1 })).toBe("made");
  });
});
