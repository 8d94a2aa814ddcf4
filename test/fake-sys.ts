/**
 * A kernel made of answers, for what the real one does not do here: commands of bpf(2) by number, everything else by
 * syscall number. Buffers have made-up addresses that the answers can look into.
 */
import { SYSCALLS, type Sys, type SysBuffer } from "../src/linux/sys.ts";

export interface FakeKernel extends Sys {
  /** Commands of bpf(2) in the order they came. */
  readonly commands: number[];
  readonly closed: number[];
  /** The bytes that begin at an address. */
  at(addr: number): Uint8Array;
}

export type BpfAnswer = (attr: DataView, kernel: FakeKernel) => number;

/** Commands without an answer fail with ENOSYS (38); close, mmap and munmap succeed. */
export function fakeSys(bpf: Readonly<Record<number, BpfAnswer>>): FakeKernel {
  const nr = SYSCALLS["x64"]!;
  const buffers: SysBuffer[] = [];
  let nextAddr = 0x7f00_0000_0000;
  const kernel: FakeKernel = {
    nr,
    commands: [],
    closed: [],
    syscall(number, a = 0): number {
      if (number === nr.close) kernel.closed.push(a);
      return 0;
    },
    bpf(cmd, attrAddr, attrBytes): number {
      kernel.commands.push(cmd);
      const bytes = kernel.at(attrAddr);
      return bpf[cmd]?.(new DataView(bytes.buffer, bytes.byteOffset, attrBytes), kernel) ?? -38;
    },
    alloc(sizeBytes): SysBuffer {
      const bytes = new Uint8Array(sizeBytes);
      const buffer = { bytes, view: new DataView(bytes.buffer), addr: nextAddr };
      nextAddr += sizeBytes + 4096;
      buffers.push(buffer);
      return buffer;
    },
    view: (_addr, sizeBytes) => new Uint8Array(sizeBytes),
    poll: () => ({ close: () => {} }),
    at(addr): Uint8Array {
      const buffer = buffers.find((each) => addr >= each.addr && addr < each.addr + each.bytes.length);
      if (buffer === undefined) throw new Error(`nothing at ${addr.toString(16)}`);
      return buffer.bytes.subarray(addr - buffer.addr);
    },
  };
  return kernel;
}
