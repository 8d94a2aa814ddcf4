import { describe, expect, it } from "vitest";
import { mapSpec, outcome, u32Bytes, u64Bytes } from "../../test/fixtures/maps.ts";
import { resolvedProg } from "../../test/fixtures/progs.ts";
import {
  BPF_MAP_TYPE_ARENA,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LPM_TRIE,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_QUEUE,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_USER_RINGBUF,
} from "../abi/map-types.ts";
import { BtfBuilder } from "../btf/write.ts";
import type { MapSpec } from "../obj/spec.ts";
import { steppingClock } from "./clock.ts";
import { embedded } from "./embedded.ts";

const PACKET = new Uint8Array(64);

/** Adds 1 to the u64 at key 1 of map "m", through a key on the stack. */
function bump(keySize: number): string {
  const zero = Array.from({ length: Math.ceil(keySize / 8) }, (_, i) => `*(u64 *)(r10 - ${8 * (i + 1)}) = r1`);
  const base = 8 * Math.ceil(keySize / 8);
  return `
  r1 = 0
  ${zero.join("\n")}
  r1 = 1
  *(u32 *)(r10 - ${base}) = r1
  *(u64 *)(r10 - ${base + 8}) = r1
  r2 = r10
  r2 += -${base}
  r1 = map[m] ll
  call 1
  if r0 == 0 goto add
  r1 = *(u64 *)(r0 + 0)
  r1 += 1
  *(u64 *)(r0 + 0) = r1
  r0 = 2
  exit
add:
  r2 = r10
  r2 += -${base}
  r3 = r2
  r3 += -8
  r4 = 0
  r1 = map[m] ll
  call 2
  r0 = 1
  exit`;
}

/** A hash of { u32 count; struct bpf_timer timer; }. */
function timerMap(): MapSpec {
  const builder = new BtfBuilder();
  const int = {
    kind: "int",
    name: "u32",
    sizeBytes: 4,
    bits: 32,
    bitOff: 0,
    signed: false,
    char: false,
    bool: false,
  } as const;
  const u32 = builder.add(int);
  const u64 = builder.add({ ...int, name: "u64", sizeBytes: 8, bits: 64 });
  const array = builder.add({ kind: "array", name: "", typeId: u64, indexTypeId: u32, nelems: 2 });
  const opaque = { name: "__opaque", typeId: array, bitOff: 0, bitSize: 0 };
  const timer = builder.add({ kind: "struct", name: "bpf_timer", sizeBytes: 16, members: [opaque] });
  const valueTypeId = builder.add({
    kind: "struct",
    name: "value",
    sizeBytes: 24,
    members: [
      { name: "count", typeId: u32, bitOff: 0, bitSize: 0 },
      { name: "timer", typeId: timer, bitOff: 64, bitSize: 0 },
    ],
  });
  return mapSpec(BPF_MAP_TYPE_HASH, { valueSize: 24, keyTypeId: u32, valueTypeId, btf: builder.build() });
}

const TIMER = `
  r1 = 1
  *(u32 *)(r10 - 4) = r1
  r2 = r10
  r2 += -4
  r1 = map[m] ll
  call 1
  if r0 == 0 goto out
  r6 = r0
  r6 += 8
  r1 = r6
  r2 = map[m] ll
  r3 = 1
  call 169
  r1 = r6
  r2 = fn_due ll
  call 170
  r1 = r6
  r2 = 5000
  r3 = 0
  call 171
  exit
out:
  r0 = 99
  exit
fn_due:
  r1 = *(u32 *)(r3 + 0)
  r1 += 1
  *(u32 *)(r3 + 0) = r1
  r0 = 0
  exit`;

