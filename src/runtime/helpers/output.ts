/** Events to user space: ring buffers, perf event arrays, stacks. Source: kernel/bpf/ringbuf.c, stackmap.c, trace/bpf_trace.c. */
import { BPF_F_SKIP_FIELD_MASK, BPF_F_USER_BUILD_ID, BPF_F_USER_STACK } from "../../abi/flags.ts";
import { EFAULT, EINVAL } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import { isRing, ringOfSample } from "../maps/ringbuf.ts";
import { isStackTrace } from "../maps/stack-trace.ts";
import type { Runtime } from "../runtime.ts";
import { BAD_FLAGS, mapFlags, ret64 } from "./args.ts";

export function outputHelpers(rt: Runtime): HelperImpl[] {
  return [...ringbufHelpers(rt), ...perfHelpers(rt), ...stackHelpers(rt)];
}

function ringbufHelpers(rt: Runtime): HelperImpl[] {
  const commit = (sample: number, flags: number, discard: boolean): undefined => {
    const ring = rt.mapAt(ringOfSample(rt.u32, sample));
    if (isRing(ring)) ring.commit(sample, flags, discard);
  };
  return [
    {
      name: "ringbuf_output",
      args: ["i", "i", "d", "d"],
      ret: "s",
      fn: (map, data, size, sizeHi, flags, flagsHi) => {
        const ring = rt.mapAt(map! >>> 0);
        if (!isRing(ring)) return -EINVAL;
        return ring.output(data! >>> 0, sizeHi === 0 ? size! >>> 0 : BAD_FLAGS, mapFlags(flags!, flagsHi!));
      },
    },
    {
      name: "ringbuf_reserve",
      args: ["i", "d", "d"],
      ret: "u",
      fn: (map, size, sizeHi, flags, flagsHi) => {
        const ring = rt.mapAt(map! >>> 0);
        if (!isRing(ring) || flags !== 0 || flagsHi !== 0) return 0;
        return ring.reserve(sizeHi === 0 ? size! >>> 0 : BAD_FLAGS);
      },
    },
    {
      name: "ringbuf_submit",
      args: ["i", "d"],
      ret: "v",
      fn: (sample, flags) => commit(sample! >>> 0, flags!, false),
    },
    {
      name: "ringbuf_discard",
      args: ["i", "d"],
      ret: "v",
      fn: (sample, flags) => commit(sample! >>> 0, flags!, true),
    },
    {
      name: "ringbuf_query",
      args: ["i", "d"],
      ret: "d",
      fn: (map, flags, flagsHi) => {
        const ring = rt.mapAt(map! >>> 0);
        return ret64(rt, isRing(ring) ? ring.query(mapFlags(flags!, flagsHi!)) : 0);
      },
    },
  ];
}

function perfHelpers(rt: Runtime): HelperImpl[] {
  return [
    {
      // The form of tracing programs. Packet programs take packet bytes by the upper half of flags: see hooks.
      name: "perf_event_output",
      args: ["i", "i", "d", "i", "d"],
      ret: "s",
      fn: (_ctx, map, flags, flagsHi, data, size, sizeHi) =>
        flagsHi !== 0 || sizeHi !== 0 ? -EINVAL : rt.perfOutput(map!, flags!, data!, size!, 0, 0),
    },
  ];
}

function stackHelpers(rt: Runtime): HelperImpl[] {
  const frames = (flags: number): readonly bigint[] =>
    (flags & BPF_F_USER_STACK) !== 0 ? rt.event.userStack : rt.event.kernelStack;
  const copyStack = (_of: number, buf: number, size: number, flags: number, flagsHi: number): number => {
    const at = buf >>> 0;
    const bytes = size >>> 0;
    rt.u8.fill(0, at, at + bytes);
    const known = BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK;
    if (flagsHi !== 0 || (flags & ~(known | BPF_F_USER_BUILD_ID)) !== 0 || bytes % 8 !== 0) return -EINVAL;
    const all = frames(flags);
    const skip = flags & BPF_F_SKIP_FIELD_MASK;
    // No stack in the event, or build ids asked for: there is nothing to walk.
    if (all.length === 0 || all.length < skip || (flags & BPF_F_USER_BUILD_ID) !== 0) return -EFAULT;
    const kept = all.slice(skip, skip + bytes / 8);
    kept.forEach((ip, i) => {
      rt.view.setBigUint64(at + 8 * i, BigInt.asUintN(64, ip), true);
    });
    return 8 * kept.length;
  };
  return [
    {
      name: "get_stackid",
      args: ["i", "i", "d"],
      ret: "s",
      fn: (_ctx, map, flags, flagsHi) => {
        const stacks = rt.mapAt(map! >>> 0);
        return isStackTrace(stacks) ? stacks.idOf(frames(flags!), mapFlags(flags!, flagsHi!)) : -EINVAL;
      },
    },
    { name: "get_stack", args: ["i", "i", "i", "d"], ret: "s", fn: copyStack },
    { name: "get_task_stack", args: ["i", "i", "i", "d"], ret: "s", fn: copyStack },
  ];
}
