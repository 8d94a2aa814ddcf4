/**
 * The WebAssembly objects that published types name, as far as Skep uses them: Node's types do not declare WebAssembly, and
 * who imports Skep need not have the DOM library.
 */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

export interface WasmTable {
  readonly length: number;
  get(index: number): unknown;
  set(index: number, value?: unknown): void;
  grow(count: number): number;
}
