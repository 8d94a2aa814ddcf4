/**
 * Open-coded iterators: numbers, bits, tasks.
 *
 *     bpf_iter_num    +0 current s32   +4 end s32
 *     bpf_iter_bits   +0 the word itself, or where a copy of several lies   +8 bits s32   +12 current s32
 *     bpf_iter_task   +0 1 until the one task that an event tells of was given
 *
 * Source: kernel/bpf/bpf_iter.c (bpf_iter_num_*), kernel/bpf/helpers.c (bpf_iter_bits_*), kernel/bpf/task_iter.c.
 */
import { E2BIG, EFAULT, EINVAL, ENOENT, ENOMEM } from "../../base/errno.ts";
import { readableEnd } from "../helpers/memory.ts";
import type { Runtime } from "../runtime.ts";
import type { KfuncRow } from "./rows.ts";

/** BPF_MAX_LOOPS. */
const MAX_LOOPS = 8 << 20;
/** BITS_ITER_NR_WORDS_MAX. */
const MAX_WORDS = 511;
/** BPF_TASK_ITER_PROC_THREADS is the last of its kinds. */
const TASK_FLAGS_MAX = 2;

export function iterKfuncs(rt: Runtime): readonly KfuncRow[] {
  const { u8, u32, i32, heap } = rt;

  function numNew(it: number, start: number, end: number): number {
    const at = it >>> 2;
    const err = start > end ? -EINVAL : end - start > MAX_LOOPS ? -E2BIG : 0;
    i32[at] = err === 0 ? start - 1 : 0;
    i32[at + 1] = err === 0 ? end : 0;
    return err;
  }

  function numNext(it: number): number {
    const at = it >>> 2;
    const next = (i32[at]! + 1) | 0;
    if (next >= i32[at + 1]!) {
      i32[at] = 0;
      i32[at + 1] = 0;
      return 0;
    }
    i32[at] = next;
    return it;
  }

  function bitsNew(it: number, lo: number, hi: number, words: number): number {
    const from = lo >>> 0;
    const count = words >>> 0;
    const at = it >>> 2;
    u32.fill(0, at, at + 3);
    i32[at + 3] = -1;
    if ((from === 0 && hi === 0) || count === 0) return -EINVAL;
    if (count > MAX_WORDS) return -E2BIG;
    if (hi !== 0 || from + count * 8 > readableEnd(rt, from)) return -EFAULT;
    let to = it >>> 0;
    if (count > 1) {
      to = heap.tryAlloc(count * 8);
      if (to === 0) return -ENOMEM;
      u32[at] = to;
    }
    u8.copyWithin(to, from, from + count * 8);
    u32[at + 2] = count * 64;
    return 0;
  }

  function bitsNext(it: number): number {
    const at = it >>> 2;
    const bits = u32[at + 2]!;
    const before = i32[at + 3]!;
    if (bits === 0 || before >= bits) return 0;
    const base = bits === 64 ? at : u32[at]! >>> 2;
    for (let bit = before + 1; bit < bits; bit++) {
      const word = u32[base + (bit >>> 5)]! >>> (bit & 31);
      if (word === 0) {
        bit |= 31;
        continue;
      }
      bit += 31 - Math.clz32(word & -word);
      i32[at + 3] = bit;
      return (it >>> 0) + 12;
    }
    i32[at + 3] = bits;
    return 0;
  }

  function bitsDestroy(it: number): undefined {
    const at = it >>> 2;
    if (u32[at + 2]! <= 64) return;
    heap.free(u32[at]!);
    u32[at + 2] = 0;
  }

  const taskNew = (it: number, _task: number, flags: number): number => {
    u32[it >>> 2] = flags >>> 0 <= TASK_FLAGS_MAX ? 1 : 0;
    return flags >>> 0 <= TASK_FLAGS_MAX ? 0 : -EINVAL;
  };
  const taskNext = (it: number): number => {
    if (u32[it >>> 2] !== 1) return 0;
    u32[it >>> 2] = 0;
    return rt.currentTask();
  };

  return [
    ["bpf_iter_num_new", "8ii->s", numNew],
    ["bpf_iter_num_next", "8->u", numNext],
    ["bpf_iter_num_destroy", "8->v", (it) => void u32.fill(0, it! >>> 2, (it! >>> 2) + 2)],
    ["bpf_iter_bits_new", "6di->s", bitsNew],
    ["bpf_iter_bits_next", "6->u", bitsNext],
    ["bpf_iter_bits_destroy", "6->v", bitsDestroy],
    ["bpf_iter_task_new", "4ii->s", taskNew],
    ["bpf_iter_task_next", "4->u", taskNext],
    ["bpf_iter_task_destroy", "4->v", () => undefined],
    // No event tells of a task's memory.
    ["bpf_iter_task_vma_new", "8id->s", () => -ENOENT],
    ["bpf_iter_task_vma_next", "8->u", () => 0],
    ["bpf_iter_task_vma_destroy", "8->v", () => undefined],
  ];
}
