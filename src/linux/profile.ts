/**
 * What a program costs while it runs: perf counters read when it is entered and when it returns, by an fentry and an fexit
 * program made for it. Works on programs that have BTF, and where fentry is allowed.
 *
 *     events     perf event array, CPU + CPUs * metric             entered   counters at the last entry, by CPU
 *     spent      sums of the differences, by CPU                   runs      runs seen, by CPU
 *
 * A reading is struct bpf_perf_event_value: u64 counter, enabled ns, running ns.
 */
import { BPF_TRACE_FENTRY, BPF_TRACE_FEXIT } from "../abi/attach-types.ts";
import { BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERF_EVENT_ARRAY } from "../abi/map-types.ts";
import { BPF_PROG_TYPE_TRACING } from "../abi/prog-types.ts";
import { viewOf } from "../base/bytes.ts";
import { ENOENT, EOPNOTSUPP } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import { type Insn, insnsOf } from "../isa/insn.ts";
import type { Bpf } from "./bpf/call.ts";
import { openRawTracepoint } from "./bpf/link.ts";
import { createMap, lookupElem, updateElem } from "./bpf/map.ts";
import type { ProgAttr } from "./bpf/prog.ts";
import { progCode } from "./bpf/prog-detail.ts";
import { onlineCpus, possibleCpus } from "./cpus.ts";
import { NotSupported, sysError } from "./errors.ts";
import { kernelRelease } from "./kconfig.ts";
import { loadVerified } from "./load-prog.ts";
import {
  openPerfEvent,
  PERF_EVENT_IOC_ENABLE,
  PERF_TYPE_HARDWARE,
  PERF_TYPE_HW_CACHE,
  PERF_TYPE_SOFTWARE,
} from "./perf-event.ts";

interface Metric {
  readonly type: number;
  readonly config: number;
  /** What it is told in relation to: times `scale` a `to`. */
  readonly ratio?: { readonly to: string; readonly scale: number; readonly what: string };
}

/** Cache (level, TLB), what is done with it, and with what result: enum perf_hw_cache_id and so on. */
const cache = (id: number, miss: number): number => id | (miss << 16);
const L1D = 0;
const LL = 2;
const DTLB = 3;
const ITLB = 4;
const perMillion = (what: string): NonNullable<Metric["ratio"]> => ({ to: "instructions", scale: 1e6, what });

/** bpftool's, and two clocks that every machine has, in nanoseconds. */
export const METRICS: Readonly<Record<string, Metric>> = {
  cycles: { type: PERF_TYPE_HARDWARE, config: 0 },
  instructions: { type: PERF_TYPE_HARDWARE, config: 1, ratio: { to: "cycles", scale: 1, what: "insns per cycle" } },
  l1d_loads: { type: PERF_TYPE_HW_CACHE, config: cache(L1D, 0) },
  llc_misses: { type: PERF_TYPE_HW_CACHE, config: cache(LL, 1), ratio: perMillion("LLC misses per million insns") },
  itlb_misses: { type: PERF_TYPE_HW_CACHE, config: cache(ITLB, 1), ratio: perMillion("itlb misses per million insns") },
  dtlb_misses: { type: PERF_TYPE_HW_CACHE, config: cache(DTLB, 1), ratio: perMillion("dtlb misses per million insns") },
  cpu_clock: { type: PERF_TYPE_SOFTWARE, config: 0 },
  task_clock: { type: PERF_TYPE_SOFTWARE, config: 1 },
};

export interface Reading {
  readonly metric: string;
  readonly value: bigint;
  readonly enabledNs: bigint;
  readonly runningNs: bigint;
}

export interface Profile {
  /** So far. */
  read(): { readonly runs: bigint; readonly readings: readonly Reading[] };
  close(): void;
}

const READING_BYTES = 24;

