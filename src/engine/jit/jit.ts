/**
 * The compiling engine: one WebAssembly module a program, every BPF function a function in it.
 *
 *     main        (ctx: i32) -> i32            low half of r0; the upper half goes to CELL_R0_HI
 *     subprogram  (r1..rn: i64, frame: i32) -> i64     frame: lowest address of its 512 bytes of stack
 *     dispatch    (callback: i32, four i32) -> i32     what env.invoke calls
 *
 * Programs that no verifier has accepted run in the checked interpreter instead.
 */
import { SkepError } from "../../base/error.ts";
import { LD_IMM64 } from "../../isa/codes.ts";
import { CELL_RET_HI, FRAME_BYTES, STACK_TOP } from "../../layout/layout.ts";
import { requireVerified, type VerifiedProg } from "../../obj/verified.ts";
import { Code } from "../../wasm/code.ts";
import { type Built, ModuleBuilder } from "../../wasm/module.ts";
import {
  END,
  I32,
  I32_EQ,
  I32_SUB,
  I32_WRAP_I64,
  I64,
  I64_EXTEND_I32_U,
  IF,
  RETURN,
  UNREACHABLE,
  VOID,
} from "../../wasm/op.ts";
import { type BoundProg, bindProg } from "../bind.ts";
import type { Engine, EngineEnv, Executable } from "../engine.ts";
import { interp } from "../interp/interp.ts";
import { tailCallOut } from "../tail.ts";
import type { FuncPlan, ModulePlan } from "./emit.ts";
import { analyse } from "./flow.ts";
import { emitFunc } from "./func.ts";
import { buildGraph, type Graph } from "./graph.ts";
import { type Imports, planCalls } from "./plan.ts";

/** Below this size every host compiles a module; a failure is then a bug. */
const HOST_LIMIT_BYTES = 400_000;

export const jit: Engine = {
  name: "jit",
  compile(prog, env): Executable {
    requireVerified(prog);
    if (!prog.safe) return interp.compile(prog, env);
    const unit = translate(prog, env);
    let module: WebAssembly.Module;
    try {
      module = new WebAssembly.Module(unit.bytes);
    } catch (error) {
      // Valid, but beyond what the host compiles: V8 takes functions of up to 7.6 MB and tables of 65,520 jumps.
      if (unit.bytes.length > HOST_LIMIT_BYTES) return interp.compile(prog, env);
      throw error;
    }
    return link(unit, env, new WebAssembly.Instance(module, unit.imports));
  },
};

/** As jit.compile, for browsers' main threads, which refuse to compile large modules synchronously. */
export async function compileAsync(prog: VerifiedProg, env: EngineEnv): Promise<Executable> {
  requireVerified(prog);
  if (!prog.safe) return interp.compile(prog, env);
  const unit = translate(prog, env);
  const { instance } = await WebAssembly.instantiate(unit.bytes, unit.imports);
  return link(unit, env, instance);
}

/** A program as WebAssembly, not yet compiled by the host. */
export interface Unit {
  readonly bytes: Uint8Array;
  readonly imports: Record<string, Record<string, unknown>>;
  readonly prog: VerifiedProg;
  /** Functions in module order with where their code lies and which insn each piece is of. */
  readonly sites: readonly { readonly name: string; readonly at: number; readonly pairs: readonly number[] }[];
  readonly services: { dispatch: Dispatch | null };
}

type Dispatch = (fn: number, a: number, b: number, c: number, d: number) => number;

