/** perf_event_open(2) for BPF: tracepoints and the rings of perf event arrays. Source: include/uapi/linux/perf_event.h. */
import type { Bpf } from "./bpf/call.ts";
import { sysError } from "./errors.ts";
import type { SysBuffer } from "./sys.ts";

export const PERF_TYPE_SOFTWARE = 1;
export const PERF_TYPE_TRACEPOINT = 2;
export const PERF_FLAG_FD_CLOEXEC = 8;
export const PERF_EVENT_IOC_ENABLE = 0x2400;
const ATTR_BYTES = 128;

export interface PerfAttr {
  readonly type: number;
  readonly config: number;
  readonly samplePeriod?: number;
  readonly sampleType?: number;
  readonly wakeupEvents?: number;
}

/** fd or -errno. `pid` -1: every process; `cpu` -1: every CPU. */
export function openPerfEvent(bpf: Bpf, event: PerfAttr, pid: number, cpu: number): number {
  const attr: SysBuffer = bpf.scratch("perf attr", ATTR_BYTES);
  attr.bytes.fill(0, 0, ATTR_BYTES);
  attr.view.setUint32(0, event.type, true);
  attr.view.setUint32(4, ATTR_BYTES, true);
  attr.view.setUint32(8, event.config, true);
  attr.view.setUint32(16, event.samplePeriod ?? 0, true);
  attr.view.setUint32(24, event.sampleType ?? 0, true);
  attr.view.setUint32(48, event.wakeupEvents ?? 0, true);
  return bpf.sys.syscall(bpf.sys.nr.perfEventOpen, attr.addr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

/** A tracepoint's event for all processes; one CPU stands for all once a program is attached. Throws "linux/<ERRNO>". */
export function openTracepoint(bpf: Bpf, id: number, what: string): number {
  const fd = openPerfEvent(bpf, { type: PERF_TYPE_TRACEPOINT, config: id }, -1, 0);
  if (fd < 0) throw sysError(what, -fd);
  return fd;
}
