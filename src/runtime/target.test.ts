import { describe, expect, it } from "vitest";
import { mapSpec, outcome, u32Bytes, u64Bytes } from "../../test/fixtures/maps.ts";
import { resolvedProg } from "../../test/fixtures/progs.ts";
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PROG_ARRAY } from "../abi/map-types.ts";
import { SkepError } from "../base/error.ts";
import { interp } from "../engine/interp/interp.ts";
import { unsafeVerified } from "../obj/verified.ts";
import { createHooks } from "./hooks/hooks.ts";
import { type EmbeddedOptions, type EmbeddedTarget, embeddedTarget } from "./target.ts";

const PACKET = new Uint8Array(64);

/** Without a verifier: every program is let in and every access checked. */
function target(options: EmbeddedOptions = {}): EmbeddedTarget {
  return embeddedTarget(
    { memoryBytes: 4 << 20, random: 1, ...options },
    { engine: () => interp, verify: (prog) => ({ prog: unsafeVerified(prog), processed: 0 }), createHooks },
  );
}

const counts = mapSpec(BPF_MAP_TYPE_ARRAY, { name: "counts", maxEntries: 1 });

const COUNT = `
  r1 = 0
  *(u32 *)(r10 - 4) = r1
  r2 = r10
  r2 += -4
  r1 = map[counts] ll
  call 1
  if r0 == 0 goto out
  r1 = *(u64 *)(r0 + 0)
  r1 += 1
  *(u64 *)(r0 + 0) = r1
out:
  r0 = 2
  exit`;

