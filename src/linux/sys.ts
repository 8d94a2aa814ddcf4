/**
 * The one door to the kernel: everything in linux/ goes through a `Sys`, so that a test can stand in for the kernel (refuse
 * what this machine allows, or answer what it lacks) and nothing else needs native code.
 *
 *     SysBuffer   bytes outside the JavaScript heap, with an address that the kernel can be given
 *     syscall     raw system call by number; the result, or -errno
 */
export interface SysBuffer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Address in this process. */
  readonly addr: number;
}

export interface PollHandle {
  close(): void;
}

export interface Sys {
  /** System call numbers of this machine. */
  readonly nr: SyscallNumbers;
  /** Result, or -errno. Arguments are plain numbers: fds, sizes, flags, addresses (below 2^53). */
  syscall(nr: number, a?: number, b?: number, c?: number, d?: number, e?: number, f?: number): number;
  /** bpf(2): the one that is called millions of times. Result, or -errno. */
  bpf(cmd: number, attrAddr: number, attrBytes: number): number;
  /** Zeroed; lives as long as it is referenced. */
  alloc(sizeBytes: number): SysBuffer;
  /** The bytes at an address, without a copy: mmap'd memory only, dead after munmap. */
  view(addr: number, sizeBytes: number): Uint8Array;
  /** Calls back whenever the fd is readable, and keeps the process alive until closed. */
  poll(fd: number, onReadable: () => void): PollHandle;
}

export interface SyscallNumbers {
  readonly bpf: number;
  readonly close: number;
  readonly mmap: number;
  readonly munmap: number;
  readonly ioctl: number;
  readonly perfEventOpen: number;
  readonly setns: number;
  readonly openat: number;
  readonly read: number;
  readonly write: number;
  readonly dup: number;
  readonly socket: number;
  readonly prlimit64: number;
  readonly fsopen: number;
  readonly fsconfig: number;
  readonly fsmount: number;
  readonly pidfdOpen: number;
  readonly bind: number;
  readonly sendto: number;
  readonly recvfrom: number;
  readonly setsockopt: number;
  readonly getsockopt: number;
}

/** Source: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h. */
export const SYSCALLS: Readonly<Record<string, SyscallNumbers>> = {
  x64: {
    bpf: 321,
    close: 3,
    mmap: 9,
    munmap: 11,
    ioctl: 16,
    perfEventOpen: 298,
    setns: 308,
    openat: 257,
    read: 0,
    write: 1,
    dup: 32,
    socket: 41,
    prlimit64: 302,
    fsopen: 430,
    fsconfig: 431,
    fsmount: 432,
    pidfdOpen: 434,
    bind: 49,
    sendto: 44,
    recvfrom: 45,
    setsockopt: 54,
    getsockopt: 55,
  },
  arm64: {
    bpf: 280,
    close: 57,
    mmap: 222,
    munmap: 215,
    ioctl: 29,
    perfEventOpen: 241,
    setns: 268,
    openat: 56,
    read: 63,
    write: 64,
    dup: 23,
    socket: 198,
    prlimit64: 261,
    fsopen: 430,
    fsconfig: 431,
    fsmount: 432,
    pidfdOpen: 434,
    bind: 200,
    sendto: 206,
    recvfrom: 207,
    setsockopt: 208,
    getsockopt: 209,
  },
};

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const PAGE_BYTES = 4096;

/** Writes a u64 that holds an address: two words, no BigInt. */
export function setAddr(view: DataView, off: number, addr: number): void {
  view.setUint32(off, addr >>> 0, true);
  view.setUint32(off + 4, Math.floor(addr / 0x1_0000_0000), true);
}

export function getU64(view: DataView, off: number): number {
  return view.getUint32(off, true) + view.getUint32(off + 4, true) * 0x1_0000_0000;
}
