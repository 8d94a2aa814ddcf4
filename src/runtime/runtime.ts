/**
 * A runtime: one linear memory with its heap, the live maps in it, time, chance, the event that runs, and what programs
 * print. The embedded target makes one; maps, helpers and hooks get it.
 */

import { BPF_F_RDONLY, BPF_F_WRONLY } from "../abi/flags.ts";
import {
  BPF_MAP_TYPE_ARENA,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_USER_RINGBUF,
  MAP_TYPES,
} from "../abi/map-types.ts";
import { EINVAL, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { WasmTable } from "../base/wasm.ts";
import type { BtfView } from "../btf/types.ts";
import type { Region } from "../engine/engine.ts";
import {
  CELL_CPU,
  HEAP_BASE,
  MAP_DESC_BYTES,
  MAP_FLAGS,
  MAP_ID,
  MAP_KEY_SIZE,
  MAP_MAX_ENTRIES,
  MAP_SLOT,
  MAP_TYPE,
  MAP_VALUE_SIZE,
} from "../layout/layout.ts";
import type { MapSpec } from "../obj/spec.ts";
import { createBlocks } from "./blocks.ts";
import { type Clock, hostClock, seededRandom } from "./clock.ts";
import { createHeap, type Heap } from "./heap.ts";
import { mapFlags } from "./helpers/args.ts";
import type { EventState, Machine } from "./hooks/types.ts";
import { createKsyms, type Ksyms } from "./ksyms.ts";
import { PAGE_BYTES, powerOfTwoFrom } from "./maps/flags.ts";
import { ABSENT_KINDS, MAP_KINDS } from "./maps/kinds.ts";
import { EmbeddedMap, type MapOwner } from "./maps/map.ts";
import { instantiateMaps, type MapModule, type SlowMaps } from "./maps/map-module.ts";
import type { MapOps, SlotProg } from "./maps/ops.ts";
import { isPerfArray } from "./maps/perf-array.ts";
import { isStorage } from "./maps/storage.ts";
import type { LinearMemory } from "./memory.ts";
import { createObjects, type Objects } from "./objects.ts";
import { createTaskStruct, type TaskStruct } from "./task-struct.ts";
import { createTimers, type Timers } from "./timers.ts";

/** The task that an event runs in where the event itself names none. */
export interface TaskOptions {
  readonly pid?: number;
  readonly tid?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** At most 15 bytes are kept. */
  readonly comm?: string;
  readonly cgroupId?: bigint;
  /** Process id of the parent, as task->real_parent->tgid reads it. Default 0. */
  readonly ppid?: number;
}

export interface RuntimeOptions {
  readonly cpus: number;
  readonly clock?: Clock;
  /** Seed of bpf_get_prandom_u32 and of hash tables, or the source itself. Default: another one each time. */
  readonly random?: number | (() => number);
  readonly task?: TaskOptions;
  /** Gets each line of bpf_trace_printk as it is printed. */
  readonly onTrace?: (line: string) => void;
  /** The kernel's BTF: it says how struct task_struct is laid out. */
  readonly kernelBtf?: BtfView;
  /** False where programs run that no verifier has accepted: then maps are reached through bounded TypeScript only. */
  readonly trusted?: boolean;
}

export interface Runtime extends Machine, MapOwner {
  /** Lookup, update and delete by descriptor: WebAssembly where there is any. */
  readonly mapFns: MapModule;
  readonly memory: LinearMemory;
  readonly heap: Heap;
  readonly task: Readonly<TaskOptions>;
  readonly realtimeOffsetNs: bigint;
  createMap(spec: MapSpec, inner: EmbeddedMap | null): EmbeddedMap;
  maps(): readonly EmbeddedMap[];
  readonly progs: Map<number, SlotProg>;
  /** Entries of programs by SlotProg.tableIndex; null where programs are interpreted. */
  readonly progTable: WasmTable | null;
  /** Puts a compiled program's entry into the table; 0 where there is none. */
  addEntry(entry: unknown): number;
  dropEntry(index: number): void;
  readonly timers: Timers;
  /** bpf_wq of map values. */
  readonly works: Timers;
  /** Objects that programs made. */
  readonly objects: Objects;
  readonly ksyms: Ksyms;
  /** Address of the event's struct task_struct, 0 where there is no BTF to lay it out by. */
  currentTask(): number;
  /** Thread id of the task at that address. */
  tidOf(task: number): number;
  /** Address of the current task's cgroup, 0 where there is none. */
  currentCgroup(): number;
  /** Id of the cgroup at that address, 0 for any other. */
  cgroupIdOf(cgroup: number): number;
  /** The next map or program id. */
  nextId(): number;
  /** What bpf_trace_printk printed, newest last; the oldest go once it holds TRACE_LINES. */
  readonly traceLines: string[];
  trace(line: string): void;
  /** Runs `fn` at settle() once the clock has reached `atNs`; gives what takes it back. */
  at(atNs: number, fn: () => void): () => void;
  /** Regions of all maps, cached until maps change. */
  mapRegions(): readonly Region[];
}

const TRACE_LINES = 1024;
const SCRATCH_BYTES = 64;
const CHUNK_BYTES = 256;
/** Kept free at the end: whole words are read of keys whose last one is not whole. */
const GUARD_BYTES = 16;
/** Callbacks run at one settling: a timer that is always due does not stop the replay. */
const SETTLE_MAX = 10_000;

export function createRuntime(memory: LinearMemory, options: RuntimeOptions): Runtime {
  const { u8, u32, i32, view } = memory;
  const { cpus } = options;
  const heap = createHeap(u8, HEAP_BASE, memory.bytes - GUARD_BYTES);
  const clock = options.clock ?? hostClock();
  const random =
    typeof options.random === "function"
      ? options.random
      : seededRandom(options.random ?? Math.floor(Math.random() * 2 ** 32));
  const slots: (EmbeddedMap | undefined)[] = [undefined];
  const byId = new Map<number, EmbeddedMap>();
  const progs = new Map<number, SlotProg>();
  const traceLines: string[] = [];
  const due: { atNs: number; fn: () => void }[] = [];
  const event = initialEvent(options.task ?? {});
  const scratch = heap.alloc(SCRATCH_BYTES);
  const chunk = heap.alloc(CHUNK_BYTES);
  let user = heap.alloc(4096);
  let userBytes = 4096;
  let lastId = 0;
  let regions: Region[] | null = null;
  /** undefined: not asked for yet. */
  let task: TaskStruct | null | undefined;

  const mapAt = (desc: number): MapOps | undefined => {
    const ops = slots[u32[(desc + MAP_SLOT) >>> 2]!]?.ops;
    return ops?.desc === desc ? ops : undefined;
  };
  const slow: SlowMaps = {
    lookup: (map, key) => mapAt(map >>> 0)?.lookup(key >>> 0) ?? 0,
    update: (map, key, value, lo, hi) => mapAt(map >>> 0)?.update(key >>> 0, value >>> 0, mapFlags(lo, hi)) ?? -EINVAL,
    remove: (map, key) => mapAt(map >>> 0)?.delete(key >>> 0) ?? -EINVAL,
  };
  const mapFns: MapModule =
    memory.wasm === null || options.trusted === false
      ? { ...slow, hashLookup: slow.lookup }
      : instantiateMaps(memory.wasm, slow);

  // Index 0 stays empty: a prog array's empty slot.
  const progTable =
    memory.wasm === null || options.trusted === false
      ? null
      : new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  const freeEntries: number[] = [];

  const rearm = (): void => {
    let next = Number.POSITIVE_INFINITY;
    for (const entry of due) next = Math.min(next, entry.atNs);
    event.wakeNs = next;
  };

  const deadlines = {
    now: () => runtime.clock(),
    at: (atNs: number, fn: () => void) => runtime.at(atNs, fn),
    mapAt,
  };
  const timers = createTimers(deadlines, "timer");
  const works = createTimers(deadlines, "wq");
  const changed = (): void => {
    regions = null;
  };
  const objects = createObjects(memory, heap, changed);
  const ksyms = createKsyms(memory, heap, cpus, changed);

  const runtime: Runtime = {
    memory,
    heap,
    u8,
    u32,
    i32,
    view,
    cpus,
    event,
    scratch,
    chunk,
    alloc: (bytes) => heap.tryAlloc(bytes),
    blocks: createBlocks(memory.wasm, u8),
    packet: null,
    mapFns,
    task: options.task ?? {},
    realtimeOffsetNs: clock.realtimeOffsetNs ?? 0n,
    progs,
    traceLines,
    random: () => random() >>> 0,
    cpu: () => u32[CELL_CPU >>> 2]!,
    clock: () => (event.nowNs >= 0 ? event.nowNs : clock.monotonicNs()),
    mapAt,
    mapById: (id) => byId.get(id),
    progById: (id) => progs.get(id),
    nextId: () => ++lastId,
    progTable,
    addEntry(entry) {
      if (progTable === null) return 0;
      const index = freeEntries.pop() ?? progTable.grow(1);
      progTable.set(index, entry);
      return index;
    },
    dropEntry(index) {
      if (index === 0) return;
      progTable?.set(index, null);
      freeEntries.push(index);
    },
    timers,
    works,
    objects,
    ksyms,
    currentTask() {
      if (task === undefined) {
        const { kernelBtf } = options;
        task =
          kernelBtf === undefined ? null : createTaskStruct(memory, heap, kernelBtf, event, options.task?.ppid ?? 0);
        regions = null;
      }
      return task?.current() ?? 0;
    },
    tidOf: (at) => task?.tidOf(at) ?? 0,
    currentCgroup: () => (runtime.currentTask() === 0 ? 0 : (task?.cgroup() ?? 0)),
    cgroupIdOf: (at) => task?.cgroupIdOf(at) ?? 0,
    redirectProg(map, key) {
      u32[scratch >>> 2] = key;
      return mapAt(map)?.redirectProg?.(scratch) ?? null;
    },
    storageOf(mapType, owner, map, init, create) {
      const ops = mapAt(map);
      if (!isStorage(ops) || ops.spec.type !== mapType || owner === 0) return 0;
      return ops.valueOf(owner, init, create);
    },
    storageDrop(mapType, owner, map) {
      const ops = mapAt(map);
      return isStorage(ops) && ops.spec.type === mapType && owner !== 0 ? ops.drop(owner) : -EINVAL;
    },
    ownerGone(mapType, owner) {
      for (const { ops } of byId.values()) if (ops.spec.type === mapType && isStorage(ops)) ops.drop(owner);
    },
    dropFields(record, value) {
      for (const field of record) {
        if (field.kind === "spin_lock" || field.kind === "res_spin_lock") continue;
        const at = value + field.offBytes;
        if (field.kind === "timer") timers.drop(at);
        else if (field.kind === "wq") works.drop(at);
        else objects.dropField(field.kind, at);
        if (field.kind !== "timer" && field.kind !== "wq") u8.fill(0, at, at + field.sizeBytes);
      }
    },
    released(ops) {
      timers.dropMap(ops.desc);
      works.dropMap(ops.desc);
    },
    maps: () => [...byId.values()],
    userBuffer(bytes) {
      if (bytes > userBytes) {
        const grown = heap.alloc(bytes);
        heap.free(user);
        user = grown;
        userBytes = bytes;
      }
      return user;
    },
    createMap(given, inner) {
      const spec = adjusted(given, cpus);
      const kind = MAP_KINDS.get(spec.type);
      if (kind === undefined) {
        const word = MAP_TYPES[spec.type]?.word ?? String(spec.type);
        const why = ABSENT_KINDS.get(spec.type);
        const what = `map ${spec.name}: the embedded target has no maps of type ${word}`;
        throw new SkepError("runtime/map-type", why === undefined ? what : `${what}: ${why}`, {
          errno: EINVAL,
          advice: "load the object on the linux target, or leave this map out",
        });
      }
      const errno = checkCommon(spec) || kind.check(spec, cpus);
      if (errno !== 0) throw refused(spec, errno);
      const desc = heap.alloc(MAP_DESC_BYTES);
      const id = runtime.nextId();
      let slot = slots.indexOf(undefined, 1);
      if (slot < 0) slot = slots.length;
      u32[(desc + MAP_TYPE) >>> 2] = spec.type;
      u32[(desc + MAP_KEY_SIZE) >>> 2] = spec.keySize;
      u32[(desc + MAP_VALUE_SIZE) >>> 2] = spec.valueSize;
      u32[(desc + MAP_MAX_ENTRIES) >>> 2] = spec.maxEntries;
      u32[(desc + MAP_FLAGS) >>> 2] = spec.flags;
      u32[(desc + MAP_ID) >>> 2] = id;
      u32[(desc + MAP_SLOT) >>> 2] = slot;
      const taken: number[] = [];
      try {
        heap.journal = taken;
        const map = new EmbeddedMap(runtime, kind.create(runtime, spec, desc, inner?.ops ?? null), id);
        slots[slot] = map;
        byId.set(id, map);
        regions = null;
        return map;
      } catch (error) {
        for (const block of taken) heap.free(block);
        heap.free(desc);
        throw error;
      } finally {
        heap.journal = null;
      }
    },
    forget(map) {
      slots[u32[(map.ops.desc + MAP_SLOT) >>> 2]!] = undefined;
      byId.delete(map.id);
      heap.free(map.ops.desc);
      regions = null;
    },
    trace(line) {
      if (traceLines.length >= TRACE_LINES) traceLines.shift();
      traceLines.push(line);
      options.onTrace?.(line);
    },
    at(atNs, fn) {
      const entry = { atNs, fn };
      due.push(entry);
      rearm();
      return () => {
        const i = due.indexOf(entry);
        if (i >= 0) due.splice(i, 1);
        rearm();
      };
    },
    settle() {
      const { nowNs } = event;
      const now = runtime.clock();
      try {
        for (let left = SETTLE_MAX; left > 0; left--) {
          let first = -1;
          for (let i = 0; i < due.length; i++) {
            if (due[i]!.atNs <= now && (first < 0 || due[i]!.atNs < due[first]!.atNs)) first = i;
          }
          if (first < 0) break;
          const entry = due.splice(first, 1)[0]!;
          // In a replay each runs at its own time, so that what it arms anew is due in turn.
          if (nowNs >= 0) event.nowNs = entry.atNs;
          entry.fn();
        }
      } finally {
        event.nowNs = nowNs;
        rearm();
      }
    },
    perfOutput(map, flags, data, size, extra, extraSize) {
      const ops = mapAt(map >>> 0);
      return isPerfArray(ops) ? ops.output(flags >>> 0, data >>> 0, size >>> 0, extra >>> 0, extraSize >>> 0) : -EINVAL;
    },
    mapRegions() {
      regions ??= [...byId.values()]
        .flatMap((map) => map.ops.regions())
        .concat(task?.region ?? [], objects.regions(), ksyms.regions());
      return regions;
    },
    regionsChanged() {
      regions = null;
    },
  };
  return runtime;
}

function initialEvent(task: TaskOptions): EventState {
  const comm = new Uint8Array(16);
  comm.set(new TextEncoder().encode(task.comm ?? "skep").subarray(0, 15));
  const cgroup = task.cgroupId ?? 1n;
  return {
    cpu: 0,
    tid: task.tid ?? task.pid ?? 1,
    pid: task.pid ?? 1,
    uid: task.uid ?? 0,
    gid: task.gid ?? 0,
    comm,
    cgroupLo: Number(cgroup & 0xffff_ffffn),
    cgroupHi: Number(cgroup >> 32n),
    nowNs: -1,
    wallSec: 0,
    wallNsec: 0,
    wakeNs: Number.POSITIVE_INFINITY,
    kernelStack: [],
    userStack: [],
    argCount: 0,
    cookie: 0n,
    funcIp: 0n,
    memStart: 0,
    memEnd: 0,
  };
}

/** What map_create() refuses whatever the type. */
function checkCommon(spec: MapSpec): number {
  const { type, flags } = spec;
  if (spec.mapExtra !== 0n && type !== BPF_MAP_TYPE_BLOOM_FILTER && type !== BPF_MAP_TYPE_ARENA) return EINVAL;
  return (flags & BPF_F_RDONLY) !== 0 && (flags & BPF_F_WRONLY) !== 0 ? EINVAL : 0;
}

/**
 * Sizes as libbpf makes them: a perf event array without one has a slot for each CPU, a ring has a power of two of bytes and
 * at least a page.
 */
function adjusted(spec: MapSpec, cpus: number): MapSpec {
  if (spec.type === BPF_MAP_TYPE_PERF_EVENT_ARRAY && spec.maxEntries === 0) return { ...spec, maxEntries: cpus };
  if (spec.type !== BPF_MAP_TYPE_RINGBUF && spec.type !== BPF_MAP_TYPE_USER_RINGBUF) return spec;
  return { ...spec, maxEntries: Math.max(PAGE_BYTES, powerOfTwoFrom(Math.min(spec.maxEntries, 2 ** 31))) };
}

function refused(spec: MapSpec, errno: number): SkepError {
  const word = MAP_TYPES[spec.type]?.word ?? String(spec.type);
  const { keySize, valueSize, maxEntries, flags } = spec;
  const given = `key ${keySize}, value ${valueSize} bytes, ${maxEntries} entries, flags 0x${flags.toString(16)}`;
  const advice =
    maxEntries === 0
      ? `max_entries is 0: choose it at load, maps: { ${spec.name}: { maxEntries: n } }`
      : "the kernel refuses these sizes or flags for this type, too";
  return new SkepError(`map/${errnoName(errno)}`, `map ${spec.name}: no ${word} has ${given}`, { errno, advice });
}
