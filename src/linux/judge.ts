/**
 * The kernel's verifier as a judge: loads a program for its verdict only. Used to compare verifiers and to fuzz them, so
 * buffers are used again and maps are kept: some ten thousand small programs a second.
 *
 *     const judge = kernelJudge();
 *     judge.judge(resolved)   ->  { ok: true, processed: 17, totalStates: 1, peakStates: 1, us: 42, log: "", ... }
 *
 * `unusable` names what makes a verdict meaningless here (policy, a feature this kernel lacks): neither yes nor no.
 */
import { BPF_LOG_STATS } from "../abi/flags.ts";
import * as mt from "../abi/map-types.ts";
import { progTypeWord } from "../abi/prog-types.ts";
import { versionCode } from "../abi/since.ts";
import { E2BIG, EAGAIN, EINTR, EINVAL, ENOMEM, ENOSPC, ENOTSUPP, EPERM, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import type { MapSpec, ResolvedProg } from "../obj/spec.ts";
import { loadBtf } from "./bpf/btf.ts";
import { Bpf } from "./bpf/call.ts";
import { freezeMap, updateElem } from "./bpf/map.ts";
import { loadProg, logText } from "./bpf/prog.ts";
import { possibleCpus } from "./cpus.ts";
import { kernelRelease } from "./kconfig.ts";
import { koffiSys } from "./koffi-sys.ts";
import { wholeLog } from "./load-prog.ts";
import { decisiveLine, parseStats } from "./log.ts";
import { adjustedSpec, createFd, type MapContext } from "./map-create.ts";
import { type LoadExtras, progAttr } from "./prog-attr.ts";
import type { Sys } from "./sys.ts";

export interface Verdict {
  /** The kernel loaded it. */
  readonly ok: boolean;
  /** 0, or why not. */
  readonly errno: number;
  /** The verifier's sentence: the decisive line of the log; "" where it accepted. */
  readonly message: string;
  /** With logLevel 1 or 2 the whole log, else the sentences and statistics. */
  readonly log: string;
  readonly processed: number;
  readonly totalStates: number;
  readonly peakStates: number;
  /** Microseconds that the kernel says verification took. */
  readonly us: number;
  /** Why this is no verdict on the program; "" where it is one. */
  readonly unusable: string;
}

export interface JudgeOptions extends LoadExtras {
  /** 0: statistics and errors (the default). 1: insns and states of the failing path. 2: every state. */
  readonly logLevel?: 0 | 1 | 2;
  /** The program that an EXT program extends: it is loaded for the while. */
  readonly extend?: ResolvedProg;
  /** More BPF_F_* for prog_flags, such as BPF_F_TEST_STATE_FREQ. */
  readonly flags?: number;
}

export interface Judge {
  judge(prog: ResolvedProg, options?: JudgeOptions): Verdict;
  /** Frees the maps and BTF that were made. */
  close(): void;
}

const SHORT_LOG_BYTES = 64 * 1024;
const ARENA_ADDRESS = 1n << 44n;

/** Throws "linux/os", "linux/arch" and "linux/koffi" where this machine cannot have one. */
export function kernelJudge(sys: Sys = koffiSys()): Judge {
  const bpf = new Bpf(sys);
  const kernVersion = versionCode(kernelRelease());
  const btfFds = new Map<BtfView, number>();
  const mapFds = new Map<string, number>();
  const bySpec = new WeakMap<MapSpec, number>();

  const btfFd = (btf: BtfView | null): number => {
    if (btf === null) return 0;
    let fd = btfFds.get(btf);
    if (fd === undefined) {
      fd = Math.max(0, loadBtf(bpf, btf.raw));
      btfFds.set(btf, fd);
    }
    return fd;
  };
  const context: MapContext = {
    bpf,
    cpus: possibleCpus(),
    release: kernelRelease(),
    kernelBtf: null,
    moduleFd: 0,
    has: () => true,
    pinDir: "",
    btfFd: (spec) => btfFd(spec.btf),
  };
  const innerFd = (spec: MapSpec): number => (spec.inner === null ? 0 : mapFd(spec.inner));
  /** One map a spec: by what it is, not by its identity, since fuzzers make equal specs anew. */
  const mapFd = (spec: MapSpec): number => {
    const known = bySpec.get(spec);
    if (known !== undefined) return known;
    const key = mapKey(spec, btfFd(spec.btf));
    let fd = mapFds.get(key);
    if (fd === undefined) {
      fd = createFd(context, placedArena(adjustedSpec(spec, context.cpus)), innerFd(spec));
      fillForVerifier(bpf, fd, spec);
      mapFds.set(key, fd);
    }
    bySpec.set(spec, fd);
    return fd;
  };

  /** Loads the program that `prog` extends; fd < 0 where the kernel refuses it. */
  const loadTarget = (target: ResolvedProg, func: string): Required<Pick<LoadExtras, "attachBtfId" | "attachFd">> => {
    const attr = progAttr(target, target.maps.map(mapFd), btfFd(target.btf), kernVersion);
    const { fd } = loadProg(bpf, attr, BPF_LOG_STATS, SHORT_LOG_BYTES);
    return { attachFd: fd, attachBtfId: target.spec.funcs.find((each) => each.name === func)?.typeId ?? 0 };
  };

  const judgeOne = (prog: ResolvedProg, options: JudgeOptions): Verdict => {
    let attr: ReturnType<typeof progAttr>;
    try {
      attr = progAttr(prog, prog.maps.map(mapFd), btfFd(prog.btf), kernVersion, options);
    } catch (error) {
      if (!(error instanceof SkepError)) throw error;
      return refused(error.errno ?? EINVAL, error.message);
    }
    if (options.flags !== undefined) attr = { ...attr, flags: (attr.flags ?? 0) | options.flags };
    const { fd } = loadProg(bpf, attr, BPF_LOG_STATS, SHORT_LOG_BYTES);
    bpf.close(fd);
    const short = logText(bpf, SHORT_LOG_BYTES);
    const errno = fd >= 0 ? 0 : -fd;
    const stats = parseStats(short);
    const level = options.logLevel ?? 0;
    return {
      ok: fd >= 0,
      errno,
      message: fd >= 0 ? "" : decisiveLine(short),
      log: level === 0 ? short : wholeLog(bpf, attr, level).log,
      processed: stats.processed,
      totalStates: stats.totalStates,
      peakStates: stats.peakStates,
      us: stats.us,
      unusable: fd >= 0 ? "" : unusable(errno, short, attr.type),
    };
  };

  return {
    judge(prog, options = {}): Verdict {
      const { extend } = options;
      if (extend === undefined) return judgeOne(prog, options);
      const target = loadTarget(extend, prog.spec.attachTo);
      if (target.attachFd < 0) return refused(-target.attachFd, `${extend.spec.name}, which it extends, is refused`);
      try {
        return judgeOne(prog, { ...options, ...target });
      } finally {
        bpf.close(target.attachFd);
      }
    },
    close(): void {
      for (const fd of [...mapFds.values(), ...btfFds.values()]) if (fd > 0) bpf.close(fd);
      mapFds.clear();
      btfFds.clear();
    },
  };
}

/** Programs are refused while their arena has no address in user space: one that is said needs no mmap. */
function placedArena(spec: MapSpec): MapSpec {
  return spec.type === mt.BPF_MAP_TYPE_ARENA && spec.mapExtra === 0n ? { ...spec, mapExtra: ARENA_ADDRESS } : spec;
}

/** A load that failed before the verifier began is no verdict, and neither is one that ran out of memory. */
function unusable(errno: number, log: string, type: number): string {
  const what = progTypeWord(type);
  if (errno === EAGAIN || errno === EINTR || errno === ENOMEM || errno === ENOSPC) return errnoName(errno);
  if (log.trim() !== "") {
    if (errno !== ENOTSUPP || parseStats(log).processed > 0) return "";
    return `not supported: ${decisiveLine(log) || `${what} program without a place to attach to`}`;
  }
  if (errno === EPERM) return `policy refuses ${what} programs`;
  if (errno === EINVAL || errno === E2BIG || errno === ENOTSUPP) {
    return `${errnoName(errno)} before the verifier: this kernel takes no such ${what} program`;
  }
  return `${errnoName(errno)} before the verifier`;
}

function refused(errno: number, why: string): Verdict {
  return {
    ok: false,
    errno,
    message: why,
    log: "",
    processed: 0,
    totalStates: 0,
    peakStates: 0,
    us: 0,
    unusable: why,
  };
}

function mapKey(spec: MapSpec, btf: number): string {
  const inner: string = spec.inner === null ? "" : mapKey(spec.inner, btf);
  const types = `${btf},${spec.keyTypeId},${spec.valueTypeId}`;
  const content = spec.global === "rodata" || spec.global === "kconfig" ? contentKey(spec.initial) : "";
  return `${spec.name},${spec.type},${spec.keySize},${spec.valueSize},${spec.maxEntries},${spec.flags},${spec.mapExtra},${types},${inner},${content}`;
}

/** The verifier reads frozen read-only maps as constants: their content is part of what they are. */
function contentKey(bytes: Uint8Array | null): string {
  if (bytes === null) return "";
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function fillForVerifier(bpf: Bpf, fd: number, spec: MapSpec): void {
  if (spec.global !== "rodata" && spec.global !== "kconfig") return;
  if (spec.type !== mt.BPF_MAP_TYPE_ARRAY) return;
  if (spec.initial?.some((byte) => byte !== 0)) updateElem(bpf, fd, new Uint8Array(4), spec.initial);
  freezeMap(bpf, fd);
}
