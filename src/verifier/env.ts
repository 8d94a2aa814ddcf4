/**
 * What one verification works on: the program, facts about each insn, the states, counters and scratch. Passed to every
 * part of the verifier; nothing global.
 */
import type { InsnBuf } from "../isa/insn.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import type { Attach } from "./attach.ts";
import type { Liveness } from "./liveness.ts";
import type { Log } from "./log.ts";
import type { MapView } from "./maps.ts";
import type { Proto } from "./protos.ts";
import type { Words } from "./regs.ts";
import { curFrame, type Frame, MAX_FRAMES, newPool, type Pool, type VState } from "./state.ts";

export interface Subprog {
  readonly start: number;
  name: string;
  /** BTF func type id, 0 without. */
  typeId: number;
  global: boolean;
  /** The BTF of its arguments does not describe how it is called. */
  unreliable: boolean;
  called: boolean;
  verified: boolean;
  stackDepth: number;
  /** Index in the postorder where this function's insns begin. */
  postorderStart: number;
  hasTailCall: boolean;
  tailCallReachable: boolean;
  hasLdAbs: boolean;
  isCallback: boolean;
  isAsyncCallback: boolean;
  isExceptionCallback: boolean;
  changesPkt: boolean;
  mightSleep: boolean;
  /** Lowest stack offset of the spills around calls that may go (bpf_fastcall). */
  fastcallStackOff: number;
  keepFastcallStack: boolean;
  privStack: "unknown" | "no" | "adaptive";
  args: readonly SubprogArg[] | null;
}

export interface SubprogArg {
  readonly kind: "scalar" | "ctx" | "mem" | "dynptr" | "btf_id" | "arena";
  /** PTR_MAYBE_NULL, PTR_UNTRUSTED, PTR_TRUSTED, MEM_RDONLY. */
  readonly flags: number;
  readonly memSize: number;
  readonly btfId: number;
}

/** By insn slot: how its addition is masked; the first path that came by decides. */
export interface AluLimits {
  readonly state: Uint8Array;
  readonly limit: Float64Array;
  /** A limit may differ on another path: pruning then compares numbers exactly. */
  explored: boolean;
}

export function newAluLimits(insns: number): AluLimits {
  return { state: new Uint8Array(insns), limit: new Float64Array(insns), explored: false };
}

/** Facts by insn slot, one typed array each. */
export interface InsnAux {
  /** 1 where some path reached the slot. */
  readonly seen: Uint8Array;
  readonly jmpPoint: Uint8Array;
  readonly prunePoint: Uint8Array;
  readonly forceCheckpoint: Uint8Array;
  readonly callsCallback: Uint8Array;
  readonly isIterNext: Uint8Array;
  readonly fastcallPattern: Uint8Array;
  readonly fastcallSpills: Uint8Array;
  /** Strongly connected component, 0 outside loops. */
  readonly scc: Int32Array;
  readonly liveRegs: Uint16Array;
  /** Type of a memory access's base register, merged over paths; 0 until the insn was visited. */
  readonly ptrType: Int32Array;
  /** Type of the base register for the facts: 0 unseen, -1 where paths differ. */
  readonly factType: Int32Array;
  /** Map number of a call + 1: 0 unseen, -1 where paths differ. */
  readonly factMap: Int32Array;
  /** Map number + 1 that a for_each callback walks. */
  readonly callMap: Int32Array;
  /** At bpf_loop: subprog + 1 of the callback that the kernel may inline, 0 unseen, -1 where it may not. */
  readonly loopCallback: Int32Array;
}

export interface Pending {
  state: VState;
  insnIdx: number;
  prevInsnIdx: number;
  logPos: number;
}

/** Registers and stack slots still to be marked precise, by frame. Slots as two words: 0..31, 32..63. */
export interface Backtrack {
  frame: number;
  readonly regs: Int32Array;
  readonly slots: Int32Array;
}

/** One call chain into a strongly connected component, and the states that closed loops in it. */
export interface SccVisit {
  readonly key: readonly number[];
  entry: VState | null;
  backedges: VState[];
}

