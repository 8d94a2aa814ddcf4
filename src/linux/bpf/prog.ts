/**
 * BPF_PROG_LOAD. The caller decides about the log; `loadProg` here is one system call.
 *
 * Source: include/uapi/linux/bpf.h, union bpf_attr (offsets of 6.18); kernel/bpf/syscall.c bpf_prog_load.
 */
import { BPF_PROG_LOAD } from "../../abi/cmds.ts";
import { BPF_F_TOKEN_FD } from "../../abi/flags.ts";
import { fromUtf8, utf8 } from "../../base/bytes.ts";
import type { InsnBuf } from "../../isa/insn.ts";
import { setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";

const PROG_LOAD_BYTES = 152;
const LOG_TRUE_SIZE = 140;

export interface ProgAttr {
  readonly type: number;
  readonly insns: InsnBuf;
  readonly license: string;
  readonly name?: string;
  readonly flags?: number;
  readonly expectedAttachType?: number;
  readonly attachBtfId?: number;
  /** fd of the program that an EXT or tracing program attaches to, or of the module BTF that attachBtfId is in. */
  readonly attachFd?: number;
  readonly fds?: readonly number[];
  readonly btfFd?: number;
  /** struct bpf_func_info records: u32 insn, u32 type id. */
  readonly funcInfo?: Uint8Array;
  /** struct bpf_line_info records: u32 insn, u32 file, u32 line, u32 line << 10 | col. */
  readonly lineInfo?: Uint8Array;
  readonly kernVersion?: number;
}

export interface ProgLoadResult {
  /** fd, or -errno. */
  readonly fd: number;
  /** Bytes the log needs, NUL included, as far as this kernel says (6.4); 0 otherwise. */
  readonly logTrueSize: number;
}

export const FUNC_INFO_BYTES = 8;
export const LINE_INFO_BYTES = 16;

/** One BPF_PROG_LOAD. With logLevel, the log lies in the scratch buffer "log" (see `logText`). */
export function loadProg(bpf: Bpf, prog: ProgAttr, logLevel = 0, logBytes = 0): ProgLoadResult {
  const attr = bpf.clear();
  attr.setUint32(0, prog.type, true);
  attr.setUint32(4, prog.insns.length, true);
  setAddr(attr, 8, putInsns(bpf, prog.insns));
  bpf.put("license", fromUtf8(prog.license), 16);
  if (logLevel !== 0) {
    const log = bpf.scratch("log", logBytes);
    log.bytes[0] = 0;
    attr.setUint32(24, logLevel, true);
    attr.setUint32(28, logBytes, true);
    setAddr(attr, 32, log.addr);
  }
  attr.setUint32(40, prog.kernVersion ?? 0, true);
  attr.setUint32(44, (prog.flags ?? 0) | (bpf.token === 0 ? 0 : BPF_F_TOKEN_FD), true);
  attr.setInt32(144, bpf.token, true);
  if (prog.name !== undefined) bpf.putName(prog.name, 48);
  attr.setUint32(68, prog.expectedAttachType ?? 0, true);
  if (prog.btfFd !== undefined && prog.btfFd > 0) {
    attr.setUint32(72, prog.btfFd, true);
    if (prog.funcInfo !== undefined && prog.funcInfo.length > 0) {
      attr.setUint32(76, FUNC_INFO_BYTES, true);
      bpf.put("func_info", prog.funcInfo, 80);
      attr.setUint32(88, prog.funcInfo.length / FUNC_INFO_BYTES, true);
    }
    if (prog.lineInfo !== undefined && prog.lineInfo.length > 0) {
      attr.setUint32(92, LINE_INFO_BYTES, true);
      bpf.put("line_info", prog.lineInfo, 96);
      attr.setUint32(104, prog.lineInfo.length / LINE_INFO_BYTES, true);
    }
  }
  attr.setUint32(108, prog.attachBtfId ?? 0, true);
  attr.setUint32(112, prog.attachFd ?? 0, true);
  if (prog.fds !== undefined && prog.fds.length > 0) {
    const buffer = bpf.scratch("fds", 4 * prog.fds.length);
    for (let i = 0; i < prog.fds.length; i++) buffer.view.setInt32(4 * i, prog.fds[i]!, true);
    setAddr(attr, 120, buffer.addr);
  }
  const fd = bpf.call(BPF_PROG_LOAD, PROG_LOAD_BYTES);
  return { fd, logTrueSize: attr.getUint32(LOG_TRUE_SIZE, true) };
}

/** The log of the last load: what the kernel wrote into the buffer. */
export function logText(bpf: Bpf, logBytes: number): string {
  const bytes = bpf.scratch("log", logBytes).bytes;
  let end = bytes.indexOf(0);
  if (end < 0 || end > logBytes) end = logBytes;
  return utf8(bytes.subarray(0, end));
}

function putInsns(bpf: Bpf, insns: InsnBuf): number {
  const buffer = bpf.scratch("insns", 8 * insns.length);
  const words = new Int32Array(buffer.bytes.buffer, buffer.bytes.byteOffset, 2 * insns.length);
  const { code, dst, src, off, imm } = insns;
  for (let i = 0, at = 0; i < insns.length; i++) {
    words[at++] = code[i]! | (dst[i]! << 8) | (src[i]! << 12) | (off[i]! << 16);
    words[at++] = imm[i]!;
  }
  return buffer.addr;
}
