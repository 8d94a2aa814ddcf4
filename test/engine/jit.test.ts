/** What only the compiling engine has: tail calls within WebAssembly, the module itself, time to translate. */
import { expect, test } from "vitest";
import wabtInit from "wabt";
import { interp } from "../../src/engine/interp/interp.ts";
import { compileAsync, jit, translate } from "../../src/engine/jit/jit.ts";
import type { Insn } from "../../src/isa/insn.ts";
import {
  CELL_TAIL_CALLS,
  CTX_BASE,
  HEAP_BASE,
  MAP_DATA,
  MAP_MAX_ENTRIES,
  MAP_STRIDE,
} from "../../src/layout/layout.ts";
import type { MapSpec } from "../../src/obj/spec.ts";
import { wat } from "../../src/wasm/wat.ts";
import { EXIT, imm64, ins, progOf, run64, testEnv } from "./kit.ts";
import { randomProgram } from "./random.ts";

const PROG_ARRAY = { name: "progs", type: 3, keySize: 4, valueSize: 4, maxEntries: 4 } as MapSpec;

test("tail calls through the program table never leave WebAssembly", () => {
  const progTable = new WebAssembly.Table({ element: "anyfunc", initial: 8 });
  const env = testEnv({
    progTable,
    tailCall(_map, index) {
      if (view.getUint32(slots + 4 * index, true) !== 0) throw new Error("left WebAssembly");
      return index === 3 ? interpreted : null;
    },
  });
  const view = new DataView(env.memory.buffer);
  const slots = HEAP_BASE + 0x400;
  const interpreted = interp.compile(progOf([...imm64(0, 0x3_0000_0002n), EXIT], { safe: false }), env);
  view.setUint32(HEAP_BASE + MAP_DATA, slots, true);
  view.setUint32(HEAP_BASE + MAP_STRIDE, 4, true);
  view.setUint32(HEAP_BASE + MAP_MAX_ENTRIES, 4, true);
  env.maps.push(HEAP_BASE);
  for (const known of [-1, 0]) {
    // *ctx += 1; tail call to slot *(u32 *)(ctx + 8)
    const list: Insn[] = [
      ins(0xbf, 6, 1),
      ins(0x79, 2, 1, 0),
      ins(0x07, 2, 0, 0, 1),
      ins(0x7b, 1, 2, 0),
      ins(0x61, 3, 1, 8),
      ins(0x18, 2, 5),
      ins(0),
      ins(0x85, 0, 0, 0, 12),
      ins(0x79, 0, 6, 0),
      EXIT,
    ];
    const exe = jit.compile(progOf(list, { maps: [PROG_ARRAY], facts: { map: new Int32Array(10).fill(known) } }), env);
    const other = jit.compile(progOf([...imm64(0, 0x7_0000_0005n), EXIT]), env);
    progTable.set(1, exe.entry);
    progTable.set(2, other.entry);
    const run = (slot: number, first: number): bigint => {
      view.setUint32(slots, first, true);
      view.setUint32(slots + 4, 2, true);
      view.setBigUint64(CTX_BASE, 0n, true);
      view.setUint32(CTX_BASE + 8, slot, true);
      return run64(exe, env);
    };
    expect(run(0, 0)).toBe(1n);
    expect(run(0, 1)).toBe(34n);
    expect(view.getUint32(CELL_TAIL_CALLS, true)).toBe(33);
    expect(run(1, 0)).toBe(0x7_0000_0005n);
    expect(run(2, 0)).toBe(1n);
    expect(run(3, 0)).toBe(0x3_0000_0002n);
    expect(run(4, 0)).toBe(1n);
    expect(run(-1, 0)).toBe(1n);
  }
});

test("modules are valid for wabt, and print", async () => {
  const wabt = await wabtInit();
  for (let seed = 1; seed < 20; seed++) {
    const env = testEnv();
    const { bytes } = translate(progOf(randomProgram(seed, { blocks: 8, insnsPerBlock: 5, fuel: 5 })), env);
    const module = wabt.readWasm(bytes.slice(), { readDebugNames: true });
    module.validate();
    module.destroy();
    expect(wat(bytes)).toContain("(func $test");
  }
});

test("a module compiled in the background runs alike", async () => {
  const prog = progOf(randomProgram(7, { blocks: 8, insnsPerBlock: 5, fuel: 20 }));
  const env = testEnv();
  const exe = await compileAsync(prog, env);
  const other = testEnv();
  expect(run64(exe, env)).toBe(run64(interp.compile(prog, other), other));
  const unsafe = await compileAsync(progOf([ins(0xb7, 0, 0, 0, 4), EXIT], { safe: false }), env);
  expect(unsafe.run(CTX_BASE)).toBe(4);
});

/** A ladder of diamonds, then loops one after another. */
function ladder(diamonds: number, loops: number): Insn[] {
  const list: Insn[] = [ins(0xb7, 0, 0, 0, 0)];
  for (let i = 0; i < diamonds; i++) {
    list.push(ins(0x45, 0, 0, 2, 1), ins(0x07, 0, 0, 0, 1), ins(0x05, 0, 0, 1), ins(0x07, 0, 0, 0, 3));
  }
  for (let i = 0; i < loops; i++) {
    list.push(ins(0xb7, 2, 0, 0, 2), ins(0x07, 0, 0, 0, 1), ins(0x07, 2, 0, 0, -1), ins(0x55, 2, 0, -3, 0));
  }
  list.push(EXIT);
  return list;
}

test("time to translate grows with the number of insns, not faster", () => {
  const env = testEnv();
  const ms = (size: number): { insns: number; ms: number } => {
    const prog = progOf(ladder(size, size));
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      translate(prog, env);
      best = Math.min(best, performance.now() - start);
    }
    return { insns: prog.prog.insns.length, ms: best };
  };
  ms(200);
  const small = ms(200);
  const large = ms(4000);
  expect(large.insns).toBeGreaterThan(30_000);
  expect(large.ms / small.ms / (large.insns / small.insns)).toBeLessThan(6);
});

test("thousands of chained structures", () => {
  const prog = progOf(ladder(3000, 2000));
  const [a, b] = [testEnv(), testEnv()];
  expect(run64(jit.compile(prog, a), a)).toBe(run64(interp.compile(prog, b), b));
});
