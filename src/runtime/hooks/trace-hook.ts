/**
 * Tracing programs over recorded events.
 *
 *     type            event                        ctx
 *     tracepoint      group/name                   the record, as the tracepoint's format lays it out
 *     raw_tracepoint  raw:name, or group/name      u64 args[]: the fields in the order they are written
 *     tracing         the same; fentry:F, fexit:F  the same (tp_btf, fentry, fexit); structs behind pointers: event-structs.ts
 *     kprobe          kprobe:F, uprobe:FILE:F, ... struct pt_regs
 *     perf_event      perf:NAME                    struct bpf_perf_event_data: pt_regs, sample_period u64, addr u64
 */
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_TRACING,
} from "../../abi/prog-types.ts";
import { EINVAL, ENOTSUPP } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import type { Executable, Region } from "../../engine/engine.ts";
import { CTX_BASE } from "../../layout/layout.ts";
import type { EventReplayOptions, EventReplayResult, EventValue, RecordedEvent } from "../../loader/events.ts";
import type { TestRun, TestRunResult } from "../../loader/target.ts";
import type { ResolvedProg } from "../../obj/spec.ts";
import { eventMemory, integer, layOutRecord, writeInt } from "./event-layout.ts";
import { isRaw, plainName, targetOf, wants } from "./event-match.ts";
import { argumentOf, type TypedArg, typedArgs } from "./event-structs.ts";
import type { TracepointFormat } from "./format.ts";
import { refusedRun, runOnce, runRepeated, setCpu } from "./packet-hook.ts";
import type { ReplayClock } from "./replay.ts";
import { bundledFormat } from "./tracepoints.ts";
import type { Machine } from "./types.ts";

/** x86-64 struct pt_regs, u64 each. */
const PT_REGS = "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss".split(" ");
/** Other names that recordings may use: arguments and result of a function, by the calling convention. */
const ALIASES: Readonly<Record<string, string>> = {
  arg1: "di",
  arg2: "si",
  arg3: "dx",
  arg4: "cx",
  arg5: "r8",
  arg6: "r9",
  ret: "ax",
};
const PT_REGS_BYTES: number = 8 * PT_REGS.length;
const PERF_DATA_BYTES: number = PT_REGS_BYTES + 16;
const RAW_ARGS = 12;
const PROGRESS_EVERY = 65_536;
const BOOT_NS = 1_000_000_000;
/** MAX_BPF_FUNC_ARGS: what BPF_PROG_TEST_RUN of a raw tracepoint takes as ctx. */
const TEST_RUN_ARGS = 12;

export interface TraceHook {
  /** Whether the program runs on the event. */
  wants(exec: Executable, event: RecordedEvent): boolean;
  /** Runs once on the event; the result is r0's low half, signed. */
  run(exec: Executable, event: RecordedEvent): number;
  /** Each event on every program that wants it, in their order, before the next event. A result a program. */
  replay(
    execs: readonly Executable[],
    events: Iterable<RecordedEvent>,
    options: EventReplayOptions,
  ): EventReplayResult[];
  testRun(exec: Executable, run: TestRun): TestRunResult;
  regions(): readonly Region[];
}

/** Formats that the caller adds; they win over the bundled ones. */
export type Formats = Map<string, TracepointFormat>;

export function isTraceType(progType: number): boolean {
  switch (progType) {
    case BPF_PROG_TYPE_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_KPROBE:
    case BPF_PROG_TYPE_PERF_EVENT:
    case BPF_PROG_TYPE_TRACING:
      return true;
    default:
      return false;
  }
}

