/**
 * What becomes of each call, decided before any code is written, since imports take the first function indices. Facts of the
 * verifier (which map) and of the environment (where the map lies) turn lookups into a few instructions.
 */
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_ARRAY } from "../../abi/map-types.ts";
import type { InsnBuf } from "../../isa/insn.ts";
import { MAP_CPU_STRIDE, MAP_DATA, MAP_MAX_ENTRIES, MAP_STRIDE } from "../../layout/layout.ts";
import type { ModuleBuilder } from "../../wasm/module.ts";
import { I32 } from "../../wasm/op.ts";
import { type BoundProg, HELPER_LOOP, HELPER_TAIL_CALL } from "../bind.ts";
import type { EngineEnv, HelperImpl } from "../engine.ts";

export type CallPlan =
  | {
      readonly kind: "import";
      readonly func: number;
      readonly impl: HelperImpl;
      readonly callsBack: boolean;
      /** False where it only reads the memory that its arguments lead to. */
      readonly writes: boolean;
      /** Bytes that it reads through r2 and r3: a map's key and value; 0 where that is not known. */
      readonly keySize: number;
      readonly valueSize: number;
    }
  /** (map, key) -> value address or 0, by an imported function. */
  | { readonly kind: "lookup"; readonly func: number; readonly keySize: number }
  /** Values of an array at known places. cpuStride 0: one array for all CPUs. */
  | {
      readonly kind: "array";
      readonly data: number;
      readonly stride: number;
      readonly entries: number;
      readonly cpuStride: number;
    }
  | { readonly kind: "tail"; readonly func: number }
  | { readonly kind: "loop" }
  | { readonly kind: "cpu" };

/** Functions that generated code imports, by field name in the module "env". */
export type Imports = Map<string, unknown>;

export interface Plan {
  readonly calls: ReadonlyMap<number, CallPlan>;
  readonly imports: Imports;
  /** Import that reads legacy packet words, -1 where the program has none. */
  readonly loadPacket: number;
  /** Table of the programs in prog arrays, -1 where every tail call leaves WebAssembly. */
  readonly progTable: number;
  /** Import that makes this program's callbacks the ones that helpers call, -1 where no helper calls any. */
  readonly enter: number;
  /** 1 for each byte, by its distance below r10, that some map operation may read as its key. */
  readonly keyBytes: Uint8Array;
}

const HELPER_MAP_LOOKUP = 1;
const HELPER_MAP_UPDATE = 2;
const HELPER_MAP_DELETE = 3;
const HELPER_CPU = 8;
/** for_each_map_elem, find_vma, user_ringbuf_drain: they call back before they return. */
const CALLS_BACK: ReadonlySet<number> = new Set([164, 180, 209]);

export interface Services {
  readonly loadPacket: (off: number, sizeBytes: number) => number;
  readonly tailCall: (map: number, index: number, ctx: number, top: number) => number;
  readonly enter: () => void;
}

