/** bpf_timer_init, set_callback, start, cancel. Callbacks run when the hook settles between two events: see timers.ts. */
import { EINVAL } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import type { SlotProg } from "../maps/ops.ts";
import type { Runtime } from "../runtime.ts";
import { u64Of } from "./args.ts";

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
const BPF_F_TIMER_ABS = 1;
const BPF_F_TIMER_CPU_PIN = 2;

export function timerHelpers(rt: Runtime, prog: () => SlotProg | null): HelperImpl[] {
  const { timers } = rt;
  return [
    {
      name: "timer_init",
      args: ["i", "i", "d"],
      ret: "s",
      fn: (timer, map, flags, flagsHi) => {
        const clock = flags!;
        const known = clock === CLOCK_MONOTONIC || clock === CLOCK_REALTIME || clock === CLOCK_BOOTTIME;
        return flagsHi !== 0 || !known ? -EINVAL : timers.init(timer! >>> 0, map! >>> 0);
      },
    },
    {
      name: "timer_set_callback",
      args: ["i", "i"],
      ret: "s",
      fn: (timer, fn) => {
        const owner = prog();
        return owner === null ? -EINVAL : timers.setCallback(timer! >>> 0, owner, fn!);
      },
    },
    {
      name: "timer_start",
      args: ["i", "d", "d"],
      ret: "s",
      fn: (timer, lo, hi, flags, flagsHi) => {
        if (flagsHi !== 0 || (flags! & ~(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN)) !== 0) return -EINVAL;
        const start = (flags! & BPF_F_TIMER_ABS) !== 0 ? 0 : rt.clock();
        return timers.start(timer! >>> 0, start + u64Of(lo!, hi!));
      },
    },
    { name: "timer_cancel", args: ["i"], ret: "s", fn: (timer) => timers.cancel(timer! >>> 0) },
  ];
}
