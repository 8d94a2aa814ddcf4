/** Recorded events, as tracing programs replay them: a line of JSON each. docs/events.md is the schema. */

import { SkepError } from "../base/error.ts";

/** A line of a recording (docs/events.md), parsed. */
export interface RecordedEvent {
  /** "syscalls/sys_enter_openat", "sched/sched_switch"; "raw:sched_switch" for raw tracepoints. */
  readonly event: string;
  /** Nanoseconds, monotonic or since 1970. */
  readonly ts?: number | bigint;
  readonly cpu?: number;
  readonly pid?: number;
  readonly tid?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly comm?: string;
  readonly cgroup?: number | bigint;
  /** Values by field name. What a pointer leads to (text, bytes, an object for a struct) is placed in event memory. */
  readonly fields?: Readonly<Record<string, EventValue>>;
  readonly stack?: { readonly kernel?: readonly (number | string)[]; readonly user?: readonly (number | string)[] };
}

export type EventValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | readonly EventValue[]
  | { readonly [name: string]: EventValue };

export interface EventReplayOptions {
  readonly signal?: AbortSignal;
  /** Now and then, with the number of events read. */
  readonly onProgress?: (events: number) => void;
  /** Called after each event that a program ran on, with its return value and its name. */
  readonly onEvent?: (event: RecordedEvent, retval: number, prog: string) => void;
}

export interface EventReplayResult {
  /** Events that the program ran on, and those of other names. */
  events: number;
  skipped: number;
  nsPerEvent: number;
}

/**
 * The events of a recording: JSON lines; empty lines and lines that begin with '#' are skipped. Throws "events/json" or
 * "events/schema" with file and line.
 */
export function* parseEvents(bytes: Uint8Array, file = "events"): Generator<RecordedEvent, void, undefined> {
  const decoder = new TextDecoder();
  let line = 0;
  for (let at = 0; at < bytes.length; ) {
    let end = bytes.indexOf(10, at);
    if (end < 0) end = bytes.length;
    line++;
    const text = decoder.decode(bytes.subarray(at, end)).trim();
    at = end + 1;
    if (text === "" || text.startsWith("#")) continue;
    const event = parseEvent(text, file, line);
    places.set(event, { file, line });
    yield event;
  }
}

/** Where events that were parsed stood: what is wrong with their fields shows only once they are laid out for a program. */
const places = new WeakMap<RecordedEvent, { readonly file: string; readonly line: number }>();

/** Runs `replay` over the events; a failure that one of them is to blame for ("events/...") gets its file and line. */
export function placed<T>(events: Iterable<RecordedEvent>, replay: (events: Iterable<RecordedEvent>) => T): T {
  let current: RecordedEvent | undefined;
  function* followed(): Generator<RecordedEvent, void, undefined> {
    for (const event of events) {
      current = event;
      yield event;
    }
  }
  try {
    return replay(followed());
  } catch (error) {
    const place = current === undefined ? undefined : places.get(current);
    if (place === undefined || !(error instanceof SkepError)) throw error;
    if (!error.code.startsWith("events/") || error.site.line !== undefined) throw error;
    const { code, message, advice } = error;
    const site = { ...error.site, ...place };
    throw new SkepError(code, message, { site, ...(advice === undefined ? {} : { advice }), cause: error });
  }
}

function parseEvent(text: string, file: string, line: number): RecordedEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SkepError("events/json", `line ${line} is not JSON: ${(cause as Error).message}`, {
      site: { file, line },
      advice: "a recording has one JSON object a line",
      cause,
    });
  }
  const wrong = schemaError(value);
  if (wrong === null) return value as RecordedEvent;
  throw new SkepError("events/schema", `line ${line}: ${wrong}`, {
    site: { file, line },
    advice: "see docs/events.md",
  });
}

const NUMBERS = ["cpu", "pid", "tid", "uid", "gid"] as const;

function schemaError(value: unknown): string | null {
  if (!isRecord(value)) return "an event is an object";
  if (typeof value["event"] !== "string" || value["event"] === "") return 'an event has a name: "event": "group/name"';
  for (const name of NUMBERS) {
    const n = value[name];
    if (n !== undefined && !(typeof n === "number" && Number.isInteger(n) && n >= 0 && n <= 0xffffffff)) {
      return `${name} is a whole number from 0 to 4294967295`;
    }
  }
  for (const name of ["ts", "cgroup"]) {
    const n = value[name];
    if (n !== undefined && !(typeof n === "number" && Number.isInteger(n) && n >= 0))
      return `${name} is a whole number`;
  }
  if (value["comm"] !== undefined && typeof value["comm"] !== "string") return "comm is text";
  if (value["fields"] !== undefined && !isRecord(value["fields"])) return "fields is an object";
  const stack = value["stack"];
  if (stack !== undefined && !isRecord(stack)) return "stack is an object";
  for (const side of ["kernel", "user"]) {
    const list = isRecord(stack) ? stack[side] : undefined;
    if (
      list !== undefined &&
      !(Array.isArray(list) && list.every((ip) => typeof ip === "number" || typeof ip === "string"))
    ) {
      return `stack.${side} is a list of addresses`;
    }
  }
  return null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
