/** Recorded events, as tracing programs replay them: a line of JSON each. docs/events.md is the schema. */

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
  /** Values by field name. A string where the format has a pointer is placed in event memory. */
  readonly fields?: Readonly<Record<string, EventValue>>;
  readonly stack?: { readonly kernel?: readonly (number | string)[]; readonly user?: readonly (number | string)[] };
}

export type EventValue = number | bigint | string | boolean | null | readonly EventValue[];

export interface EventReplayOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (events: number) => void;
  /** Called after each event that the program ran on, with its return value. */
  readonly onEvent?: (event: RecordedEvent, retval: number) => void;
}

export interface EventReplayResult {
  /** Events that the program ran on, and those of other names. */
  events: number;
  skipped: number;
  nsPerEvent: number;
}
