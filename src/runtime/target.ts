/**
 * The embedded Target over given stages. embedded.ts puts the real ones in; tests may put others.
 *
 *     prepare(maps) -> size the memory      createMap -> descriptor and storage on the heap
 *     loadProg -> verify -> helpers there? -> compile -> bind to its hook
 */
import { helperName } from "../abi/helpers.ts";
import { MODEL_KCONFIG } from "../abi/kconfig.ts";
import { kfuncModel } from "../abi/kfunc-model.ts";
import { SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import type { Engine, EngineEnv, Executable, HelperImpl, Region } from "../engine/engine.ts";
import { BPF_CALL, BPF_JMP, BPF_PSEUDO_KFUNC_CALL, LD_IMM64 } from "../isa/codes.ts";
import { HEAP_BASE, MAP_DESC_BYTES, STACK_BASE, STACK_TOP } from "../layout/layout.ts";
import type {
  AttachOptions,
  ReplayOptions,
  ReplayResult,
  Target,
  TargetLink,
  TargetMap,
  TargetProg,
  TestRun,
  TestRunResult,
} from "../loader/target.ts";
import type { MapSpec, ResolvedProg } from "../obj/spec.ts";
import type { VerifiedProg } from "../obj/verified.ts";
import type { PacketSource } from "../pcap/source.ts";
import type { Clock } from "./clock.ts";
import { checkedHelper } from "./helpers/checked.ts";
import { progHelpers, sharedHelpers } from "./helpers/table.ts";
import type { EventReplayOptions, EventReplayResult, HookProg, Hooks, Machine, RecordedEvent } from "./hooks/types.ts";
import { kfuncNamesOf, progKfuncs } from "./kfuncs/table.ts";
import { catching, throwCallbacks } from "./kfuncs/throw.ts";
import { MAP_KINDS } from "./maps/kinds.ts";
import { EmbeddedMap } from "./maps/map.ts";
import type { SlotProg } from "./maps/ops.ts";
import { DEFAULT_MEMORY_BYTES, linearMemory, MAX_MEMORY_BYTES, wasmAllowed } from "./memory.ts";
import { createRuntime, type Runtime, type TaskOptions } from "./runtime.ts";

export interface EmbeddedOptions {
  /** "jit" (WebAssembly) or "interp". Default: jit where WebAssembly may be compiled, else interp. */
  engine?: "jit" | "interp";
  /** Linear memory of the runtime. Default: 64 MiB, or more where the maps of the first object need it. */
  memoryBytes?: number;
  /** CPUs that per-CPU maps have slots for; an event's cpu selects one. Default 1. */
  cpus?: number;
  clock?: Clock;
  /** Seed of bpf_get_prandom_u32 and of hash tables, or the source of 32 random bits itself. */
  random?: number | (() => number);
  /** The task of events that name none. */
  task?: TaskOptions;
  /** Gets each line of bpf_trace_printk; `traceLines` of the target keeps the last ones, too. */
  onTrace?: (line: string) => void;
  /** BTF that CO-RE relocates against and kfuncs and ksyms are looked up in. */
  kernelBtf?: BtfView;
  /** Values of .kconfig externs, beside the built-in ones. */
  kconfig?: Readonly<Record<string, number | bigint | string>>;
  /** Interpreter: test every access against the live regions even for verified programs. */
  checked?: boolean;
  /** Let programs in that the verifier refuses: every access of theirs is then checked (interpreter only). */
  unsafe?: boolean;
}

/** What the target composes. */
export interface Stages {
  readonly engine: (name: "jit" | "interp") => Engine;
  verify(prog: ResolvedProg, target: EmbeddedTarget): { readonly prog: VerifiedProg; readonly processed: number };
  createHooks(machine: Machine): Hooks;
}

export interface EmbeddedTarget extends Target {
  readonly name: "embedded";
  readonly options: Readonly<EmbeddedOptions>;
  /** The engine that programs run on: `options.engine`, or what the host allows. */
  readonly engine: "jit" | "interp";
  /** The memory, heap and clock behind it; made on first use. */
  readonly runtime: Runtime;
  readonly hooks: Hooks;
  /** The last lines of bpf_trace_printk, oldest first. */
  readonly traceLines: readonly string[];
  createMap(spec: MapSpec, inner: TargetMap | null): EmbeddedMap;
  loadProg(prog: ResolvedProg, maps: readonly TargetMap[]): EmbeddedProg;
}

export interface EmbeddedProg extends SlotProg {
  /** Runs a tracing program over recorded events. */
  replayEvents(events: Iterable<RecordedEvent>, options?: EventReplayOptions): EventReplayResult;
}

/** Beyond what maps need: other heap use and maps made later. */
const SLACK_BYTES: number = 16 << 20;

export function embeddedTarget(options: EmbeddedOptions, stages: Stages): EmbeddedTarget {
  const cpus = options.cpus ?? 1;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > 1024) {
    throw new SkepError("runtime/cpus", `a runtime of ${cpus} CPUs`, { advice: "choose from 1 to 1024" });
  }
  const engineName = options.engine ?? (wasmAllowed() ? "jit" : "interp");
  if (engineName !== "jit" && engineName !== "interp") {
    throw new SkepError("runtime/engine", `no engine ${engineName}`, { advice: "choose jit or interp" });
  }
  if (engineName === "jit" && !wasmAllowed()) {
    throw new SkepError("runtime/engine", "the jit needs WebAssembly, and this host does not allow it", {
      advice: 'leave the engine out, or choose "interp"',
    });
  }
  let needBytes = 0;
  let state: { rt: Runtime; hooks: Hooks; helpers: ReadonlyMap<number, HelperImpl> } | null = null;
  const progs = new Set<EmbeddedProg>();
  let kfuncNames: ReadonlySet<string> | null = null;
  let closed = false;

  const start = (): NonNullable<typeof state> => {
    if (closed) throw new SkepError("runtime/closed", "the embedded target is closed", { advice: "make another one" });
    if (state !== null) return state;
    const wanted = Math.min(MAX_MEMORY_BYTES, HEAP_BASE + needBytes + SLACK_BYTES);
    const bytes = options.memoryBytes ?? Math.max(DEFAULT_MEMORY_BYTES, wanted);
    const memory = linearMemory(bytes, engineName === "jit" ? "wasm" : "plain");
    const rt = createRuntime(memory, { ...pick(options), cpus, trusted: options.unsafe !== true });
    state = { rt, hooks: stages.createHooks(rt), helpers: sharedHelpers(rt) };
    return state;
  };

  const loadProg = (prog: ResolvedProg, maps: readonly TargetMap[]): EmbeddedProg => {
    const { rt, hooks, helpers } = start();
    const live = maps.map((map) => ownMap(rt, map));
    const verifyStart = performance.now();
    const { prog: verified, processed } = stages.verify(prog, target);
    const verifyMs = performance.now() - verifyStart;
    const name = verified.safe ? engineName : "interp";
    const env = engineEnv(rt, hooks, prog, live, options.checked === true || !verified.safe);
    let made: LoadedProg | null = null;
    const own = progHelpers(rt, env, () => made);
    const helper = (id: number): HelperImpl | undefined =>
      hooks.helper(id, prog.spec.type) ?? own.get(id) ?? helpers.get(id);
    env.helper = verified.safe ? helper : (id) => checkedOrNone(rt, env, prog.spec.name, id, helper(id));
    const kfuncs = progKfuncs(rt, env, prog, hooks.kfuncs(prog.spec.type, prog.kernelBtf), () => made, verified.safe);
    env.kfunc = (btfId) => {
      const func = prog.kernelBtf?.type(btfId);
      return func?.kind === "func" ? kfuncs(func.name) : undefined;
    };
    refuseMissing(verified, env);
    env.callbacks = throwCallbacks(prog);
    const jitStart = performance.now();
    const exec = catching(stages.engine(name).compile(verified, env), prog, rt.u32);
    const jitMs = performance.now() - jitStart;
    const stats = { insns: prog.insns.length, verifyMs, jitMs, processed, safe: verified.safe };
    const loaded = new LoadedProg(rt, prog, exec, stats, live, () => progs.delete(loaded));
    try {
      loaded.bind(hooks.program(loaded, exec));
    } catch (error) {
      loaded.close();
      throw error;
    }
    made = loaded;
    rt.progs.set(loaded.id, loaded);
    progs.add(loaded);
    return loaded;
  };

  const target: EmbeddedTarget = {
    name: "embedded",
    options,
    engine: engineName,
    kernelBtf: options.kernelBtf ?? null,
    get kfuncModel() {
      return kfuncModel();
    },
    get runtime() {
      return start().rt;
    },
    get hooks() {
      return start().hooks;
    },
    get traceLines() {
      return state?.rt.traceLines ?? [];
    },
    kconfig: (name) => options.kconfig?.[name] ?? MODEL_KCONFIG[name],
    hasKfunc(name) {
      kfuncNames ??= kfuncNamesOf(start().rt, start().hooks);
      return kfuncNames.has(name);
    },
    prepare(maps) {
      for (const spec of maps) needBytes += mapBytes(spec, cpus);
    },
    createMap(spec, inner) {
      const { rt } = start();
      return rt.createMap(spec, inner === null ? null : ownMap(rt, inner));
    },
    loadProg,
    replayEvents(wanted, events, options = {}) {
      const { rt, hooks } = start();
      const own = wanted.map((prog) => ownProg(rt, prog));
      for (const prog of own) prog.use();
      try {
        return hooks.replayEvents(
          own.map((prog) => ({ prog, exec: prog.exec })),
          events,
          options,
        );
      } finally {
        for (const prog of own) prog.unuse();
      }
    },
    close() {
      if (closed) return;
      state?.hooks.close();
      for (const prog of [...progs]) prog.close();
      for (const map of state?.rt.maps() ?? []) map.close();
      closed = true;
      state = null;
    },
  };
  return target;
}