describe("embedded target", () => {
  it("runs a program over a map that user space sees", () => {
    const t = target();
    const map = t.createMap(counts, null);
    const prog = t.loadProg(resolvedProg(COUNT, [counts]), [map]);
    expect(prog.testRun({ data: PACKET, repeat: 5 }).retval).toBe(2);
    expect(map.lookup(u32Bytes(0))).toEqual(u64Bytes(5n));
    map.update(u32Bytes(0), u64Bytes(100n));
    prog.testRun({ data: PACKET });
    expect(map.lookup(u32Bytes(0))).toEqual(u64Bytes(101n));
  });

  it("refuses a helper that it has not got, by name and place", () => {
    const t = target();
    const load = (): unknown => t.loadProg(resolvedProg("r1 = 9\ncall 166\nr0 = 0\nexit"), []);
    expect(load).toThrowError(
      expect.objectContaining({
        code: "load/helper",
        message: expect.stringContaining("bpf_sys_bpf"),
        site: expect.objectContaining({ insn: 1, prog: "prog" }),
      }),
    );
  });

  it("refuses map types that it has not got, maps of others, and use after close", () => {
    const t = target();
    const error = outcomeError(() => t.createMap(mapSpec(15, { name: "socks" }), null));
    expect([error.code, error.message]).toEqual(["runtime/map-type", expect.stringContaining("sockmap")]);
    const foreign = target().createMap(counts, null);
    expect(outcomeError(() => t.loadProg(resolvedProg(COUNT, [counts]), [foreign])).code).toBe("load/map");
    const prog = t.loadProg(resolvedProg("r0 = 1\nexit"), []);
    prog.close();
    expect(outcomeError(() => prog.testRun({ data: PACKET })).code).toBe("run/closed");
    t.close();
    expect(outcomeError(() => t.createMap(counts, null)).code).toBe("runtime/closed");
  });

  it("lets the maps go of a program that no hook takes", () => {
    const t = target();
    const map = t.createMap(counts, null);
    const lsm = resolvedProg(COUNT, [counts], { type: 29 });
    expect(outcomeError(() => t.loadProg(lsm, [map])).code).toBe("load/hook");
    map.close();
    expect(t.runtime.maps()).toEqual([]);
  });

  it("ends a faulting run with an error, and goes on", () => {
    const t = target();
    const map = t.createMap(counts, null);
    const text = COUNT.replace("r0 = 2", "r1 = 64\nr0 = *(u64 *)(r1 + 0)");
    const bad = t.loadProg(resolvedProg(text, [counts]), [map]);
    const good = t.loadProg(resolvedProg(COUNT, [counts]), [map]);
    const error = outcomeError(() => bad.testRun({ data: PACKET }));
    expect(error.code).toMatch(/^run\//);
    expect(error.site.insn).toBeGreaterThan(0);
    expect(good.testRun({ data: PACKET }).retval).toBe(2);
    expect(map.lookup(u32Bytes(0))).toEqual(u64Bytes(2n));
  });

  it.each([
    ["a key outside", "r1 = map[counts] ll\nr2 = 0xfffffff0 ll\ncall 1"],
    ["a value outside", "r1 = map[counts] ll\nr2 = r10\nr2 += -8\nr3 = 0xfffffff0 ll\nr4 = 0\ncall 2"],
    ["no map", "r1 = r10\nr1 += -200\nr2 = r10\nr2 += -8\ncall 1"],
    ["no map at all", "r1 = 0xfffffff0 ll\nr2 = r10\nr2 += -8\ncall 3"],
    ["a destination outside", "r1 = 0xfffffff0 ll\nr2 = 100\nr3 = r10\ncall 113"],
    ["a size beyond everything", "r1 = r10\nr1 += -16\nr2 = 0xffffffff ll\ncall 16"],
    ["no record", "r1 = 0x5000\nr2 = 0\ncall 132"],
    ["no callback", "r1 = 100\nr2 = 5\nr3 = 0\nr4 = 0\ncall 181"],
  ])("tests what an unverified program hands to a helper: %s", (_what, text) => {
    const t = target({ unsafe: true });
    const map = t.createMap(counts, null);
    const prog = t.loadProg(resolvedProg(`${text}\nr0 = 0\nexit`, [counts]), [map]);
    expect(outcomeError(() => prog.testRun({ data: PACKET })).code).toMatch(/^run\//);
    expect(map.lookup(u32Bytes(0))).toEqual(u64Bytes(0n));
  });

  it("keeps a map alive while a program uses it", () => {
    const t = target();
    const map = t.createMap(counts, null);
    const prog = t.loadProg(resolvedProg(COUNT, [counts]), [map]);
    map.close();
    expect(prog.testRun({ data: PACKET }).retval).toBe(2);
    expect(outcome(() => map.lookup(u32Bytes(0)))).toBe("EBADF");
    prog.close();
    expect(t.runtime.maps()).toEqual([]);
  });

  it("keeps memory until a run is over whose callback closes everything", () => {
    const t = target({ onTrace: () => close() });
    const map = t.createMap(counts, null);
    const text = COUNT.replace(
      "r0 = 2",
      "r1 = 0x6968\n*(u64 *)(r10 - 8) = r1\nr1 = r10\nr1 += -8\nr2 = 8\ncall 6\nr0 = 2",
    );
    const prog = t.loadProg(resolvedProg(text, [counts]), [map]);
    let mapsThen = 0;
    const close = (): void => {
      prog.close();
      map.close();
      mapsThen = t.runtime.maps().length;
    };
    expect(prog.testRun({ data: PACKET, repeat: 3 }).retval).toBe(2);
    expect([mapsThen, t.runtime.maps().length]).toEqual([1, 0]);
  });

  it("tail-calls through a prog array, whose programs outlive their close", () => {
    const t = target();
    const jumps = mapSpec(BPF_MAP_TYPE_PROG_ARRAY, { name: "jumps", valueSize: 4, maxEntries: 2 });
    const table = t.createMap(jumps, null);
    const map = t.createMap(counts, null);
    const callee = t.loadProg(resolvedProg(COUNT, [counts]), [map]);
    const text = "r2 = map[jumps] ll\nr3 = 1\ncall 12\nr0 = 7\nexit";
    const caller = t.loadProg(resolvedProg(text, [jumps]), [table]);
    expect(caller.testRun({ data: PACKET }).retval).toBe(7);
    table.setSlot(u32Bytes(1), callee);
    expect(table.lookup(u32Bytes(1))).toEqual(u32Bytes(callee.id));
    callee.close();
    map.close();
    expect(caller.testRun({ data: PACKET }).retval).toBe(2);
    expect(table.delete(u32Bytes(1))).toBe(true);
    expect(caller.testRun({ data: PACKET }).retval).toBe(7);
    expect(t.runtime.maps()).toEqual([table]);
    const other = t.loadProg(resolvedProg("r0 = 0\nexit", [], { type: 3 }), []);
    table.setSlot(u32Bytes(0), caller);
    expect(outcome(() => table.setSlot(u32Bytes(1), other))).toBe("EINVAL");
    table.close();
    caller.close();
    expect(t.runtime.maps()).toEqual([]);
  });

  it("closes a prog array that its own program uses, in any order", () => {
    const jumps = mapSpec(BPF_MAP_TYPE_PROG_ARRAY, { name: "jumps", valueSize: 4, maxEntries: 2 });
    const text = "r2 = map[jumps] ll\nr3 = 1\ncall 12\nr0 = 7\nexit";
    for (const order of ["target", "program", "map"]) {
      const t = target();
      const used = t.runtime.heap.used;
      const table = t.createMap(jumps, null);
      const caller = t.loadProg(resolvedProg(text, [jumps]), [table]);
      table.setSlot(u32Bytes(1), caller);
      const { heap } = t.runtime;
      const parts = order === "map" ? [table, caller] : [caller, table];
      if (order !== "target") for (const part of parts) part.close();
      t.close();
      expect(heap.used).toBe(used);
    }
  });

  it("gives every byte back: load and unload 1,000 times", () => {
    const t = target({ memoryBytes: 2 << 20 });
    const flows = mapSpec(BPF_MAP_TYPE_HASH, { name: "flows", maxEntries: 100 });
    const jumps = mapSpec(BPF_MAP_TYPE_PROG_ARRAY, { name: "jumps", valueSize: 4, maxEntries: 2 });
    const round = (): void => {
      const maps = [counts, flows, jumps].map((spec) => t.createMap(spec, null));
      const prog = t.loadProg(resolvedProg(COUNT, [counts]), [maps[0]!]);
      maps[2]!.setSlot(u32Bytes(0), prog);
      maps[1]!.update(u32Bytes(1), u64Bytes(1n));
      const link = prog.attach({});
      prog.testRun({ data: PACKET });
      link.close();
      prog.close();
      for (const map of maps) map.close();
    };
    round();
    const { heap } = t.runtime;
    const [used, available] = [heap.used, heap.available];
    for (let i = 0; i < 1000; i++) round();
    expect([heap.used, heap.available]).toEqual([used, available]);
  });

  it("takes nothing for a map that there is no room for", () => {
    const t = target({ memoryBytes: 1 << 20 });
    const { heap } = t.runtime;
    const { used } = heap;
    // The table fits, the elements don't.
    const spec = mapSpec(BPF_MAP_TYPE_HASH, { maxEntries: 20_000 });
    expect(outcomeError(() => t.createMap(spec, null)).code).toBe("runtime/memory");
    expect(heap.used).toBe(used);
  });

  it("takes memory for the maps it was told of", () => {
    const big = mapSpec(BPF_MAP_TYPE_ARRAY, { valueSize: 1 << 20, maxEntries: 100 });
    const t = embeddedTarget(
      {},
      {
        engine: () => interp,
        verify: (prog) => ({ prog: unsafeVerified(prog), processed: 0 }),
        createHooks,
      },
    );
    t.prepare([big]);
    const map = t.createMap(big, null);
    map.update(u32Bytes(99), new Uint8Array(1 << 20).fill(1));
    expect(map.lookup(u32Bytes(99))![5]).toBe(1);
    expect(outcomeError(() => t.createMap(big, null)).code).toBe("runtime/memory");
  });
});

function outcomeError(fn: () => unknown): SkepError {
  try {
    fn();
  } catch (error) {
    if (error instanceof SkepError) return error;
    throw error;
  }
  throw new Error("it should have failed");
}
