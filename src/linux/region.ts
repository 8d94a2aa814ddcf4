/**
 * Mappings that JavaScript holds views of. Touching a view after munmap would end the process, so close() puts anonymous memory
 * in the mapping's place: old views stay harmless, what was mapped is let go. The address range itself goes back when
 * nobody can reach the view any more.
 */
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ, PROT_WRITE, type Sys } from "./sys.ts";

export interface Region {
  readonly addr: number;
  readonly bytes: Uint8Array;
  close(): void;
}

const MAP_NORESERVE = 0x4000;

interface Range {
  readonly sys: Sys;
  readonly addr: number;
  readonly size: number;
}

/** mmap(2) of whole pages, to be read and written; -errno where it fails. */
export function mapRegion(
  sys: Sys,
  size: number,
  flags: number,
  fd: number,
  offset: number,
  addr = 0,
): Region | number {
  const at = sys.syscall(sys.nr.mmap, addr, size, PROT_READ | PROT_WRITE, flags, fd, offset);
  return at < 0 ? at : regionAt(sys, at, size);
}

/** What is mapped there already. */
export function regionAt(sys: Sys, addr: number, size: number): Region {
  const bytes = sys.view(addr, size);
  let open = true;
  reclaim.register(bytes.buffer, { sys, addr, size });
  return {
    addr,
    bytes,
    close(): void {
      if (!open) return;
      open = false;
      const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
      sys.syscall(sys.nr.mmap, addr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    },
  };
}

const reclaim = new FinalizationRegistry<Range>(({ sys, addr, size }) => {
  sys.syscall(sys.nr.munmap, addr, size);
});
