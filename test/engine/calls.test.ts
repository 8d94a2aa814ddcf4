/** Calls of every kind on both engines: helpers, subprograms, callbacks, tail calls, legacy loads, may_goto, faults. */
import { describe, expect, test } from "vitest";
import { SkepError } from "../../src/base/error.ts";
import type { Insn } from "../../src/isa/insn.ts";
import {
  CELL_CPU,
  CELL_R0_HI,
  CELL_RET_HI,
  CELL_TAIL_CALLS,
  CTX_BASE,
  HEAP_BASE,
  MAP_CPU_STRIDE,
  MAP_DATA,
  MAP_MAX_ENTRIES,
  MAP_STRIDE,
  STACK_TOP,
} from "../../src/layout/layout.ts";
import type { MapSpec } from "../../src/obj/spec.ts";
import { PTR_PROBE } from "../../src/obj/verified.ts";
import { ENGINES, EXIT, imm64, ins, type ProgOptions, progOf, result, run64, testEnv } from "./kit.ts";

const movImm = (dst: number, imm: number): Insn => ins(0xb7, dst, 0, 0, imm);
const mov = (dst: number, src: number): Insn => ins(0xbf, dst, src);
const add = (dst: number, imm: number): Insn => ins(0x07, dst, 0, 0, imm);
const call = (id: number): Insn => ins(0x85, 0, 0, 0, id);
const pseudoFunc = (dst: number, at: number, target: number): Insn[] => [ins(0x18, dst, 4, 0, target - at - 1), ins(0)];

function mapSpec(type: number, over: Partial<MapSpec> = {}): MapSpec {
  return {
    name: "m",
    type,
    keySize: 4,
    valueSize: 8,
    maxEntries: 4,
    flags: 0,
    mapExtra: 0n,
    numaNode: 0,
    pinByName: false,
    keyTypeId: 0,
    valueTypeId: 0,
    btf: null,
    inner: null,
    slots: [],
    global: null,
    initial: null,
    structOps: null,
    ...over,
  };
}

