/**
 * perf_event_open(2) for BPF: tracepoints, probes, samples, and the rings of perf event arrays.
 *
 *     struct perf_event_attr   0 type   8 config   16 period or frequency   24 sample_type   40 flags (bit 10: frequency)
 *                              48 wakeup_events   56 config1 (function or file)   64 config2 (offset)
 *
 * Source: include/uapi/linux/perf_event.h.
 */
import { fromUtf8 } from "../base/bytes.ts";
import type { Bpf } from "./bpf/call.ts";
import { sysError } from "./errors.ts";
import { type SysBuffer, setAddr } from "./sys.ts";

export const PERF_TYPE_HARDWARE = 0;
export const PERF_TYPE_SOFTWARE = 1;
export const PERF_TYPE_TRACEPOINT = 2;
export const PERF_TYPE_HW_CACHE = 3;
export const PERF_FLAG_FD_CLOEXEC = 8;
export const PERF_EVENT_IOC_ENABLE = 0x2400;
export const PERF_EVENT_IOC_SET_BPF = 0x40042408;
const ATTR_BYTES = 128;
const FREQ = 1 << 10;
const EXCLUDE_USER = 1 << 4;

export interface PerfAttr {
  readonly type: number;
  readonly config: number | bigint;
  readonly samplePeriod?: number;
  /** Samples a second, instead of a period. */
  readonly frequency?: number;
  readonly sampleType?: number;
  readonly wakeupEvents?: number;
  /** Counts in the kernel only. */
  readonly excludeUser?: boolean;
  /** Probes: the function's or the file's name. */
  readonly name?: string;
  /** Probes: offset in the function or the file. */
  readonly offset?: number;
}

/** fd or -errno. `pid` -1: every process; `cpu` -1: every CPU. */
export function openPerfEvent(bpf: Bpf, event: PerfAttr, pid: number, cpu: number): number {
  const attr: SysBuffer = bpf.scratch("perf attr", ATTR_BYTES);
  const { view } = attr;
  attr.bytes.fill(0, 0, ATTR_BYTES);
  view.setUint32(0, event.type, true);
  view.setUint32(4, ATTR_BYTES, true);
  view.setBigUint64(8, BigInt(event.config), true);
  view.setUint32(16, event.frequency ?? event.samplePeriod ?? 0, true);
  view.setUint32(24, event.sampleType ?? 0, true);
  view.setUint32(
    40,
    (event.frequency === undefined ? 0 : FREQ) | (event.excludeUser === true ? EXCLUDE_USER : 0),
    true,
  );
  view.setUint32(48, event.wakeupEvents ?? 0, true);
  if (event.name !== undefined) {
    const text = fromUtf8(`${event.name}\0`);
    const buffer = bpf.scratch("perf name", text.length);
    buffer.bytes.set(text);
    setAddr(view, 56, buffer.addr);
  }
  if (event.offset !== undefined) view.setBigUint64(64, BigInt(event.offset), true);
  return bpf.sys.syscall(bpf.sys.nr.perfEventOpen, attr.addr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/** A tracepoint's event for all processes; one CPU stands for all once a program is attached. Throws "linux/<ERRNO>". */
export function openTracepoint(bpf: Bpf, id: number, what: string): number {
  const fd = openPerfEvent(bpf, { type: PERF_TYPE_TRACEPOINT, config: id }, -1, 0);
  if (fd < 0) throw sysError(what, -fd);
  return fd;
}
