/**
 * memory.copy and memory.fill as functions: from JavaScript they cost half of what copyWithin and fill of a typed array do
 * (22 against 43 ns for 1 KiB, 8 against 20 ns for 64 to 192 bytes on Node 20).
 */
import type { WasmMemory } from "../base/wasm.ts";
import { Code } from "../wasm/code.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import * as op from "../wasm/op.ts";

export interface Blocks {
  /** Copies `bytes` bytes; they may overlap. Throws (or traps) where they lie outside the memory. */
  copy(to: number, from: number, bytes: number): void;
  /** Zeroes them. */
  clear(at: number, bytes: number): void;
}

/** `memory`: null where WebAssembly is not used. */
export function createBlocks(memory: WasmMemory | null, u8: Uint8Array): Blocks {
  if (memory === null) {
    return {
      copy: (to, from, bytes) => void u8.copyWithin(to, from, from + bytes),
      clear: (at, bytes) => void u8.fill(0, at, at + bytes),
    };
  }
  compiled ??= new WebAssembly.Module(buildModule());
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Blocks;
}

let compiled: WebAssembly.Module | null = null;

const MEMORY_COPY = 10;
const MEMORY_FILL = 11;

function buildModule(): Uint8Array {
  const m = new ModuleBuilder();
  const { I32 } = op;
  m.importMemory("env", "memory", 1);
  const copy = m.func(m.type([I32, I32, I32], []), "copy");
  const clear = m.func(m.type([I32, I32], []), "clear");

  const body = (write: (c: Code) => void): Uint8Array => {
    const c = new Code(32);
    write(c);
    c.op(op.END);
    return c.view();
  };
  m.body(
    copy,
    [],
    body((c) => {
      for (const local of [0, 1, 2]) c.get(local);
      c.byte(op.PREFIX_MISC);
      c.u32(MEMORY_COPY);
      c.byte(0);
      c.byte(0);
    }),
  );
  m.body(
    clear,
    [],
    body((c) => {
      c.get(0);
      c.i32(0);
      c.get(1);
      c.byte(op.PREFIX_MISC);
      c.u32(MEMORY_FILL);
      c.byte(0);
    }),
  );
  m.exportFunc("copy", copy);
  m.exportFunc("clear", clear);
  return m.build().bytes;
}