describe.each(ENGINES)("$name", (engine) => {
  test("helpers: every form of argument and result", () => {
    const env = testEnv();
    const view = new DataView(env.memory.buffer);
    const seen: number[][] = [];
    env.helpers.set(5, {
      name: "wide",
      args: ["d", "i", "d"],
      ret: "d",
      fn: (...args) => {
        seen.push(args);
        view.setInt32(CELL_RET_HI, -2, true);
        return 7;
      },
    });
    env.helpers.set(6, { name: "negative", args: ["i"], ret: "s", fn: (a) => -a! });
    env.helpers.set(7, { name: "unsigned", args: [], ret: "u", fn: () => -1 });
    env.helpers.set(14, {
      name: "nothing",
      args: ["i", "i", "i", "i", "i"],
      ret: "v",
      fn: (...args) => void seen.push(args),
    });
    const setup = [...imm64(1, 0x1_0000_0002n), ...imm64(2, 0x3_0000_0004n), ...imm64(3, -5n)];
    expect(result(engine, [...setup, call(5), EXIT], {}, env)).toBe(0xffff_fffe_0000_0007n);
    expect(seen.pop()).toEqual([2, 1, 4, -5, -1]);
    expect(result(engine, [movImm(1, 22), call(6), EXIT], {}, env)).toBe(BigInt.asUintN(64, -22n));
    expect(result(engine, [call(7), EXIT], {}, env)).toBe(0xffff_ffffn);
    expect(result(engine, [movImm(0, 9), ...[1, 2, 3, 4, 5].map((r) => movImm(r, -r)), call(14), EXIT], {}, env)).toBe(
      0n,
    );
    expect(seen.pop()).toEqual([-1, -2, -3, -4, -5]);
    expect(result(engine, [...imm64(3, 0x9_0000_0001n), mov(1, 3), mov(2, 3), call(5), EXIT], {}, env)).toBe(
      0xffff_fffe_0000_0007n,
    );
    expect(seen.pop()).toEqual([1, 9, 1, 1, 9]);
  });

  test("a missing helper is refused at load, unless it is never reached", () => {
    const prog = [movImm(0, 1), EXIT, call(77), EXIT];
    expect(() => engine.compile(progOf(prog), testEnv())).toThrow(
      expect.objectContaining({ code: "load/helper", site: { prog: "test", insn: 2 } }),
    );
    const reached = Uint8Array.of(1, 1, 0, 0);
    expect(result(engine, prog, { facts: { reached } })).toBe(1n);
  });

  test("subprograms have frames of their own and keep r6..r9", () => {
    const list = [
      movImm(6, 11),
      ins(0x7a, 10, 0, -8, 5),
      mov(1, 10),
      movImm(2, 100),
      ins(0x85, 0, 1, 0, 6), // sub at 11
      mov(7, 0),
      ins(0x79, 0, 10, -8),
      ins(0x0f, 0, 6),
      ins(0x0f, 0, 7),
      EXIT,
      EXIT,
      // sub1(r1 = frame of main, r2): main's word += r2; its own stack at -8 holds 1000; calls sub2.
      movImm(6, 1),
      ins(0x7a, 10, 0, -8, 1000),
      ins(0x79, 3, 1, -8),
      ins(0x0f, 3, 2),
      ins(0x7b, 1, 3, -8),
      movImm(1, 3),
      ins(0x85, 0, 1, 0, 3), // sub2 at 21
      ins(0x79, 1, 10, -8),
      ins(0x0f, 0, 1),
      EXIT,
      // sub2(r1): r1 * 7, with its own stack.
      ins(0x7b, 10, 1, -8),
      ins(0x79, 0, 10, -8),
      ins(0x27, 0, 0, 0, 7),
      EXIT,
    ];
    // main's word 5 + 100, plus 11, plus sub1's 21 + 1000.
    expect(result(engine, list, { subprogs: [11, 21] })).toBe(5n + 100n + 11n + 1021n);
  });

  test("bpf_loop: count, early stop, flags, limit", () => {
    const loop = (count: number, stopAt: number, flags = 0): bigint => {
      const list: Insn[] = [
        ins(0x7a, 10, 0, -8, 0),
        movImm(1, count),
        ...pseudoFunc(2, 2, 13),
        mov(3, 10),
        add(3, -8),
        movImm(4, flags),
        call(181),
        ins(0x67, 0, 0, 0, 32),
        ins(0x79, 1, 10, -8),
        ins(0x0f, 0, 1),
        EXIT,
        EXIT,
        // callback(i, ctx): *ctx += i; return i == stopAt
        ins(0x79, 3, 2, 0),
        ins(0x0f, 3, 1),
        ins(0x7b, 2, 3, 0),
        movImm(0, 0),
        ins(0x55, 1, 0, 1, stopAt),
        movImm(0, 1),
        EXIT,
      ];
      return result(engine, list, { subprogs: [13] });
    };
    expect(loop(10, 99)).toBe((10n << 32n) + 45n);
    expect(loop(10, 3)).toBe((4n << 32n) + 6n);
    expect(loop(0, 0)).toBe(0n);
    expect(loop(5, 99, 1)).toBe(BigInt.asUintN(64, -22n << 32n));
    expect(loop(0x800001, 99)).toBe(BigInt.asUintN(64, -7n << 32n));
  });

  test("callbacks through env.invoke, nested, each in its own frame", () => {
    const env = testEnv();
    // for_each(map, fn, ctx): calls fn(map, 1, 2, ctx) and (map, 3, 4, ctx), sums what it returns.
    env.helpers.set(164, {
      name: "for_each_map_elem",
      args: ["i", "i", "i"],
      ret: "s",
      fn: (map, fn, ctx) => env.invoke!(fn!, map!, 1, 2, ctx!) + env.invoke!(fn!, map!, 3, 4, ctx!),
    });
    const list: Insn[] = [
      ins(0x7a, 10, 0, -8, 7),
      movImm(1, 1000),
      ...pseudoFunc(2, 2, 10),
      mov(3, 10),
      call(164),
      ins(0x79, 1, 10, -8),
      ins(0x0f, 0, 1),
      EXIT,
      EXIT,
      // outer(map, a, b, ctx): its stack = map + a * b; then for_each with inner; returns that + stack
      ins(0x2f, 2, 3),
      ins(0x0f, 1, 2),
      ins(0x7b, 10, 1, -8),
      movImm(1, 0),
      ...pseudoFunc(2, 14, 22),
      movImm(3, 0),
      call(164),
      ins(0x79, 1, 10, -8),
      ins(0x0f, 0, 1),
      EXIT,
      EXIT,
      // inner(map, a, b): uses its stack, too
      ins(0x7b, 10, 3, -8),
      ins(0x79, 0, 10, -8),
      EXIT,
    ];
    const options: ProgOptions = { subprogs: [10, 22] };
    const exe = engine.compile(progOf(list, options), env);
    // outer: (1000 + 2) + 6, then (1000 + 12) + 6; main's 7.
    expect(run64(exe, env)).toBe(1002n + 6n + 1012n + 6n + 7n);
    expect(env.invoke).toBe(null);
    expect(exe.invoke(2, 0, 0, 41, 0)).toBe(41);
    expect(() => exe.invoke(9, 0, 0, 0, 0)).toThrow(SkepError);
  });

  test("tail calls: a chain ends at 33, an empty slot falls through", () => {
    const env = testEnv();
    const view = new DataView(env.memory.buffer);
    env.maps.push(HEAP_BASE);
    // *ctx += 1; tail call slot 0; only if that fails: r0 = 500 + *ctx
    const list: Insn[] = [
      mov(6, 1),
      ins(0x79, 2, 1, 0),
      add(2, 1),
      ins(0x7b, 1, 2, 0),
      ins(0x18, 2, 5, 0, 0),
      ins(0),
      movImm(3, 0),
      call(12),
      ins(0x79, 0, 6, 0),
      add(0, 500),
      EXIT,
    ];
    const exe = engine.compile(progOf(list, { maps: [mapSpec(3)] }), env);
    view.setBigUint64(CTX_BASE, 0n, true);
    expect(run64(exe, env)).toBe(501n);
    env.progs.set(0, exe);
    view.setBigUint64(CTX_BASE, 0n, true);
    expect(run64(exe, env)).toBe(534n);
    expect(view.getUint32(CELL_TAIL_CALLS, true)).toBe(33);
  });

  test("a tail call from a subprogram returns to the subprogram's caller, whose frame stays", () => {
    const env = testEnv();
    env.maps.push(HEAP_BASE);
    const target = engine.compile(progOf([ins(0x7a, 10, 0, -8, 999), ...imm64(0, 0x5_0000_0003n), EXIT]), env);
    env.progs.set(2, target);
    const list: Insn[] = [
      ins(0x7a, 10, 0, -8, 40),
      ins(0x85, 0, 1, 0, 5),
      ins(0x79, 1, 10, -8),
      ins(0x0f, 0, 1),
      EXIT,
      EXIT,
      EXIT,
      // sub(ctx)
      ins(0x18, 2, 5, 0, 0),
      ins(0),
      movImm(3, 2),
      call(12),
      movImm(0, -1),
      EXIT,
    ];
    expect(result(engine, list, { subprogs: [7], maps: [mapSpec(3)] }, env)).toBe(0x5_0000_0003n + 40n);
  });

  test("array lookups, per-CPU too", () => {
    for (const type of [2, 6]) {
      const env = testEnv();
      const view = new DataView(env.memory.buffer);
      const desc = HEAP_BASE;
      const data = HEAP_BASE + 0x400;
      env.maps.push(desc);
      view.setUint32(desc + MAP_DATA, data, true);
      view.setUint32(desc + MAP_STRIDE, 24, true);
      view.setUint32(desc + MAP_MAX_ENTRIES, 4, true);
      view.setUint32(desc + MAP_CPU_STRIDE, type === 6 ? 96 : 0, true);
      view.setUint32(CELL_CPU, 1, true);
      const lookup = (_map: number, key: number): number => {
        const index = view.getUint32(key, true);
        return index < 4 ? data + 24 * index + (type === 6 ? 96 : 0) : 0;
      };
      env.helpers.set(1, {
        name: "map_lookup_elem",
        args: ["i", "i"],
        ret: "u",
        fn: lookup as (...args: number[]) => number,
      });
      const facts = { map: new Int32Array(20).fill(0) };
      const cpuOff = type === 6 ? 96 : 0;
      // The key comes from ctx, as a constant, and by bytes.
      const byKey = (store: Insn[]): bigint => {
        const list = [...store, mov(2, 10), add(2, -4), ins(0x18, 1, 5), ins(0), call(1), EXIT];
        return result(engine, list, { maps: [mapSpec(type)], facts: { map: facts.map.slice(0, list.length) } }, env);
      };
      for (const key of [0, 3, 4, -1]) {
        const want = key >= 0 && key < 4 ? BigInt(data + cpuOff + 24 * key) : 0n;
        view.setInt32(CTX_BASE, key, true);
        expect(byKey([ins(0x61, 3, 1, 0), ins(0x63, 10, 3, -4)])).toBe(want);
        expect(byKey([ins(0x62, 10, 0, -4, key)])).toBe(want);
        expect(byKey([ins(0x6a, 10, 0, -4, key), ins(0x6a, 10, 0, -2, key >> 16)])).toBe(want);
        expect(byKey([ins(0x61, 3, 1, 0), ins(0x7b, 10, 3, -8), ins(0x63, 10, 3, -4)])).toBe(want);
        expect(byKey([ins(0x61, 3, 1, 0), ins(0x67, 3, 0, 0, 32), ins(0x7b, 10, 3, -8)])).toBe(want);
      }
    }
  });

  test("a store through another register makes the key unknown again", () => {
    const env = testEnv();
    const view = new DataView(env.memory.buffer);
    view.setUint32(HEAP_BASE + MAP_DATA, 0x90000, true);
    view.setUint32(HEAP_BASE + MAP_STRIDE, 8, true);
    view.setUint32(HEAP_BASE + MAP_MAX_ENTRIES, 4, true);
    env.maps.push(HEAP_BASE);
    env.helpers.set(1, {
      name: "lookup",
      args: ["i", "i"],
      ret: "u",
      fn: (_map, key) => 0x90000 + 8 * view.getUint32(key!, true),
    });
    view.setUint32(CTX_BASE, STACK_TOP - 4, true);
    const list: Insn[] = [
      ins(0x61, 4, 1, 0), // the address of the key, which nobody can tell is one
      ins(0x62, 10, 0, -4, 1),
      ins(0x62, 4, 0, 0, 2),
      mov(2, 10),
      add(2, -4),
      ins(0x18, 1, 5),
      ins(0),
      call(1),
      EXIT,
    ];
    expect(result(engine, list, { maps: [mapSpec(2)], facts: { map: new Int32Array(9) } }, env)).toBe(0x90010n);
  });

  test("legacy packet loads: big-endian words, end of the program past the end", () => {
    const env = testEnv();
    env.packet = Uint8Array.of(0x12, 0x34, 0x56, 0x78, 0xff, 0xff, 0xff, 0xff);
    const head = [mov(6, 1)];
    expect(result(engine, [...head, ins(0x20, 0, 0, 0, 0), EXIT], {}, env)).toBe(0x12345678n);
    expect(result(engine, [...head, ins(0x20, 0, 0, 0, 4), EXIT], {}, env)).toBe(0xffff_ffffn);
    expect(result(engine, [...head, ins(0x28, 0, 0, 0, 1), EXIT], {}, env)).toBe(0x3456n);
    expect(result(engine, [...head, movImm(7, 2), ins(0x50, 0, 7, 0, 1), EXIT], {}, env)).toBe(0x78n);
    expect(result(engine, [...head, movImm(0, 5), ins(0x20, 0, 0, 0, 5), movImm(0, 6), EXIT], {}, env)).toBe(0n);
  });

  test("guarded loads read zero from null and from nowhere", () => {
    const load = (address: bigint, off: number): bigint => {
      const env = testEnv();
      new DataView(env.memory.buffer).setBigUint64(HEAP_BASE, 0x1122_3344_5566_7788n, true);
      const ptr = Uint8Array.of(0, 0, PTR_PROBE, PTR_PROBE, PTR_PROBE, 0, 0, 0);
      const list = [
        ...imm64(1, address),
        ins(0x79, 0, 1, off),
        ins(0x71, 2, 1, off),
        ins(0x81, 3, 1, off),
        ins(0x0f, 0, 2),
        ins(0x0f, 0, 3),
        EXIT,
      ];
      return result(engine, list, { facts: { ptr } }, env);
    };
    const there = 0x1122_3344_5566_7788n + 0x88n + 0x5566_7788n;
    expect(load(BigInt(HEAP_BASE), 0)).toBe(there);
    expect(load(BigInt(HEAP_BASE + 16), -16)).toBe(there);
    expect(load(BigInt(HEAP_BASE - 8), 8)).toBe(there);
    for (const bad of [
      0n,
      8n,
      0xffn,
      0xffff_ffffn,
      0xffff_ffff_ffff_fff0n,
      BigInt(HEAP_BASE) | (1n << 40n),
      16n << 20n,
    ]) {
      expect(load(bad, 0)).toBe(0n);
    }
    expect(load(16n, -64)).toBe(0n);
  });

  test("may_goto ends a loop that would not", () => {
    // r0 counts; `may_goto out; goto loop`
    const list = [movImm(0, 0), add(0, 1), ins(0xe5, 0, 0, 1, 0), ins(0x05, 0, 0, -3), EXIT];
    expect(result(engine, list)).toBe(0x80_0001n);
  });

  test("kfuncs and ksyms", () => {
    const env = testEnv();
    env.helpers.set(100042, { name: "kfunc", args: ["i"], ret: "s", fn: (a) => a! + 1 });
    const list = [ins(0x18, 1, 3, 0, 9), ins(0), ins(0x85, 0, 2, 0, 42), EXIT];
    expect(result(engine, list, {}, env)).toBe(0x7000an);
  });

  test("an error thrown by a helper comes out as it is", () => {
    const env = testEnv();
    const error = new SkepError("map/E2BIG", "full");
    env.helpers.set(5, {
      name: "bad",
      args: [],
      ret: "s",
      fn: () => {
        throw error;
      },
    });
    const exe = engine.compile(progOf([call(5), EXIT]), env);
    expect(() => exe.run(CTX_BASE)).toThrow(error);
    expect(exe.fault(error)).toBe(error);
    env.helpers.set(5, { name: "good", args: [], ret: "s", fn: () => 1 });
  });

  test("a wild access stops the program with its insn", () => {
    const env = testEnv();
    const exe = engine.compile(progOf([movImm(0, 1), movImm(1, -16), ins(0x79, 0, 1, 0), EXIT], { name: "wild" }), env);
    const code = engine.name === "jit" ? "run/trap" : "run/fault";
    expect(() => exe.run(CTX_BASE)).toThrow(expect.objectContaining({ code, site: { prog: "wild", insn: 2 } }));
    // The runtime is none the worse for it.
    expect(result(engine, [movImm(0, 3), EXIT], {}, env)).toBe(3n);
  });

  test("programs that nobody verified: every access checked, endless loops ended", () => {
    const env = testEnv({ budget: 1000 });
    const fault = (list: Insn[]): string => {
      try {
        engine.compile(progOf(list, { safe: false }), env).run(CTX_BASE);
        return "";
      } catch (error) {
        return `${(error as SkepError).code} ${(error as SkepError).message}`;
      }
    };
    expect(fault([ins(0x71, 0, 1, 63), EXIT])).toBe("");
    expect(fault([ins(0x61, 0, 1, 62), EXIT])).toBe(
      "run/fault read of 4 bytes at 0x1003e: 2 bytes past the end of ctx [0x10000, 0x10040)",
    );
    expect(fault([movImm(1, 0), ins(0x61, 0, 1, 8), EXIT])).toBe("run/fault read of 4 bytes at 0x8: a null pointer");
    expect(fault([ins(0x18, 1, 0, 0, HEAP_BASE), ins(0), ins(0x7a, 1, 0, 0, 1), EXIT])).toBe(
      "run/fault write of 8 bytes at 0x80000: in map rodata value, which is read-only",
    );
    expect(fault([ins(0x05, 0, 0, -1), EXIT])).toBe("run/budget the program has run 1000 insns and is not done");
    expect(fault([ins(0x85, 0, 1, 0, -1), EXIT])).toMatch(/^run\/stack/);
    expect(fault([ins(0xff), EXIT])).toMatch(/^run\/insn/);
  });

  test("r0's upper half lies at CELL_R0_HI", () => {
    const env = testEnv();
    const exe = engine.compile(progOf([...imm64(0, 0xfedc_ba98_0000_0001n), EXIT]), env);
    expect(exe.run(CTX_BASE)).toBe(1);
    expect(new DataView(env.memory.buffer).getUint32(CELL_R0_HI, true)).toBe(0xfedc_ba98);
  });
});
