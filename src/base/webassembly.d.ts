/** WebAssembly as Node >= 20.19 and browsers both have it, and as far as Skep uses it. Declared here instead of the DOM library. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBufferLike>);
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Table {
    constructor(descriptor: { element: "anyfunc"; initial: number; maximum?: number });
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value?: unknown): void;
    grow(count: number): number;
  }
  class Global<T = number> {
    constructor(descriptor: { value: "i32" | "i64" | "f64"; mutable?: boolean }, value?: T);
    value: T;
  }
  class RuntimeError extends Error {}
  function instantiate(
    bytes: Uint8Array<ArrayBufferLike>,
    imports?: Record<string, Record<string, unknown>>,
  ): Promise<{ module: Module; instance: Instance }>;
  function validate(bytes: Uint8Array<ArrayBufferLike>): boolean;
}
