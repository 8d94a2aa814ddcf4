import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapSpec, outcome, testRuntime, u32Bytes, u64Bytes } from "../../../test/fixtures/maps.ts";
import {
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_HASH,
} from "../../abi/map-types.ts";

const ENTRIES = 6;

const op = fc.record({
  op: fc.constantFrom("update", "delete", "lookup", "take", "next"),
  key: fc.integer({ min: 0, max: 9 }),
  value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  flags: fc.constantFrom(0, 0, 0, 1, 2, 3, 4),
});

describe.each([
  { name: "hash", type: BPF_MAP_TYPE_HASH, flags: 0, keySize: 4, lru: false },
  { name: "hash, not preallocated", type: BPF_MAP_TYPE_HASH, flags: 1, keySize: 8, lru: false },
  { name: "hash with odd keys", type: BPF_MAP_TYPE_HASH, flags: 0, keySize: 7, lru: false },
  { name: "per-CPU hash", type: BPF_MAP_TYPE_PERCPU_HASH, flags: 0, keySize: 16, lru: false },
  { name: "LRU hash", type: BPF_MAP_TYPE_LRU_HASH, flags: 0, keySize: 4, lru: true },
  { name: "LRU per-CPU hash", type: BPF_MAP_TYPE_LRU_PERCPU_HASH, flags: 0, keySize: 4, lru: true },
])("$name", ({ type, flags, keySize, lru }) => {
  const keyOf = (n: number): Uint8Array => {
    const key = new Uint8Array(keySize);
    key[0] = n;
    key[keySize - 1]! ^= 0xa0 + n;
    return key;
  };

  it("does what a plain table does", () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 80 }), (steps) => {
        const rt = testRuntime({ memoryBytes: 1 << 20 });
        const before = rt.heap.used;
        const map = rt.createMap(mapSpec(type, { keySize, flags, maxEntries: ENTRIES }), null);
        const model = new Map<string, Uint8Array>();
        for (const step of steps) {
          const key = keyOf(step.key);
          const name = String(key);
          const value = u64Bytes(step.value);
          // What an LRU map gave up is no longer in the model.
          if (lru)
            for (const [k] of [...model])
              if (map.lookup(Uint8Array.from(k.split(",").map(Number))) === null) model.delete(k);
          switch (step.op) {
            case "update": {
              let want: string | undefined;
              if (step.flags > 2) want = "EINVAL";
              else if (step.flags === 1 && model.has(name)) want = "EEXIST";
              else if (step.flags === 2 && !model.has(name)) want = "ENOENT";
              else if (!lru && !model.has(name) && model.size === ENTRIES) want = "E2BIG";
              expect(outcome(() => map.update(key, value, step.flags))).toBe(want);
              if (want === undefined) model.set(name, value);
              break;
            }
            case "delete":
              expect(map.delete(key)).toBe(model.delete(name));
              break;
            case "lookup":
              expect(map.lookup(key)).toEqual(model.get(name) ?? null);
              break;
            case "take":
              expect(map.lookupAndDelete(key)).toEqual(model.get(name) ?? null);
              model.delete(name);
              break;
            case "next": {
              const seen = new Set<string>();
              for (let k = map.nextKey(null); k !== null; k = map.nextKey(k)) seen.add(String(k));
              if (lru) {
                expect(seen.size).toBeLessThanOrEqual(ENTRIES);
                for (const k of seen) expect(model.has(k)).toBe(true);
              } else expect(seen).toEqual(new Set(model.keys()));
            }
          }
        }
        map.close();
        expect(rt.heap.used).toBe(before);
      }),
      { numRuns: 150 },
    );
  });
});

