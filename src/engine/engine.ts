/**
 * What an engine gets and gives. `interp` and `jit` are two implementations of one contract; vectors run on both.
 */
import type { WasmTable } from "../base/wasm.ts";
import type { VerifiedProg } from "../obj/verified.ts";

/**
 * How a helper takes an argument across the boundary. Never a BigInt on a hot path (28 ns a call).
 *   "i"  the low 32 bits as a signed i32: pointers, sizes, flags, indices
 *   "d"  all 64 bits as two i32: low, high
 */
export type HelperArgForm = "i" | "d";

/**
 * How a helper's result becomes r0.
 *   "s"  i32, sign-extended to 64 bits (0 or -errno)
 *   "u"  i32, zero-extended: pointers, u32
 *   "d"  low half returned, high half in memory at CELL_RET_HI
 *   "v"  nothing: r0 is 0 afterwards
 */
export type HelperRetForm = "s" | "u" | "d" | "v";

/** A helper or kfunc as the runtime implements it. */
export interface HelperImpl {
  readonly name: string;
  readonly args: readonly HelperArgForm[];
  readonly ret: HelperRetForm;
  /** Called with one or two i32 an argument. May be an exported WebAssembly function (then a call costs 1.4 ns). */
  readonly fn: (...args: number[]) => number | undefined;
}

/** A live region for the checked mode: [start, end) may be read, and written where `write`. */
export interface Region {
  readonly start: number;
  readonly end: number;
  readonly write: boolean;
  /** "stack", "ctx", "packet", "map flows value": for the error text. */
  readonly what: string;
}

/** Functions over map descriptors that generated code calls directly: exports of the map module, or plain functions. */
export interface MapFns {
  /** (descriptor, key address) -> value address or 0: dispatches on the descriptor's type. */
  readonly lookup: (map: number, key: number) => number;
  /** Hash maps only; what the JIT calls where facts say the map is a hash. */
  readonly hashLookup: (map: number, key: number) => number;
}

export interface EngineEnv {
  /** A WebAssembly.Memory for the JIT; the interpreter needs only `buffer`. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Address of the descriptor of each of prog.prog.maps. */
  readonly maps: readonly number[];
  /** Helper by id, undefined where this runtime has none (refused at load). */
  helper(id: number): HelperImpl | undefined;
  /** kfunc by BTF id in prog.prog.kernelBtf. */
  kfunc(btfId: number): HelperImpl | undefined;
  /** Address that a ksym LD_IMM64 yields, by BTF id. */
  ksym(btfId: number): number;
  readonly mapFns: MapFns;
  /** Executable in that slot of a prog array, or null: tail calls. */
  tailCall(mapAddr: number, index: number): Executable | null;
  /** Reads a legacy packet word (BPF_LD | ABS/IND): offset -> value in host order, or -1 past the end. */
  loadPacket(offset: number, sizeBytes: number): number;
  /** Regions that are live now, for checked mode; null while nothing runs. */
  regions(): readonly Region[];
  /**
   * Set by the engine while a program runs: calls a callback of that program, `fn` being what LD_IMM64 PSEUDO_FUNC gave.
   * Arguments are i32 (pointers, indices); the result is the low half of the callback's r0.
   */
  invoke: ((fn: number, a: number, b: number, c: number, d: number) => number) | null;
  /** Entries of prog.spec.funcs that `invoke` may name though no LD_IMM64 yields them: the exception callback. */
  readonly callbacks?: readonly number[];
  /** Interpreter only: test every access against regions() even for a program the verifier accepted. */
  readonly checked?: boolean;
  /** Insns that a program without `safe` may run before "run/budget" ends it. Default DEFAULT_BUDGET. */
  readonly budget?: number;
  /**
   * Where prog arrays find compiled programs without leaving WebAssembly: entry functions by table index, index 0 unused.
   * A prog array's slot i is the u32 at MAP_DATA + i * MAP_STRIDE: the table index of the program in it, 0 where it is empty or
   * holds a program without a WebAssembly entry (then `tailCall` is asked).
   * The runtime puts `Executable.entry` in the table. Left out, every tail call goes through `tailCall`.
   */
  readonly progTable?: WasmTable;
}

export const DEFAULT_BUDGET = 0x4000000;

export interface Executable {
  readonly prog: VerifiedProg;
  /**
   * Runs with r1 = ctx. Returns the low 32 bits of r0 as a signed i32; the high bits lie at CELL_R0_HI.
   * A fault throws SkepError "run/..." with the insn, maps intact.
   */
  run(ctx: number): number;
  /** Bytes of generated code, 0 for the interpreter. */
  readonly codeBytes: number;
  /**
   * What `run` calls: for hot loops, which then need no try a run. What it throws is raw; pass it through `fault`. Of the JIT it
   * is the exported WebAssembly function, fit for `progTable`.
   */
  readonly entry: (ctx: number) => number;
  /** Turns what `entry` threw into a SkepError "run/..."; errors thrown by helpers come back unchanged. */
  fault(thrown: unknown): unknown;
  /** Calls a callback while nothing runs (timers, work queues). Faults as `run` does. */
  invoke(fn: number, a: number, b: number, c: number, d: number): number;
}

export interface Engine {
  readonly name: "jit" | "interp";
  compile(prog: VerifiedProg, env: EngineEnv): Executable;
}