/** Throws SkepError "load/..." for what the environment lacks and "jit/..." for code that is not well-formed. */
export function translate(prog: VerifiedProg, env: EngineEnv): Unit {
  if (!(env.memory instanceof WebAssembly.Memory)) {
    throw new SkepError("jit/memory", "the compiling engine needs a WebAssembly memory", {
      advice: "use the interpreter where WebAssembly is not available",
    });
  }
  const bound = bindProg(prog, env);
  const module = new ModuleBuilder();
  const services: { dispatch: Dispatch | null } = { dispatch: null };
  const view = new DataView(env.memory.buffer);
  const plan = planCalls(bound, env, module, {
    loadPacket(off, sizeBytes) {
      const value = env.loadPacket(off, sizeBytes);
      view.setInt32(CELL_RET_HI, value < 0 ? 1 : 0, true);
      return Math.max(value, 0);
    },
    tailCall: (map, index, ctx, top) => (tailCallOut(env, view, map, index, ctx, top) ? 1 : 0),
    enter() {
      env.invoke = services.dispatch;
    },
  });
  module.importMemory("env", "memory", 1);
  const funcs = planFuncs(bound, module);
  const byStart = new Map(funcs.map((f) => [f.start, f]));
  const dispatch =
    bound.callbacks.length > 0 ? module.func(module.type([I32, I32, I32, I32, I32], [I32]), "dispatch") : -1;
  const frameGlobal = module.global(true, STACK_TOP);
  const shared: ModulePlan = {
    bound,
    plan,
    view,
    memoryBytes: env.memory.buffer.byteLength,
    mainType: module.type([I32], [I32]),
    frameGlobal,
    dispatch,
    usesMayGoto: usesMayGoto(bound),
    mapAddress: (index) => env.maps[index]!,
    funcAt: (start) => byStart.get(start)!,
    callback: (id) => byStart.get(bound.funcs[id]!),
  };
  const pairs: (readonly number[])[] = [];
  for (const f of funcs) {
    const { locals, body, sites } = emitFunc(shared, f);
    module.body(f.func, locals, body);
    pairs.push(sites);
  }
  module.exportFunc("main", funcs[0]!.func);
  if (dispatch !== -1) {
    module.body(dispatch, [I32], dispatchBody(shared));
    module.exportFunc("dispatch", dispatch);
    module.exportGlobal("frame", frameGlobal);
  }
  const built: Built = module.build();
  return {
    bytes: built.bytes,
    imports: { env: importObject(plan.imports, env) },
    prog,
    sites: funcs.map((f, n) => ({ name: funcName(bound, f.start), at: built.bodyAt[n]!, pairs: pairs[n]! })),
    services,
  };
}

function importObject(imports: Imports, env: EngineEnv): Record<string, unknown> {
  const out: Record<string, unknown> = { memory: env.memory };
  if (env.progTable !== undefined) out["programs"] = env.progTable;
  for (const [field, value] of imports) out[field] = value;
  return out;
}

function usesMayGoto(bound: BoundProg): boolean {
  const { code } = bound.insns;
  for (let i = 0; i < code.length; i++) {
    if (code[i] === 0xe5) return true;
    if (code[i] === LD_IMM64) i++;
  }
  return false;
}

/** Graphs of all functions that are reached, callees analysed before callers so that their parameters are known. */
function planFuncs(bound: BoundProg, module: ModuleBuilder): FuncPlan[] {
  const { insns, funcs, verified } = bound;
  const { reached } = verified.facts;
  const args = new Map<number, number>();
  const graphs = new Map<number, Graph>();
  const flows = new Map<number, FuncPlan["flow"]>();
  const endOf = (start: number): number => funcs[funcs.indexOf(start) + 1] ?? insns.length;
  const visiting = new Set<number>();
  const visit = (start: number): void => {
    if (visiting.has(start)) return;
    visiting.add(start);
    const end = endOf(start);
    for (let i = start; i < end; i++) {
      if (insns.code[i] === LD_IMM64) i++;
      else if (insns.code[i] === 0x85 && insns.src[i] === 1 && reached[i] === 1) visit(i + insns.imm[i]! + 1);
    }
    const graph = buildGraph(insns, reached, start, end, bound.name);
    const main = start === 0;
    const flow = analyse(bound, graph, main ? 0x7ff : 0x7ff & ~0x3e, (callee) => args.get(callee) ?? 5);
    let count = 5;
    while (count > 0 && (flow.liveIn[0]! & (1 << count)) === 0) count--;
    args.set(start, main ? 1 : count);
    graphs.set(start, graph);
    flows.set(start, flow);
  };
  const live = funcs.filter((start) => start === 0 || reached[start] === 1);
  for (const start of live) visit(start);
  return live.map((start) => {
    const main = start === 0;
    const count = args.get(start)!;
    const type = main ? module.type([I32], [I32]) : module.type([...new Array<number>(count).fill(I64), I32], [I64]);
    return {
      start,
      main,
      args: count,
      func: module.func(type, funcName(bound, start)),
      graph: graphs.get(start)!,
      flow: flows.get(start)!,
    };
  });
}

