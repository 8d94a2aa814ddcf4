/** Time, chance and where the program runs. All of it can be injected: see RuntimeOptions. */
import type { HelperImpl } from "../../engine/engine.ts";
import type { Runtime } from "../runtime.ts";
import { ret64, retBig } from "./args.ts";

/** CONFIG_HZ of the kernel that the runtime models. */
const HZ = 250;
const JIFFY_NS: number = 1_000_000_000 / HZ;
/** INITIAL_JIFFIES: the counter wraps 5 minutes after boot, include/linux/jiffies.h. */
const INITIAL_JIFFIES: number = 2 ** 32 - 300 * HZ;

export function timeHelpers(rt: Runtime): HelperImpl[] {
  const now = (): number => ret64(rt, rt.clock());
  return [
    { name: "ktime_get_ns", args: [], ret: "d", fn: now },
    { name: "ktime_get_boot_ns", args: [], ret: "d", fn: now },
    {
      name: "ktime_get_coarse_ns",
      args: [],
      ret: "d",
      fn: () => ret64(rt, Math.floor(rt.clock() / JIFFY_NS) * JIFFY_NS),
    },
    {
      name: "ktime_get_tai_ns",
      args: [],
      ret: "d",
      fn: () => {
        const { wallSec, wallNsec, nowNs } = rt.event;
        const recorded = nowNs >= 0 && (wallSec !== 0 || wallNsec !== 0);
        const offset = recorded ? BigInt(wallSec) * 1_000_000_000n + BigInt(wallNsec) : rt.realtimeOffsetNs;
        return retBig(rt, BigInt(rt.clock()) + offset);
      },
    },
    {
      name: "jiffies64",
      args: [],
      ret: "d",
      fn: () => ret64(rt, INITIAL_JIFFIES + Math.floor(rt.clock() / JIFFY_NS)),
    },
    { name: "get_prandom_u32", args: [], ret: "u", fn: () => rt.random() },
    { name: "get_smp_processor_id", args: [], ret: "u", fn: () => rt.cpu() },
    { name: "get_numa_node_id", args: [], ret: "s", fn: () => 0 },
  ];
}
