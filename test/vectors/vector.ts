/** A vector: a program, what the verifier says of it, and what its runs leave behind. */

export interface VectorMap {
  readonly name: string;
  /** BPF_MAP_TYPE_*. */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

/** What is looked at after a run. Undefined sections are not compared. */
export interface VectorResult {
  /** r0's low 32 bits, unsigned. */
  retval?: number;
  packet?: Uint8Array;
  /** Map name -> entries as "key = value" in hex, sorted; for array-like maps only those that are not all zero. */
  maps?: Record<string, readonly string[]>;
}

export interface VectorRun {
  readonly data: Uint8Array;
  /** Entries written before the run: map name, key, value. */
  readonly set: readonly (readonly [string, Uint8Array, Uint8Array])[];
  readonly expected: VectorResult;
  /** Line of "//! run:" in a vector file, 0 for generated ones. */
  readonly line: number;
}

export interface Vector {
  readonly name: string;
  /** Word of the program type, as bpftool writes it: xdp, sched_cls, socket_filter. */
  readonly type: string;
  readonly text: string;
  readonly maps: readonly VectorMap[];
  /** Null: accepted. Else a part of the verifier's message. */
  readonly reject: string | null;
  /** Backend name -> reason. */
  readonly skip: ReadonlyMap<string, string>;
  /** Runs happen in order over the same maps. */
  readonly runs: readonly VectorRun[];
}
