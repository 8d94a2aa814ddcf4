/**
 * CPU masks: objects of one bit a CPU, as many bits as the runtime has CPUs (1 to 1024). Source: kernel/bpf/cpumask.c.
 *
 *     struct bpf_cpumask   +0 128 bytes of mask   +128 owners u32
 */
import { EACCES } from "../../base/errno.ts";
import type { Runtime } from "../runtime.ts";
import type { KfuncRow } from "./rows.ts";

const MASK_BYTES = 128;
const OWNERS = MASK_BYTES;

export function cpumaskKfuncs(rt: Runtime): readonly KfuncRow[] {
  const { u8, u32, objects, cpus } = rt;
  const words = Math.ceil(cpus / 32);
  const lastBits = cpus % 32 === 0 ? 0xffff_ffff : 2 ** (cpus % 32) - 1;
  /** Word i of the mask at `at`, without what lies past the last CPU. */
  const word = (at: number, i: number): number =>
    (u32[(at >>> 2) + i]! & (i === words - 1 ? lastBits : 0xffff_ffff)) >>> 0;
  const valid = (cpu: number): boolean => cpu >>> 0 < cpus;
  const has = (cpu: number, at: number): number => (word(at, cpu >>> 5) >>> (cpu & 31)) & 1;
  const put = (cpu: number, at: number, on: boolean): void => {
    const index = (at >>> 2) + (cpu >>> 5);
    u32[index] = on ? u32[index]! | (1 << (cpu & 31)) : u32[index]! & ~(1 << (cpu & 31));
  };
  /** The first CPU whose bit is set in what `value` gives for each word; the number of CPUs where there is none. */
  const first = (value: (i: number) => number): number => {
    for (let i = 0; i < words; i++) {
      const bits = value(i);
      if (bits !== 0) return Math.min(cpus, i * 32 + 31 - Math.clz32(bits & -bits));
    }
    return cpus;
  };
  const each = (dst: number, value: (i: number) => number): number => {
    let any = 0;
    for (let i = 0; i < words; i++) {
      u32[(dst >>> 2) + i] = value(i);
      any |= word(dst, i);
    }
    return any === 0 ? 0 : 1;
  };
  const all = (test: (i: number) => boolean): number => {
    for (let i = 0; i < words; i++) if (!test(i)) return 0;
    return 1;
  };
  const both = (a: number, b: number): number => first((i) => word(a, i) & word(b, i));
  const full = (i: number): number => (i === words - 1 ? lastBits : 0xffff_ffff);
  const swap = (cpu: number, at: number, on: boolean): number => {
    if (!valid(cpu)) return 0;
    const before = has(cpu, at);
    put(cpu, at, on);
    return before;
  };
  const weight = (at: number): number => {
    let count = 0;
    for (let i = 0; i < words; i++) for (let bits = word(at, i); bits !== 0; bits &= bits - 1) count++;
    return count;
  };

  return [
    ["bpf_cpumask_create", "->u", () => objects.createRaw(MASK_BYTES + 8, OWNERS)],
    ["bpf_cpumask_acquire", "o->u", (mask) => objects.acquire(mask! >>> 0)],
    ["bpf_cpumask_release", "o->v", (mask) => objects.drop(mask! >>> 0) as undefined],
    ["bpf_cpumask_first", "o->u", (mask) => first((i) => word(mask!, i))],
    ["bpf_cpumask_first_zero", "o->u", (mask) => first((i) => (~word(mask!, i) & full(i)) >>> 0)],
    ["bpf_cpumask_first_and", "oo->u", (a, b) => both(a!, b!)],
    ["bpf_cpumask_any_distribute", "o->u", (mask) => first((i) => word(mask!, i))],
    ["bpf_cpumask_any_and_distribute", "oo->u", (a, b) => both(a!, b!)],
    ["bpf_cpumask_set_cpu", "io->v", (cpu, mask) => void swap(cpu!, mask!, true)],
    ["bpf_cpumask_clear_cpu", "io->v", (cpu, mask) => void swap(cpu!, mask!, false)],
    ["bpf_cpumask_test_cpu", "io->u", (cpu, mask) => (valid(cpu!) ? has(cpu!, mask!) : 0)],
    ["bpf_cpumask_test_and_set_cpu", "io->u", (cpu, mask) => swap(cpu!, mask!, true)],
    ["bpf_cpumask_test_and_clear_cpu", "io->u", (cpu, mask) => swap(cpu!, mask!, false)],
    ["bpf_cpumask_setall", "o->v", (mask) => void each(mask!, full)],
    ["bpf_cpumask_clear", "o->v", (mask) => void each(mask!, () => 0)],
    ["bpf_cpumask_and", "ooo->u", (dst, a, b) => each(dst!, (i) => word(a!, i) & word(b!, i))],
    ["bpf_cpumask_or", "ooo->v", (dst, a, b) => void each(dst!, (i) => word(a!, i) | word(b!, i))],
    ["bpf_cpumask_xor", "ooo->v", (dst, a, b) => void each(dst!, (i) => word(a!, i) ^ word(b!, i))],
    ["bpf_cpumask_copy", "oo->v", (dst, src) => void each(dst!, (i) => word(src!, i))],
    ["bpf_cpumask_equal", "oo->u", (a, b) => all((i) => word(a!, i) === word(b!, i))],
    ["bpf_cpumask_intersects", "oo->u", (a, b) => (both(a!, b!) < cpus ? 1 : 0)],
    ["bpf_cpumask_subset", "oo->u", (a, b) => all((i) => (word(a!, i) & ~word(b!, i)) === 0)],
    ["bpf_cpumask_empty", "o->u", (mask) => all((i) => word(mask!, i) === 0)],
    ["bpf_cpumask_full", "o->u", (mask) => all((i) => word(mask!, i) === full(i))],
    ["bpf_cpumask_weight", "o->u", (mask) => weight(mask!)],
    [
      "bpf_cpumask_populate",
      "omi->s",
      (mask, from, size) => {
        const bytes = Math.ceil(cpus / 64) * 8;
        if (size! >>> 0 < bytes) return -EACCES;
        u8.copyWithin(mask! >>> 0, from! >>> 0, (from! >>> 0) + bytes);
        return 0;
      },
    ],
  ];
}
