import { describe, expect, it } from "vitest";
import { mapSpec, outcome, testRuntime, u32Bytes, u64Bytes } from "../../../test/fixtures/maps.ts";
import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_PROG_ARRAY,
} from "../../abi/map-types.ts";

const innerSpec = mapSpec(BPF_MAP_TYPE_HASH);

describe.each([
  ["array of maps", BPF_MAP_TYPE_ARRAY_OF_MAPS],
  ["hash of maps", BPF_MAP_TYPE_HASH_OF_MAPS],
])("%s", (_name, type) => {
  const outerSpec = mapSpec(type, { valueSize: 4, maxEntries: 3, inner: innerSpec });

  it("gives programs the inner map, and user space its id", () => {
    const rt = testRuntime();
    const template = rt.createMap(innerSpec, null);
    const outer = rt.createMap(outerSpec, template);
    const inner = rt.createMap(innerSpec, null);
    const key = rt.heap.alloc(4);
    rt.u32[key >>> 2] = 2;
    expect(outer.ops.lookup(key)).toBe(0);
    expect(outer.lookup(u32Bytes(2))).toBeNull();
    outer.setSlot(u32Bytes(2), inner);
    expect(outer.ops.lookup(key)).toBe(inner.ops.desc);
    expect(outer.lookup(u32Bytes(2))).toEqual(u32Bytes(inner.id));
    const other = rt.createMap(innerSpec, null);
    outer.update(u32Bytes(2), u32Bytes(other.id));
    expect(outer.ops.lookup(key)).toBe(other.ops.desc);
    expect(outer.delete(u32Bytes(2))).toBe(true);
    expect(outer.delete(u32Bytes(2))).toBe(false);
    expect(outer.ops.lookup(key)).toBe(0);
  });

  it("keeps an inner map alive as long as a slot names it", () => {
    const rt = testRuntime();
    const before = rt.heap.used;
    const template = rt.createMap(innerSpec, null);
    const outer = rt.createMap(outerSpec, template);
    const inner = rt.createMap(innerSpec, null);
    inner.update(u32Bytes(1), u64Bytes(9n));
    outer.setSlot(u32Bytes(0), inner);
    outer.setSlot(u32Bytes(1), inner);
    inner.close();
    const key = rt.heap.alloc(4);
    rt.u32[key >>> 2] = 1;
    const value = rt.mapAt(outer.ops.lookup(key))!.lookup(key);
    expect(rt.u32[value >>> 2]).toBe(9);
    rt.heap.free(key);
    outer.delete(u32Bytes(0));
    template.close();
    outer.close();
    expect(rt.maps()).toEqual([]);
    expect(rt.heap.used).toBe(before);
  });

  it("takes only maps of the promised shape", () => {
    const rt = testRuntime();
    const outer = rt.createMap(outerSpec, rt.createMap(innerSpec, null));
    const put = (spec: typeof innerSpec): unknown =>
      outcome(() => outer.setSlot(u32Bytes(0), rt.createMap(spec, null)));
    expect(put({ ...innerSpec, maxEntries: 99 })).toBeUndefined();
    expect(put({ ...innerSpec, valueSize: 4 })).toBe("EINVAL");
    expect(put({ ...innerSpec, flags: 1 })).toBe("EINVAL");
    expect(outcome(() => outer.update(u32Bytes(0), u32Bytes(12345)))).toBe("EBADF");
    expect(outcome(() => outer.setSlot(u32Bytes(0), testRuntime().createMap(innerSpec, null)))).toBe("EBADF");
    const array = mapSpec(BPF_MAP_TYPE_ARRAY);
    const ofArrays = rt.createMap({ ...outerSpec, inner: array }, rt.createMap(array, null));
    expect(outcome(() => ofArrays.setSlot(u32Bytes(0), rt.createMap({ ...array, maxEntries: 9 }, null)))).toBe(
      "EINVAL",
    );
  });

  it("needs an inner map, and not one of maps or programs", () => {
    const rt = testRuntime();
    expect(outcome(() => rt.createMap(outerSpec, null))).toBe("EBADF");
    const outer = rt.createMap(outerSpec, rt.createMap(innerSpec, null));
    expect(outcome(() => rt.createMap(outerSpec, outer))).toBe("EINVAL");
    const progs = rt.createMap(mapSpec(BPF_MAP_TYPE_PROG_ARRAY, { valueSize: 4 }), null);
    expect(outcome(() => rt.createMap(outerSpec, progs))).toBe("ENOTSUPP");
  });
});
