/**
 * Runs bare instructions over bare memory, as conformance suites want it: r1 = address of the memory, r2 = its length, r0
 * is the result. No verifier has seen the program: the interpreter tests every access, the JIT runs in a memory of its own.
 *
 *     program:   r2 = <length>                          memory:   ctx region: the input
 *                <the instructions>                               stack: 512 bytes for each function
 *                a stub for each register that callx names
 */
import { SkepError } from "../../base/error.ts";
import type { Engine, EngineEnv, HelperImpl, Region } from "../../engine/engine.ts";
import { type Insn, type InsnBuf, insnAt, insnsOf } from "../../isa/insn.ts";
import { CELL_R0_HI, CTX_BASE, CTX_BYTES, HEAP_BASE, STACK_BASE, STACK_TOP } from "../../layout/layout.ts";
import type { ResolvedProg } from "../../obj/spec.ts";
import { unsafeTrusted, unsafeVerified } from "../../obj/verified.ts";

const CALL = 0x85;
const CALLX = 0x8d;
/** The helper that conformance programs call; what it returns does not matter to them. */
const HELPER = 5;
const MEMORY_PAGES = Math.ceil(HEAP_BASE / 0x10000) + 1;

export type EngineName = "jit" | "interp";

/** r0, unsigned. Throws SkepError for programs that fault, and "conformance/memory" for too much input. */
export async function execute(insns: InsnBuf, memory: Uint8Array, engineName: EngineName): Promise<bigint> {
  if (memory.length > CTX_BYTES) {
    throw new SkepError("conformance/memory", `${memory.length} bytes of memory; ${CTX_BYTES} is the most`);
  }
  const engine = await engineOf(engineName);
  const wasm = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  new Uint8Array(wasm.buffer).set(memory, CTX_BASE);
  const prog = progOf(insns, memory.length);
  const verified = engineName === "jit" ? unsafeTrusted(prog) : unsafeVerified(prog);
  const executable = engine.compile(verified, envOf(wasm, memory.length));
  const low = executable.run(CTX_BASE);
  const high = new DataView(wasm.buffer).getUint32(CELL_R0_HI, true);
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}

async function engineOf(name: EngineName): Promise<Engine> {
  if (name === "jit") return (await import("../../engine/jit/jit.ts")).jit;
  return (await import("../../engine/interp/interp.ts")).interp;
}

function progOf(given: InsnBuf, length: number): ResolvedProg {
  const list: Insn[] = [{ code: 0xb7, dst: 2, src: 0, off: 0, imm: length }];
  for (let i = 0; i < given.length; i++) list.push(insnAt(given, i));
  callxToStubs(list);
  const starts = new Set([0]);
  for (const [i, insn] of list.entries()) if (insn.code === CALL && insn.src === 1) starts.add(i + 1 + insn.imm);
  const insns = insnsOf(list);
  return {
    spec: {
      name: "conformance",
      section: "",
      type: 0,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns,
      funcs: [...starts]
        .filter((insnIdx) => insnIdx >= 0 && insnIdx < insns.length)
        .sort((a, b) => a - b)
        .map((insnIdx) => ({ insnIdx, name: `f${insnIdx}`, typeId: 0, linkage: "static" as const })),
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns,
    maps: [],
    license: "GPL",
    btf: null,
    kernelBtf: null,
  };
}

/**
 * Linux has no indirect call and neither have the engines: `callx rN` becomes a call of a stub that compares rN (an argument
 * register, the only ones that reach a function) with the numbers of the helpers there are.
 */
function callxToStubs(list: Insn[]): void {
  const calls = list.filter((insn) => insn.code === CALLX);
  const end = list.length;
  const registers = [...new Set(calls.map((insn) => insn.dst))];
  for (const dst of registers) {
    if (dst < 1 || dst > 5) throw new SkepError("conformance/callx", `callx r${dst}: only r1 to r5 may name a helper`);
  }
  for (const [i, insn] of list.slice(0, end).entries()) {
    if (insn.code !== CALLX) continue;
    list[i] = { code: CALL, dst: 0, src: 1, off: 0, imm: end + 4 * registers.indexOf(insn.dst) - i - 1 };
  }
  for (const dst of registers) {
    list.push({ code: 0x55, dst, src: 0, off: 1, imm: HELPER });
    list.push({ code: CALL, dst: 0, src: 0, off: 0, imm: HELPER });
    list.push({ code: 0x95, dst: 0, src: 0, off: 0, imm: 0 });
    list.push({ code: 0x95, dst: 0, src: 0, off: 0, imm: 0 });
  }
}

function envOf(memory: WebAssembly.Memory, length: number): EngineEnv {
  const helper: HelperImpl = { name: "bpf_ktime_get_ns", args: [], ret: "u", fn: () => 0 };
  const regions: Region[] = [
    { start: STACK_BASE, end: STACK_TOP, write: true, what: "stack" },
    { start: CTX_BASE, end: CTX_BASE + length, write: true, what: "memory" },
  ];
  return {
    memory,
    maps: [],
    helper: (id) => (id === HELPER ? helper : undefined),
    kfunc: () => undefined,
    ksym: () => 0,
    mapFns: { lookup: () => 0, hashLookup: () => 0 },
    tailCall: () => null,
    loadPacket: () => -1,
    regions: () => regions,
    invoke: null,
  };
}