class LoadedProg implements EmbeddedProg {
  readonly prog: ResolvedProg;
  readonly id: number;
  readonly exec: Executable;
  readonly stats: TargetProg["stats"];
  readonly tableIndex: number;
  readonly #rt: Runtime;
  readonly #maps: readonly EmbeddedMap[];
  readonly #forget: () => void;
  #hook: HookProg | null = null;
  #closed = false;
  /** Prog array slots that name it: its maps stay until those let go, too. */
  #users = 0;

  constructor(
    rt: Runtime,
    prog: ResolvedProg,
    exec: Executable,
    stats: TargetProg["stats"],
    maps: readonly EmbeddedMap[],
    forget: () => void,
  ) {
    this.#rt = rt;
    this.prog = prog;
    this.exec = exec;
    this.stats = stats;
    this.id = rt.nextId();
    this.tableIndex = exec.codeBytes > 0 ? rt.addEntry(exec.entry) : 0;
    this.#maps = maps;
    this.#forget = forget;
    for (const map of maps) map.use();
  }

  bind(hook: HookProg): void {
    this.#hook = hook;
  }

  testRun(run: TestRun): TestRunResult {
    return this.#held((hook) => hook.testRun(run));
  }

  replay(source: PacketSource, options?: ReplayOptions): ReplayResult {
    return this.#held((hook) => hook.replay(source, options));
  }

