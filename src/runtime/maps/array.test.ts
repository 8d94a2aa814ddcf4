import { describe, expect, it } from "vitest";
import { mapSpec, outcome, testRuntime, u32Bytes, u64Bytes } from "../../../test/fixtures/maps.ts";
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY } from "../../abi/map-types.ts";

describe("array", () => {
  it("has all its elements from the start, as zeroes", () => {
    const map = testRuntime().createMap(mapSpec(BPF_MAP_TYPE_ARRAY, { maxEntries: 3, valueSize: 6 }), null);
    expect(map.lookup(u32Bytes(2))).toEqual(new Uint8Array(6));
    expect(map.lookup(u32Bytes(3))).toBeNull();
    map.update(u32Bytes(1), Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(map.lookup(u32Bytes(1))).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(map.lookup(u32Bytes(2))).toEqual(new Uint8Array(6));
  });

  it("answers flags, indices and sizes as the kernel does", () => {
    const map = testRuntime().createMap(mapSpec(BPF_MAP_TYPE_ARRAY), null);
    const update = (key: number, flags: number): unknown =>
      outcome(() => map.update(u32Bytes(key), u64Bytes(1n), flags));
    expect(update(8, 0)).toBe("E2BIG");
    expect(update(0, 1)).toBe("EEXIST");
    expect(update(0, 2)).toBeUndefined();
    expect(update(0, 3)).toBe("EINVAL");
    expect(update(0, 4)).toBe("EINVAL");
    expect(outcome(() => map.delete(u32Bytes(0)))).toBe("EINVAL");
    expect(outcome(() => map.lookupAndDelete(u32Bytes(0)))).toBe("ENOTSUPP");
    expect(outcome(() => map.lookup(Uint8Array.of(0)))).toBe("EINVAL");
    expect(outcome(() => map.update(u32Bytes(0), Uint8Array.of(0)))).toBe("EINVAL");
  });

  it("iterates over all indices and starts over after an unknown one", () => {
    const map = testRuntime().createMap(mapSpec(BPF_MAP_TYPE_ARRAY, { maxEntries: 3 }), null);
    const keys: number[] = [];
    for (let key = map.nextKey(null); key !== null; key = map.nextKey(key)) keys.push(key[0]!);
    expect(keys).toEqual([0, 1, 2]);
    expect(map.nextKey(u32Bytes(77))).toEqual(u32Bytes(0));
  });

  it("keeps one value a CPU", () => {
    const rt = testRuntime({ cpus: 3 });
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_PERCPU_ARRAY, { maxEntries: 2 }), null);
    expect(map.userValueSize).toBe(24);
    map.update(u32Bytes(1), u64Bytes(1n, 2n, 3n));
    expect(map.lookup(u32Bytes(1))).toEqual(u64Bytes(1n, 2n, 3n));
    const key = rt.heap.alloc(4);
    rt.u32[key >>> 2] = 1;
    expect(rt.u32[map.ops.lookup(key) >>> 2]).toBe(1);
    expect(rt.u32[map.ops.lookupCpu!(key, 2) >>> 2]).toBe(3);
  });

  it("is refused where the kernel refuses it", () => {
    const rt = testRuntime();
    const make = (fields: object): unknown =>
      outcome(() => rt.createMap(mapSpec(BPF_MAP_TYPE_ARRAY, fields), null) && "made");
    expect(make({})).toBe("made");
    expect(make({ maxEntries: 0 })).toBe("EINVAL");
    expect(make({ keySize: 8 })).toBe("EINVAL");
    expect(make({ valueSize: 0 })).toBe("EINVAL");
    expect(make({ valueSize: 2 ** 31 })).toBe("E2BIG");
    expect(make({ flags: 1 })).toBe("EINVAL");
    expect(make({ flags: 0x180 })).toBe("EINVAL");
    expect(make({ flags: 0x400 })).toBe("made");
    expect(make({ valueSize: 1 << 20, maxEntries: 1 << 10 })).toBe("ENOMEM");
  });

  it("forbids writing once frozen, and gives a window only until then", () => {
    const map = testRuntime().createMap(mapSpec(BPF_MAP_TYPE_ARRAY, { maxEntries: 1, global: "bss" }), null);
    map.window()![0] = 7;
    expect(map.lookup(u32Bytes(0))![0]).toBe(7);
    map.freeze();
    expect(map.window()).toBeNull();
    expect(outcome(() => map.update(u32Bytes(0), u64Bytes(1n)))).toBe("EPERM");
    expect(outcome(() => map.freeze())).toBe("EPERM");
  });
});
