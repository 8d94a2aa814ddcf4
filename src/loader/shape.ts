/**
 * The static shape of an object file: what `skep gen x.bpf.o` writes as a TypeScript interface and `load<Shape>()` takes,
 * so that a wrong map, field or program name fails to compile. Without one, everything is `Value`.
 */

/** A value decoded through BTF: 64-bit integers are bigint, narrower ones number, char[N] string, structs objects. */
export type Value = number | bigint | string | boolean | null | Uint8Array | Value[] | { [field: string]: Value };

export interface MapShape {
  /** The kernel's word for the map type: "hash", "percpu_array", "ringbuf", ... */
  type: string;
  key: unknown;
  value: unknown;
}

export interface ObjectShape {
  /** Program name -> the kernel's word for its type: "xdp", "sched_cls", ... */
  programs: Record<string, string>;
  maps: Record<string, MapShape>;
  rodata: object;
  data: object;
  bss: object;
}

/** The shape of an object that nobody described. */
export interface AnyShape extends ObjectShape {
  programs: Record<string, string>;
  maps: Record<string, { type: string; key: Value; value: Value }>;
  rodata: Record<string, Value>;
  data: Record<string, Value>;
  bss: Record<string, Value>;
}
