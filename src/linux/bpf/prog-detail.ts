/**
 * Everything that the kernel tells about a program: struct bpf_prog_info of 6.18, with the arrays that it fills.
 *
 *     16 jited_len   20 xlated_len   24 jited*   32 xlated*   40 load_time   48 uid   52 nr_map_ids   56 map_ids*   84 gpl
 *     104 nr_jited_ksyms   112 jited_ksyms*   132 func_info_rec_size   136 func_info*   144 nr_func_info   148 nr_line_info
 *     152 line_info*   172 line_info_rec_size   192 run_time_ns   200 run_cnt   208 recursion_misses
 *     220 attach_btf_obj_id   224 attach_btf_id
 *
 * The caller says how many elements there is room for; so the first call asks for the numbers, the second for the data.
 */
import { decodeInsns, type InsnBuf } from "../../isa/insn.ts";
import { type SysBuffer, setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";
import { infoByFd, type ProgInfo, progInfo } from "./object.ts";

export interface ProgDetail extends ProgInfo {
  /** Nanoseconds since boot. */
  readonly loadedAtNs: bigint;
  readonly uid: number;
  readonly gpl: boolean;
  readonly mapIds: readonly number[];
  readonly ifindex: number;
  /** What it was loaded for: a BTF and a type of it; 0 where it is for no function. */
  readonly attachBtfObjId: number;
  readonly attachBtfId: number;
}

export function progDetail(bpf: Bpf, fd: number): ProgDetail | undefined {
  const base = progInfo(bpf, fd);
  const first = infoByFd(bpf, fd)?.view;
  if (base === undefined || first === undefined) return undefined;
  const count = first.getUint32(52, true);
  const ids = bpf.scratch("map ids", 4 * count);
  const view = infoByFd(bpf, fd, (out) => {
    out.setUint32(52, count, true);
    setAddr(out, 56, ids.addr);
  })?.view;
  if (view === undefined) return undefined;
  return {
    ...base,
    loadedAtNs: view.getBigUint64(40, true),
    uid: view.getUint32(48, true),
    gpl: (view.getUint32(84, true) & 1) === 1,
    mapIds: Array.from({ length: count }, (_, i) => ids.view.getUint32(4 * i, true)),
    ifindex: view.getUint32(80, true),
    attachBtfObjId: view.getUint32(220, true),
    attachBtfId: view.getUint32(224, true),
  };
}

export interface ProgCode {
  /** As the kernel runs them, map ids in place of fds; encoded, and decoded. */
  readonly bytes: Uint8Array;
  readonly insns: InsnBuf;
  readonly funcs: readonly { readonly insnIdx: number; readonly typeId: number }[];
  readonly lines: readonly {
    readonly insnIdx: number;
    readonly fileOff: number;
    readonly lineOff: number;
    readonly line: number;
    readonly col: number;
  }[];
  /** Addresses of the functions' machine code, in the order of the subprograms; [] where it is interpreted or hidden. */
  readonly ksyms: readonly bigint[];
}

/** Undefined where the program is gone, or may not be looked at (kptr_restrict, no CAP_PERFMON): the kernel gives 0 bytes. */
export function progCode(bpf: Bpf, fd: number): ProgCode | undefined {
  const first = infoByFd(bpf, fd)?.view;
  if (first === undefined) return undefined;
  const xlatedBytes = first.getUint32(20, true);
  const nrKsyms = first.getUint32(104, true);
  const funcBytes = first.getUint32(132, true);
  const nrFuncs = first.getUint32(144, true);
  const nrLines = first.getUint32(148, true);
  const lineBytes = first.getUint32(172, true);
  const xlated = bpf.scratch("xlated", xlatedBytes);
  const ksyms = bpf.scratch("ksyms", 8 * nrKsyms);
  const funcs = bpf.scratch("func info", funcBytes * nrFuncs);
  const lines = bpf.scratch("line info", lineBytes * nrLines);
  const info = infoByFd(bpf, fd, (out) => {
    const put = (countAt: number, count: number, ptrAt: number, buffer: SysBuffer): void => {
      if (count === 0) return;
      out.setUint32(countAt, count, true);
      setAddr(out, ptrAt, buffer.addr);
    };
    put(20, xlatedBytes, 32, xlated);
    put(104, nrKsyms, 112, ksyms);
    put(144, nrFuncs, 136, funcs);
    put(148, nrLines, 152, lines);
    out.setUint32(132, funcBytes, true);
    out.setUint32(172, lineBytes, true);
  });
  // The pointer comes back as null where the kernel does not show what it runs.
  if (info === undefined || xlatedBytes === 0 || info.view.getBigUint64(32, true) === 0n) return undefined;
  const bytes = xlated.bytes.slice(0, xlatedBytes);
  const u32 = (buffer: SysBuffer, at: number): number => buffer.view.getUint32(at, true);
  return {
    bytes,
    insns: decodeInsns(bytes),
    funcs: Array.from({ length: nrFuncs }, (_, i) => ({
      insnIdx: u32(funcs, i * funcBytes),
      typeId: u32(funcs, i * funcBytes + 4),
    })),
    lines: Array.from({ length: nrLines }, (_, i) => {
      const at = i * lineBytes;
      const place = u32(lines, at + 12);
      return {
        insnIdx: u32(lines, at),
        fileOff: u32(lines, at + 4),
        lineOff: u32(lines, at + 8),
        line: place >>> 10,
        col: place & 0x3ff,
      };
    }),
    ksyms: Array.from({ length: nrKsyms }, (_, i) => ksyms.view.getBigUint64(8 * i, true)),
  };
}

/** Machine code as bytes; undefined where there is none or it is hidden. */
export function jitedBytes(bpf: Bpf, fd: number): Uint8Array | undefined {
  const size = infoByFd(bpf, fd)?.view.getUint32(16, true) ?? 0;
  if (size === 0) return undefined;
  const buffer = bpf.scratch("jited", size);
  const info = infoByFd(bpf, fd, (out) => {
    out.setUint32(16, size, true);
    setAddr(out, 24, buffer.addr);
  });
  if (info === undefined || info.view.getBigUint64(24, true) === 0n) return undefined;
  return buffer.bytes.slice(0, size);
}
