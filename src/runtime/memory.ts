/**
 * The one linear memory of a runtime: a WebAssembly memory made with initial = maximum, so that its buffer is never detached
 * and every view stays valid. Where WebAssembly is forbidden (or not wanted) a plain ArrayBuffer takes its place and only the
 * interpreter runs. Pages that nobody touches cost address space, not memory.
 */

import { SkepError } from "../base/error.ts";
import type { WasmMemory } from "../base/wasm.ts";

const WASM_PAGE_BYTES = 0x10000;
export const DEFAULT_MEMORY_BYTES: number = 64 << 20;
/** 4 GiB less one page, so that every end address fits a u32. */
export const MAX_MEMORY_BYTES: number = 0xffff_0000;

/** Longer copies are faster as one call. */
const COPY_WORDS_BYTES = 128;

export interface LinearMemory {
  /** The WebAssembly memory, null where a plain buffer stands in. */
  readonly wasm: WasmMemory | null;
  readonly buffer: ArrayBuffer;
  readonly bytes: number;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly view: DataView;
}

/** As u8.copyWithin, which costs a call into the engine: short aligned copies, the usual ones, go word by word. */
export function copyBytes(memory: LinearMemory, to: number, from: number, bytes: number): void {
  const { u8, u32 } = memory;
  if (bytes > COPY_WORDS_BYTES || ((to | from) & 3) !== 0) {
    u8.copyWithin(to, from, from + bytes);
    return;
  }
  const words = bytes >>> 2;
  const toWord = to >>> 2;
  const fromWord = from >>> 2;
  for (let i = 0; i < words; i++) u32[toWord + i] = u32[fromWord + i]!;
  for (let i = words << 2; i < bytes; i++) u8[to + i] = u8[from + i]!;
}

/** True where modules may be compiled at run time (false under a strict content security policy). */
export function wasmAllowed(): boolean {
  if (typeof WebAssembly !== "object") return false;
  try {
    new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    return true;
  } catch {
    return false;
  }
}

/** Throws "runtime/memory" for a size out of range or where the host gives no such memory. */
export function linearMemory(bytes: number, kind: "wasm" | "plain"): LinearMemory {
  if (!Number.isFinite(bytes) || bytes < WASM_PAGE_BYTES || bytes > MAX_MEMORY_BYTES) {
    throw new SkepError("runtime/memory", `a runtime's memory of ${bytes} bytes is out of range`, {
      advice: `choose between ${WASM_PAGE_BYTES} and ${MAX_MEMORY_BYTES} bytes (4 GiB less 64 KiB)`,
    });
  }
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  let wasm: WasmMemory | null = null;
  let buffer: ArrayBuffer;
  try {
    wasm = kind === "wasm" ? new WebAssembly.Memory({ initial: pages, maximum: pages }) : null;
    buffer = wasm?.buffer ?? new ArrayBuffer(pages * WASM_PAGE_BYTES);
  } catch (cause) {
    throw new SkepError("runtime/memory", `the host gives no memory of ${bytes} bytes`, {
      advice: "make maps smaller (max_entries) or pass a smaller memoryBytes to embedded()",
      cause,
    });
  }
  return {
    wasm,
    buffer,
    bytes: buffer.byteLength,
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    view: new DataView(buffer),
  };
}
