/**
 * kfuncs over what a live kernel has around a program: locks, RCU, tasks, keys, work queues. One thread runs here: locks are
 * never contended and nothing preempts. Source: kernel/bpf/helpers.c, kernel/bpf/rqspinlock.c, kernel/bpf/stream.c.
 */
import { EFAULT, EINVAL, ENOENT } from "../../base/errno.ts";
import { MAP_COUNT } from "../../layout/layout.ts";
import { retHalves } from "../helpers/args.ts";
import { bpfFormat, formatText, wordPairs } from "../helpers/format.ts";
import { readableEnd } from "../helpers/memory.ts";
import type { SlotProg } from "../maps/ops.ts";
import type { Runtime } from "../runtime.ts";
import type { KfuncRow } from "./rows.ts";

/** MAX_BPRINTF_VARARGS. */
const MAX_VARARGS = 12;
/** BPF_STDOUT, BPF_STDERR. */
const STREAMS: readonly number[] = [1, 2];
const BPF_F_PAD_ZEROS = 1;

const nothing = (): undefined => undefined;

export function kernelKfuncs(rt: Runtime, prog: () => SlotProg | null): readonly KfuncRow[] {
  const { u8, u32, works } = rt;

  function copyUserStr(dst: number, size: number, lo: number, hi: number, flags: number, flagsHi: number): number {
    if (flagsHi !== 0 || (flags & ~BPF_F_PAD_ZEROS) !== 0) return -EINVAL;
    const to = dst >>> 0;
    const room = size >>> 0;
    const from = lo >>> 0;
    const end = hi === 0 ? readableEnd(rt, from) : 0;
    if (room === 0) return 0;
    const seen = u8.subarray(from, Math.min(end, from + room));
    const nul = seen.indexOf(0);
    const pad = (flags & BPF_F_PAD_ZEROS) !== 0;
    if (nul < 0 && seen.length < room) {
      if (pad) u8.fill(0, to, to + room);
      return -EFAULT;
    }
    const length = nul < 0 ? room - 1 : nul;
    u8.copyWithin(to, from, from + length);
    u8[to + length] = 0;
    if (pad) u8.fill(0, to + length, to + room);
    return length + 1;
  }

  function printTo(stream: number, fmt: number, args: number, bytes: number): number {
    const count = bytes >>> 0;
    if (!STREAMS.includes(stream)) return -ENOENT;
    if (count % 8 !== 0 || count > MAX_VARARGS * 8 || (count > 0 && args === 0)) return -EINVAL;
    const format = formatText(rt, fmt >>> 0, u8.length);
    const text = format === null ? -EINVAL : bpfFormat(rt, format, wordPairs(rt, args >>> 0, count / 8));
    if (typeof text === "number") return text;
    rt.trace(text);
    return 0;
  }

  const taskOf = (pid: number): number => {
    const task = rt.currentTask();
    return pid > 0 && pid === rt.event.tid ? task : 0;
  };

  return [
    ["bpf_rcu_read_lock", "->v", nothing],
    ["bpf_rcu_read_unlock", "->v", nothing],
    ["bpf_preempt_disable", "->v", nothing],
    ["bpf_preempt_enable", "->v", nothing],
    ["bpf_local_irq_save", "8->v", (flags) => void u32.fill(0, flags! >>> 2, (flags! >>> 2) + 2)],
    ["bpf_local_irq_restore", "8->v", nothing],
    ["bpf_res_spin_lock", "i->s", () => 0],
    ["bpf_res_spin_unlock", "i->v", nothing],
    ["bpf_res_spin_lock_irqsave", "i8->s", () => 0],
    ["bpf_res_spin_unlock_irqrestore", "i8->v", nothing],
    ["__bpf_trap", "->v", nothing],
    // Of programs whose ctx is the kernel's already.
    ["bpf_cast_to_kern_ctx", "i->u", (ctx) => ctx],
    ["bpf_rdonly_cast", "di->d", (lo, hi) => retHalves(rt, lo!, hi!)],
    ["bpf_map_sum_elem_count", "i->u", (map) => (map === 0 ? 0 : u32[(map! + MAP_COUNT) >>> 2])],
    ["bpf_copy_from_user_str", "iidd->s", copyUserStr],
    ["bpf_stream_vprintk_impl", "iiiii->s", printTo],

    ["bpf_task_from_pid", "i->u", (pid) => taskOf(pid!)],
    ["bpf_task_from_vpid", "i->u", (pid) => taskOf(pid!)],
    ["bpf_task_acquire", "i->u", (task) => task],
    ["bpf_task_release", "i->v", nothing],
    // Of cgroups there is the task's own; no event tells of keys, files or slab caches.
    [
      "bpf_cgroup_from_id",
      "d->u",
      (lo, hi) => (lo! >>> 0 === rt.event.cgroupLo && hi! >>> 0 === rt.event.cgroupHi ? rt.currentCgroup() : 0),
    ],
    ["bpf_cgroup_acquire", "i->u", (cgroup) => cgroup],
    ["bpf_cgroup_release", "i->v", nothing],
    ["bpf_cgroup_ancestor", "ii->u", () => 0],
    ["bpf_task_get_cgroup1", "ii->u", () => 0],
    ["bpf_task_under_cgroup", "ii->s", (_task, cgroup) => (rt.cgroupIdOf(cgroup! >>> 0) !== 0 ? 1 : 0)],
    ["bpf_get_task_exe_file", "i->u", () => 0],
    ["bpf_put_file", "i->v", nothing],
    ["bpf_get_kmem_cache", "d->u", () => 0],
    ["bpf_lookup_user_key", "id->u", () => 0],
    ["bpf_lookup_system_key", "d->u", () => 0],
    ["bpf_key_put", "i->v", nothing],
    ["bpf_send_signal_task", "iiid->s", () => -EINVAL],

    ["bpf_wq_init", "6ii->s", (wq, map, flags) => (flags === 0 ? works.init(wq! >>> 0, map! >>> 0) : -EINVAL)],
    [
      "bpf_wq_set_callback_impl",
      "6iii->s",
      (wq, fn, flags) => {
        const owner = prog();
        return owner === null || flags !== 0 ? -EINVAL : works.setCallback(wq! >>> 0, owner, fn!);
      },
    ],
    ["bpf_wq_start", "6i->s", (wq, flags) => (flags === 0 ? works.start(wq! >>> 0, rt.clock()) : -EINVAL)],
  ];
}
