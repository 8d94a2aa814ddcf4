/** What a caller may choose, and the environment that follows from it. */
import type { ResolvedProg } from "../obj/spec.ts";
import { type Env, newAluLimits, newAux, newBacktrack } from "./env.ts";
import { MAX_IDS } from "./equal.ts";
import { newLiveness } from "./liveness.ts";
import { newLog } from "./log.ts";
import { viewMaps } from "./maps.ts";
import { REG_WORDS } from "./regs.ts";
import { newPool, newState } from "./state.ts";

export interface VerifyOptions {
  /** The kernel's log_level: 0 none, 1 the failing path, 2 everything; plus 4 for time and stack depths. Default 0. */
  readonly logLevel?: number;
  /** Kernel whose helpers, types and insns count: "5.15". Default "6.18". */
  readonly kernel?: string;
  /** Whether the loader has what root has. Default true. */
  readonly privileged?: boolean;
  /** CPUs of the machine: what bpf_get_smp_processor_id may return. Default 1024. */
  readonly cpus?: number;
  /** BPF_F_* of the load; the program's own are added. */
  readonly flags?: number;
  /**
   * Whether the kernel's symbol table has this name: not all variables of its BTF need to be there (KALLSYMS_ALL). Default: all.
   */
  readonly hasSymbol?: (name: string) => boolean;
  /**
   * Functions whose results may be overridden (ALLOW_ERROR_INJECTION): programs on them may sleep, fmod_ret may change what
   * they return. Default: the system calls; none where the kernel lacks FUNCTION_ERROR_INJECTION.
   */
  readonly errorInjectable?: (func: string) => boolean;
  /** Helpers that the kernel was built or locked down without: "override_return", "probe_write_user". */
  readonly withoutHelpers?: readonly string[];
  /** struct_ops programs: the struct in the kernel's BTF and the member that the program is for. */
  readonly attachTo?: { readonly btfId: number; readonly memberIdx: number };
  /** The program that an EXT (freplace) program extends: its section names the function. None: it is refused. */
  readonly extend?: ResolvedProg;
  /** Paths end before these insns, as if they went well: for finding what else is wrong. No VerifiedProg comes of it. */
  readonly endsPath?: (insn: number) => boolean;
  /** Called before each insn is checked: for display, never for code. */
  readonly onInsn?: (env: Env) => void;
}

const STRICT_ALIGNMENT = 1;
const ANY_ALIGNMENT = 2;
const TEST_STATE_FREQ = 8;
const TEST_REG_INVARIANTS = 128;
const CGROUP_SOCK = 9;
const INET_SOCK_CREATE = 2;
const SK_REUSEPORT = 21;
const SK_REUSEPORT_SELECT = 39;
const EXT = 28;

const GPL_LICENSES = new Set([
  "GPL",
  "GPL v2",
  "GPL and additional rights",
  "Dual BSD/GPL",
  "Dual MIT/GPL",
  "Dual MPL/GPL",
]);

/** The kernel sets these where the loader left them 0. */
function attachTypeOf(progType: number, attachType: number): number {
  if (attachType !== 0) return attachType;
  if (progType === CGROUP_SOCK) return INET_SOCK_CREATE;
  if (progType === SK_REUSEPORT) return SK_REUSEPORT_SELECT;
  return 0;
}

function isSyscall(func: string): boolean {
  return /^__(?:x64|ia32|arm64|riscv|s390x?)_(?:compat_)?sys_/.test(func);
}

export function newEnv(prog: ResolvedProg, options: VerifyOptions): Env {
  const { insns, spec } = prog;
  const n = insns.length;
  const extend = spec.type === EXT ? (options.extend ?? null) : null;
  const kind = extend?.spec ?? spec;
  const flags = (options.flags ?? 0) | spec.flags;
  const privileged = options.privileged ?? true;
  const pool = newPool();
  return {
    prog,
    insns,
    progType: kind.type,
    attachType: attachTypeOf(kind.type, kind.expectedAttachType),
    gplCompatible: GPL_LICENSES.has(prog.license),
    sleepable: spec.sleepable,
    bpfCapable: privileged,
    allowPtrLeaks: privileged,
    allowUninitStack: privileged,
    strictAlignment: (flags & (STRICT_ALIGNMENT | ANY_ALIGNMENT)) === STRICT_ALIGNMENT,
    testStateFreq: (flags & TEST_STATE_FREQ) !== 0,
    testRegInvariants: (flags & TEST_REG_INVARIANTS) !== 0,
    kernel: options.kernel ?? "6.18",
    cpus: options.cpus ?? 1024,
    maps: viewMaps(prog.maps, prog.kernelBtf, options.kernel ?? "6.18"),
    aux: newAux(n),
    subprogs: [],
    hasFuncInfo: prog.btf !== null && (spec.funcs[0]?.typeId ?? 0) !== 0,
    exceptionCallback: 0,
    postorder: new Int32Array(0),
    liveness: newLiveness(),
    log: newLog(options.logLevel ?? 0, spec.lines),
    pool,
    cur: newState(pool),
    insnIdx: -1,
    prevInsnIdx: -1,
    histEnt: -1,
    stack: [],
    explored: new Array(n).fill(null),
    freeHead: null,
    sccVisits: [],
    idGen: 0,
    bt: newBacktrack(),
    idmap: new Int32Array(2 * MAX_IDS),
    idmapCount: 0,
    tmpIdGen: 0,
    fake: new Int32Array(2 * REG_WORDS),
    protos: new Map(),
    seenDirectWrite: false,
    seenException: false,
    arena: null,
    rewritten: false,
    processed: 0,
    prevProcessed: 0,
    jumps: 0,
    prevJumps: 0,
    maxStatesPerInsn: 0,
    totalStates: 0,
    peakStates: 0,
    exploredCount: 0,
    freeCount: 0,
    backedgeCount: 0,
    hasSymbol: options.hasSymbol ?? ((): boolean => true),
    errorInjectable: options.errorInjectable ?? isSyscall,
    withoutHelpers: new Set(options.withoutHelpers ?? []),
    attachTo: options.attachTo ?? null,
    extend,
    attach: null,
    aluLimits: privileged ? null : newAluLimits(n),
    endsPath: options.endsPath,
    onInsn: options.onInsn,
  };
}
