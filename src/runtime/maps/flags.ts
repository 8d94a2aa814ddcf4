/** Checks of map_flags that several map types share. Source: kernel/bpf/{hashtab,arraymap,syscall}.c, include/linux/bpf.h. */
import {
  BPF_F_INNER_MAP,
  BPF_F_MMAPABLE,
  BPF_F_NO_COMMON_LRU,
  BPF_F_NO_PREALLOC,
  BPF_F_NUMA_NODE,
  BPF_F_PRESERVE_ELEMS,
  BPF_F_RDONLY,
  BPF_F_RDONLY_PROG,
  BPF_F_WRONLY,
  BPF_F_WRONLY_PROG,
  BPF_F_ZERO_SEED,
} from "../../abi/flags.ts";

/** BPF_F_ACCESS_MASK. */
export const ACCESS_MASK: number = BPF_F_RDONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY | BPF_F_WRONLY_PROG;
export const ARRAY_FLAGS: number =
  BPF_F_NUMA_NODE | BPF_F_MMAPABLE | ACCESS_MASK | BPF_F_PRESERVE_ELEMS | BPF_F_INNER_MAP;
export const HASH_FLAGS: number =
  BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | ACCESS_MASK | BPF_F_ZERO_SEED;
/** PCPU_MIN_UNIT_SIZE: the largest value of a per-CPU map. */
export const PCPU_MIN_UNIT_SIZE: number = 32 << 10;
/** KMALLOC_MAX_SIZE on x86_64: key and value of a hash element stay below it. */
export const KMALLOC_MAX_SIZE: number = 4 << 20;
export const INT_MAX = 0x7fff_ffff;
export const PAGE_BYTES = 4096;

/** bpf_map_flags_access_ok: a map that programs may neither read nor write makes no sense. */
export function accessOk(flags: number): boolean {
  return (flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !== (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
}

export function onlyFlags(flags: number, allowed: number): boolean {
  return (flags & ~allowed) === 0;
}

export function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}

/** Smallest power of two >= value, for values up to 2^31. */
export function powerOfTwoFrom(value: number): number {
  let power = 1;
  while (power < value) power *= 2;
  return power;
}
