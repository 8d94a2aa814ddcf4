/**
 * ObjSpec -> Collection over a Target:
 *
 *     globals and map options -> CO-RE -> maps -> resolve -> verify + compile -> slots -> Collection
 *
 * Whatever was made is closed again when a later step fails.
 */
import { BPF_MAP_TYPE_ARENA, BPF_MAP_TYPE_PROG_ARRAY } from "../abi/map-types.ts";
import { bug, SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import type { MapSpec, ObjSpec, ProgSpec } from "../obj/spec.ts";
import { Collection, type LoadTimes, noProgram } from "./collection.ts";
import { withGlobals } from "./globals.ts";
import { BpfMap, makeMap } from "./map.ts";
import { type Link, Program } from "./program.ts";
import { recordType } from "./records.ts";
import { type KernelView, resolveMaps, resolveOn } from "./resolve-object.ts";
import type { AnyShape, ObjectShape } from "./shape.ts";
import type { Target, TargetMap } from "./target.ts";

export interface MapOptions {
  /** Another size than the object asks for. */
  maxEntries?: number;
  /** A live map to use instead of making one: its type and sizes must match. */
  reuse?: TargetMap;
}

export interface LoadOptions<T extends ObjectShape = AnyShape> {
  /** Constants (`const volatile`), set before the programs are verified. */
  rodata?: Partial<T["rodata"]>;
  /** Initial values of .data and .bss. */
  data?: Partial<T["data"]>;
  bss?: Partial<T["bss"]>;
  maps?: { [K in keyof T["maps"]]?: MapOptions };
  /** Only these programs; default: all that the object marks for loading. */
  programs?: readonly (keyof T["programs"] & string)[];
  /** Values for .kconfig externs, over those the target knows. */
  kconfig?: Readonly<Record<string, number | bigint | string>>;
  /** BTF that CO-RE relocates against, instead of the target's. */
  kernelBtf?: BtfView;
  /** Type name of a ring buffer's or perf event array's records, by map name, where the map itself does not say. */
  records?: { [K in keyof T["maps"]]?: string };
}

export function loadObject<T extends ObjectShape = AnyShape>(
  spec: ObjSpec,
  target: Target,
  options: LoadOptions<T> = {},
  /** True where closing the collection closes the target too. */
  ownsTarget = false,
): Collection<T> {
  const started = performance.now();
  const made: { close(): void }[] = ownsTarget ? [target] : [];
  try {
    const kernelBtf = options.kernelBtf ?? target.kernelBtf;
    const kernel: KernelView = {
      kernelBtf,
      missingAsLocal: kernelBtf?.partial === true,
      kconfig: (name) => options.kconfig?.[name] ?? target.kconfig(name),
      coreCache: new Map(),
      ksymAddress: (name) => target.ksymAddress?.(name),
      kfuncModel: target.kfuncModel ?? null,
      hasKfunc: (name) => target.hasKfunc?.(name) ?? true,
      modules: () => (options.kernelBtf === undefined ? (target.modules?.() ?? []) : []),
    };
    const programs = choosePrograms(spec, options.programs);
    const mapSpecs = configuredMaps(spec, kernel, options);
    const liveMaps = createMaps(mapSpecs, target, options.maps ?? {}, made);

    const collection: { current: Collection<T> | null } = { current: null };
    const onAttach = (link: Link): void => collection.current?.track(link);
    const live = new Map<string, Program>();
    for (const prog of programs) {
      const resolved = resolveOn(prog, spec, mapSpecs, kernel);
      const loaded = target.loadProg(
        resolved,
        resolved.maps.map((map) => liveMap(liveMaps, map.name)),
      );
      made.push(loaded);
      live.set(prog.name, new Program(loaded, onAttach));
    }
    fillProgSlots(mapSpecs, liveMaps, live);

    const recordNames = options.records as Record<string, string | undefined> | undefined;
    const typed = new Map(
      [...liveMaps].map(([name, map]) => [name, new BpfMap(map, recordType(spec, map.spec, recordNames?.[name]))]),
    );
    collection.current = new Collection<T>(spec, target, live, typed, times(started, live), made);
    return collection.current;
  } catch (error) {
    for (const each of made.reverse()) each.close();
    throw error;
  }
}

function choosePrograms(spec: ObjSpec, wanted: readonly string[] | undefined): readonly ProgSpec[] {
  if (wanted === undefined) return spec.programs.filter((prog) => prog.autoload);
  return wanted.map((name) => spec.programs.find((prog) => prog.name === name) ?? noProgram(spec, name));
}

/** Map specs as they will be made: sizes and initial values changed as the options say. Pure. */
function configuredMaps<T extends ObjectShape>(
  spec: ObjSpec,
  kernel: KernelView,
  options: LoadOptions<T>,
): readonly MapSpec[] {
  const own = (options.maps ?? {}) as Record<string, MapOptions | undefined>;
  for (const name of Object.keys(own)) {
    if (spec.maps.some((map) => map.name === name)) continue;
    throw new SkepError("load/map", `no map ${name} in ${spec.name}`, {
      advice: `it has: ${spec.maps.map((map) => map.name).join(", ")}`,
    });
  }
  let maps: readonly MapSpec[] = resolveMaps(spec, kernel).map((map) => {
    const maxEntries = own[map.name]?.maxEntries;
    if (maxEntries === undefined) return map;
    if (Number.isInteger(maxEntries) && maxEntries >= 0 && maxEntries <= 0xffffffff) return { ...map, maxEntries };
    throw new SkepError("load/map", `${map.name} cannot have ${maxEntries} entries`, {
      advice: "maxEntries is a whole number below 2^32",
    });
  });
  for (const section of ["rodata", "data", "bss"] as const) {
    maps = withGlobals(maps, section, { ...options[section] } as Record<string, unknown>);
  }
  return maps;
}

function createMaps(
  specs: readonly MapSpec[],
  target: Target,
  options: Record<string, MapOptions | undefined>,
  made: { close(): void }[],
): ReadonlyMap<string, TargetMap> {
  target.prepare(specs);
  const live = new Map<string, TargetMap>();
  for (const spec of specs) {
    const reuse = options[spec.name]?.reuse;
    if (reuse !== undefined) {
      live.set(spec.name, compatible(reuse, spec));
      continue;
    }
    const map = makeMap(target, spec);
    made.push(map);
    live.set(spec.name, map);
    if (spec.global !== null || spec.type === BPF_MAP_TYPE_ARENA) fillGlobal(map, spec);
  }
  for (const spec of specs) {
    for (const slot of spec.slots) {
      if (slot.kind === "map") liveMap(live, spec.name).setSlot(slotKey(slot.index), liveMap(live, slot.name));
    }
  }
  return live;
}

function fillGlobal(map: TargetMap, spec: MapSpec): void {
  // An arena has no keys: its variables begin its memory.
  if (spec.type === BPF_MAP_TYPE_ARENA) {
    if (spec.initial !== null) map.window()?.set(spec.initial);
    return;
  }
  if (spec.initial?.some((byte) => byte !== 0)) map.update(slotKey(0), spec.initial);
  if (spec.global === "rodata" || spec.global === "kconfig") map.freeze();
}

function fillProgSlots(
  specs: readonly MapSpec[],
  maps: ReadonlyMap<string, TargetMap>,
  programs: ReadonlyMap<string, Program>,
): void {
  for (const spec of specs) {
    if (spec.type !== BPF_MAP_TYPE_PROG_ARRAY) continue;
    for (const slot of spec.slots) {
      const program = programs.get(slot.name);
      if (program !== undefined) liveMap(maps, spec.name).setSlot(slotKey(slot.index), program.raw);
    }
  }
}

function compatible(map: TargetMap, spec: MapSpec): TargetMap {
  const { type, keySize, valueSize } = map.spec;
  if (type === spec.type && keySize === spec.keySize && valueSize === spec.valueSize) return map;
  throw new SkepError("load/reuse", `map ${map.spec.name} cannot stand for ${spec.name}: type or sizes differ`, {
    advice: `needed: type ${spec.type}, key ${spec.keySize}, value ${spec.valueSize} bytes`,
  });
}

function liveMap(maps: ReadonlyMap<string, TargetMap>, name: string): TargetMap {
  return maps.get(name) ?? bug(`map ${name} is referred to and was not made`);
}

function slotKey(index: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, index, true);
  return key;
}

function times(started: number, programs: ReadonlyMap<string, Program>): LoadTimes {
  let verify = 0;
  let jit = 0;
  for (const program of programs.values()) {
    verify += program.stats.verifyMs;
    jit += program.stats.jitMs;
  }
  return { load: performance.now() - started - verify - jit, verify, jit };
}