  replayEvents(events: Iterable<RecordedEvent>, options?: EventReplayOptions): EventReplayResult {
    return this.#held((hook) => hook.replayEvents(events, options));
  }

  attach(options: AttachOptions): TargetLink {
    return this.#live().attach(options);
  }

  /** A callback of the caller may close the program and its maps meanwhile: their memory stays until the run is over. */
  #held<T>(run: (hook: HookProg) => T): T {
    const hook = this.#live();
    this.use();
    try {
      return run(hook);
    } finally {
      this.unuse();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#hook?.close();
    this.#freeIfDone();
  }

  use(): void {
    this.#users++;
  }

  unuse(): void {
    this.#users--;
    this.#freeIfDone();
  }

  #freeIfDone(): void {
    if (!this.#closed || this.#users > 0) return;
    this.#rt.progs.delete(this.id);
    this.#rt.dropEntry(this.tableIndex);
    for (const map of this.#maps) map.unuse();
    this.#forget();
  }

  #live(): HookProg {
    if (this.#hook !== null && !this.#closed) return this.#hook;
    throw new SkepError("run/closed", `program ${this.prog.spec.name} is unloaded`, {
      site: { prog: this.prog.spec.name },
    });
  }
}

type Env = { -readonly [K in keyof EngineEnv]: EngineEnv[K] };

function engineEnv(rt: Runtime, hooks: Hooks, prog: ResolvedProg, maps: readonly EmbeddedMap[], checked: boolean): Env {
  const stack: Region = { start: STACK_BASE, end: STACK_TOP, write: true, what: "stack" };
  return {
    memory: rt.memory.wasm ?? { buffer: rt.memory.buffer },
    maps: maps.map((map) => map.ops.desc),
    helper: () => undefined,
    kfunc: () => undefined,
    ksym(btfId) {
      const address = rt.ksyms.address(prog.kernelBtf, btfId);
      if (address !== 0) return address;
      throw new SkepError("load/ksym", `the embedded target has no kernel symbol with BTF id ${btfId}`, {
        site: { prog: prog.spec.name },
        advice: "declare it __weak and test its address, or run the program on the linux target",
      });
    },
    mapFns: rt.mapFns,
    tailCall: (map, index) => rt.mapAt(map >>> 0)?.progAt?.(index >>> 0) ?? null,
    loadPacket: hooks.loadPacket,
    regions: () => [stack, ...hooks.regions(), ...rt.mapRegions()],
    invoke: null,
    checked,
    ...(rt.progTable === null ? {} : { progTable: rt.progTable }),
  };
}

function checkedOrNone(rt: Runtime, env: EngineEnv, prog: string, id: number, impl: HelperImpl | undefined) {
  return impl === undefined ? undefined : checkedHelper(rt, env, prog, id, impl);
}

/** bpf_tail_call: engines do it themselves, through EngineEnv.tailCall. */
const TAIL_CALL = 12;

/** Every reachable call must name something that is there. */
function refuseMissing(verified: VerifiedProg, env: EngineEnv): void {
  const { prog, facts } = verified;
  const { insns } = prog;
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code[i]!;
    if (code === LD_IMM64) i++;
    if (code !== (BPF_JMP | BPF_CALL) || facts.reached[i] === 0) continue;
    const id = insns.imm[i]!;
    if (insns.src[i] === BPF_PSEUDO_KFUNC_CALL) refuseMissingKfunc(prog, env, i, id);
    if (insns.src[i] !== 0) continue;
    if (id === TAIL_CALL || env.helper(id) !== undefined) continue;
    throw new SkepError("load/helper", `the embedded target has no helper bpf_${helperName(id)}`, {
      site: placeOf(prog, i),
      advice: "run the program on the linux target, or do without this helper",
    });
  }
}