/** Throws NotSupported where a counter is missing, Refused where policy forbids fentry, SkepError "profile/btf". */
export function profileProg(bpf: Bpf, progFd: number, metrics: readonly string[]): Profile {
  const fds: number[] = [];
  const keep = (fd: number, what: string): number => {
    if (fd < 0) throw sysError(what, -fd);
    fds.push(fd);
    return fd;
  };
  const close = (): void => {
    for (const fd of fds.splice(0).reverse()) bpf.close(fd);
  };
  try {
    const cpus = possibleCpus();
    const map = (type: number, valueSize: number, maxEntries: number): number =>
      keep(createMap(bpf, { type, keySize: 4, valueSize, maxEntries, flags: 0 }), "a map of the profile");
    const maps = {
      events: map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, cpus * metrics.length),
      entered: map(BPF_MAP_TYPE_PERCPU_ARRAY, READING_BYTES, metrics.length),
      spent: map(BPF_MAP_TYPE_PERCPU_ARRAY, READING_BYTES, metrics.length),
      runs: map(BPF_MAP_TYPE_PERCPU_ARRAY, 8, 1),
    };
    for (const [i, metric] of metrics.entries()) {
      for (const cpu of onlineCpus()) {
        const event = keep(openCounter(bpf, metric, cpu), `counter ${metric}`);
        updateElem(bpf, maps.events, u32(cpu + cpus * i), u32(event));
      }
    }
    const target = {
      type: BPF_PROG_TYPE_TRACING,
      license: "GPL",
      attachFd: progFd,
      attachBtfId: mainFunction(bpf, progFd),
    } as const;
    const programs: ProgAttr[] = [
      {
        ...target,
        name: "skep_entry",
        expectedAttachType: BPF_TRACE_FENTRY,
        insns: insnsOf(entry(maps, metrics, cpus)),
      },
      { ...target, name: "skep_exit", expectedAttachType: BPF_TRACE_FEXIT, insns: insnsOf(exit(maps, metrics, cpus)) },
    ];
    const loaded = programs.map((attr) => keep(loadVerified(bpf, attr, kernelRelease()).fd, "a profiling program"));
    for (const fd of loaded) keep(openRawTracepoint(bpf, fd, null), "attaching to the program");
    return {
      close,
      read: () => {
        const sums = (fd: number, key: number, bytes: number): bigint[] =>
          sumOf(lookupElem(bpf, fd, u32(key), bytes * cpus), bytes);
        return {
          runs: sums(maps.runs, 0, 8)[0]!,
          readings: metrics.map((metric, i) => {
            const [value = 0n, enabledNs = 0n, runningNs = 0n] = sums(maps.spent, i, READING_BYTES);
            return { metric, value, enabledNs, runningNs };
          }),
        };
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

function openCounter(bpf: Bpf, metric: string, cpu: number): number {
  const { type, config } = METRICS[metric]!;
  const fd = openPerfEvent(bpf, { type, config, excludeUser: type !== PERF_TYPE_SOFTWARE }, -1, cpu);
  if (fd === -ENOENT || fd === -EOPNOTSUPP) {
    throw new NotSupported(`counter ${metric}`, "", {
      errno: -fd,
      advice: "a machine that gives its processor's counters; cpu_clock and task_clock need none",
    });
  }
  if (fd >= 0) bpf.sys.syscall(bpf.sys.nr.ioctl, fd, PERF_EVENT_IOC_ENABLE, 0);
  return fd;
}

function mainFunction(bpf: Bpf, progFd: number): number {
  const id = progCode(bpf, progFd)?.funcs[0]?.typeId;
  if (id !== undefined) return id;
  throw new SkepError("profile/btf", "the program has no BTF, so that nothing can be attached to it", {
    advice: "compile it with -g",
  });
}

/** Elementwise over the CPUs. */
function sumOf(bytes: Uint8Array | undefined, stride: number): bigint[] {
  const sums = Array.from({ length: stride / 8 }, () => 0n);
  if (bytes === undefined) return sums;
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += 8) sums[(at % stride) / 8]! += view.getBigUint64(at, true);
  return sums;
}

function u32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

interface Maps {
  readonly events: number;
  readonly entered: number;
  readonly spent: number;
  readonly runs: number;
}

const insn = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });
const MAP_LOOKUP = 1;
const SMP_PROCESSOR_ID = 8;
const PERF_EVENT_READ_VALUE = 55;
/** Stack: the key at -4, the first reading at -32, the others below. */
const KEY_AT = -4;
const READING_AT = -32;

