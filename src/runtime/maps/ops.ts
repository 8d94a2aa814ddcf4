/**
 * What every map type gives: operations over addresses in linear memory, as a program's helpers use them. The user's side
 * (bytes in, bytes out, permissions, per-CPU values) is built on these once, in map.ts.
 *
 * Failures are negative errno numbers, as in the kernel. `flags` is the low word of the kernel's u64 flags; callers answer
 * -EINVAL themselves where the high word is not zero.
 */
import type { Executable, Region } from "../../engine/engine.ts";
import type { TargetMap, TargetProg } from "../../loader/target.ts";
import type { MapSpec } from "../../obj/spec.ts";
import type { Heap } from "../heap.ts";
import type { LinearMemory } from "../memory.ts";
import type { ValueRecord } from "./record.ts";

/** What a map type needs to lay itself out. */
export interface MapHost {
  readonly memory: LinearMemory;
  readonly heap: Heap;
  readonly cpus: number;
  /** 32 random bits: seeds of hash tables, levels of other things. */
  random(): number;
  /** The CPU of the current event. */
  cpu(): number;
  /** The live map whose descriptor lies there, undefined for none. */
  mapAt(desc: number): MapOps | undefined;
  /** A map's memory grew: what regions() gives is another list now. */
  regionsChanged(): void;
  /** Ends what the special fields of a value hold on to (timers, kernel pointers): before it is deleted or overwritten. */
  dropFields(record: ValueRecord, value: number): void;
  /** Ids under which user space reads what lies in slots. */
  mapById(id: number): SlotMap | undefined;
  progById(id: number): SlotProg | undefined;
}

export interface MapOps {
  readonly spec: MapSpec;
  /** Address of the descriptor (layout.ts, MAP_*). */
  readonly desc: number;
  /** Fields of the value that only helpers touch. */
  readonly record: ValueRecord;
  /** Address of the value of the key at `key` for the current CPU, or 0. */
  lookup(key: number): number;
  update(key: number, value: number, flags: number): number;
  delete(key: number): number;
  /** Address of the key that follows the one at `key` (0: before the first), or 0 at the end, or -errno. */
  nextKey(key: number): number;
  /** The value as user space sees it: no reference mark for LRU. Defaults to lookup. */
  peekValue?(key: number): number;
  /** Per-CPU types: the value of one CPU. */
  lookupCpu?(key: number, cpu: number): number;
  /** Per-CPU types: all CPUs' values at once, each rounded up to 8 bytes. */
  updateAllCpus?(key: number, value: number, flags: number): number;
  /** Copies the value out and deletes the element: queue, stack and hashes. */
  pop?(value: number): number;
  peek?(value: number): number;
  push?(value: number, flags: number): number;
  /** bpf_for_each_map_elem: visits until `visit` gives non-zero; the number visited. */
  each?(visit: (key: number, value: number) => number): number;
  /** The value as user space reads it where that is not memory of this map (ids of maps and programs): bytes or -errno. */
  userLookup?(key: number): Uint8Array | number;
  /** Update by user space where it differs from a program's: `value` holds the id of a map or program. */
  userUpdate?(key: number, value: number, flags: number): number;
  /** Puts a map or program into a slot, null to clear it; 0 or -errno. */
  setSlot?(key: number, what: TargetMap | TargetProg | null): number;
  /** Prog array: what a tail call into that slot runs. */
  progAt?(index: number): Executable | null;
  /** Devmap and cpumap: the program that packets run through which are redirected by the key there. */
  redirectProg?(key: number): Executable | null;
  /** Address of the key of the value there: what a timer's callback gets. */
  keyOf?(value: number): number;
  /** Where the key's value lies, if an update may simply write over it there; else -errno. Spares large values a copy. */
  slot?(key: number, flags: number): number;
  /** Memory that user space may see as it is, where that is all of the map's. */
  readonly window?: { readonly start: number; readonly bytes: number };
  /** Called when user space closes the map, though programs may go on using it: prog arrays let their programs go. */
  release?(): void;
  /** Bytes of a value as user space sees it, where neither the value size nor that times the CPUs. */
  readonly userValueSize?: number;
  /** User ring buffer: adds a sample; 0 or -errno. */
  addRecord?(bytes: Uint8Array): number;
  /** Ring buffer and perf event array. */
  readonly records?: Records;
  /** Memory that programs may reach through this map. */
  regions(): readonly Region[];
  /** Gives everything back to the heap. */
  free(): void;
}

/** What a prog array slot and a map-in-map slot hold on to while they name it. */
interface Held {
  use(): void;
  unuse(): void;
}

/** A program of this runtime, as prog arrays see it. */
export interface SlotProg extends TargetProg, Held {
  readonly exec: Executable;
  /** Where its entry stands in the runtime's table of programs; 0 where there is none. */
  readonly tableIndex: number;
}

/** A map of this runtime, as maps of maps see it. */
export interface SlotMap extends TargetMap, Held {
  readonly ops: MapOps;
}

/** Records on their way to user space. */
interface Records {
  drain(fn: (record: Uint8Array, cpu: number) => void): number;
  /** True where a record waits. */
  ready(): boolean;
  readonly lost: number;
  /** Called once at the next record that asks for a wakeup. */
  onWake(fn: () => void): void;
}

/** One map type. */
export interface MapKind {
  /** 0 or the errno with which the kernel refuses such a map (map_alloc_check and map_alloc). */
  check(spec: MapSpec, cpus: number): number;
  /** Heap bytes that create() will take at most at once; sizes the memory in Target.prepare. */
  bytes(spec: MapSpec, cpus: number): number;
  /** `desc` is a zeroed descriptor whose common words are filled. */
  /** `inner` is the template of a map of maps. May throw half-way: the caller gives back what was allocated until then. */
  create(host: MapHost, spec: MapSpec, desc: number, inner: MapOps | null): MapOps;
}
