/** Which recorded events a tracing program runs on, by its section and the event's name (docs/events.md). */
import { BPF_TRACE_FEXIT, BPF_TRACE_RAW_TP } from "../../abi/attach-types.ts";
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_TRACING,
} from "../../abi/prog-types.ts";
import type { RecordedEvent } from "../../loader/events.ts";
import type { ProgSpec } from "../../obj/spec.ts";

/** Whether a program runs on an event: its section names it, and what stands before the colon fits the program's kind. */
export function wants(spec: ProgSpec, event: RecordedEvent): boolean {
  const kind = kindOf(event.event);
  if (kind !== "" && !kindsOf(spec).includes(kind)) return false;
  const name = plainName(event.event);
  const target = targetOf(spec);
  if (target === "") return true;
  // Raw tracepoints are named without their group.
  return (
    name === target ||
    (isRaw(spec.type) && name.slice(name.indexOf("/") + 1) === target) ||
    (/[*?]/.test(target) && globMatches(target, name))
  );
}

/** Programs whose ctx is u64 args[]. */
export function isRaw(type: number): boolean {
  switch (type) {
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_TRACING:
      return true;
    default:
      return false;
  }
}

const KIND = /^(raw|tracepoint|tp|kprobe|kretprobe|uprobe|uretprobe|fentry|fexit|perf):/;

/** "kretprobe" of "kretprobe:do_unlinkat"; "" where the event only has a name. */
function kindOf(event: string): string {
  return KIND.exec(event)?.[1] ?? "";
}

/** Without "raw:", "tracepoint:", "kprobe:", ... in front. */
export function plainName(event: string): string {
  return event.replace(KIND, "");
}

/** Multi probes: "tcp_*". `*` is any text, `?` one character. */
function globMatches(pattern: string, name: string): boolean {
  const parts = pattern.split("*");
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    const last = i === parts.length - 1;
    const found = last && i > 0 ? Math.max(at, name.length - part.length) : indexOfPart(name, part, at, i === 0);
    if (found < 0 || !partAt(name, part, found)) return false;
    at = found + part.length;
  }
  return at === name.length;
}

function indexOfPart(name: string, part: string, from: number, anchored: boolean): number {
  if (anchored) return from;
  for (let at = from; at + part.length <= name.length; at++) if (partAt(name, part, at)) return at;
  return -1;
}

function partAt(name: string, part: string, at: number): boolean {
  for (let i = 0; i < part.length; i++) if (part[i] !== "?" && part[i] !== name[at + i]) return false;
  return at + part.length <= name.length;
}

const PROBE_KINDS: readonly string[] = ["kprobe", "kretprobe", "uprobe", "uretprobe"];

/** What may stand in front of events of a program: entry and return of a function have the same name. */
function kindsOf(spec: ProgSpec): readonly string[] {
  switch (spec.type) {
    case BPF_PROG_TYPE_TRACEPOINT:
      return ["tracepoint", "tp"];
    case BPF_PROG_TYPE_KPROBE: {
      const [, where, ret] = /^\??([ku])(ret)?(?:probe|syscall)/.exec(spec.section) ?? [];
      if (where === undefined) return PROBE_KINDS;
      const entry = `${where}probe`;
      return spec.section.includes(".session")
        ? [entry, `${where}retprobe`]
        : [ret === undefined ? entry : `${where}retprobe`];
    }
    case BPF_PROG_TYPE_PERF_EVENT:
      return ["perf"];
    case BPF_PROG_TYPE_TRACING:
      if (spec.expectedAttachType === BPF_TRACE_FEXIT) return ["fexit"];
      return spec.expectedAttachType === BPF_TRACE_RAW_TP ? ["raw"] : ["fentry"];
    default:
      return ["raw"];
  }
}

/** What the program's section names, in the words of events: "syscalls/sys_enter_openat", "do_unlinkat", "cpu-clock". */
export function targetOf(spec: ProgSpec): string {
  return spec.attachTo.replace(/\+0x[0-9a-f]+$|\+\d+$/, "");
}
