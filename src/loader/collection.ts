/** A loaded object: its programs, maps and globals, alive until closed. */
import { BPF_MAP_TYPE_ARENA } from "../abi/map-types.ts";
import { closeAll } from "../base/close.ts";
import { SkepError } from "../base/error.ts";
import type { MapSpec, ObjSpec } from "../obj/spec.ts";
import { Arena } from "./arena.ts";
import { type EventReplayOptions, type EventReplayResult, placed, type RecordedEvent } from "./events.ts";
import { liveGlobals } from "./globals.ts";
import { BpfMap, makeMap } from "./map.ts";
import { type Link, noReplay, type Program } from "./program.ts";
import { recordType } from "./records.ts";
import type { AnyShape, ObjectShape, Value } from "./shape.ts";
import type { MapLink, Target } from "./target.ts";

export interface LoadTimes {
  /** Milliseconds: parsing, CO-RE and making maps; verifying all programs; compiling them. */
  load: number;
  verify: number;
  jit: number;
}

/** What `drain()` and `close({ drain: true })` give: every map's entries, decoded. */
export type Snapshot = Record<string, { key: Value; value: Value }[]>;

type Globals<T> = { -readonly [K in keyof T]: T[K] };

export class Collection<T extends ObjectShape = AnyShape> {
  readonly spec: ObjSpec;
  readonly target: Target;
  readonly programs: { readonly [K in keyof T["programs"]]: Program };
  readonly maps: { readonly [K in keyof T["maps"]]: BpfMap<T["maps"][K]["key"], T["maps"][K]["value"]> };
  readonly times: LoadTimes;
  readonly #links = new Set<Link>();
  readonly #mapLinks = new Set<MapLink>();
  readonly #all: ReadonlyMap<string, BpfMap>;
  readonly #owned: { close(): void }[];
  readonly #globals = new Map<string, Record<string, Value>>();
  #closed = false;

  constructor(
    spec: ObjSpec,
    target: Target,
    programs: ReadonlyMap<string, Program>,
    maps: ReadonlyMap<string, BpfMap>,
    times: LoadTimes,
    /** What close() frees, in the order of making: maps that were lent are not among it. The collection adds to it. */
    owned: { close(): void }[],
  ) {
    this.spec = spec;
    this.target = target;
    this.times = times;
    this.#all = maps;
    this.#owned = owned;
    this.programs = Object.freeze(Object.fromEntries(programs)) as this["programs"];
    this.maps = Object.freeze(Object.fromEntries(maps)) as unknown as this["maps"];
  }

  /** Constants as loaded. */
  get rodata(): Readonly<T["rodata"]> {
    return this.#section("rodata") as unknown as Readonly<T["rodata"]>;
  }

  /** Initialised variables: read and assign while programs run. */
  get data(): Globals<T["data"]> {
    return this.#section("data") as unknown as Globals<T["data"]>;
  }

  /** Zero-initialised variables: read and assign while programs run. */
  get bss(): Globals<T["bss"]> {
    return this.#section("bss") as unknown as Globals<T["bss"]>;
  }

  /** Memory that programs and user space share: the object's arena map, whose name may be left out. Throws "load/arena". */
  arena(name?: keyof T["maps"] & string): Arena {
    const map = [...this.#all.values()].find((each) =>
      name === undefined ? each.spec.type === BPF_MAP_TYPE_ARENA : each.name === name,
    );
    if (map !== undefined) return new Arena(map.raw, this.spec.btf);
    throw new SkepError("load/arena", `no arena${name === undefined ? "" : ` ${name}`} in ${this.spec.name}`);
  }

  /**
   * Recorded events on the object's programs together: each event runs on every program that wants it before the next one
   * does, so that an entry and its exit meet. `programs`: only these; default: all. Throws "run/events" for programs that
   * take packets, "load/not-supported" where the target does not replay events.
   */
  replayEvents(
    events: Iterable<RecordedEvent>,
    options: EventReplayOptions & { readonly programs?: readonly (keyof T["programs"] & string)[] } = {},
  ): { [K in keyof T["programs"]]?: EventReplayResult } {
    const { programs: names = Object.keys(this.programs), ...rest } = options;
    const programs = names.map((name) => this.programs[name] ?? noProgram(this.spec, name));
    const { target } = this;
    if (target.replayEvents === undefined) throw noReplay(names[0] ?? this.spec.name);
    const raw = programs.map((program) => program.raw);
    const results = placed(events, (followed) => target.replayEvents!(raw, followed, rest));
    return Object.fromEntries(names.map((name, i) => [name, results[i]!])) as {
      [K in keyof T["programs"]]?: EventReplayResult;
    };
  }

