/** Typed maps, globals, slots, tail calls and rings of one object (test/fixtures/loader/typed.bpf.c). */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { codeOf } from "../../test/fixtures/errors.ts";
import { parseObject } from "../obj/parse.ts";
import { embedded } from "../runtime/embedded.ts";
import type { Collection } from "./collection.ts";
import { type LoadOptions, loadObject } from "./load.ts";
import type { Value } from "./shape.ts";

const spec = parseObject(
  new Uint8Array(readFileSync(new URL("../../test/fixtures/loader/typed.bpf.o", import.meta.url))),
  "typed.bpf.o",
);
const packet = new Uint8Array(60);

const VALUE: Value = {
  f1: 7,
  f2: 4097,
  f3: -5,
  wide: 0xff00000001n,
  rest: 3n,
  c: "GREEN",
  bg: "BIG",
  in: [[1, 2, 3].map((a) => ({ a, b: -a })), [4, 5, 6].map((a) => ({ a, b: -a }))],
  name: "abc",
  raw: Uint8Array.of(1, 2, 3, 4),
  flag: true,
  one: 65,
  sc: -1,
  u: 0x10002,
  be: 0x01020304,
  bp: 80,
};

describe.each(["jit", "interp"] as const)("typed values on the %s", (engine) => {
  const load = (options: LoadOptions = {}, cpus = 1): Collection =>
    loadObject(spec, embedded({ engine, cpus }), options, true);

  test("a struct of everything comes back as it was given, and the program's changes with it", () => {
    const c = load();
    const vals = c.maps["vals"]!;
    vals.set(2n, VALUE);
    expect(vals.get(2n)).toEqual({ ...(VALUE as object), lo: 2, hi: 1 });
    c.programs["first"]!.run(packet);
    expect(vals.get(2n)).toMatchObject({ f1: 5, f2: 4097, wide: 0xff00000002n, rest: 3n, sc: -3 });
    vals.set(3, { name: "12345678", c: 99 });
    expect(vals.get(3n)).toMatchObject({ name: "12345678", c: 99, f1: 0 });
    c.close();
  });

  test("what does not fit the type is refused, and nothing is written", () => {
    const c = load();
    const vals = c.maps["vals"]!;
    const bad: Value[] = [
      { nmae: "x" },
      { f1: 8 },
      { f3: 0x8000 },
      { wide: 1n << 40n },
      { c: "PURPLE" },
      { name: "123456789" },
      { in: [[], [], []] },
      null,
      "text",
    ];
    for (const value of bad) expect([value, codeOf(() => vals.set(1n, value))]).toEqual([value, "btf/value"]);
    for (const key of [1n << 64n, -1n, 5.5, "x"])
      expect([key, codeOf(() => vals.set(key, VALUE))]).toEqual([key, "btf/value"]);
    expect(vals.count()).toBe(0);
    c.close();
  });

  test("globals of several sections: set before load, read and assigned while programs run", () => {
    const c = load({
      rodata: { limit: 2, cfg: { a: 0, b: 1 }, greet: "hey" },
      data: { counter: 100n },
      bss: { hits: 1 },
    });
    expect({ ...c.rodata }).toEqual({ limit: 2, cfg: { a: 0, b: 1 }, greet: "hey" });
    expect(c.programs["first"]!.run(packet).verdict).toBe("pass");
    expect({ ...c.data }).toEqual({ counter: 102n, pair: { a: 4, b: -5 }, apart: 78 });
    expect(c.bss).toMatchObject({ hits: 2, on: true, last_color: "GREEN" });
    expect(c.programs["first"]!.run(packet).verdict).toBe("drop");
    c.bss["hits"] = 0;
    c.bss["blob"] = Uint8Array.of(9);
    expect(c.programs["first"]!.run(packet).verdict).toBe("pass");
    expect(c.bss["blob"]).toEqual(Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 9 : i === 1 ? 1 : 0)));
    expect(c.bss).toBe(c.bss);
    expect(() => {
      c.bss["hitz"] = 1;
    }).toThrow(/hitz/);
    expect(
      codeOf(() => {
        (c.rodata as Record<string, Value>)["limit"] = 1;
      }),
    ).toBe("load/readonly");
    c.close();
    expect(codeOf(() => c.bss["hits"])).toBe("map/EBADF");
  });

  test("slots: programs to tail call, maps in maps, also made while running", () => {
    const c = load();
    const first = c.programs["first"]!;
    const { in0, outer, by_id: byId, jumps } = c.maps;
    expect(first.run(packet).verdict).toBe("pass");
    jumps!.setSlot(1, c.programs["next"]!);
    expect(first.run(packet).verdict).toBe("tx");
    c.bss["hits"] = 0;
    jumps!.setSlot(1, null);
    expect(first.run(packet).verdict).toBe("pass");
    expect(in0!.get(0)).toBe(3n);

    const made = c.createMap<number, bigint>(byId!.spec.inner!);
    byId!.setSlot(42, made);
    outer!.setSlot(0, made);
    first.run(packet);
    expect([in0!.get(0), made.get(0)]).toEqual([3n, 11n]);
    byId!.setSlot(42, null);
    first.run(packet);
    expect(made.get(0)).toBe(12n);
    expect(codeOf(() => outer!.setSlot(0, c.maps["vals"]!))).toBe("map/EINVAL");
    expect(codeOf(() => jumps!.setSlot(9, c.programs["next"]!))).toBe("map/E2BIG");
    c.close();
    expect(codeOf(() => made.get(0))).toBe("map/EBADF");
  });

  test("rings give the records of the struct that the map is named for", () => {
    const c = load();
    c.programs["first"]!.run(packet);
    expect(c.maps["perf"]!.drain()).toEqual([{ n: 1, what: "abc" }]);
    expect(c.maps["ring"]!.drain()).toEqual([{ n: 1, what: "abc" }]);
    expect(c.maps["ring"]!.drain()).toEqual([]);
    c.close();
  });

  test("a loop over records that ends early loses none, and a drain meanwhile takes them over", async () => {
    const c = load();
    const ring = c.maps["ring"]!;
    for (let i = 0; i < 5; i++) c.programs["first"]!.run(packet);
    const taken: unknown[] = [];
    const some = async (most: number): Promise<void> => {
      for await (const record of ring.records()) {
        taken.push((record as { n: number }).n);
        if (taken.length >= most) break;
      }
    };
    await some(2);
    await some(3);
    expect(taken).toEqual([1, 2, 3]);
    c.programs["first"]!.run(packet);
    expect(ring.drain()).toMatchObject([{ n: 4 }, { n: 5 }, { n: 6 }]);
    for (let i = 0; i < 3; i++) c.programs["first"]!.run(packet);
    for await (const record of ring.records({ signal: AbortSignal.abort() })) {
      expect(record).toMatchObject({ n: 7 });
      expect(ring.drain()).toMatchObject([{ n: 8 }, { n: 9 }]);
    }
    c.close();
  });

  test("a map has a whole number of entries", () => {
    for (const maxEntries of [-1, 0.5, 2 ** 32])
      expect(codeOf(() => load({ maps: { vals: { maxEntries } } }))).toBe("load/map");
  });

  test("per-CPU values: one a CPU, fewer become zero, more are refused", () => {
    const c = load({}, 3);
    const percpu = c.maps["percpu"]!;
    expect(percpu.set("ab", [1, 2, 3]).get("ab")).toEqual([1, 2, 3]);
    expect(percpu.set("cd", [9]).get("cd")).toEqual([9, 0, 0]);
    expect(codeOf(() => percpu.set("ab", [1, 2, 3, 4]))).toBe("map/per-cpu");
    expect(codeOf(() => percpu.set("ab", 1))).toBe("map/per-cpu");
    c.close();
  });

  test("a run refuses options that no run has", () => {
    const c = load();
    const first = c.programs["first"]!;
    for (const repeat of [-1, 1.5, Number.NaN, 2 ** 32])
      expect(codeOf(() => first.run(packet, { repeat }))).toBe("run/option");
    expect(codeOf(() => first.run(packet, { cpu: -1 }))).toBe("run/option");
    c.close();
  });
});
