/** The kernel target on the running kernel: the example objects, maps of each kind, records, and what failures look like. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mapSpec, outcome, u32Bytes, u64Bytes } from "../../test/fixtures/maps.ts";
import { liveKernel } from "../../test/live.ts";
import { BPF_F_MMAPABLE, BPF_F_NO_PREALLOC, BPF_F_RDONLY_PROG, BPF_NOEXIST } from "../abi/flags.ts";
import * as mt from "../abi/map-types.ts";
import * as pt from "../abi/prog-types.ts";
import { type Insn, insnsOf } from "../isa/insn.ts";
import { loadObject } from "../loader/load.ts";
import type { Target } from "../loader/target.ts";
import { parseObject } from "../obj/parse.ts";
import type { MapSpec, ResolvedProg } from "../obj/spec.ts";
import { fromPackets } from "../pcap/packets.ts";
import { NotSupported, VerifierError } from "./errors.ts";
import { linux } from "./target.ts";

const insn = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });

function program(type: number, list: readonly Insn[], maps: readonly MapSpec[] = [], license = "GPL"): ResolvedProg {
  const insns = insnsOf(list);
  return {
    spec: {
      name: "p",
      section: "",
      type,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns,
      funcs: [{ insnIdx: 0, name: "p", typeId: 0, linkage: "global" }],
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns,
    maps,
    license,
    btf: null,
    kernelBtf: null,
  };
}

const ret = (value: number): Insn[] => [insn(0xb7, 0, 0, 0, value), insn(0x95, 0, 0, 0, 0)];

describe.skipIf(liveKernel() !== null)("the running kernel", () => {
  let target: Target;
  beforeAll(() => {
    target = linux();
  });
  afterAll(() => {
    target.close();
  });

  test("hash map: update, lookup, flags, delete, iteration", () => {
    const map = target.createMap(mapSpec(mt.BPF_MAP_TYPE_HASH), null);
    expect(map.id).toBeGreaterThan(0);
    map.update(u32Bytes(1), u64Bytes(10n));
    map.update(u32Bytes(2), u64Bytes(20n));
    expect(map.lookup(u32Bytes(1))).toEqual(u64Bytes(10n));
    expect(map.lookup(u32Bytes(3))).toBeNull();
    expect(outcome(() => map.update(u32Bytes(1), u64Bytes(1n), BPF_NOEXIST))).toBe("EEXIST");
    const keys: Uint8Array[] = [];
    for (let key = map.nextKey(null); key !== null; key = map.nextKey(key)) keys.push(key);
    expect(keys.map((key) => key[0]).sort()).toEqual([1, 2]);
    expect(map.delete(u32Bytes(1))).toBe(true);
    expect(map.delete(u32Bytes(1))).toBe(false);
    expect(map.lookupAndDelete(u32Bytes(2))).toEqual(u64Bytes(20n));
    expect(() => map.lookup(new Uint8Array(3))).toThrow(/key of 3 bytes/);
    expect(() => map.update(u32Bytes(1), new Uint8Array(3))).toThrow(/value of 3 bytes/);
    map.close();
    expect(outcome(() => map.lookup(u32Bytes(1)))).toBe("EBADF");
  });

  test("a full map answers E2BIG", () => {
    const map = target.createMap(mapSpec(mt.BPF_MAP_TYPE_HASH, { maxEntries: 1 }), null);
    map.update(u32Bytes(1), u64Bytes(1n));
    expect(outcome(() => map.update(u32Bytes(2), u64Bytes(1n)))).toBe("E2BIG");
    map.close();
  });

  test("per-CPU values stand one after another", () => {
    const map = target.createMap(mapSpec(mt.BPF_MAP_TYPE_PERCPU_ARRAY, { valueSize: 4 }), null);
    expect(map.userValueSize).toBe(8 * map.cpus);
    const value = new Uint8Array(map.userValueSize).fill(1);
    map.update(u32Bytes(3), value);
    expect(map.lookup(u32Bytes(3))?.[8 * (map.cpus - 1)]).toBe(1);
    map.close();
  });

  test("queue, stack and bloom filter have no key", () => {
    const none = new Uint8Array(0);
    const queue = target.createMap(mapSpec(mt.BPF_MAP_TYPE_QUEUE, { keySize: 0 }), null);
    queue.update(none, u64Bytes(1n));
    queue.update(none, u64Bytes(2n));
    expect(queue.lookup(none)).toEqual(u64Bytes(1n));
    expect(queue.lookupAndDelete(none)).toEqual(u64Bytes(1n));
    expect(queue.lookupAndDelete(none)).toEqual(u64Bytes(2n));
    expect(queue.lookupAndDelete(none)).toBeNull();
    queue.close();
    const bloom = target.createMap(mapSpec(mt.BPF_MAP_TYPE_BLOOM_FILTER, { keySize: 0 }), null);
    bloom.update(none, u64Bytes(7n));
    expect(bloom.lookup(u64Bytes(7n))).toEqual(u64Bytes(7n));
    bloom.close();
  });

  test("LPM trie", () => {
    const trie = target.createMap(
      mapSpec(mt.BPF_MAP_TYPE_LPM_TRIE, { keySize: 8, flags: BPF_F_NO_PREALLOC, valueSize: 8 }),
      null,
    );
    trie.update(new Uint8Array([8, 0, 0, 0, 10, 0, 0, 0]), u64Bytes(1n));
    trie.update(new Uint8Array([16, 0, 0, 0, 10, 1, 0, 0]), u64Bytes(2n));
    expect(trie.lookup(new Uint8Array([32, 0, 0, 0, 10, 1, 2, 3]))).toEqual(u64Bytes(2n));
    expect(trie.lookup(new Uint8Array([32, 0, 0, 0, 10, 2, 2, 3]))).toEqual(u64Bytes(1n));
    trie.close();
  });

  test("batches read everything, however full a bucket is", () => {
    for (const type of [mt.BPF_MAP_TYPE_HASH, mt.BPF_MAP_TYPE_ARRAY, mt.BPF_MAP_TYPE_LRU_HASH]) {
      const map = target.createMap(mapSpec(type, { maxEntries: 5000 }), null);
      for (let i = 0; i < 5000; i++) map.update(u32Bytes(i), u64Bytes(BigInt(i)));
      const seen = new Set<number>();
      expect(
        map.scan?.((key, value) => {
          const n = new DataView(key.buffer, key.byteOffset).getUint32(0, true);
          expect(new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)).toBe(BigInt(n));
          seen.add(n);
        }),
      ).toBe(true);
      if (type !== mt.BPF_MAP_TYPE_LRU_HASH) expect(seen.size).toBe(5000);
      else expect(seen.size).toBeGreaterThan(2500);
      map.close();
    }
  });

  test("maps in maps and programs in slots", () => {
    const inner = mapSpec(mt.BPF_MAP_TYPE_ARRAY, { name: "inner" });
    const template = target.createMap(inner, null);
    const outer = target.createMap(
      mapSpec(mt.BPF_MAP_TYPE_ARRAY_OF_MAPS, { name: "outer", valueSize: 4, inner }),
      template,
    );
    const one = target.createMap(inner, null);
    outer.setSlot(u32Bytes(2), one);
    expect(new DataView(outer.lookup(u32Bytes(2))!.buffer).getUint32(0, true)).toBe(one.id);
    outer.setSlot(u32Bytes(2), null);
    expect(outer.lookup(u32Bytes(2))).toBeNull();
    const progs = target.createMap(mapSpec(mt.BPF_MAP_TYPE_PROG_ARRAY, { valueSize: 4 }), null);
    const prog = target.loadProg(program(pt.BPF_PROG_TYPE_XDP, ret(2)), []);
    progs.setSlot(u32Bytes(0), prog);
    expect(() => progs.setSlot(u32Bytes(0), {} as never)).toThrow(/of this kernel only/);
    for (const each of [progs, prog, outer, template, one]) each.close();
  });

  test("a mapped array is a window; a frozen one says the same for ever; both outlive the map", () => {
    const spec = mapSpec(mt.BPF_MAP_TYPE_ARRAY, {
      valueSize: 12,
      maxEntries: 1,
      flags: BPF_F_MMAPABLE,
      global: "data",
    });
    const map = target.createMap(spec, null);
    const window = map.window()!;
    expect(window).toHaveLength(12);
    window[3] = 77;
    expect(map.lookup(u32Bytes(0))?.[3]).toBe(77);
    map.update(u32Bytes(0), new Uint8Array(12).fill(5));
    expect(window[11]).toBe(5);
    map.close();
    window[0] = 1; // would kill the process if the memory were gone
    expect(window[0]).toBe(1);

    const frozen = target.createMap({ ...spec, flags: BPF_F_MMAPABLE | BPF_F_RDONLY_PROG, global: "rodata" }, null);
    frozen.update(u32Bytes(0), new Uint8Array(12).fill(9));
    frozen.freeze();
    expect(outcome(() => frozen.update(u32Bytes(0), new Uint8Array(12)))).toBe("EPERM");
    const copy = frozen.window()!;
    copy[0] = 1;
    expect(frozen.lookup(u32Bytes(0))?.[0]).toBe(9);
    frozen.close();
  });

  test("test run: retval, packet out, repeat", () => {
    const prog = target.loadProg(program(pt.BPF_PROG_TYPE_XDP, ret(2)), []);
    expect(prog.id).toBeGreaterThan(0);
    expect(prog.stats.processed).toBe(2);
    const run = prog.testRun({ data: new Uint8Array(64).fill(3), repeat: 1000 });
    expect(run.retval).toBe(2);
    expect(run.dataOut).toEqual(new Uint8Array(64).fill(3));
    expect(run.durationNs).toBeGreaterThanOrEqual(0);
    expect(outcome(() => prog.testRun({ data: new Uint8Array(10) }))).toBe("EINVAL");
    prog.close();
    expect(() => prog.testRun({ data: new Uint8Array(64) })).toThrow(/unloaded/);
  });

  test("test run of other types: raw tracepoint, syscall, none for kprobe", () => {
    const raw = target.loadProg(program(pt.BPF_PROG_TYPE_RAW_TRACEPOINT, ret(7)), []);
    expect(raw.testRun({ ctx: new Uint8Array(16) }).retval).toBe(7);
    const double: Insn[] = [insn(0x79, 2, 1, 0, 0), insn(0x0f, 2, 2, 0, 0), insn(0x7b, 1, 2, 0, 0), ...ret(0)];
    const base = program(pt.BPF_PROG_TYPE_SYSCALL, double);
    const call = target.loadProg({ ...base, spec: { ...base.spec, sleepable: true } }, []);
    expect(call.testRun({ ctx: u64Bytes(21n) }).ctxOut).toEqual(u64Bytes(42n));
    const kprobe = target.loadProg(program(pt.BPF_PROG_TYPE_KPROBE, ret(0)), []);
    expect(() => kprobe.testRun({})).toThrow(NotSupported);
    for (const each of [raw, call, kprobe]) each.close();
  });

  test("a ring buffer's records, copied out", async () => {
    const spec = mapSpec(mt.BPF_MAP_TYPE_RINGBUF, { name: "rb", keySize: 0, valueSize: 0, maxEntries: 5000 });
    const map = target.createMap(spec, null);
    expect(map.spec.maxEntries).toBe(8192);
    // r1 = map, r2 = a u64 on the stack, 8 bytes, flags 0: ringbuf_output
    const prog = target.loadProg(
      program(
        pt.BPF_PROG_TYPE_XDP,
        [
          insn(0x7a, 10, 0, -8, 0x1234),
          insn(0x18, 1, 5, 0, 0),
          insn(0, 0, 0, 0, 0),
          insn(0xbf, 2, 10, 0, 0),
          insn(0x07, 2, 0, 0, -8),
          insn(0xb7, 3, 0, 0, 8),
          insn(0xb7, 4, 0, 0, 0),
          insn(0x85, 0, 0, 0, 130),
          ...ret(2),
        ],
        [spec],
      ),
      [map],
    );
    const data = new Uint8Array(64);
    let records = 0;
    expect(map.drain(() => records++)).toBe(0);
    // More than the ring holds in all, so that positions wrap.
    for (let round = 0; round < 20; round++) {
      prog.testRun({ data, repeat: 100 });
      const got = map.drain((record) => {
        expect(record).toEqual(u64Bytes(0x1234n));
      });
      expect(got).toBe(100);
    }
    const waited = map.wait();
    prog.testRun({ data });
    await waited;
    expect(map.drain(() => {})).toBe(1);
    const aborted = new AbortController();
    const pending = map.wait(aborted.signal);
    aborted.abort();
    await pending;
    const closing = map.wait();
    map.close();
    await closing;
    prog.close();
  });

  test("a perf event array's records", async () => {
    const spec = mapSpec(mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY, { name: "perf", valueSize: 4, maxEntries: 0 });
    const map = target.createMap(spec, null);
    // ctx, map, BPF_F_CURRENT_CPU, stack, 8
    const prog = target.loadProg(
      program(
        pt.BPF_PROG_TYPE_XDP,
        [
          insn(0x7a, 10, 0, -8, 99),
          insn(0x18, 2, 5, 0, 0),
          insn(0, 0, 0, 0, 0),
          insn(0x18, 3, 0, 0, -1),
          insn(0, 0, 0, 0, 0),
          insn(0xbf, 4, 10, 0, 0),
          insn(0x07, 4, 0, 0, -8),
          insn(0xb7, 5, 0, 0, 8),
          insn(0x85, 0, 0, 0, 25),
          insn(0xbf, 0, 0, 0, 0),
          insn(0x95, 0, 0, 0, 0),
        ],
        [spec],
      ),
      [map],
    );
    const waited = map.wait();
    expect(prog.testRun({ data: new Uint8Array(64), repeat: 50 }).retval).toBe(0);
    await waited;
    let seen = 0;
    const count = map.drain((record, cpu) => {
      expect(new DataView(record.buffer, record.byteOffset).getBigUint64(0, true)).toBe(99n);
      expect(cpu).toBeGreaterThanOrEqual(0);
      seen++;
    });
    expect(count).toBe(50);
    expect(seen).toBe(50);
    // Far more than the ring holds, with records that wrap at its end: what is taken and what is lost is what was sent.
    let sent = 0;
    let taken = 0;
    const send = (repeat: number): void => {
      prog.testRun({ data: new Uint8Array(64), repeat });
      sent += repeat;
    };
    const take = (): number =>
      map.drainInPlace((record) => {
        if (record.getBigUint64(0) === 99n && record.byteLength === 12) taken++;
      });
    for (let i = 0; i < 40; i++) {
      send(997);
      if (i % 16 === 15) take();
    }
    // The kernel tells what it lost with the next record that fits, on each CPU that lost some.
    for (let tries = 0; tries < 500 && (map.lost === 0 || sent !== taken + map.lost); tries++) {
      take();
      send(10);
      take();
    }
    expect(map.lost).toBeGreaterThan(0);
    expect(taken + map.lost).toBe(sent);
    prog.close();
    map.close();
  });

  const refusal = (prog: ResolvedProg): VerifierError => {
    try {
      target.loadProg(prog, []).close();
    } catch (error) {
      if (error instanceof VerifierError) return error;
      throw error;
    }
    throw new Error("it was taken");
  };

  test("a rejected program: whole log, decisive line, statistics", () => {
    const bad = program(pt.BPF_PROG_TYPE_XDP, [insn(0x79, 0, 2, 0, 0), insn(0x95, 0, 0, 0, 0)]);
    const rejected = refusal(bad);
    expect(rejected.code).toBe("verify/rejected");
    expect(rejected.decisive).toBe("R2 !read_ok");
    expect(rejected.log).toContain("0: (79) r0 = *(u64 *)(r2 +0)");
    expect(rejected.stats.processed).toBe(1);
  });

  test("a log of megabytes comes whole", () => {
    const list = Array.from({ length: 60_000 }, (_, i) => insn(0xb7, 2 + (i % 4), 0, 0, i));
    const bad = program(pt.BPF_PROG_TYPE_SOCKET_FILTER, [...list, insn(0x79, 0, 10, -600, 0), insn(0x95, 0, 0, 0, 0)]);
    const { log, decisive } = refusal(bad);
    expect(log.length).toBeGreaterThan(1 << 20);
    expect(log).toMatch(/^0: \(b7\) r2 = 0/m);
    expect(log).toContain("59999: (b7) r5 = 59999");
    expect(decisive).toMatch(/invalid read from stack/);
  });

  test("what the kernel lacks is NotSupported, a bad size is not", () => {
    expect(() => target.createMap(mapSpec(99), null)).toThrow(NotSupported);
    expect(outcome(() => target.createMap(mapSpec(mt.BPF_MAP_TYPE_ARRAY, { keySize: 3 }), null))).toBe("EINVAL");
    expect(() => target.loadProg(program(99, ret(0)), [])).toThrow(NotSupported);
  });

  test.each(["syn_guard", "firewall", "rate_limit", "tc_edit", "opens"])("loads examples/%s.bpf.o", (name) => {
    const obj = parseObject(new Uint8Array(readFileSync(`examples/${name}.bpf.o`)), name);
    const collection = loadObject(obj, target);
    for (const each of Object.values(collection.programs)) expect(each.stats.processed).toBeGreaterThan(0);
    collection.close();
  });

  test("loads struct_ops programs and their map", () => {
    const file = "test/fixtures/obj/structops.clang-19.o";
    const obj = parseObject(new Uint8Array(readFileSync(file)), file);
    const collection = loadObject(obj, target);
    expect(Object.values(collection.programs).length).toBeGreaterThan(0);
    collection.close();
  });

  test("replays packets", () => {
    const prog = target.loadProg(program(pt.BPF_PROG_TYPE_XDP, ret(1)), []);
    const result = prog.replay(fromPackets([new Uint8Array(60), new Uint8Array(100)]));
    expect(result).toMatchObject({ packets: 2, done: true, verdicts: { drop: 2, pass: 0 } });
    prog.close();
  });
});