  get links(): readonly Link[] {
    return [...this.#links].filter((link) => link.open);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Maps that the program author named: without global sections. */
  get userMaps(): readonly BpfMap[] {
    return [...this.#all.values()].filter((map) => map.spec.global === null);
  }

  /** Used by programs: remembers a link so that close() detaches it. */
  track(link: Link): void {
    this.#links.add(link);
  }

  /**
   * Another map, closed with the collection: an inner map to put in a slot, say. `maxEntries` where it shall have another size.
   *
   *     guard.maps.outer.setSlot(7, guard.createMap(guard.maps.outer.spec.inner!));
   */
  createMap<K = Value, V = Value>(spec: MapSpec, maxEntries: number = spec.maxEntries): BpfMap<K, V> {
    this.target.prepare([spec]);
    const map = makeMap(this.target, { ...spec, maxEntries });
    this.#owned.push(map);
    return new BpfMap<K, V>(map, recordType(this.spec, spec));
  }

  /**
   * Puts a struct_ops map in force (a TCP congestion control, a scheduler) until closed. Throws "load/map" for a name that no
   * such map has, "load/not-supported" where the target has no kernel to change.
   */
  attachStructOps(name: keyof T["maps"] & string): MapLink {
    const map = this.#all.get(name);
    if (map === undefined || map.spec.structOps === null) {
      throw new SkepError("load/map", `no struct_ops map ${name} in ${this.spec.name}`);
    }
    if (this.target.attachStructOps === undefined) {
      throw new SkepError("load/not-supported", "this target has no kernel that struct_ops could change", {
        advice: "use the linux target",
      });
    }
    const programs = this.programs as Readonly<Record<string, Program>>;
    const made = this.target.attachStructOps(map.raw, (prog) => programs[prog]?.raw);
    const link: MapLink = {
      what: made.what,
      close: () => {
        if (this.#mapLinks.delete(link)) made.close();
      },
    };
    this.#mapLinks.add(link);
    return link;
  }

  /** Every map that can be iterated, decoded; ring buffers and queues are left as they are. */
  snapshot(): Snapshot {
    const out: Snapshot = {};
    for (const map of this.userMaps) {
      const entries = readable(map);
      if (entries !== null) out[map.name] = entries;
    }
    return out;
  }

  /** Detaches, unloads and frees everything. Closing twice is harmless. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeAll([...this.#mapLinks, ...this.#links, ...this.#owned.reverse()]);
  }

  /** Takes a snapshot of the maps, then closes. */
  drain(): Snapshot {
    for (const link of this.#links) link.close();
    const snapshot = this.snapshot();
    this.close();
    return snapshot;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** One object a section, so that `guard.bss.hits` in a loop costs a read; names that are not there cannot be assigned. */
  #section(section: "rodata" | "data" | "bss"): Record<string, Value> {
    const known = this.#globals.get(section);
    if (known !== undefined) return known;
    const all: Record<string, Value> = {};
    for (const map of this.#all.values()) {
      if (map.spec.global === section)
        Object.defineProperties(all, Object.getOwnPropertyDescriptors(liveGlobals(map.raw)));
    }
    this.#globals.set(section, Object.preventExtensions(all));
    return all;
  }
}

export function noProgram(spec: ObjSpec, name: string): never {
  throw new SkepError("load/program", `no program ${name} in ${spec.name}`, {
    advice: `it has: ${spec.programs.map((prog) => prog.name).join(", ")}`,
  });
}

/** Null for maps that have no keys or whose values user space cannot read (perf arrays answer ENOTSUPP). */
function readable(map: BpfMap): { key: Value; value: Value }[] | null {
  if (map.spec.keySize === 0) return null;
  try {
    return [...map.entries()].map(([key, value]) => ({ key, value }));
  } catch (error) {
    if (error instanceof SkepError && error.errno !== undefined) return null;
    throw error;
  }
}
