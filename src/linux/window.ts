/**
 * A mmap'd array map: global variables are read and written in place, in 2 to 4 ns. The kernel would kill the process for
 * touching a view after munmap, and for writing one that is read only, so:
 *
 *     frozen sections (.rodata)  get a copy, which says the same for ever
 *     close()                    leaves old views harmless and lets the map go (region.ts)
 *
 * Source: kernel/bpf/arraymap.c array_map_mmap, kernel/bpf/syscall.c bpf_map_mmap.
 */
import { BPF_F_MMAPABLE } from "../abi/flags.ts";
import { BPF_MAP_TYPE_ARENA, BPF_MAP_TYPE_ARRAY } from "../abi/map-types.ts";
import type { MapSpec } from "../obj/spec.ts";
import { mapRegion, regionAt } from "./region.ts";
import { MAP_SHARED, PAGE_BYTES, PROT_READ, PROT_WRITE, type Sys } from "./sys.ts";

export interface Window {
  readonly bytes: Uint8Array;
  /** Absent for a copy. */
  readonly addr?: number;
  close(): void;
}

/** null where the map is not one that the kernel lets user space map. */
export function mapWindow(sys: Sys, fd: number, spec: MapSpec, frozen: boolean): Window | null {
  if ((spec.flags & BPF_F_MMAPABLE) === 0) return null;
  if (spec.type === BPF_MAP_TYPE_ARENA) return mapArena(sys, fd, spec);
  if (spec.type !== BPF_MAP_TYPE_ARRAY) return null;
  const stride = (spec.valueSize + 7) & ~7;
  const used = spec.maxEntries === 1 ? spec.valueSize : stride * spec.maxEntries;
  const size = Math.ceil((stride * spec.maxEntries) / PAGE_BYTES) * PAGE_BYTES;
  const prot = frozen ? PROT_READ : PROT_READ | PROT_WRITE;
  const addr = sys.syscall(sys.nr.mmap, 0, size, prot, MAP_SHARED, fd, 0);
  if (addr < 0) return null;
  if (frozen) {
    const copy = sys.view(addr, size).slice(0, used);
    sys.syscall(sys.nr.munmap, addr, size);
    return { bytes: copy, close: () => {} };
  }
  const region = regionAt(sys, addr, size);
  return { addr, bytes: region.bytes.subarray(0, used), close: () => region.close() };
}

/**
 * The whole arena, at the address that it asks for or the kernel's choice. The first mapping decides what pointers in it look
 * like, so it must be there before a program is loaded. Source: kernel/bpf/arena.c arena_map_mmap.
 */
function mapArena(sys: Sys, fd: number, spec: MapSpec): Window | null {
  const wanted = Number(spec.mapExtra);
  const flags = MAP_SHARED | (wanted === 0 ? 0 : MAP_FIXED_NOREPLACE);
  const region = mapRegion(sys, spec.maxEntries * PAGE_BYTES, flags, fd, 0, wanted);
  return typeof region === "number" ? null : region;
}

const MAP_FIXED_NOREPLACE = 0x10_0000;
