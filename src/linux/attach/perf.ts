/** Programs of perf events: tracepoints and samples. Probes (probe.ts) are perf events as well and end here. */
import { readdirSync } from "node:fs";
import { BPF_PERF_EVENT } from "../../abi/attach-types.ts";
import { hasSince } from "../../abi/since.ts";
import { EACCES, EINVAL, ENODEV, ENOENT, ENOSYS, EOPNOTSUPP, EPERM, ESRCH } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { createLink } from "../bpf/link.ts";
import { onlineCpus } from "../cpus.ts";
import { NotSupported, Refused } from "../errors.ts";
import {
  openPerfEvent,
  openTracepoint,
  PERF_EVENT_IOC_ENABLE,
  PERF_EVENT_IOC_SET_BPF,
  PERF_TYPE_HARDWARE,
  PERF_TYPE_SOFTWARE,
  type PerfAttr,
} from "../perf-event.ts";
import { tracepointId } from "../tracefs.ts";
import { type AttachContext, type Attached, allOrNone, checked, failure, targetOf } from "./context.ts";

/** Where a program is to run: a perf event, and the cookie it gets there. */
export interface PerfPlace {
  readonly event: PerfAttr;
  /** -1: every process. */
  readonly pid: number;
  /** -1: wherever the process runs. */
  readonly cpu: number;
  readonly cookie: bigint;
}

/** Opens each place's event and puts the program on it: all or none. `fail` says what a failed perf_event_open means. */
export function onPlaces(
  context: AttachContext,
  places: readonly PerfPlace[],
  what: string,
  fail: (errno: number) => Error | undefined = () => undefined,
): Attached {
  const { bpf } = context;
  const links: number[] = [];
  const fds: number[] = [];
  const all = allOrNone(bpf, places, ({ event, pid, cpu, cookie }, made) => {
    const fd = openPerfEvent(bpf, event, pid, cpu);
    if (fd === -ENODEV && pid < 0 && places.length > 1) return; // a CPU that went offline
    if (fd === -ESRCH && pid > 0 && places.length > 1) return; // a thread that has ended
    if (fd < 0) throw fail(-fd) ?? perfError(context, -fd, what);
    made.push(fd);
    fds.push(fd);
    const link = linkOn(context, fd, cookie, what);
    if (link < 0) return;
    made.push(link);
    links.push(link);
  });
  if (all.length === 0) checked(context, -ESRCH, what);
  return { links, fds, what };
}

/** Link fd; -1 where the event itself holds the program (kernels before 5.15). */
export function linkOn(context: AttachContext, event: number, cookie: bigint, what: string): number {
  const { bpf, progFd, release } = context;
  const { sys } = bpf;
  const extra = { kind: "cookie", cookie } as const;
  const link = createLink(bpf, { progFd, target: event, attachType: BPF_PERF_EVENT, extra });
  if (link >= 0) return link;
  const old = !hasSince(release, "5.15") && (link === -EINVAL || link === -ENOSYS || link === -EOPNOTSUPP);
  if (!old) return checked(context, link, what);
  if (cookie !== 0n) throw new NotSupported("attach cookies", "5.15", { site: { prog: context.spec.name } });
  checked(context, sys.syscall(sys.nr.ioctl, event, PERF_EVENT_IOC_SET_BPF, progFd), what);
  checked(context, sys.syscall(sys.nr.ioctl, event, PERF_EVENT_IOC_ENABLE, 0), what);
  return -1;
}

export function onTracepoint(context: AttachContext): Attached {
  const { bpf, options } = context;
  const name = targetOf(context, '"category/name"');
  const what = `tracepoint ${name}`;
  const event = openTracepoint(bpf, tracepointId(bpf, name), what);
  try {
    const link = linkOn(context, event, options.cookie ?? 0n, what);
    return { links: link < 0 ? [] : [link], fds: [event], what };
  } catch (error) {
    bpf.close(event);
    throw error;
  }
}

/** perf's names: type and config. Source: enum perf_sw_ids, enum perf_hw_id. */
const EVENTS: Readonly<Record<string, readonly [type: number, config: number]>> = {
  "cpu-clock": [PERF_TYPE_SOFTWARE, 0],
  "task-clock": [PERF_TYPE_SOFTWARE, 1],
  "page-faults": [PERF_TYPE_SOFTWARE, 2],
  "context-switches": [PERF_TYPE_SOFTWARE, 3],
  "cpu-migrations": [PERF_TYPE_SOFTWARE, 4],
  "minor-faults": [PERF_TYPE_SOFTWARE, 5],
  "major-faults": [PERF_TYPE_SOFTWARE, 6],
  cycles: [PERF_TYPE_HARDWARE, 0],
  instructions: [PERF_TYPE_HARDWARE, 1],
  "cache-references": [PERF_TYPE_HARDWARE, 2],
  "cache-misses": [PERF_TYPE_HARDWARE, 3],
  branches: [PERF_TYPE_HARDWARE, 4],
  "branch-misses": [PERF_TYPE_HARDWARE, 5],
};
const DEFAULT_FREQUENCY = 99;

/** A sample on each CPU, or on each thread that a process has now. */
export function onPerfEvent(context: AttachContext): Attached {
  const { spec, options } = context;
  const { event: name = "cpu-clock", pid, cpu, period, cookie = 0n } = options;
  const row = EVENTS[name];
  if (row === undefined) {
    throw new SkepError("attach/option", `no perf event "${name}"`, { advice: Object.keys(EVENTS).join(", ") });
  }
  const [type, config] = row;
  // A clock or cycles are sampled at a rate; what is counted is seen each time.
  const often = name.endsWith("clock") || name === "cycles" ? { frequency: DEFAULT_FREQUENCY } : { samplePeriod: 1 };
  const rate =
    options.frequency !== undefined
      ? { frequency: options.frequency }
      : period !== undefined
        ? { samplePeriod: period }
        : often;
  const event: PerfAttr = { type, config, ...rate };
  const places: PerfPlace[] =
    pid === undefined
      ? (cpu === undefined ? onlineCpus() : [cpu]).map((each) => ({ event, pid: -1, cpu: each, cookie }))
      : threadsOf(pid).map((tid) => ({ event, pid: tid, cpu: cpu ?? -1, cookie }));
  const hz = event.frequency === undefined ? `every ${event.samplePeriod}` : `${event.frequency} Hz`;
  const where = pid === undefined ? (cpu === undefined ? "every CPU" : `CPU ${cpu}`) : `process ${pid}`;
  return onPlaces(context, places, `perf event ${name}, ${hz}, ${where}`, (errno) =>
    errno === ENOENT || errno === EOPNOTSUPP
      ? new NotSupported(`perf event ${name}`, "", {
          errno,
          site: { prog: spec.name },
          advice: "this machine has no counter for it: use cpu-clock",
        })
      : undefined,
  );
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch (cause) {
    throw new SkepError("attach/ESRCH", `there is no process ${pid}`, { errno: ESRCH, cause });
  }
}

function perfError(context: AttachContext, errno: number, what: string): Error {
  const site = { prog: context.spec.name };
  if (errno === EPERM || errno === EACCES) {
    return new Refused(`attaching ${context.spec.name} (${what})`, errno, {
      site,
      advice: "CAP_PERFMON is needed, or a lower kernel.perf_event_paranoid",
    });
  }
  return failure(context, errno, what);
}
