/**
 * What the kernel tells about its objects: BPF_OBJ_GET_INFO_BY_FD, ids, pins.
 * Source: include/uapi/linux/bpf.h, struct bpf_map_info, struct bpf_prog_info (offsets of 6.18).
 */
import {
  BPF_BTF_GET_FD_BY_ID,
  BPF_BTF_GET_NEXT_ID,
  BPF_LINK_GET_FD_BY_ID,
  BPF_LINK_GET_NEXT_ID,
  BPF_MAP_GET_FD_BY_ID,
  BPF_MAP_GET_NEXT_ID,
  BPF_OBJ_GET,
  BPF_OBJ_GET_INFO_BY_FD,
  BPF_OBJ_PIN,
  BPF_PROG_GET_FD_BY_ID,
  BPF_PROG_GET_NEXT_ID,
} from "../../abi/cmds.ts";
import { cString, fromUtf8, toHex } from "../../base/bytes.ts";
import { ENOENT } from "../../base/errno.ts";
import { getU64, type SysBuffer, setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";

const INFO_BYTES = 256;

/** What the kernel says of a fd's object, in a buffer used again; `before` may put pointers in. Undefined: not such a fd. */
export function infoByFd(bpf: Bpf, fd: number, before?: (view: DataView) => void): SysBuffer | undefined {
  const info = bpf.scratch("info", INFO_BYTES);
  info.bytes.fill(0, 0, INFO_BYTES);
  before?.(info.view);
  const attr = bpf.clear();
  attr.setUint32(0, fd, true);
  attr.setUint32(4, INFO_BYTES, true);
  setAddr(attr, 8, info.addr);
  return bpf.call(BPF_OBJ_GET_INFO_BY_FD, 16) < 0 ? undefined : info;
}

export interface MapInfo {
  readonly type: number;
  readonly id: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly name: string;
  readonly btfId: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** Undefined where the fd is no map. */
export function mapInfo(bpf: Bpf, fd: number): MapInfo | undefined {
  const info = infoByFd(bpf, fd);
  if (info === undefined) return undefined;
  const { view, bytes } = info;
  return {
    type: view.getUint32(0, true),
    id: view.getUint32(4, true),
    keySize: view.getUint32(8, true),
    valueSize: view.getUint32(12, true),
    maxEntries: view.getUint32(16, true),
    flags: view.getUint32(20, true),
    name: cString(bytes.subarray(24, 40)),
    btfId: view.getUint32(64, true),
    keyTypeId: view.getUint32(68, true),
    valueTypeId: view.getUint32(72, true),
  };
}

export interface ProgInfo {
  readonly type: number;
  readonly id: number;
  /** SHA-1 of the insns, its first 8 bytes as hex. */
  readonly tag: string;
  readonly jitedBytes: number;
  readonly xlatedBytes: number;
  readonly name: string;
  readonly btfId: number;
  /** Totals since BPF_ENABLE_STATS. */
  readonly runTimeNs: number;
  readonly runCount: number;
  readonly recursionMisses: number;
  readonly verifiedInsns: number;
}

/** Undefined where the fd is no program. */
export function progInfo(bpf: Bpf, fd: number): ProgInfo | undefined {
  const info = infoByFd(bpf, fd);
  if (info === undefined) return undefined;
  const { view, bytes } = info;
  return {
    type: view.getUint32(0, true),
    id: view.getUint32(4, true),
    tag: toHex(bytes.subarray(8, 16)),
    jitedBytes: view.getUint32(16, true),
    xlatedBytes: view.getUint32(20, true),
    name: cString(bytes.subarray(64, 80)),
    btfId: view.getUint32(128, true),
    runTimeNs: getU64(view, 192),
    runCount: getU64(view, 200),
    recursionMisses: getU64(view, 208),
    verifiedInsns: view.getUint32(216, true),
  };
}

/** Raw BTF of a BTF object: struct bpf_btf_info { u64 btf, u32 size, u32 id, u64 name, u32 name_len, u32 kernel_btf }. */
export function btfBytes(bpf: Bpf, fd: number): Uint8Array | undefined {
  const size = infoByFd(bpf, fd)?.view.getUint32(8, true);
  if (size === undefined) return undefined;
  const buffer = bpf.scratch("btf out", size);
  const filled = infoByFd(bpf, fd, (view) => {
    setAddr(view, 0, buffer.addr);
    view.setUint32(8, size, true);
  });
  return filled === undefined ? undefined : buffer.bytes.slice(0, size);
}

export interface BtfInfo {
  readonly id: number;
  readonly sizeBytes: number;
  /** "vmlinux" or a module's, "" for what programs brought. */
  readonly name: string;
  readonly kernel: boolean;
}

export function btfInfo(bpf: Bpf, fd: number): BtfInfo | undefined {
  const name = bpf.scratch("btf name", 64);
  name.bytes.fill(0, 0, 64);
  const info = infoByFd(bpf, fd, (view) => {
    setAddr(view, 16, name.addr);
    view.setUint32(24, 64, true);
  });
  if (info === undefined) return undefined;
  const { view } = info;
  return {
    id: view.getUint32(12, true),
    sizeBytes: view.getUint32(8, true),
    name: cString(name.bytes.subarray(0, 64)),
    kernel: view.getUint32(28, true) !== 0,
  };
}

export type ObjectKind = "prog" | "map" | "btf" | "link";

const NEXT: Readonly<Record<ObjectKind, number>> = {
  prog: BPF_PROG_GET_NEXT_ID,
  map: BPF_MAP_GET_NEXT_ID,
  btf: BPF_BTF_GET_NEXT_ID,
  link: BPF_LINK_GET_NEXT_ID,
};
const FD_BY_ID: Readonly<Record<ObjectKind, number>> = {
  prog: BPF_PROG_GET_FD_BY_ID,
  map: BPF_MAP_GET_FD_BY_ID,
  btf: BPF_BTF_GET_FD_BY_ID,
  link: BPF_LINK_GET_FD_BY_ID,
};

/** Ids of all objects of a kind in the kernel, ascending. Stops at the first failure. */
export function* objectIds(bpf: Bpf, kind: ObjectKind): Generator<number> {
  for (let id = nextObjectId(bpf, kind, 0); id > 0; id = nextObjectId(bpf, kind, id)) yield id;
}

/** The id after one; -ENOENT after the last, -EPERM for those who may not ask. */
export function nextObjectId(bpf: Bpf, kind: ObjectKind, id: number): number {
  const attr = bpf.clear();
  attr.setUint32(0, id, true);
  const result = bpf.call(NEXT[kind], 12);
  return result < 0 ? result : attr.getUint32(4, true);
}

/** fd or -errno; the object may be gone by now (-ENOENT). */
export function fdById(bpf: Bpf, kind: ObjectKind, id: number): number {
  bpf.clear().setUint32(0, id, true);
  return bpf.call(FD_BY_ID[kind], 12);
}

/** Pins under a path in a bpffs: 0 or -errno. */
export function pinObject(bpf: Bpf, fd: number, path: string): number {
  bpf.clear();
  bpf.put("path", fromUtf8(path), 0);
  bpf.attr.setUint32(8, fd, true);
  return bpf.call(BPF_OBJ_PIN, 16);
}

/** fd of what is pinned at a path, or -errno; -ENOENT where nothing is. */
export function pinnedObject(bpf: Bpf, path: string): number {
  if (path === "") return -ENOENT;
  bpf.clear();
  bpf.put("path", fromUtf8(path), 0);
  return bpf.call(BPF_OBJ_GET, 16);
}
