/**
 * Map commands of bpf(2) as system calls: result or -errno, nothing thrown. `live map` objects are in ../map.ts.
 *
 * Source: include/uapi/linux/bpf.h, union bpf_attr (offsets of 6.18).
 */
import {
  BPF_MAP_CREATE,
  BPF_MAP_DELETE_BATCH,
  BPF_MAP_FREEZE,
  BPF_MAP_LOOKUP_AND_DELETE_BATCH,
  BPF_MAP_LOOKUP_BATCH,
  BPF_MAP_LOOKUP_ELEM,
  BPF_MAP_UPDATE_BATCH,
  BPF_MAP_UPDATE_ELEM,
} from "../../abi/cmds.ts";
import { BPF_F_TOKEN_FD, BPF_F_VTYPE_BTF_OBJ_FD } from "../../abi/flags.ts";
import { type SysBuffer, setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";

export interface MapAttr {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly name?: string;
  readonly innerFd?: number;
  readonly numaNode?: number;
  readonly btfFd?: number;
  readonly keyTypeId?: number;
  readonly valueTypeId?: number;
  /** Type id in the kernel's BTF: struct_ops maps. */
  readonly vmlinuxValueTypeId?: number;
  /** fd of the module's BTF that vmlinuxValueTypeId is in (since 6.9). */
  readonly valueTypeBtfFd?: number;
  readonly mapExtra?: bigint;
}

/** Kernels before 5.16 refuse an attr whose map_extra they do not know only if it is not zero. */
const CREATE_BYTES = 72;
/** Since 6.9, with value_type_btf_obj_fd at 72 and map_token_fd at 76. */
const CREATE_WITH_FDS_BYTES = 80;

export function createMap(bpf: Bpf, map: MapAttr): number {
  const attr = bpf.clear();
  attr.setUint32(0, map.type, true);
  attr.setUint32(4, map.keySize, true);
  attr.setUint32(8, map.valueSize, true);
  attr.setUint32(12, map.maxEntries, true);
  attr.setUint32(16, map.flags, true);
  attr.setUint32(20, map.innerFd ?? 0, true);
  attr.setUint32(24, map.numaNode ?? 0, true);
  if (map.name !== undefined) bpf.putName(map.name, 28);
  attr.setUint32(48, map.btfFd ?? 0, true);
  attr.setUint32(52, map.keyTypeId ?? 0, true);
  attr.setUint32(56, map.valueTypeId ?? 0, true);
  attr.setUint32(60, map.vmlinuxValueTypeId ?? 0, true);
  if (map.mapExtra !== undefined) attr.setBigUint64(64, map.mapExtra, true);
  const valueFd = map.valueTypeBtfFd ?? 0;
  if (bpf.token === 0 && valueFd === 0) return bpf.call(BPF_MAP_CREATE, CREATE_BYTES);
  const flags = (bpf.token === 0 ? 0 : BPF_F_TOKEN_FD) | (valueFd === 0 ? 0 : BPF_F_VTYPE_BTF_OBJ_FD);
  attr.setUint32(16, map.flags | flags, true);
  attr.setInt32(72, valueFd, true);
  attr.setInt32(76, bpf.token, true);
  return bpf.call(BPF_MAP_CREATE, CREATE_WITH_FDS_BYTES);
}

export function freezeMap(bpf: Bpf, fd: number): number {
  bpf.clear().setUint32(0, fd, true);
  return bpf.call(BPF_MAP_FREEZE, 4);
}

/** One BPF_MAP_UPDATE_ELEM, for callers that have no live map: 0 or -errno. */
export function updateElem(bpf: Bpf, fd: number, key: Uint8Array, value: Uint8Array, flags = 0): number {
  const attr = bpf.clear();
  attr.setUint32(0, fd, true);
  bpf.put("elem key", key, 8);
  bpf.put("elem value", value, 16);
  attr.setUint32(24, flags, true);
  return bpf.call(BPF_MAP_UPDATE_ELEM, 32);
}

/** One BPF_MAP_LOOKUP_ELEM of so many bytes (per-CPU maps: of all CPUs), likewise; undefined where it fails. */
export function lookupElem(bpf: Bpf, fd: number, key: Uint8Array, valueBytes: number): Uint8Array | undefined {
  const attr = bpf.clear();
  attr.setUint32(0, fd, true);
  bpf.put("elem key", key, 8);
  const value = bpf.scratch("elem value", valueBytes);
  setAddr(attr, 16, value.addr);
  return bpf.call(BPF_MAP_LOOKUP_ELEM, 32) < 0 ? undefined : value.bytes.slice(0, valueBytes);
}

const BATCH_BYTES = 56;

export interface BatchBuffers {
  /** Where the kernel left off: a bucket number or a key. */
  readonly cursor: SysBuffer;
  readonly keys: SysBuffer;
  readonly values: SysBuffer;
}

/** One batch of lookups, of at most `count` elements. Result is 0 or -errno (-ENOENT with elements: the last batch). */
export function lookupBatch(
  bpf: Bpf,
  fd: number,
  buffers: BatchBuffers,
  first: boolean,
  count: number,
  andDelete = false,
): { readonly result: number; readonly count: number } {
  const attr = bpf.clear();
  if (!first) setAddr(attr, 0, buffers.cursor.addr);
  setAddr(attr, 8, buffers.cursor.addr);
  setAddr(attr, 16, buffers.keys.addr);
  setAddr(attr, 24, buffers.values.addr);
  attr.setUint32(32, count, true);
  attr.setUint32(36, fd, true);
  const result = bpf.call(andDelete ? BPF_MAP_LOOKUP_AND_DELETE_BATCH : BPF_MAP_LOOKUP_BATCH, BATCH_BYTES);
  return { result, count: attr.getUint32(32, true) };
}

/**
 * Writes elements, or without values deletes them, in order up to the first that fails. `done` is what the kernel says it got
 * through; a kernel or map without batches leaves it as it was, so that it counts only where it is less than `count`.
 */
export function writeBatch(
  bpf: Bpf,
  fd: number,
  keys: SysBuffer,
  values: SysBuffer | null,
  count: number,
  elemFlags: number,
): { readonly result: number; readonly done: number } {
  const attr = bpf.clear();
  setAddr(attr, 16, keys.addr);
  if (values !== null) setAddr(attr, 24, values.addr);
  attr.setUint32(32, count, true);
  attr.setUint32(36, fd, true);
  attr.setUint32(40, elemFlags, true);
  const result = bpf.call(values === null ? BPF_MAP_DELETE_BATCH : BPF_MAP_UPDATE_BATCH, BATCH_BYTES);
  const told = attr.getUint32(32, true);
  return { result, done: result === 0 ? count : told < count ? told : 0 };
}