describe.each(["jit", "interp"] as const)("embedded, %s", (engine) => {
  const make = (options = {}): ReturnType<typeof embedded> =>
    embedded({ engine, memoryBytes: 4 << 20, random: 1, clock: steppingClock(), ...options });

  it.each([
    ["array", BPF_MAP_TYPE_ARRAY, 4, 0],
    ["hash", BPF_MAP_TYPE_HASH, 4, 0],
    ["hash, 8", BPF_MAP_TYPE_HASH, 8, 0],
    ["hash, 16", BPF_MAP_TYPE_HASH, 16, 0],
    ["hash, 13", BPF_MAP_TYPE_HASH, 13, 1],
    ["LRU hash", BPF_MAP_TYPE_LRU_HASH, 4, 0],
    ["LPM trie", BPF_MAP_TYPE_LPM_TRIE, 8, 1],
  ])("counts in a map of type %s", (_name, type, keySize, flags) => {
    const t = make();
    const spec = mapSpec(type, { keySize, flags });
    const map = t.createMap(spec, null);
    const prog = t.loadProg(resolvedProg(bump(keySize), [spec]), [map]);
    prog.testRun({ data: PACKET, repeat: 10 });
    const key = new Uint8Array(keySize);
    key[0] = 1;
    expect(map.lookup(key)).toEqual(u64Bytes(10n));
    t.close();
  });

  it.each([
    ["array", BPF_MAP_TYPE_PERCPU_ARRAY],
    ["hash", BPF_MAP_TYPE_PERCPU_HASH],
  ])("counts on the CPU that the event runs on, in a per-CPU %s", (_name, type) => {
    const t = make({ cpus: 3 });
    const spec = mapSpec(type);
    const map = t.createMap(spec, null);
    map.update(u32Bytes(1), u64Bytes(0n, 0n, 0n));
    const prog = t.loadProg(resolvedProg(bump(4), [spec]), [map]);
    const set = (cpu: number): void => {
      t.runtime.event.cpu = cpu;
      t.runtime.u32[0x100c >>> 2] = cpu;
    };
    set(2);
    prog.testRun({ data: PACKET, repeat: 3 });
    const counts = new BigUint64Array(map.lookup(u32Bytes(1))!.buffer);
    expect(counts.reduce((a, b) => a + b)).toBe(3n);
    expect([...counts].filter((n) => n !== 0n)).toEqual([3n]);
    t.close();
  });

  it("reaches an inner map, a queue, a ring buffer", () => {
    const t = make();
    const inner = mapSpec(BPF_MAP_TYPE_ARRAY, { name: "inner" });
    const outer: MapSpec = mapSpec(BPF_MAP_TYPE_ARRAY_OF_MAPS, { name: "outer", valueSize: 4, inner });
    const queue = mapSpec(BPF_MAP_TYPE_QUEUE, { name: "queue", keySize: 0 });
    const ring = mapSpec(BPF_MAP_TYPE_RINGBUF, { name: "ring", keySize: 0, valueSize: 0, maxEntries: 4096 });
    const innerMap = t.createMap(inner, null);
    const maps = [t.createMap(outer, innerMap), t.createMap(queue, null), t.createMap(ring, null)];
    maps[0]!.setSlot(u32Bytes(0), innerMap);
    innerMap.update(u32Bytes(0), u64Bytes(41n));
    const text = `
      r1 = 0
      *(u32 *)(r10 - 4) = r1
      r1 = map[outer] ll
      r2 = r10
      r2 += -4
      call 1
      if r0 == 0 goto out
      r1 = r0
      r2 = r10
      r2 += -4
      call 1
      if r0 == 0 goto out
      r1 = *(u64 *)(r0 + 0)
      r1 += 1
      *(u64 *)(r10 - 16) = r1
      r1 = map[queue] ll
      r2 = r10
      r2 += -16
      r3 = 0
      call 87
      r1 = map[ring] ll
      r2 = r10
      r2 += -16
      r3 = 8
      r4 = 0
      call 130
    out:
      r0 = 2
      exit`;
    const prog = t.loadProg(resolvedProg(text, [outer, queue, ring]), maps);
    prog.testRun({ data: PACKET });
    expect(maps[1]!.lookupAndDelete(new Uint8Array(0))).toEqual(u64Bytes(42n));
    const records: Uint8Array[] = [];
    maps[2]!.drain((record) => records.push(record.slice()));
    expect(records).toEqual([u64Bytes(42n)]);
    t.close();
  });

  it("runs callbacks over numbers and over a map's elements", () => {
    const t = make();
    const spec = mapSpec(BPF_MAP_TYPE_HASH);
    const map = t.createMap(spec, null);
    for (let i = 0; i < 5; i++) map.update(u32Bytes(i), u64Bytes(BigInt(i)));
    const text = `
      r1 = 0
      *(u64 *)(r10 - 8) = r1
      r1 = 10
      r2 = fn_add ll
      r3 = r10
      r3 += -8
      r4 = 0
      call 181
      r1 = map[m] ll
      r2 = fn_each ll
      r3 = r10
      r3 += -8
      r4 = 0
      call 164
      r0 = *(u64 *)(r10 - 8)
      exit
    fn_add:
      r3 = *(u64 *)(r2 + 0)
      r3 += r1
      *(u64 *)(r2 + 0) = r3
      r0 = 0
      exit
    fn_each:
      r5 = *(u64 *)(r3 + 0)
      r3 = *(u64 *)(r4 + 0)
      r3 += r5
      *(u64 *)(r4 + 0) = r3
      r0 = 0
      exit`;
    const prog = t.loadProg(resolvedProg(text, [spec]), [map]);
    expect(prog.testRun({ data: PACKET }).retval).toBe(45 + 10);
    t.close();
  });

  it("runs timers once they are due, and forgets them with their value", () => {
    const t = make();
    const spec = timerMap();
    const map = t.createMap(spec, null);
    map.update(u32Bytes(1), new Uint8Array(24));
    const prog = t.loadProg(resolvedProg(TIMER, [spec]), [map]);
    const { event, timers } = t.runtime;
    event.nowNs = 1000;
    expect(prog.testRun({ data: PACKET }).retval).toBe(0);
    event.nowNs = 1000;
    const count = (): number => new DataView(map.lookup(u32Bytes(1))!.buffer).getUint32(0, true);
    t.runtime.settle();
    expect([count(), timers.count]).toEqual([0, 1]);
    event.nowNs = 1_000_000;
    t.runtime.settle();
    expect(count()).toBe(1);
    t.runtime.settle();
    expect(count()).toBe(1);
    // bpf_timer is not user space's to see or to write.
    expect(map.lookup(u32Bytes(1))!.subarray(8)).toEqual(new Uint8Array(16));
    expect(outcome(() => map.freeze())).toBe("ENOTSUPP");
    prog.close();
    expect(t.runtime.progs.size).toBe(1);
    map.delete(u32Bytes(1));
    expect([timers.count, t.runtime.progs.size]).toEqual([0, 0]);
    t.close();
  });

  it("tail-calls as often as the kernel lets it", () => {
    const t = make();
    const jumps = mapSpec(BPF_MAP_TYPE_PROG_ARRAY, { name: "jumps", valueSize: 4, maxEntries: 2 });
    const counts = mapSpec(BPF_MAP_TYPE_ARRAY, { name: "counts", maxEntries: 1 });
    const table = t.createMap(jumps, null);
    const map = t.createMap(counts, null);
    const text = `
      r6 = r1
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
      r1 = r6
      r2 = map[jumps] ll
      r3 = 1
      call 12
    out:
      r0 = 2
      exit`;
    const prog = t.loadProg(resolvedProg(text, [counts, jumps]), [map, table]);
    prog.testRun({ data: PACKET });
    expect(map.lookup(u32Bytes(0))).toEqual(u64Bytes(1n));
    table.setSlot(u32Bytes(1), prog);
    prog.testRun({ data: PACKET });
    expect(map.lookup(u32Bytes(0))).toEqual(u64Bytes(1n + 34n));
    table.delete(u32Bytes(1));
    prog.testRun({ data: PACKET });
    expect(map.lookup(u32Bytes(0))).toEqual(u64Bytes(36n));
    t.close();
  });

  it("drains samples of user space through a callback", () => {
    const t = make();
    const spec = mapSpec(BPF_MAP_TYPE_USER_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 });
    const map = t.createMap(spec, null);
    const text = `
      r1 = 0
      *(u64 *)(r10 - 8) = r1
      r1 = map[m] ll
      r2 = fn_sample ll
      r3 = r10
      r3 += -8
      r4 = 0
      call 209
      r0 = *(u64 *)(r10 - 8)
      exit
    fn_sample:
      r6 = r2
      r2 = 0
      r3 = 4
      call 203
      if r0 == 0 goto out
      r1 = *(u32 *)(r0 + 0)
      r2 = *(u64 *)(r6 + 0)
      r2 += r1
      *(u64 *)(r6 + 0) = r2
    out:
      r0 = 0
      exit`;
    const prog = t.loadProg(resolvedProg(text, [spec]), [map]);
    for (let i = 1; i <= 4; i++) map.update(new Uint8Array(0), u32Bytes(i));
    map.update(new Uint8Array(0), Uint8Array.of(1));
    expect(prog.testRun({ data: PACKET }).retval).toBe(10);
    expect(prog.testRun({ data: PACKET }).retval).toBe(0);
    const fill = (): void => {
      for (let i = 0; i < 2000; i++) map.update(new Uint8Array(0), u32Bytes(i));
    };
    expect(outcome(fill)).toBe("ENOSPC");
    t.close();
  });

  it("shares an arena with user space", () => {
    const t = make();
    const spec = mapSpec(BPF_MAP_TYPE_ARENA, { keySize: 0, valueSize: 0, maxEntries: 2, flags: 0x400 });
    const map = t.createMap(spec, null);
    const text = `
      r1 = map[m] + 4096 ll
      r1 = addr_space_cast(r1, 0, 1)
      r2 = *(u64 *)(r1 + 8)
      r2 += 1
      *(u64 *)(r1 + 8) = r2
      r0 = r2
      exit`;
    const prog = t.loadProg(resolvedProg(text, [spec]), [map]);
    map.window()![4096 + 8] = 41;
    expect(prog.testRun({ data: PACKET }).retval).toBe(42);
    expect(map.window()![4096 + 8]).toBe(42);
    t.close();
  });

  it("gives the same time and chance for the same clock and seed", () => {
    const text = "call 5\nr6 = r0\ncall 7\nr0 ^= r6\nexit";
    const run = (): number => {
      const t = make({ clock: steppingClock(), random: 99 });
      return t.loadProg(resolvedProg(text), []).testRun({ data: PACKET }).retval;
    };
    expect(run()).toBe(run());
  });

  it("refuses what the verifier refuses, with place, reason and log", () => {
    const t = make();
    const load = (): unknown => t.loadProg(resolvedProg("r0 = *(u64 *)(r1 + 4000)\nexit"), []);
    expect(load).toThrowError(
      expect.objectContaining({
        code: "verify/rejected",
        site: expect.objectContaining({ prog: "prog", insn: 0 }),
        diagnostic: expect.objectContaining({ kernel: expect.stringContaining("invalid bpf_context access") }),
        log: expect.stringContaining("processed"),
      }),
    );
    const lax = make({ unsafe: true });
    const prog = lax.loadProg(resolvedProg("r0 = *(u64 *)(r1 + 4000)\nexit"), []);
    expect(() => prog.testRun({ data: PACKET })).toThrowError(
      expect.objectContaining({ code: expect.stringMatching(/^run\//) }),
    );
  });

  it("stays flat over many runs", () => {
    const t = make();
    const spec = mapSpec(BPF_MAP_TYPE_LRU_HASH, { maxEntries: 64 });
    const map = t.createMap(spec, null);
    const prog = t.loadProg(resolvedProg(bump(4), [spec]), [map]);
    prog.testRun({ data: PACKET, repeat: 10 });
    const { used } = t.runtime.heap;
    prog.testRun({ data: PACKET, repeat: 20_000 });
    expect(t.runtime.heap.used).toBe(used);
    t.close();
  });
});
