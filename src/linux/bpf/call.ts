/**
 * bpf(2) itself: one attr buffer, reused by every command, and named scratch buffers that grow. Nothing here is reentrant,
 * and nothing needs to be: system calls from JavaScript are synchronous.
 */
import { EAGAIN, EINTR } from "../../base/errno.ts";
import { type Sys, type SysBuffer, setAddr } from "../sys.ts";

/** sizeof(union bpf_attr) in 6.18. Kernels that know less accept a longer attr whose rest is zero. */
const ATTR_BYTES = 168;
/** How often libbpf repeats BPF_PROG_LOAD when the kernel says EAGAIN (a signal came, or the address space moved). */
const LOAD_ATTEMPTS = 5;

export class Bpf {
  readonly sys: Sys;
  readonly attr: DataView;
  /** fd of the token that maps, programs and BTF are made with; 0 for the process's own capabilities. */
  token = 0;
  private readonly attrAddr: number;
  private readonly attrWords: Uint32Array;
  private readonly buffers = new Map<string, SysBuffer>();

  constructor(sys: Sys) {
    this.sys = sys;
    const buffer = sys.alloc(ATTR_BYTES);
    this.attr = buffer.view;
    this.attrAddr = buffer.addr;
    this.attrWords = new Uint32Array(buffer.bytes.buffer, buffer.bytes.byteOffset, ATTR_BYTES / 4);
  }

  /** Zeroes the attr and returns it. */
  clear(): DataView {
    this.attrWords.fill(0);
    return this.attr;
  }

  /** Runs a command over the first `sizeBytes` of the attr: result, or -errno. Interrupted calls are repeated. */
  call(cmd: number, sizeBytes: number): number {
    for (let attempts = LOAD_ATTEMPTS; ; attempts--) {
      const result = this.sys.bpf(cmd, this.attrAddr, sizeBytes);
      if (result === -EINTR || (result === -EAGAIN && cmd === 5 && attempts > 1)) continue;
      return result;
    }
  }

  /** A buffer by name, at least that large; its old content is not kept when it grows. */
  scratch(name: string, sizeBytes: number): SysBuffer {
    const known = this.buffers.get(name);
    if (known !== undefined && known.bytes.length >= sizeBytes) return known;
    let size = 4096;
    while (size < sizeBytes) size *= 2;
    const buffer = this.sys.alloc(size);
    this.buffers.set(name, buffer);
    return buffer;
  }

  /** Copies bytes (and a NUL) into a scratch buffer and writes its address into the attr. */
  put(name: string, bytes: Uint8Array, attrOff: number): void {
    const buffer = this.scratch(name, bytes.length + 1);
    buffer.bytes.set(bytes);
    buffer.bytes[bytes.length] = 0;
    setAddr(this.attr, attrOff, buffer.addr);
  }

  /** Object name of the uapi: 15 bytes of letters, digits, '_' and '.'; others become '_'. */
  putName(name: string, attrOff: number): void {
    const n = Math.min(name.length, 15);
    for (let i = 0; i < n; i++) {
      const c = name.charCodeAt(i);
      const ok = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 46;
      this.attr.setUint8(attrOff + i, ok ? c : 95);
    }
  }

  close(fd: number): void {
    if (fd >= 0) this.sys.syscall(this.sys.nr.close, fd);
  }
}