function funcName(bound: BoundProg, start: number): string {
  if (start === 0) return bound.name;
  const info = bound.verified.prog.spec.funcs.find((f) => f.insnIdx === start);
  return `${bound.name}/${info === undefined || info.name === "" ? start : info.name}`;
}

/** Calls the callback named by its id, in the frame below the one of the function that called out. */
function dispatchBody(shared: ModulePlan): Uint8Array {
  const code = new Code(128);
  const { bound, frameGlobal } = shared;
  const saved = 5;
  code.globalGet(frameGlobal);
  code.set(saved);
  for (const id of bound.callbacks) {
    const f = shared.callback(id);
    if (f === undefined) continue;
    code.get(0);
    code.i32(id);
    code.op(I32_EQ);
    code.open(IF, VOID);
    for (let arg = 1; arg <= f.args; arg++) {
      if (arg === 5) {
        code.i64(0, 0);
        continue;
      }
      code.get(arg);
      code.op(I64_EXTEND_I32_U);
    }
    code.get(saved);
    code.i32(FRAME_BYTES);
    code.op(I32_SUB);
    code.call(f.func);
    code.op(I32_WRAP_I64);
    // A callback that calls out itself has moved it.
    code.get(saved);
    code.globalSet(frameGlobal);
    code.op(RETURN);
    code.op(END);
  }
  code.op(UNREACHABLE);
  code.op(END);
  return code.view();
}

function link(unit: Unit, env: EngineEnv, instance: WebAssembly.Instance): Executable {
  const { prog, services } = unit;
  const entry = instance.exports["main"] as (ctx: number) => number;
  const fault = (thrown: unknown): unknown => trapError(unit, thrown);
  const dispatch = (instance.exports["dispatch"] as Dispatch | undefined) ?? null;
  services.dispatch = dispatch;
  const frame = instance.exports["frame"] as WebAssembly.Global | undefined;
  const plainRun = (ctx: number): number => {
    try {
      return entry(ctx);
    } catch (thrown) {
      throw fault(thrown);
    }
  };
  const runWithCallbacks = (ctx: number): number => {
    const before = env.invoke;
    try {
      return entry(ctx);
    } catch (thrown) {
      throw fault(thrown);
    } finally {
      env.invoke = before;
    }
  };
  return {
    prog,
    codeBytes: unit.bytes.length,
    run: dispatch === null ? plainRun : runWithCallbacks,
    entry,
    fault,
    invoke(fn, a, b, c, d) {
      if (dispatch === null || frame === undefined) {
        throw new SkepError("run/callback", `no callback ${fn}`, { site: { prog: prog.prog.spec.name } });
      }
      const before = env.invoke;
      env.invoke = dispatch;
      frame.value = STACK_TOP;
      try {
        return dispatch(fn, a, b, c, d);
      } catch (thrown) {
        throw fault(thrown);
      } finally {
        env.invoke = before;
      }
    },
  };
}

/** V8 names a trap's place "wasm-function[3]:0x1f0", the offset counted from the start of the module. */
const V8_FRAME = /at ([^\s]+) \(wasm:[^)]*:wasm-function\[\d+\]:0x([0-9a-f]+)\)/;

function trapError(unit: Unit, thrown: unknown): unknown {
  if (!(thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError)) return thrown;
  const name = unit.prog.prog.spec.name;
  const site: { prog: string; insn?: number } = { prog: name };
  const frame = V8_FRAME.exec(thrown.stack ?? "");
  if (frame !== null) {
    const at = Number.parseInt(frame[2]!, 16);
    const func = unit.sites.find((f) => f.name === frame[1]);
    if (func === undefined) site.prog = frame[1]!.split("/")[0]!;
    else {
      const { pairs } = func;
      for (let i = 0; i < pairs.length && pairs[i]! <= at - func.at; i += 2) site.insn = pairs[i + 1]!;
    }
  }
  return new SkepError("run/trap", `the program was stopped: ${thrown.message}`, { site, cause: thrown });
}