export interface Env {
  readonly prog: ResolvedProg;
  readonly insns: InsnBuf;
  readonly progType: number;
  readonly attachType: number;
  readonly gplCompatible: boolean;
  readonly sleepable: boolean;
  /** CAP_BPF, CAP_PERFMON as root has them. */
  readonly bpfCapable: boolean;
  readonly allowPtrLeaks: boolean;
  readonly allowUninitStack: boolean;
  readonly strictAlignment: boolean;
  readonly testStateFreq: boolean;
  readonly testRegInvariants: boolean;
  /** "6.18": tables are cut to what this kernel has. */
  readonly kernel: string;
  readonly cpus: number;
  readonly maps: readonly MapView[];
  readonly aux: InsnAux;
  readonly subprogs: Subprog[];
  /** Function BTF is given for every subprogram. */
  readonly hasFuncInfo: boolean;
  exceptionCallback: number;
  /** Insns of each subprogram in postorder, one after the other. */
  postorder: Int32Array;
  readonly liveness: Liveness;
  readonly log: Log;
  readonly pool: Pool;
  cur: VState;
  insnIdx: number;
  prevInsnIdx: number;
  /** Entry of cur.history that belongs to the current insn, -1 where there is none yet. */
  histEnt: number;
  readonly stack: Pending[];
  readonly explored: (VState | null)[];
  freeHead: VState | null;
  readonly sccVisits: (SccVisit[] | undefined)[];
  idGen: number;
  readonly bt: Backtrack;
  /** Pairs old id, current id of the comparison under way. */
  readonly idmap: Int32Array;
  idmapCount: number;
  tmpIdGen: number;
  /** Two scratch registers. */
  readonly fake: Words;
  readonly protos: Map<number, Proto | null>;
  seenDirectWrite: boolean;
  seenException: boolean;
  arena: MapView | null;
  /** The walk found nothing: what is checked now the kernel checks after it has removed dead code. */
  rewritten: boolean;
  processed: number;
  prevProcessed: number;
  jumps: number;
  prevJumps: number;
  maxStatesPerInsn: number;
  totalStates: number;
  peakStates: number;
  exploredCount: number;
  freeCount: number;
  backedgeCount: number;
  /** The kernel's symbol table has this name. */
  readonly hasSymbol: (name: string) => boolean;
  /** ALLOW_ERROR_INJECTION marks the function. */
  readonly errorInjectable: (func: string) => boolean;
  /** Helpers that the kernel lacks by configuration. */
  readonly withoutHelpers: ReadonlySet<string>;
  /** The member of a kernel struct that a struct_ops program is for. */
  readonly attachTo: { readonly btfId: number; readonly memberIdx: number } | null;
  /** The program that an EXT program extends; its type is progType then. */
  readonly extend: ResolvedProg | null;
  /** Where BTF describes the ctx. */
  attach: Attach | null;
  /** Null for privileged programs. */
  readonly aluLimits: AluLimits | null;
  readonly endsPath: ((insn: number) => boolean) | undefined;
  readonly onInsn: ((env: Env) => void) | undefined;
}

export function newAux(n: number): InsnAux {
  return {
    seen: new Uint8Array(n),
    jmpPoint: new Uint8Array(n),
    prunePoint: new Uint8Array(n),
    forceCheckpoint: new Uint8Array(n),
    callsCallback: new Uint8Array(n),
    isIterNext: new Uint8Array(n),
    fastcallPattern: new Uint8Array(n),
    fastcallSpills: new Uint8Array(n),
    scc: new Int32Array(n),
    liveRegs: new Uint16Array(n),
    ptrType: new Int32Array(n),
    factType: new Int32Array(n),
    factMap: new Int32Array(n),
    callMap: new Int32Array(n),
    loopCallback: new Int32Array(n),
  };
}

export function newBacktrack(): Backtrack {
  return { frame: 0, regs: new Int32Array(MAX_FRAMES), slots: new Int32Array(2 * MAX_FRAMES) };
}

export { newPool };

/** The running frame. */
export function frameOf(env: Env): Frame {
  return curFrame(env.cur);
}

/** The running frame's words: register r begins at r * REG_WORDS. */
export function regsOf(env: Env): Words {
  return curFrame(env.cur).w;
}
