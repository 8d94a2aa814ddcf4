import fc from "fast-check";
import { expect, test } from "vitest";
import wabtInit from "wabt";
import { Code } from "./code.ts";
import { ModuleBuilder } from "./module.ts";
import * as op from "./op.ts";
import { wat } from "./wat.ts";

function constant64(lo: number, hi: number): bigint {
  const m = new ModuleBuilder();
  const f = m.func(m.type([], [op.I64]), "f");
  const code = new Code(8);
  code.i64(lo, hi);
  code.op(op.END);
  m.body(f, [], code.view().slice());
  m.exportFunc("f", f);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.build().bytes));
  return (instance.exports["f"] as () => bigint)();
}

test("64-bit constants survive", () => {
  const half = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 63, 64, -64, -65, 0x7fffffff, -0x80000000, 1));
  fc.assert(
    fc.property(half, half, (lo, hi) => {
      expect(BigInt.asUintN(64, constant64(lo, hi))).toBe((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0));
    }),
    { numRuns: 300 },
  );
});

test("32-bit numbers match a plain LEB128", () => {
  fc.assert(
    fc.property(fc.integer(), (value) => {
      const code = new Code(1);
      code.s32(value);
      let result = 0n;
      let shift = 0n;
      for (const byte of code.view()) {
        result |= BigInt(byte & 0x7f) << shift;
        shift += 7n;
      }
      expect(BigInt.asIntN(Number(shift), result)).toBe(BigInt(value));
      code.length = 0;
      code.u32(value);
      result = 0n;
      shift = 0n;
      for (const byte of code.view()) {
        result |= BigInt(byte & 0x7f) << shift;
        shift += 7n;
      }
      expect(result).toBe(BigInt(value >>> 0));
    }),
  );
});

function everything(): Uint8Array {
  const m = new ModuleBuilder();
  const unary = m.type([op.I32], [op.I32]);
  const print = m.importFunc("env", "print", unary);
  m.importMemory("env", "memory", 1);
  const shared = m.importGlobal("env", "g", op.I32, true);
  const table = m.table(2, null);
  const counter = m.global(true, 7);
  const f = m.func(unary, "twice");
  const g = m.func(m.type([op.I32, op.I64], []), "loop");
  const body = new Code(4);
  body.get(0);
  body.call(print);
  body.i32(2);
  body.op(op.I32_MUL);
  body.globalGet(counter);
  body.op(op.I32_ADD);
  body.op(op.END);
  m.body(f, [], body.view().slice());
  body.length = 0;
  body.open(op.BLOCK, op.VOID);
  body.open(op.LOOP, op.VOID);
  body.get(0);
  body.op(op.I32_EQZ);
  body.brIf(1);
  body.get(2);
  body.get(1);
  body.mem(op.I64_STORE, 0, 16);
  body.i32(-1);
  body.get(0);
  body.opU(op.CALL_INDIRECT, unary);
  body.byte(table);
  body.globalSet(shared);
  body.br(0);
  body.op(op.END);
  body.op(op.END);
  body.i32(0);
  body.i32(0);
  body.i32(8);
  body.byte(op.PREFIX_MISC);
  body.u32(op.MEMORY_FILL);
  body.byte(0);
  body.op(op.END);
  m.body(g, [op.I32, op.I32, op.I64], body.view().slice());
  m.element(table, 1, [f]);
  m.exportFunc("twice", f);
  m.exportTable("table", table);
  m.exportGlobal("counter", counter);
  return m.build().bytes;
}

test("a module with every section is valid, for V8 and for wabt", async () => {
  const bytes = everything();
  expect(WebAssembly.validate(bytes)).toBe(true);
  const wabt = await wabtInit();
  const module = wabt.readWasm(bytes.slice(), { readDebugNames: true });
  module.validate();
  const text = module.toText({ foldExprs: false, inlineExport: false });
  // Same instructions, whatever the notation around them.
  const ops = (s: string): string[] => s.match(/\b(?:i32|i64|local|global|memory)\.[a-z0-9_]+/g) ?? [];
  expect(ops(wat(bytes)).filter((name) => name !== "i32.const")).toEqual(
    ops(text).filter((name) => name !== "i32.const"),
  );
  module.destroy();
});

test("runs", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const seen: number[] = [];
  const instance = new WebAssembly.Instance(new WebAssembly.Module(everything()), {
    env: {
      memory,
      g: new WebAssembly.Global({ value: "i32", mutable: true }, 0),
      print: (x: number) => {
        seen.push(x);
        return x + 1;
      },
    },
  });
  expect((instance.exports["twice"] as (x: number) => number)(20)).toBe(49);
  expect(seen).toEqual([20]);
});

test("bodyAt points at the first instruction", () => {
  const m = new ModuleBuilder();
  const f = m.func(m.type([], [op.I32]), "f");
  m.body(f, [op.I64, op.I64, op.I32], Uint8Array.of(op.I32_CONST, 42, op.END));
  const { bytes, bodyAt } = m.build();
  expect([...bytes.subarray(bodyAt[0]!, bodyAt[0]! + 2)]).toEqual([op.I32_CONST, 42]);
});