const call = (helper: number): Insn => insn(0x85, 0, 0, 0, helper);
const mapFd = (dst: number, fd: number): Insn[] => [insn(0x18, dst, 1, 0, fd), insn(0, 0, 0, 0, 0)];
const RETURN: readonly Insn[] = [insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)];

/** r0 = the element, or the program ends. */
function lookup(fd: number, key: number): Insn[] {
  return [
    insn(0x62, 10, 0, KEY_AT, key), // *(u32 *)(r10 - 4) = key
    ...mapFd(1, fd),
    insn(0xbf, 2, 10, 0, 0),
    insn(0x07, 2, 0, 0, KEY_AT),
    call(MAP_LOOKUP),
    insn(0x55, 0, 0, 2, 0), // if r0 != 0 goto +2
    ...RETURN,
  ];
}

/** Where the reading of metric i lies on the stack. */
const readingAt = (i: number): number => READING_AT - READING_BYTES * i;

/** All metrics on this CPU (r6), one right after another, or the program ends. */
function readAll(events: number, metrics: readonly string[], cpus: number): Insn[] {
  return metrics.flatMap((_, i) => [
    ...mapFd(1, events),
    insn(0xbf, 2, 6, 0, 0),
    insn(0x07, 2, 0, 0, cpus * i),
    insn(0xbf, 3, 10, 0, 0),
    insn(0x07, 3, 0, 0, readingAt(i)),
    insn(0xb7, 4, 0, 0, READING_BYTES),
    call(PERF_EVENT_READ_VALUE),
    insn(0x15, 0, 0, 2, 0), // if r0 == 0 goto +2
    ...RETURN,
  ]);
}

const FIELDS = [0, 8, 16];
/** r6 = this CPU. */
const CPU: readonly Insn[] = [call(SMP_PROCESSOR_ID), insn(0xbc, 6, 0, 0, 0)];

function entry(maps: Maps, metrics: readonly string[], cpus: number): Insn[] {
  const kept = metrics.flatMap((_, i) => [
    ...lookup(maps.entered, i),
    ...FIELDS.flatMap((at) => [insn(0x79, 1, 10, readingAt(i) + at, 0), insn(0x7b, 0, 1, at, 0)]),
  ]);
  return [...CPU, ...readAll(maps.events, metrics, cpus), ...kept, ...RETURN];
}

function exit(maps: Maps, metrics: readonly string[], cpus: number): Insn[] {
  const spent = metrics.flatMap((_, i) => {
    // spent += reading - entered
    const add = FIELDS.flatMap((at) => [
      insn(0x79, 1, 10, readingAt(i) + at, 0),
      insn(0x79, 2, 7, at, 0),
      insn(0x1f, 1, 2, 0, 0),
      insn(0x79, 2, 0, at, 0),
      insn(0x0f, 2, 1, 0, 0),
      insn(0x7b, 0, 2, at, 0),
    ]);
    const element = lookup(maps.spent, i);
    return [
      ...lookup(maps.entered, i),
      insn(0xbf, 7, 0, 0, 0),
      // A run that began before the profile has no reading at its entry.
      insn(0x79, 1, 7, 8, 0),
      insn(0x15, 1, 0, element.length + add.length, 0),
      ...element,
      ...add,
    ];
  });
  const counted = [...lookup(maps.runs, 0), insn(0x79, 1, 0, 0, 0), insn(0x07, 1, 0, 0, 1), insn(0x7b, 0, 1, 0, 0)];
  return [...CPU, ...readAll(maps.events, metrics, cpus), ...spent, ...counted, ...RETURN];
}