describe("hash", () => {
  it("lets a program that holds an old value's address go on reading it", () => {
    const rt = testRuntime();
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_HASH), null);
    map.update(u32Bytes(1), u64Bytes(11n));
    const key = rt.heap.alloc(4);
    rt.u32[key >>> 2] = 1;
    const old = map.ops.lookup(key);
    map.update(u32Bytes(1), u64Bytes(22n));
    expect(rt.u32[old >>> 2]).toBe(11);
    expect(rt.u32[map.ops.lookup(key) >>> 2]).toBe(22);
  });

  it("zeroes the other CPUs' values when a program adds a key", () => {
    const rt = testRuntime({ cpus: 2 });
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_PERCPU_HASH), null);
    map.update(u32Bytes(1), u64Bytes(5n, 6n));
    map.delete(u32Bytes(1));
    const at = rt.heap.alloc(16);
    rt.u32[at >>> 2] = 1;
    rt.u32[(at + 8) >>> 2] = 9;
    expect(map.ops.update(at, at + 8, 0)).toBe(0);
    expect(map.lookup(u32Bytes(1))).toEqual(u64Bytes(9n, 0n));
  });

  it("spreads keys that differ in one bit only", () => {
    const rt = testRuntime();
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_HASH, { maxEntries: 4096 }), null);
    for (let i = 0; i < 4096; i++) map.update(u32Bytes(i << 20 || i), u64Bytes(1n), 0);
    const table = rt.u32[(map.ops.desc + 28) >>> 2]!;
    let longest = 0;
    for (let bucket = 0; bucket < 4096; bucket++) {
      let length = 0;
      for (let elem = rt.u32[(table >>> 2) + bucket]!; elem !== 0; elem = rt.u32[elem >>> 2]!) length++;
      longest = Math.max(longest, length);
    }
    expect(longest).toBeLessThan(12);
  });

  it("takes no more than 1.3 times the kernel's memory for a million entries", () => {
    const rt = testRuntime({ memoryBytes: 128 << 20 });
    const entries = 1 << 20;
    const before = rt.heap.used;
    rt.createMap(mapSpec(BPF_MAP_TYPE_HASH, { keySize: 8, maxEntries: entries }), null);
    // htab_map_mem_usage: a bucket of 16 bytes, an element of 48 bytes and key and value.
    expect(rt.heap.used - before).toBeLessThan(1.3 * entries * (16 + 48 + 8 + 8));
  });

  it("is refused where the kernel refuses it", () => {
    const rt = testRuntime();
    const make = (type: number, fields: object): unknown =>
      outcome(() => rt.createMap(mapSpec(type, fields), null) && "made");
    expect(make(BPF_MAP_TYPE_HASH, { keySize: 0 })).toBe("EINVAL");
    expect(make(BPF_MAP_TYPE_HASH, { maxEntries: 0 })).toBe("EINVAL");
    expect(make(BPF_MAP_TYPE_HASH, { flags: 2 })).toBe("EINVAL");
    expect(make(BPF_MAP_TYPE_HASH, { valueSize: 4 << 20 })).toBe("E2BIG");
    expect(make(BPF_MAP_TYPE_LRU_HASH, { flags: 1 })).toBe("ENOTSUPP");
    expect(make(BPF_MAP_TYPE_LRU_HASH, { flags: 2 })).toBe("made");
    expect(make(BPF_MAP_TYPE_PERCPU_HASH, { valueSize: 33 << 10 })).toBe("E2BIG");
  });
});

describe("LRU hash", () => {
  it("never holds more than it may, and always what was added last", () => {
    const map = testRuntime().createMap(mapSpec(BPF_MAP_TYPE_LRU_HASH, { maxEntries: 10 }), null);
    for (let i = 0; i < 500; i++) {
      map.update(u32Bytes(i), u64Bytes(BigInt(i)));
      expect(map.lookup(u32Bytes(i))).toEqual(u64Bytes(BigInt(i)));
    }
    let count = 0;
    for (let key = map.nextKey(null); key !== null; key = map.nextKey(key)) count++;
    expect(count).toBe(10);
  });

  it("keeps what programs look up and gives up what they don't", () => {
    const rt = testRuntime();
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_LRU_HASH, { maxEntries: 16 }), null);
    const key = rt.heap.alloc(4);
    for (let i = 0; i < 16; i++) map.update(u32Bytes(i), u64Bytes(0n));
    for (let i = 100; i < 400; i++) {
      for (let hot = 0; hot < 4; hot++) {
        rt.u32[key >>> 2] = hot;
        expect(map.ops.lookup(key)).not.toBe(0);
      }
      map.update(u32Bytes(i), u64Bytes(0n));
    }
    expect(map.lookup(u32Bytes(9))).toBeNull();
  });

  it("updates a present key without giving up another", () => {
    const map = testRuntime().createMap(mapSpec(BPF_MAP_TYPE_LRU_HASH, { maxEntries: 4 }), null);
    for (let i = 0; i < 4; i++) map.update(u32Bytes(i), u64Bytes(0n));
    for (let i = 0; i < 40; i++) map.update(u32Bytes(i % 4), u64Bytes(BigInt(i)));
    for (let i = 0; i < 4; i++) expect(map.lookup(u32Bytes(i))).not.toBeNull();
  });
});
