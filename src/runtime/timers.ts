/**
 * bpf_timer: callbacks of programs at a time, run between events by Runtime.settle. A timer is known by its address in a map
 * value; nothing of it lies in memory. It holds its program until it is cancelled or its value goes.
 * Source: kernel/bpf/helpers.c (bpf_timer_*, bpf_async_*).
 */
import { EBUSY, EDEADLK, EINVAL } from "../base/errno.ts";
import type { MapOps, SlotProg } from "./maps/ops.ts";

export interface Timers {
  /** Each returns 0 or -errno; `addr` is where the struct bpf_timer lies. */
  init(addr: number, map: number): number;
  setCallback(addr: number, prog: SlotProg, fn: number): number;
  start(addr: number, atNs: number): number;
  /** 1 where it was waiting to run. */
  cancel(addr: number): number;
  /** The value that holds the timer goes. */
  drop(addr: number): void;
  /** So does everything in the map. */
  dropMap(map: number): void;
  /** Timers that are initialised. */
  readonly count: number;
}

interface Timer {
  readonly addr: number;
  readonly map: number;
  prog: SlotProg | null;
  fn: number;
  disarm: (() => void) | null;
}

/** `kind`: the field of map values; bpf_wq is a timer that is due at once. */
export function createTimers(
  host: {
    now(): number;
    at(atNs: number, fn: () => void): () => void;
    mapAt(desc: number): MapOps | undefined;
  },
  kind: "timer" | "wq",
): Timers {
  const timers = new Map<number, Timer>();
  let running: Timer | null = null;

  const disarm = (timer: Timer): number => {
    const armed = timer.disarm !== null;
    timer.disarm?.();
    timer.disarm = null;
    return armed ? 1 : 0;
  };
  const letGo = (timer: Timer): void => {
    timer.prog?.unuse();
    timer.prog = null;
  };
  const fire = (timer: Timer): void => {
    timer.disarm = null;
    const map = host.mapAt(timer.map);
    if (timer.prog === null || map === undefined) return;
    const value = timer.addr - (map.record.find((field) => field.kind === kind)?.offBytes ?? 0);
    const before = running;
    running = timer;
    try {
      timer.prog.exec.invoke(timer.fn, timer.map, map.keyOf?.(value) ?? 0, value, 0);
    } finally {
      running = before;
    }
  };
  const drop = (addr: number): void => {
    const timer = timers.get(addr);
    if (timer === undefined) return;
    timers.delete(addr);
    disarm(timer);
    letGo(timer);
  };

  return {
    init(addr, map) {
      if (timers.has(addr)) return -EBUSY;
      timers.set(addr, { addr, map, prog: null, fn: 0, disarm: null });
      return 0;
    },
    setCallback(addr, prog, fn) {
      const timer = timers.get(addr);
      if (timer === undefined) return -EINVAL;
      if (timer.prog !== prog) {
        prog.use();
        letGo(timer);
        timer.prog = prog;
      }
      timer.fn = fn;
      return 0;
    },
    start(addr, atNs) {
      const timer = timers.get(addr);
      if (timer === undefined || timer.prog === null) return -EINVAL;
      disarm(timer);
      timer.disarm = host.at(atNs, () => fire(timer));
      return 0;
    },
    cancel(addr) {
      const timer = timers.get(addr);
      if (timer === undefined) return -EINVAL;
      if (timer === running) return -EDEADLK;
      letGo(timer);
      return disarm(timer);
    },
    drop,
    dropMap(map) {
      for (const timer of [...timers.values()]) if (timer.map === map) drop(timer.addr);
    },
    get count() {
      return timers.size;
    },
  };
}