export function planCalls(bound: BoundProg, env: EngineEnv, module: ModuleBuilder, services: Services): Plan {
  const { insns, verified } = bound;
  const view = new DataView(env.memory.buffer);
  const imports: Imports = new Map();
  const made = new Map<unknown, number>();
  const importOf = (key: unknown, fn: unknown, name: string, params: number, result: boolean): number => {
    let func = made.get(key);
    if (func === undefined) {
      let field = name;
      for (let n = 2; imports.has(field); n++) field = `${name}_${n}`;
      imports.set(field, fn);
      func = module.importFunc("env", field, module.type(new Array(params).fill(I32), result ? [I32] : []));
      made.set(key, func);
    }
    return func;
  };
  const calls = new Map<number, CallPlan>();
  const keyBytes = new Uint8Array(513);
  let progTable = -1;
  let loadPacket = -1;
  let enter = -1;
  for (let i = 0; i < insns.length; i++) {
    const op = insns.code[i]!;
    if (op === 0x18) {
      i++;
      continue;
    }
    if (verified.facts.reached[i] === 0) continue;
    if ((op & 7) === 0) {
      loadPacket = importOf(services.loadPacket, services.loadPacket, "load_packet", 2, true);
      continue;
    }
    if (op !== 0x85 || insns.src[i] === 1) continue;
    const id = insns.src[i] === 0 ? insns.imm[i]! : -1;
    if (id === HELPER_TAIL_CALL) {
      calls.set(i, { kind: "tail", func: importOf(services.tailCall, services.tailCall, "tail_call", 4, true) });
      if (env.progTable !== undefined && progTable === -1) progTable = module.importTable("env", "programs", 0);
      continue;
    }
    if (id === HELPER_LOOP) {
      calls.set(i, { kind: "loop" });
      continue;
    }
    if (id === HELPER_CPU) {
      calls.set(i, { kind: "cpu" });
      continue;
    }
    const map = verified.facts.map[i]!;
    const keyed = id === HELPER_MAP_LOOKUP || id === HELPER_MAP_UPDATE || id === HELPER_MAP_DELETE;
    const keySize = keyed && map >= 0 ? verified.prog.maps[map]!.keySize : 0;
    if (keySize > 0) markBytes(insns, i, 2, keySize, keyBytes);
    if (id === HELPER_MAP_LOOKUP && map >= 0) {
      const at = env.maps[map]!;
      const { type } = verified.prog.maps[map]!;
      if (type === BPF_MAP_TYPE_ARRAY || type === BPF_MAP_TYPE_PERCPU_ARRAY) {
        calls.set(i, {
          kind: "array",
          data: view.getUint32(at + MAP_DATA, true),
          stride: view.getUint32(at + MAP_STRIDE, true),
          entries: view.getUint32(at + MAP_MAX_ENTRIES, true),
          cpuStride: type === BPF_MAP_TYPE_PERCPU_ARRAY ? view.getUint32(at + MAP_CPU_STRIDE, true) : 0,
        });
        continue;
      }
      const hash = type === BPF_MAP_TYPE_HASH;
      const fn = hash ? env.mapFns.hashLookup : env.mapFns.lookup;
      calls.set(i, { kind: "lookup", func: importOf(fn, fn, hash ? "hash_lookup" : "map_lookup", 2, true), keySize });
      continue;
    }
    if (id === HELPER_MAP_LOOKUP) {
      const fn = env.mapFns.lookup;
      calls.set(i, { kind: "lookup", func: importOf(fn, fn, "map_lookup", 2, true), keySize: 0 });
      continue;
    }
    const impl = bound.callee.get(i)!;
    let params = 0;
    for (const form of impl.args) params += form === "d" ? 2 : 1;
    const callsBack = bound.callbacks.length > 0 && (id === -1 || CALLS_BACK.has(id));
    if (callsBack) enter = importOf(services.enter, services.enter, "enter", 0, false);
    calls.set(i, {
      kind: "import",
      func: importOf(impl, impl.fn, impl.name, params, impl.ret !== "v"),
      impl,
      callsBack,
      writes: !keyed && impl.args.length > 0,
      keySize,
      valueSize: id === HELPER_MAP_UPDATE && map >= 0 ? verified.prog.maps[map]!.valueSize : 0,
    });
  }
  return { calls, imports, loadPacket, progTable, enter, keyBytes };
}

/** Looks back from a call for `reg = r10; reg += off` and marks the bytes that reg then points to. */
function markBytes(insns: InsnBuf, call: number, reg: number, bytes: number, marks: Uint8Array): void {
  for (let i = call - 1; i >= Math.max(0, call - 24); i--) {
    if (insns.dst[i] !== reg || insns.code[i] !== 0x07) continue;
    const off = insns.imm[i]!;
    if (off < 0 && off >= -512) for (let at = 0; at < bytes && off + at < 0; at++) marks[-off - at] = 1;
    return;
  }
}
