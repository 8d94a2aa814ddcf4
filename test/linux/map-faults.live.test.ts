/** Maps that are full, closed or asked for what they lack: the same errors from the kernel and from the embedded runtime. */
import { describe, expect, onTestFinished, test } from "vitest";
import * as mt from "../../src/abi/map-types.ts";
import { SkepError } from "../../src/base/error.ts";
import { linux } from "../../src/linux/target.ts";
import { BpfMap } from "../../src/loader/map.ts";
import type { Target } from "../../src/loader/target.ts";
import type { MapSpec } from "../../src/obj/spec.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { mapSpec } from "../fixtures/maps.ts";
import { liveKernel } from "../live.ts";

const BPF_F_NO_PREALLOC = 1;
const u32 = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
const none = new Uint8Array(0);
const value = new Uint8Array(8);
/** Prefix length and an address. */
const prefix = (bits: number, n: number): Uint8Array => new Uint8Array(Uint32Array.of(bits, n).buffer);

const targets: [string, () => Target][] = [["embedded", () => embedded()]];
if (liveKernel() === null) targets.push(["linux", () => linux()]);

describe.each(targets)("maps of %s", (_, makeTarget) => {
  function make(type: number, fields: Partial<MapSpec> = {}) {
    const target = makeTarget();
    const spec = mapSpec(type, { maxEntries: 4, ...fields });
    target.prepare([spec]);
    const raw = target.createMap(spec, null);
    onTestFinished(() => target.close());
    return { raw, map: new BpfMap<Uint8Array, Uint8Array>(raw), target };
  }
  const said = (fn: () => unknown): string => {
    try {
      fn();
    } catch (error) {
      if (error instanceof SkepError) return `${error.code}: ${error.message}`;
      throw error;
    }
    return "nothing";
  };

  test("full", () => {
    const hash = make(mt.BPF_MAP_TYPE_HASH).raw;
    for (let i = 0; i < 4; i++) hash.update(u32(i), value);
    expect(said(() => hash.update(u32(9), value))).toBe("map/E2BIG: update of map m (hash): E2BIG, the map is full");
    hash.update(u32(2), value);
    hash.delete(u32(2));
    hash.update(u32(9), value);

    const lru = make(mt.BPF_MAP_TYPE_LRU_HASH, { maxEntries: 64 }).map;
    for (let i = 0; i < 1000; i++) lru.raw.update(u32(i), value);
    expect(lru.count()).toBeLessThanOrEqual(64);

    for (const type of [mt.BPF_MAP_TYPE_QUEUE, mt.BPF_MAP_TYPE_STACK]) {
      const { raw } = make(type, { keySize: 0 });
      for (let i = 0; i < 4; i++) raw.update(none, value);
      expect(said(() => raw.update(none, value))).toMatch(/^map\/E2BIG: .* the map is full$/);
      raw.update(none, value, 2); // BPF_EXIST: over the oldest
    }

    const trie = make(mt.BPF_MAP_TYPE_LPM_TRIE, { keySize: 8, flags: BPF_F_NO_PREALLOC }).raw;
    for (let i = 0; i < 4; i++) trie.update(prefix(32, i), value);
    expect(said(() => trie.update(prefix(32, 9), value))).toMatch(/^map\/ENOSPC: .* the map is full$/);
    expect(said(() => trie.update(prefix(33, 9), value))).toMatch(/^map\/EINVAL: .* prefix length/);

    const array = make(mt.BPF_MAP_TYPE_ARRAY).raw;
    expect(said(() => array.update(u32(4), value))).toMatch(/^map\/E2BIG: .* past the last entry$/);
    expect(said(() => array.update(u32(1), value, 1))).toMatch(/^map\/EEXIST: .* from the start$/);
    expect(said(() => array.delete(u32(1)))).toMatch(/^map\/EINVAL: .* cannot be deleted$/);
  });

  test("many at once: up to the first that fails", () => {
    const { map } = make(mt.BPF_MAP_TYPE_HASH, { maxEntries: 3000 });
    const entries = (n: number, from = 0): [Uint8Array, Uint8Array][] =>
      Array.from({ length: n }, (_, i) => [u32(from + i), new Uint8Array(BigUint64Array.of(BigInt(i)).buffer)]);
    expect(map.setAll(entries(2500))).toBe(2500);
    expect(map.count()).toBe(2500);
    expect(map.get(u32(2499))).toEqual(new Uint8Array(BigUint64Array.of(2499n).buffer));
    expect(said(() => map.setAll(entries(2500, 1000)))).toMatch(/^map\/E2BIG/);
    expect(map.count()).toBe(3000);
    expect(map.get(u32(2999))).toEqual(new Uint8Array(BigUint64Array.of(1999n).buffer));
    expect(map.get(u32(3000))).toBeUndefined();
    expect(said(() => map.setAll(entries(2, 2999), { if: "noexist" }))).toMatch(/^map\/EEXIST/);
    expect(map.setAll(entries(3), { if: "exist" })).toBe(3);
    // A value of the wrong size: what stands before it is written.
    map.clear();
    expect(said(() => map.setAll([...entries(5), [u32(7), new Uint8Array(3)]]))).not.toBe("nothing");
    expect(map.count()).toBe(5);
    map.setAll(entries(10));
    expect(map.deleteAll([1, 3, 100, 5, 101, 102, 7].map(u32))).toBe(4);
    expect([...map.keys()].map((key) => key[0]).sort()).toEqual([0, 2, 4, 6, 8, 9]);
    map.clear();
    expect(map.count()).toBe(0);
    expect(map.setAll([])).toBe(0);
    expect(map.deleteAll([])).toBe(0);
  });

  test("many at once where there is no batch for it", () => {
    const { map } = make(mt.BPF_MAP_TYPE_DEVMAP_HASH, { valueSize: 4 });
    expect(map.deleteAll([u32(1), u32(2)])).toBe(0);
    const trie = make(mt.BPF_MAP_TYPE_LPM_TRIE, { keySize: 8, flags: BPF_F_NO_PREALLOC, maxEntries: 50 }).map;
    expect(trie.setAll(Array.from({ length: 50 }, (_, i) => [prefix(32, i), value]))).toBe(50);
    expect(trie.count()).toBe(50);
    const percpu = make(mt.BPF_MAP_TYPE_PERCPU_HASH);
    const each = Array.from({ length: percpu.raw.cpus }, () => value) as unknown as Uint8Array;
    expect(percpu.map.setAll([1, 2, 3].map((n) => [u32(n), each]))).toBe(3);
    expect(percpu.map.deleteAll([u32(1), u32(9), u32(3)])).toBe(2);
  });

  test("closed: every operation says so, and none is a fault", async () => {
    const { raw, map } = make(mt.BPF_MAP_TYPE_HASH);
    raw.close();
    const closed = /^map\/EBADF: .* the map is closed$/;
    for (const fn of [
      () => raw.lookup(u32(1)),
      () => raw.update(u32(1), value),
      () => raw.delete(u32(1)),
      () => raw.lookupAndDelete(u32(1)),
      () => raw.nextKey(null),
      () => raw.freeze(),
      () => map.setAll([[u32(1), value]]),
      () => map.count(),
    ]) {
      expect(said(fn)).toMatch(closed);
    }
    expect(raw.window()).toBeNull();
    raw.close();

    const ring = make(mt.BPF_MAP_TYPE_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 }).raw;
    ring.drain(() => {});
    ring.close();
    expect(said(() => ring.drain(() => {}))).toMatch(closed);
    expect(said(() => ring.drainInPlace(() => {}))).toMatch(closed);
    await expect(ring.wait()).rejects.toThrow(/EBADF, the map is closed/);

    const user = make(mt.BPF_MAP_TYPE_USER_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 }).raw;
    expect(user.send!(value)).toBe(true);
    user.close();
    expect(said(() => user.send!(value))).toMatch(closed);
  });

  test("a loop over records ends when the map is closed, also from within", async () => {
    const { map, raw } = make(mt.BPF_MAP_TYPE_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 });
    const loop = (async () => {
      for await (const _ of map.records()) throw new Error("there are none");
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    raw.close();
    await loop;
    for await (const _ of map.records()) throw new Error("there are none");
  });

  test("a closed target makes nothing more", () => {
    const { target } = make(mt.BPF_MAP_TYPE_HASH);
    target.close();
    target.close();
    expect(said(() => target.createMap(mapSpec(mt.BPF_MAP_TYPE_HASH), null))).toMatch(
      /closed: the \w+ target is closed$/,
    );
  });
});
