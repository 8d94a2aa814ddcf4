/** What the engines' tests share: programs from rows of numbers, an environment of nothing but memory, both engines. */
import type { Engine, EngineEnv, Executable, HelperImpl, Region } from "../../src/engine/engine.ts";
import { interp } from "../../src/engine/interp/interp.ts";
import { jit } from "../../src/engine/jit/jit.ts";
import type { Insn } from "../../src/isa/insn.ts";
import { insnsOf } from "../../src/isa/insn.ts";
import { CELL_R0_HI, CELL_TAIL_CALLS, CTX_BASE, HEAP_BASE, STACK_BASE, STACK_TOP } from "../../src/layout/layout.ts";
import type { MapSpec, ResolvedProg } from "../../src/obj/spec.ts";
import { type Facts, sealVerified, type VerifiedProg } from "../../src/obj/verified.ts";

export const ENGINES: readonly Engine[] = [interp, jit];

export const MEMORY_PAGES = 16;

export function ins(code: number, dst = 0, src = 0, off = 0, imm = 0): Insn {
  return { code, dst, src, off, imm };
}

export const EXIT: Insn = ins(0x95);

/** LD_IMM64 of any 64-bit value: two slots. */
export function imm64(dst: number, value: bigint): Insn[] {
  return [
    ins(0x18, dst, 0, 0, Number(BigInt.asIntN(32, value))),
    ins(0, 0, 0, 0, Number(BigInt.asIntN(32, value >> 32n))),
  ];
}

export interface ProgOptions {
  name?: string;
  /** First insns of subprograms. */
  subprogs?: readonly number[];
  maps?: readonly MapSpec[];
  facts?: Partial<Facts>;
  safe?: boolean;
}

export function progOf(list: readonly Insn[], options: ProgOptions = {}): VerifiedProg {
  const insns = insnsOf(list);
  const starts = [0, ...(options.subprogs ?? [])];
  const prog: ResolvedProg = {
    spec: {
      name: options.name ?? "test",
      section: "xdp",
      type: 6,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns,
      funcs: starts.map((insnIdx, i) => ({
        insnIdx,
        name: i === 0 ? "main" : `sub${i}`,
        typeId: 0,
        linkage: "static",
      })),
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns,
    maps: options.maps ?? [],
    license: "GPL",
    btf: null,
    kernelBtf: null,
  };
  const n = insns.length;
  return sealVerified({
    prog,
    facts: {
      reached: new Uint8Array(n).fill(1),
      ptr: new Uint8Array(n),
      map: new Int32Array(n).fill(-1),
      ...options.facts,
    },
    stackDepth: starts.map(() => 512),
    safe: options.safe ?? true,
  });
}

export interface TestEnv extends Omit<EngineEnv, "maps"> {
  readonly memory: WebAssembly.Memory;
  helpers: Map<number, HelperImpl>;
  maps: number[];
  packet: Uint8Array;
  checked: boolean;
  progs: Map<number, Executable>;
}

export function testEnv(over: Partial<TestEnv> = {}): TestEnv {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  const helpers = new Map<number, HelperImpl>();
  const regions: Region[] = [
    { start: STACK_BASE, end: STACK_TOP, write: true, what: "stack" },
    { start: CTX_BASE, end: CTX_BASE + 64, write: true, what: "ctx" },
    { start: HEAP_BASE, end: HEAP_BASE + 0x1000, write: false, what: "map rodata value" },
  ];
  const env: TestEnv = {
    memory,
    helpers,
    maps: [],
    packet: new Uint8Array(0),
    checked: false,
    progs: new Map(),
    helper: (id) => helpers.get(id),
    kfunc: (id) => helpers.get(100000 + id),
    ksym: (id) => 0x70000 + id,
    mapFns: { lookup: () => 0, hashLookup: () => 0 },
    tailCall: (_map, index) => env.progs.get(index) ?? null,
    loadPacket(offset, size) {
      if (offset < 0 || offset + size > env.packet.length) return -1;
      let value = 0;
      for (let i = 0; i < size; i++) value = value * 256 + env.packet[offset + i]!;
      return value;
    },
    regions: () => regions,
    invoke: null,
    ...over,
  };
  return env;
}

/** r0 of one run, as an unsigned 64-bit value. */
export function run64(exe: Executable, env: EngineEnv, ctx: number = CTX_BASE): bigint {
  const view = new DataView(env.memory.buffer);
  view.setUint32(CELL_TAIL_CALLS, 0, true);
  const lo = exe.run(ctx);
  return (BigInt(view.getUint32(CELL_R0_HI, true)) << 32n) | BigInt(lo >>> 0);
}

/** Compiles and runs once in a fresh environment. */
export function result(
  engine: Engine,
  list: readonly Insn[],
  options: ProgOptions = {},
  env: TestEnv = testEnv(),
): bigint {
  return run64(engine.compile(progOf(list, options), env), env);
}