function refuseMissingKfunc(prog: ResolvedProg, env: EngineEnv, insn: number, btfId: number): void {
  if (env.kfunc(btfId) !== undefined) return;
  const name = prog.kernelBtf?.type(btfId).name ?? `with BTF id ${btfId}`;
  throw new SkepError("load/kfunc", `the embedded target has no kfunc ${name}`, {
    site: placeOf(prog, insn),
    advice: "declare it __weak and test it with bpf_ksym_exists(), or run the program on the linux target",
  });
}

function placeOf(prog: ResolvedProg, insn: number): SkepError["site"] {
  const site: SkepError["site"] = { prog: prog.spec.name, section: prog.spec.section, insn };
  const line = prog.spec.lines.findLast((entry) => entry.insnIdx <= insn);
  if (line !== undefined) Object.assign(site, { file: line.file, line: line.line, col: line.col });
  return site;
}

function ownMap(rt: Runtime, map: TargetMap): EmbeddedMap {
  if (map instanceof EmbeddedMap && rt.mapById(map.id) === map) return map;
  throw new SkepError("load/map", `map ${map.spec.name} belongs to another target, or is closed`, {
    advice: "a program and its maps are made by one target",
  });
}

function ownProg(rt: Runtime, prog: TargetProg): SlotProg {
  const own = rt.progs.get(prog.id);
  if (own === prog) return own;
  throw new SkepError("run/closed", `program ${prog.prog.spec.name} is unloaded, or of another target`, {
    site: { prog: prog.prog.spec.name },
  });
}

function mapBytes(spec: MapSpec, cpus: number): number {
  const kind = MAP_KINDS.get(spec.type);
  const own = kind === undefined || kind.check(spec, cpus) !== 0 ? 0 : kind.bytes(spec, cpus) + MAP_DESC_BYTES;
  const inner = spec.inner === null ? 0 : mapBytes(spec.inner, cpus) * (1 + spec.slots.length);
  return own + inner + 4096;
}

function pick(options: EmbeddedOptions): Omit<Parameters<typeof createRuntime>[1], "cpus" | "trusted"> {
  const { clock, random, task, onTrace, kernelBtf } = options;
  return {
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
    ...(task === undefined ? {} : { task }),
    ...(onTrace === undefined ? {} : { onTrace }),
    ...(kernelBtf === undefined ? {} : { kernelBtf }),
  };
}
