import { describe, expect, it } from "vitest";
import { mapSpec, outcome, testRuntime, u32Bytes } from "../../../test/fixtures/maps.ts";
import {
  BPF_MAP_TYPE_CPUMAP,
  BPF_MAP_TYPE_DEVMAP,
  BPF_MAP_TYPE_DEVMAP_HASH,
  BPF_MAP_TYPE_XSKMAP,
} from "../../abi/map-types.ts";

describe("redirect maps", () => {
  it("devmap: a slot is an ifindex, 0 empties it", () => {
    const map = testRuntime().createMap(mapSpec(BPF_MAP_TYPE_DEVMAP, { valueSize: 8, maxEntries: 4 }), null);
    expect(map.lookup(u32Bytes(1))).toBeNull();
    map.update(u32Bytes(1), u32Bytes(7, 0));
    expect(map.lookup(u32Bytes(1))).toEqual(u32Bytes(7, 0));
    map.update(u32Bytes(1), u32Bytes(0, 0));
    expect(map.lookup(u32Bytes(1))).toBeNull();
    expect(outcome(() => map.update(u32Bytes(1), u32Bytes(7, 0), 1))).toBe("EEXIST");
    expect(outcome(() => map.update(u32Bytes(4), u32Bytes(7, 0)))).toBe("E2BIG");
    expect(outcome(() => map.update(u32Bytes(0), u32Bytes(0, 5)))).toBe("EINVAL");
    expect(map.delete(u32Bytes(1))).toBe(true);
    expect(outcome(() => map.delete(u32Bytes(9)))).toBe("EINVAL");
  });

  it("devmap_hash: any key", () => {
    const map = testRuntime().createMap(mapSpec(BPF_MAP_TYPE_DEVMAP_HASH, { valueSize: 4, maxEntries: 2 }), null);
    map.update(u32Bytes(1000), u32Bytes(7));
    expect(map.lookup(u32Bytes(1000))).toEqual(u32Bytes(7));
    expect(outcome(() => map.update(u32Bytes(1000), u32Bytes(8), 1))).toBe("EEXIST");
    expect(outcome(() => map.update(u32Bytes(1001), u32Bytes(0)))).toBe("EINVAL");
    map.update(u32Bytes(1001), u32Bytes(8));
    expect(outcome(() => map.update(u32Bytes(1002), u32Bytes(9)))).toBe("E2BIG");
    expect(map.delete(u32Bytes(1000))).toBe(true);
    expect(map.delete(u32Bytes(1000))).toBe(false);
  });

  it("cpumap: a queue size for a CPU that is there", () => {
    const map = testRuntime({ cpus: 2 }).createMap(mapSpec(BPF_MAP_TYPE_CPUMAP, { valueSize: 4, maxEntries: 8 }), null);
    map.update(u32Bytes(1), u32Bytes(192));
    expect(map.lookup(u32Bytes(1))).toEqual(u32Bytes(192));
    expect(outcome(() => map.update(u32Bytes(2), u32Bytes(192)))).toBe("ENODEV");
    expect(outcome(() => map.update(u32Bytes(1), u32Bytes(20000)))).toBe("EOVERFLOW");
  });

  it("xskmap: programs see whether a socket is there, user space may not look", () => {
    const rt = testRuntime();
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_XSKMAP, { valueSize: 4, maxEntries: 4 }), null);
    const key = rt.heap.alloc(4);
    expect(map.ops.lookup(key)).toBe(0);
    map.update(u32Bytes(0), u32Bytes(0));
    expect(map.ops.lookup(key)).not.toBe(0);
    expect(outcome(() => map.lookup(u32Bytes(0)))).toBe("EOPNOTSUPP");
    expect(outcome(() => map.update(u32Bytes(0), u32Bytes(0), 1))).toBe("EEXIST");
    expect(outcome(() => map.update(u32Bytes(1), u32Bytes(0), 2))).toBe("ENOENT");
  });
});
