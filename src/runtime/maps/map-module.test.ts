import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapSpec, testRuntime } from "../../../test/fixtures/maps.ts";
import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_LPM_TRIE,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_HASH,
} from "../../abi/map-types.ts";
import { CELL_CPU, HEAP_BASE } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import type { Runtime } from "../runtime.ts";
import { instantiateMaps, type MapModule } from "./map-module.ts";

/** The same operations by the map module, and by the TypeScript maps alone. */
function twoSides(spec: MapSpec, inner: MapSpec | null): { rt: Runtime; desc: number; fns: MapModule }[] {
  return [true, false].map((wasm) => {
    const rt = testRuntime({ memoryBytes: 1 << 20, cpus: 2, random: 7 });
    const template = inner === null ? null : rt.createMap(inner, null);
    const map = rt.createMap(spec, template);
    if (template !== null) map.setSlot(new Uint8Array(4), template);
    const slow = {
      lookup: (m: number, key: number) => rt.mapAt(m)!.lookup(key),
      update: (m: number, key: number, value: number, lo: number, hi: number) =>
        rt.mapAt(m)!.update(key, value, hi === 0 ? lo >>> 0 : 0xffff_ffff),
      remove: (m: number, key: number) => rt.mapAt(m)!.delete(key),
    };
    const plain = { ...slow, hashLookup: slow.lookup };
    return { rt, desc: map.ops.desc, fns: wasm ? instantiateMaps(rt.memory.wasm!, slow) : plain };
  });
}

const innerSpec = mapSpec(BPF_MAP_TYPE_HASH);

const CASES: readonly (readonly [name: string, spec: MapSpec, inner: MapSpec | null])[] = [
  ["array", mapSpec(BPF_MAP_TYPE_ARRAY, { maxEntries: 5, valueSize: 11 }), null],
  ["per-CPU array", mapSpec(BPF_MAP_TYPE_PERCPU_ARRAY, { maxEntries: 5 }), null],
  ...[1, 2, 3, 4, 7, 8, 12, 16, 21].map(
    (keySize) => [`hash, ${keySize}-byte keys`, mapSpec(BPF_MAP_TYPE_HASH, { keySize, valueSize: 13 }), null] as const,
  ),
  ["hash, not preallocated", mapSpec(BPF_MAP_TYPE_HASH, { keySize: 8, flags: 1, maxEntries: 40 }), null],
  ["per-CPU hash", mapSpec(BPF_MAP_TYPE_PERCPU_HASH, { keySize: 8 }), null],
  ["LRU hash", mapSpec(BPF_MAP_TYPE_LRU_HASH), null],
  ["LRU hash of 3", mapSpec(BPF_MAP_TYPE_LRU_HASH, { maxEntries: 3, valueSize: 13 }), null],
  ["LRU per-CPU hash", mapSpec(BPF_MAP_TYPE_LRU_PERCPU_HASH, { keySize: 16 }), null],
  ["LPM trie, 4 bytes", mapSpec(BPF_MAP_TYPE_LPM_TRIE, { keySize: 8, flags: 1 }), null],
  ["LPM trie, 6 bytes", mapSpec(BPF_MAP_TYPE_LPM_TRIE, { keySize: 10, flags: 1 }), null],
  ["LPM trie, 16 bytes", mapSpec(BPF_MAP_TYPE_LPM_TRIE, { keySize: 20, flags: 1 }), null],
  ["array of maps", mapSpec(BPF_MAP_TYPE_ARRAY_OF_MAPS, { valueSize: 4 }), innerSpec],
  ["hash of maps", mapSpec(BPF_MAP_TYPE_HASH_OF_MAPS, { valueSize: 4 }), innerSpec],
];

describe.each(CASES)("map module: %s", (_name, spec, inner) => {
  it("does what the TypeScript maps do, byte for byte", () => {
    const isLpm = spec.type === BPF_MAP_TYPE_LPM_TRIE;
    const step = fc.record({
      op: fc.constantFrom("update", "update", "update", "lookup", "lookup", "remove"),
      key: fc.integer({ min: 0, max: 11 }),
      prefix: fc.integer({ min: 0, max: Math.max(0, 8 * (spec.keySize - 4)) + 1 }),
      spread: fc.boolean(),
      value: fc.integer({ min: 0, max: 255 }),
      lo: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 0x7fff_ffff),
      hi: fc.constantFrom(0, 0, 0, 0, 0, 0, 1),
      cpu: fc.constantFrom(0, 1),
      shift: fc.constantFrom(0, 0, 4, 1),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const sides = twoSides(spec, inner);
        for (const { op, key, prefix, spread, value, lo, hi, cpu, shift } of steps) {
          const results = sides.map(({ rt, desc, fns }) => {
            // Keys and values on the stack, at any alignment.
            const keyAt = 0x4000 + shift;
            const valueAt = 0x5000 + shift;
            rt.u8.fill(spread ? key * 17 : 0, keyAt, keyAt + spec.keySize);
            rt.u8[keyAt + (isLpm ? 4 : 0)] = key * 23;
            if (spec.type === BPF_MAP_TYPE_ARRAY || spec.type === BPF_MAP_TYPE_PERCPU_ARRAY || inner !== null) {
              rt.view.setUint32(keyAt, key, true);
            }
            if (isLpm) rt.view.setUint32(keyAt, prefix, true);
            rt.u8.fill(value, valueAt, valueAt + 32);
            rt.u32[CELL_CPU >>> 2] = cpu;
            if (op === "lookup") return fns.lookup(desc, keyAt) >>> 0;
            if (op === "remove") return fns.remove(desc, keyAt);
            return fns.update(desc, keyAt, valueAt, lo, hi);
          });
          expect(results[0]).toBe(results[1]);
        }
        const [a, b] = sides.map(({ rt }) => rt.u8.subarray(HEAP_BASE));
        expect(Buffer.compare(a!, b!)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