export function traceHook(m: Machine, clock: ReplayClock, formats: Formats): TraceHook {
  const memory = eventMemory(m);
  const { event: state, u8, view } = m;
  const typed = new WeakMap<ResolvedProg, readonly TypedArg[] | null>();
  /** Bytes of ctx that are live; 0 while nothing runs. */
  let ctxBytes = 0;
  /** Monotonic time less time stamp, for recordings on the wall clock. */
  let wallShift: bigint | null = null;

  function run(exec: Executable, event: RecordedEvent): number {
    const saved = { ...state, comm: state.comm.slice() };
    try {
      return step(exec, event);
    } finally {
      restore(saved);
    }
  }

  function step(exec: Executable, event: RecordedEvent): number {
    setState(event);
    ctxBytes = layOut(exec.prog.prog, event);
    const retval = runOnce(m, exec);
    if (state.wakeNs <= state.nowNs) m.settle();
    return retval;
  }

  function restore(saved: typeof state): void {
    const { comm, ...rest } = saved;
    // wakeNs belongs to the runtime: timers may have been armed meanwhile.
    Object.assign(state, rest, { wakeNs: state.wakeNs });
    state.comm.set(comm);
    setCpu(m, state.cpu);
    ctxBytes = 0;
  }

  function layOut(prog: ResolvedProg, event: RecordedEvent): number {
    const { spec } = prog;
    switch (spec.type) {
      case BPF_PROG_TYPE_TRACEPOINT:
        return layOutRecord(m, memory, formatFor(event), event);
      case BPF_PROG_TYPE_KPROBE:
        memory.reset();
        layOutRegs(prog, event);
        return PT_REGS_BYTES;
      case BPF_PROG_TYPE_PERF_EVENT:
        memory.reset();
        layOutRegs(prog, event);
        writeInt(view, CTX_BASE + PT_REGS_BYTES, 8, integer(event.fields?.["sample_period"], "sample_period"));
        writeInt(view, CTX_BASE + PT_REGS_BYTES + 8, 8, integer(event.fields?.["addr"], "addr"));
        return PERF_DATA_BYTES;
      default: {
        memory.reset();
        u8.fill(0, CTX_BASE, CTX_BASE + 8 * RAW_ARGS);
        layOutArgs(prog, event);
        return 8 * RAW_ARGS;
      }
    }
  }

  function argsFor(prog: ResolvedProg): readonly TypedArg[] | null {
    let args = typed.get(prog);
    if (args === undefined) {
      args = typedArgs(prog.kernelBtf, prog.spec, targetOf(prog.spec));
      typed.set(prog, args);
    }
    return args;
  }

  /** By the names of the arguments where all are theirs, else in the order in which they are written. */
  function layOutArgs(prog: ResolvedProg, event: RecordedEvent): void {
    const args = argsFor(prog);
    const entries = Object.entries(event.fields ?? {}).slice(0, RAW_ARGS);
    const given = entries.filter(([name]) => name !== "ret").length;
    state.argCount = args === null ? given : args.filter(({ name }) => name !== "ret").length;
    const named = args !== null && entries.every(([name]) => args.some((arg) => arg.name === name));
    entries.forEach(([name, value], order) => {
      const i = named ? args.findIndex((arg) => arg.name === name) : order;
      if (i < RAW_ARGS) writeInt(view, CTX_BASE + 8 * i, 8, argument(prog, args?.[i], value, name));
    });
  }

  function argument(prog: ResolvedProg, arg: TypedArg | undefined, value: EventValue, name: string): bigint {
    if (arg === undefined || prog.kernelBtf === null) return memory.pointer(value, name);
    return argumentOf(m, memory, prog.kernelBtf, arg.typeId, value, name);
  }

  function layOutRegs(prog: ResolvedProg, event: RecordedEvent): void {
    const args = prog.spec.type === BPF_PROG_TYPE_KPROBE ? argsFor(prog) : null;
    u8.fill(0, CTX_BASE, CTX_BASE + PERF_DATA_BYTES);
    state.funcIp = integer(event.fields?.["ip"], "ip");
    for (const [name, value] of Object.entries(event.fields ?? {})) {
      const i = PT_REGS.indexOf(ALIASES[name] ?? name);
      if (i < 0) continue;
      // arg3 is the function's third; its result is the last.
      const at = name === "ret" ? (args?.length ?? 0) - 1 : Number(/^arg(\d)$/.exec(name)?.[1] ?? 0) - 1;
      writeInt(view, CTX_BASE + 8 * i, 8, argument(prog, args?.[at], value, name));
    }
  }

  function formatFor(event: RecordedEvent): TracepointFormat {
    const name = plainName(event.event);
    const format = formats.get(name) ?? bundledFormat(name);
    if (format !== undefined) return format;
    throw new SkepError("events/unknown", `the layout of tracepoint ${name} is not known`, {
      advice: `give the text of /sys/kernel/tracing/events/${name}/format`,
    });
  }

  function setState(event: RecordedEvent): void {
    setCpu(m, Math.trunc(event.cpu ?? 0) % m.cpus || 0);
    state.tid = event.tid ?? event.pid ?? state.tid;
    state.pid = event.pid ?? event.tid ?? state.pid;
    state.uid = event.uid ?? state.uid;
    state.gid = event.gid ?? state.gid;
    if (event.comm !== undefined) {
      state.comm.fill(0);
      state.comm.set(new TextEncoder().encode(event.comm).subarray(0, 15));
    }
    if (event.cgroup !== undefined) {
      const id = BigInt(event.cgroup);
      state.cgroupLo = Number(id & 0xffffffffn);
      state.cgroupHi = Number((id >> 32n) & 0xffffffffn);
    }
    state.kernelStack = addresses(event.stack?.kernel);
    state.userStack = addresses(event.stack?.user);
    if (event.ts !== undefined) setTime(BigInt(event.ts));
  }

  /** Monotonic time stamps are taken as they are; those since 1970 count from the recording's first event. */
  function setTime(ts: bigint): void {
    const wall = ts >= 2n ** 53n;
    if (wall && wallShift === null) wallShift = BigInt(Math.max(BOOT_NS, clock.lastNs + 1000)) - ts;
    const now = Number(wall ? ts + wallShift! : ts);
    state.nowNs = now >= 0 && now < 2 ** 53 ? now : clock.lastNs;
    if (state.nowNs > clock.lastNs) clock.lastNs = state.nowNs;
    state.wallSec = wall ? Number(ts / 1_000_000_000n) : 0;
    state.wallNsec = wall ? Number(ts % 1_000_000_000n) : 0;
  }

  function replay(
    execs: readonly Executable[],
    events: Iterable<RecordedEvent>,
    { signal, onProgress, onEvent }: EventReplayOptions,
  ): EventReplayResult[] {
    const saved = { ...state, comm: state.comm.slice() };
    const counts = execs.map((exec) => ({ exec, name: exec.prog.prog.spec.name, ran: 0, skipped: 0, elapsedMs: 0 }));
    let seen = 0;
    wallShift = null;
    try {
      for (const event of events) {
        if (signal?.aborted === true) break;
        for (const count of counts) {
          if (!wants(count.exec.prog.prog.spec, event)) {
            count.skipped++;
            continue;
          }
          const start = performance.now();
          const retval = step(count.exec, event);
          count.elapsedMs += performance.now() - start;
          count.ran++;
          onEvent?.(event, retval, count.name);
        }
        if (++seen % PROGRESS_EVERY === 0) onProgress?.(seen);
      }
    } finally {
      restore(saved);
    }
    return counts.map(({ ran, skipped, elapsedMs }) => ({
      events: ran,
      skipped,
      nsPerEvent: ran === 0 ? 0 : (elapsedMs * 1e6) / ran,
    }));
  }

  /** The kernel lets raw tracepoints be tested: ctx is their arguments, there is no packet and no repeat. */
  function testRun(exec: Executable, run: TestRun): TestRunResult {
    const type = exec.prog.prog.spec.type;
    if (!isRaw(type) || type === BPF_PROG_TYPE_TRACING)
      throw refusedRun(ENOTSUPP, "programs of this type are run over events, not tested");
    if (run.data !== undefined || (run.repeat ?? 0) > 1) throw refusedRun(EINVAL, "raw tracepoints take ctx only");
    const ctx = run.ctx ?? new Uint8Array(0);
    if (ctx.length > 8 * TEST_RUN_ARGS) throw refusedRun(EINVAL, "more than 12 arguments");
    memory.reset();
    u8.fill(0, CTX_BASE, CTX_BASE + 8 * TEST_RUN_ARGS);
    u8.set(ctx, CTX_BASE);
    ctxBytes = 8 * TEST_RUN_ARGS;
    try {
      return { ...runRepeated(m, exec, {}), dataOut: null, ctxOut: null };
    } finally {
      ctxBytes = 0;
    }
  }

  function regions(): readonly Region[] {
    if (ctxBytes === 0) return [];
    return [
      { start: CTX_BASE, end: CTX_BASE + ctxBytes, write: false, what: "ctx" },
      { start: state.memStart, end: state.memEnd, write: false, what: "event memory" },
    ];
  }

  return { wants: (exec, event) => wants(exec.prog.prog.spec, event), run, replay, testRun, regions };
}

function addresses(list: readonly (number | string)[] | undefined): readonly bigint[] {
  return list === undefined ? [] : list.map((address) => BigInt.asUintN(64, integer(address, "stack")));
}
