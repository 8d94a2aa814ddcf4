/** Helpers that run a callback of the program: loops and drains. Source: kernel/bpf/bpf_iter.c (bpf_loop), arraymap.c, hashtab.c. */
import { BPF_RB_FORCE_WAKEUP, BPF_RB_NO_WAKEUP } from "../../abi/flags.ts";
import { E2BIG, EINVAL } from "../../base/errno.ts";
import type { EngineEnv, HelperImpl } from "../../engine/engine.ts";
import { DYNPTR_LOCAL, initDynptr } from "../dynptr.ts";
import { isUserRing } from "../maps/user-ringbuf.ts";
import type { Runtime } from "../runtime.ts";

/** BPF_MAX_LOOPS. */
const MAX_LOOPS = 8 << 20;

export function callbackHelpers(rt: Runtime, env: EngineEnv): HelperImpl[] {
  const call = (fn: number, a: number, b: number, c: number, d: number): number => env.invoke?.(fn, a, b, c, d) ?? 1;
  return [
    {
      name: "loop",
      args: ["i", "i", "i", "d"],
      ret: "s",
      fn: (count, fn, ctx, flagsLo, flagsHi) => {
        if (flagsLo !== 0 || flagsHi !== 0) return -EINVAL;
        const loops = count! >>> 0;
        if (loops > MAX_LOOPS) return -E2BIG;
        for (let i = 0; i < loops; i++) if (call(fn!, i, ctx!, 0, 0) !== 0) return i + 1;
        return loops;
      },
    },
    {
      name: "for_each_map_elem",
      args: ["i", "i", "i", "d"],
      ret: "s",
      fn: (map, fn, ctx, flagsLo, flagsHi) => {
        if (flagsLo !== 0 || flagsHi !== 0) return -EINVAL;
        const ops = rt.mapAt(map! >>> 0);
        return ops?.each?.((key, value) => call(fn!, map!, key, value, ctx!)) ?? -EINVAL;
      },
    },
    {
      name: "user_ringbuf_drain",
      args: ["i", "i", "i", "d"],
      ret: "s",
      fn: (map, fn, ctx, flags, flagsHi) => {
        if (flagsHi !== 0 || (flags! & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)) !== 0) return -EINVAL;
        const ring = rt.mapAt(map! >>> 0);
        if (!isUserRing(ring)) return -EINVAL;
        return ring.drainTo((sample, size) => {
          initDynptr(rt.u32, rt.scratch, sample, DYNPTR_LOCAL, size);
          return call(fn!, rt.scratch, ctx!, 0, 0);
        });
      },
    },
  ];
}
