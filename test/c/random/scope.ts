/** What a program may name at a place, and what has been decided about it. */
import type { Rng } from "../../fuzz/rng.ts";
import type { RecordType } from "./records.ts";
import type { Node } from "./tree.ts";
import type { IntType } from "./types.ts";

/** An integer lvalue with a name: a variable, or one field on a fixed path. */
export interface Scalar {
  readonly text: string;
  readonly type: IntType;
  /** Width of a bit-field. */
  readonly fieldBits?: number;
  /** The object that it is part of: what must not be changed twice in one expression. */
  readonly root: string;
  readonly write: boolean;
  /** May a pointer to it be taken? */
  readonly address: boolean;
}

/** `length` elements, a power of two, from `text[0]` on. */
export interface Row {
  readonly text: string;
  readonly elem: IntType;
  readonly length: number;
  readonly root: string;
  readonly write: boolean;
  readonly address: boolean;
  /** Only at constant indexes: the verifier forgets how long a packet is once something unknown is added. */
  readonly constantIndex?: true;
}

export interface Instance {
  readonly text: string;
  readonly type: RecordType;
  readonly root: string;
  readonly write: boolean;
}

export interface Func {
  readonly name: string;
  readonly result: IntType | RecordType;
  readonly params: readonly Param[];
  /** Changes globals, or what it gets a pointer to. */
  readonly effects: boolean;
}

export type Param =
  | { readonly kind: "int"; readonly type: IntType }
  | { readonly kind: "row"; readonly elem: IntType; readonly length: number; readonly write: boolean }
  | { readonly kind: "record"; readonly type: RecordType; readonly pointer: boolean };

/** What all functions of one program share. */
export interface Context {
  readonly r: Rng;
  readonly cpu: 2 | 3 | 4;
  /** Signed arithmetic may overflow: it is compiled with -fwrapv. */
  readonly wraps: boolean;
  /** In every name, so that programs share a file. */
  readonly id: string;
  /** File-scope declarations, in order. */
  readonly top: Node[];
  readonly records: RecordType[];
  readonly funcs: Func[];
  /** Called by bpf_loop with a `struct turn`. */
  readonly callbacks: string[];
  names: number;
}

export interface MapDecl {
  readonly name: string;
  readonly kind: "array" | "hash";
  readonly key: IntType;
  readonly value: IntType | RecordType;
  readonly entries: number;
}

export class Scope {
  readonly c: Context;
  readonly r: Rng;
  scalars: Scalar[] = [];
  rows: Row[] = [];
  instances: Instance[] = [];
  /** Objects that an expression under way changes already. */
  locked: ReadonlySet<string> = new Set();
  /** Product of the trip counts of the loops around. */
  trips = 1;
  loopDepth = 0;
  switchDepth = 0;
  stackBytes = 0;
  /** Maps that it may use, and those of whose values it holds a pointer. */
  maps: readonly MapDecl[] = [];
  held: ReadonlySet<string> = new Set();
  /** Whether what it calls may change globals. */
  readonly effects: boolean;

  constructor(c: Context, effects: boolean) {
    this.c = c;
    this.r = c.r;
    this.effects = effects;
  }

  name(prefix: string): string {
    return `${prefix}${this.c.id}_${this.c.names++}`;
  }

  /** True `percent` times of a hundred. */
  often(percent: number): boolean {
    return this.r.below(100) < percent;
  }

  /** Runs `make`; what it declared is gone afterwards. */
  inner<T>(make: () => T): T {
    const { scalars, rows, instances } = this;
    this.scalars = [...scalars];
    this.rows = [...rows];
    this.instances = [...instances];
    const made = make();
    this.scalars = scalars;
    this.rows = rows;
    this.instances = instances;
    return made;
  }

  locking<T>(root: string, make: () => T): T {
    const before = this.locked;
    this.locked = new Set([...before, root]);
    const made = make();
    this.locked = before;
    return made;
  }

  /** Of a list, or undefined of an empty one. */
  some<T>(all: readonly T[]): T | undefined {
    return all.length === 0 ? undefined : this.r.pick(all);
  }
}
