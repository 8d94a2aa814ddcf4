/**
 * A live kernel map over raw bytes. Each map has one buffer outside the JavaScript heap with its attrs filled in for good,
 * so that an operation is: copy the key in, one system call, copy the value out.
 *
 *     0     attr of lookup, update, delete (map_fd, key, value, flags)          64   attr of get_next_key
 *     128   key, next key, value: each from a multiple of 8
 */
import {
  BPF_MAP_DELETE_ELEM,
  BPF_MAP_GET_NEXT_KEY,
  BPF_MAP_LOOKUP_AND_DELETE_ELEM,
  BPF_MAP_LOOKUP_ELEM,
  BPF_MAP_UPDATE_ELEM,
} from "../abi/cmds.ts";
import { BPF_F_LOCK } from "../abi/flags.ts";
import { BPF_MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_USER_RINGBUF, isPerCpuMap, mapTypeWord } from "../abi/map-types.ts";
import { EBADF, EINTR, EINVAL, ENOENT, ENOTSUPP, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import { type MapOp, mapError } from "../loader/map-error.ts";
import type { RecordView } from "../loader/record-view.ts";
import type { TargetMap, TargetProg } from "../loader/target.ts";
import type { MapSpec } from "../obj/spec.ts";
import type { Bpf } from "./bpf/call.ts";
import { freezeMap, lookupBatch, writeBatch } from "./bpf/map.ts";
import { mapInfo, pinObject } from "./bpf/object.ts";
import type { RecordSource } from "./records.ts";
import { type Sys, type SysBuffer, setAddr } from "./sys.ts";
import { openUserRingbuf, type UserRingbuf } from "./user-ringbuf.ts";
import { mapWindow, type Window } from "./window.ts";

const ELEM_ATTR = 0;
const NEXT_ATTR = 64;
const DATA_AT = 128;
const ELEM_ATTR_BYTES = 32;
/** The kernel refuses a delete whose attr says more than map and key. */
const DELETE_ATTR_BYTES = 16;
const NEXT_ATTR_BYTES = 24;
/** Elements asked for in one batch. */
const BATCH = 1024;
/** Bytes of keys and values together that a batch may take. */
const BATCH_BYTES = 1 << 20;

const round8 = (n: number): number => (n + 7) & ~7;
/** Up to here the bytes of an element are copied in a loop, which costs less than a view of them. */
const SMALL_BYTES = 32;
const smallSize = (n: number): number => (n <= SMALL_BYTES ? n : 0);

/** Element i of an array of `size` bytes each: in `small` where it fits there, else a view. */
function nthOf(bytes: Uint8Array, i: number, size: number, small: Uint8Array): Uint8Array {
  const at = i * size;
  if (size > SMALL_BYTES) return bytes.subarray(at, at + size);
  for (let j = 0; j < size; j++) small[j] = bytes[at + j]!;
  return small;
}

export class LinuxMap implements TargetMap {
  readonly spec: MapSpec;
  readonly id: number;
  readonly userValueSize: number;
  readonly cpus: number;
  /** -1 once closed. */
  fd: number;

  private readonly bpf: Bpf;
  private readonly sys: Sys;
  private readonly buffer: SysBuffer;
  private readonly key: Uint8Array;
  private readonly next: Uint8Array;
  private readonly value: Uint8Array;
  private readonly keySize: number;
  private readonly scanKey: Uint8Array;
  private readonly scanValue: Uint8Array;
  private records: RecordSource | null = null;
  private lostBefore = 0;
  private readonly openRecords: (() => RecordSource) | null;
  private producer: UserRingbuf | undefined;
  private mapped: Window | null | undefined;
  private frozen = false;
  private noBatch = false;
  private readonly onClose: (map: LinuxMap) => void;

  /** Takes the fd over. */
  constructor(
    bpf: Bpf,
    fd: number,
    spec: MapSpec,
    cpus: number,
    openRecords: (() => RecordSource) | null,
    onClose: (map: LinuxMap) => void = () => {},
  ) {
    this.bpf = bpf;
    this.sys = bpf.sys;
    this.fd = fd;
    this.spec = spec;
    this.cpus = cpus;
    this.openRecords = openRecords;
    this.onClose = onClose;
    this.id = mapInfo(bpf, fd)?.id ?? 0;
    this.keySize = spec.keySize;
    this.userValueSize = isPerCpuMap(spec.type) ? round8(spec.valueSize) * cpus : spec.valueSize;

    this.scanKey = new Uint8Array(smallSize(this.keySize));
    this.scanValue = new Uint8Array(smallSize(this.userValueSize));
    const keyAt = DATA_AT;
    const nextAt = keyAt + round8(spec.keySize);
    const valueAt = nextAt + round8(spec.keySize);
    this.buffer = bpf.sys.alloc(valueAt + this.userValueSize);
    const { bytes, view, addr } = this.buffer;
    this.key = bytes.subarray(keyAt, keyAt + spec.keySize);
    this.next = bytes.subarray(nextAt, nextAt + spec.keySize);
    this.value = bytes.subarray(valueAt, valueAt + this.userValueSize);
    view.setUint32(ELEM_ATTR, fd, true);
    // Queues, stacks and bloom filters have no key: the kernel wants a null pointer.
    setAddr(view, ELEM_ATTR + 8, spec.keySize === 0 ? 0 : addr + keyAt);
    setAddr(view, ELEM_ATTR + 16, addr + valueAt);
    view.setUint32(NEXT_ATTR, fd, true);
    setAddr(view, NEXT_ATTR + 8, addr + keyAt);
    setAddr(view, NEXT_ATTR + 16, addr + nextAt);
  }

  lookup(key: Uint8Array, flags = 0): Uint8Array | null {
    if (this.spec.type === BPF_MAP_TYPE_BLOOM_FILTER) return this.bloomLookup(key);
    this.putKey(key);
    const result = this.elem(BPF_MAP_LOOKUP_ELEM, flags);
    if (result === 0) return new Uint8Array(this.value);
    if (result === -ENOENT) return null;
    throw this.failure("lookup", result);
  }

  update(key: Uint8Array, value: Uint8Array, flags = 0): void {
    this.putKey(key);
    if (value.length !== this.userValueSize) throw this.sizeError("value", value.length, this.userValueSize);
    this.value.set(value);
    const result = this.elem(BPF_MAP_UPDATE_ELEM, flags);
    if (result < 0) throw this.failure("update", result);
  }

  delete(key: Uint8Array): boolean {
    this.putKey(key);
    const result = this.command(BPF_MAP_DELETE_ELEM, this.buffer.addr, DELETE_ATTR_BYTES);
    if (result === 0) return true;
    if (result === -ENOENT) return false;
    throw this.failure("delete", result);
  }

  lookupAndDelete(key: Uint8Array): Uint8Array | null {
    this.putKey(key);
    const result = this.elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, 0);
    if (result === 0) return new Uint8Array(this.value);
    if (result === -ENOENT) return null;
    throw this.failure("lookup and delete", result);
  }

  nextKey(key: Uint8Array | null): Uint8Array | null {
    const { view, addr } = this.buffer;
    if (key !== null) this.putKey(key);
    setAddr(view, NEXT_ATTR + 8, key === null ? 0 : addr + DATA_AT);
    const result = this.command(BPF_MAP_GET_NEXT_KEY, addr + NEXT_ATTR, NEXT_ATTR_BYTES);
    if (result === 0) return new Uint8Array(this.next);
    if (result === -ENOENT) return null;
    throw this.failure("next key", result);
  }

  /**
   * Hands every element to `fn`, by batches: false (and nothing handed over) where this type or kernel has none. The
   * bytes are valid in `fn` only, which must not use this map's other operations.
   */
  scan(fn: (key: Uint8Array, value: Uint8Array) => void): boolean {
    const perElem = this.keySize + this.userValueSize;
    let count = Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / perElem), this.spec.maxEntries));
    let buffers = this.batchBuffers(count);
    for (let first = true; ; first = false) {
      const batch = lookupBatch(this.bpf, this.fd, buffers, first, count);
      if (batch.result === 0 || batch.result === -ENOENT) {
        const { keys, values } = buffers;
        for (let i = 0; i < batch.count; i++) {
          fn(
            nthOf(keys.bytes, i, this.keySize, this.scanKey),
            nthOf(values.bytes, i, this.userValueSize, this.scanValue),
          );
        }
        if (batch.result === -ENOENT) return true;
        continue;
      }
      // A hash bucket with more elements than the batch: the kernel says ENOSPC and wants a larger one.
      if (errnoName(-batch.result) === "ENOSPC" && count < this.spec.maxEntries) {
        const cursor = buffers.cursor.bytes.slice();
        count = Math.min(2 * count, this.spec.maxEntries);
        buffers = this.batchBuffers(count);
        buffers.cursor.bytes.set(cursor);
        continue;
      }
      if (first) return false;
      throw this.failure("batch", batch.result);
    }
  }

  /** No more than BATCH at a time, and none where a kernel (before 5.6) or a type has no batches. */
  writeBatch(keys: readonly Uint8Array[], values: readonly Uint8Array[] | null, flags = 0): number {
    // The kernel takes no BPF_NOEXIST and BPF_EXIST here.
    if (this.noBatch || (flags & ~BPF_F_LOCK) !== 0 || this.keySize === 0) return 0;
    const perElem = this.keySize + this.userValueSize;
    const most = Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / perElem)));
    let written = 0;
    while (written < keys.length) {
      const count = Math.min(most, keys.length - written);
      const buffers = this.batchBuffers(count);
      for (let i = 0; i < count; i++) {
        buffers.keys.bytes.set(this.sized("key", keys[written + i]!, this.keySize), i * this.keySize);
        if (values === null) continue;
        const value = this.sized("value", values[written + i]!, this.userValueSize);
        buffers.values.bytes.set(value, i * this.userValueSize);
      }
      const batch = writeBatch(this.bpf, this.fd, buffers.keys, values === null ? null : buffers.values, count, flags);
      written += batch.done;
      if (batch.result === 0) continue;
      if (batch.result === -ENOTSUPP || batch.result === -EINVAL) this.noBatch = batch.done === 0;
      break;
    }
    return written;
  }

  setSlot(key: Uint8Array, what: TargetMap | TargetProg | null): void {
    if (what === null) {
      this.delete(key);
      return;
    }
    const fd = (what as { readonly fd?: unknown }).fd;
    if (typeof fd !== "number" || fd < 0) {
      throw new SkepError("map/slot", `${this.spec.name} takes maps and programs of this kernel only`, {
        advice: "a map or program of another target, or a closed one, cannot stand in a slot",
      });
    }
    this.putKey(key);
    new DataView(this.value.buffer, this.value.byteOffset, 4).setInt32(0, fd, true);
    const result = this.elem(BPF_MAP_UPDATE_ELEM, 0);
    if (result < 0) throw this.failure("slot", result);
  }

  freeze(): void {
    const result = freezeMap(this.bpf, this.fd);
    if (result < 0) throw this.failure("freeze", result);
    this.frozen = true;
  }

  drain(fn: (record: Uint8Array, cpu: number) => void): number {
    return this.recordSource().drain(fn);
  }

  drainInPlace(fn: (record: RecordView, cpu: number) => void): number {
    return this.recordSource().drainInPlace(fn);
  }

  /** Opens the rings now instead of at the first drain or wait. */
  openRings(): void {
    this.recordSource();
  }

  get lost(): number {
    return this.records?.lost ?? this.lostBefore;
  }

  wait(signal?: AbortSignal): Promise<void> {
    if (this.fd < 0) return Promise.reject(this.closed("wait"));
    return this.recordSource().wait(signal);
  }

  /** User ring buffer: one record to the program; false where there is no room for it now. */
  send(record: Uint8Array): boolean {
    if (this.spec.type !== BPF_MAP_TYPE_USER_RINGBUF) {
      throw new SkepError("map/no-send", `${this.spec.name} (${mapTypeWord(this.spec.type)}) takes no records`, {
        advice: "user ring buffers take records",
      });
    }
    if (this.fd < 0) throw this.closed("send");
    this.producer ??= openUserRingbuf(this.sys, this.fd, this.spec.maxEntries);
    return this.producer.send(record);
  }

  /** Keeps the map under a path in a bpffs, also when this process ends. */
  pin(path: string): void {
    const result = pinObject(this.bpf, this.fd, path);
    if (result < 0) throw mapError(this.spec, "pin", -result, undefined, path);
  }

  /** Address of the window; undefined where there is none, or it is a copy. */
  get windowAddr(): bigint | undefined {
    this.window();
    return this.mapped?.addr === undefined ? undefined : BigInt(this.mapped.addr);
  }

  window(): Uint8Array | null {
    if (this.fd < 0) return null;
    if (this.mapped === undefined) this.mapped = mapWindow(this.sys, this.fd, this.spec, this.frozen);
    return this.mapped?.bytes ?? null;
  }

  close(): void {
    if (this.fd < 0) return;
    this.lostBefore = this.lost;
    this.records?.close();
    this.records = null;
    this.producer?.close();
    this.mapped?.close();
    this.bpf.close(this.fd);
    this.fd = -1;
    // Later operations meet EBADF, not whatever file gets this number next.
    this.buffer.view.setInt32(ELEM_ATTR, -1, true);
    this.buffer.view.setInt32(NEXT_ATTR, -1, true);
    this.onClose(this);
  }

  private elem(cmd: number, flags: number): number {
    if (flags !== 0) this.buffer.view.setUint32(ELEM_ATTR + 24, flags, true);
    const result = this.command(cmd, this.buffer.addr, ELEM_ATTR_BYTES);
    if (flags !== 0) this.buffer.view.setUint32(ELEM_ATTR + 24, 0, true);
    return result;
  }

  private command(cmd: number, attrAddr: number, attrBytes: number): number {
    for (;;) {
      const result = this.sys.bpf(cmd, attrAddr, attrBytes);
      if (result !== -EINTR) return result;
    }
  }

  private putKey(key: Uint8Array): void {
    if (key.length !== this.keySize) throw this.sizeError("key", key.length, this.keySize);
    // A loop beats TypedArray.set up to some 16 bytes (6 ns against 17), and `new Uint8Array(view)` beats slice (31, 84).
    if (key.length > 16) this.key.set(key);
    else for (let i = 0; i < key.length; i++) this.key[i] = key[i]!;
  }

  /** A bloom filter is asked by value: the value itself comes back where it may have been pushed. */
  private bloomLookup(value: Uint8Array): Uint8Array | null {
    if (value.length !== this.userValueSize) throw this.sizeError("value", value.length, this.userValueSize);
    this.value.set(value);
    const result = this.elem(BPF_MAP_LOOKUP_ELEM, 0);
    if (result === 0) return value.slice();
    if (result === -ENOENT) return null;
    throw this.failure("lookup", result);
  }

  private batchBuffers(count: number): { cursor: SysBuffer; keys: SysBuffer; values: SysBuffer } {
    return {
      // Hashes keep a u32 bucket there, arrays a u32 index, LPM tries a key.
      cursor: this.bpf.scratch("batch cursor", Math.max(8, this.keySize)),
      keys: this.bpf.scratch("batch keys", count * this.keySize),
      values: this.bpf.scratch("batch values", count * round8(this.userValueSize)),
    };
  }

  private recordSource(): RecordSource {
    if (this.records !== null) return this.records;
    if (this.fd < 0) throw this.closed("drain");
    if (this.openRecords !== null) {
      this.records = this.openRecords();
      return this.records;
    }
    throw new SkepError("map/no-records", `${this.spec.name} (${mapTypeWord(this.spec.type)}) holds no records`, {
      advice: "ring buffers and perf event arrays have records",
    });
  }

  private sized(what: "key" | "value", bytes: Uint8Array, want: number): Uint8Array {
    if (bytes.length === want) return bytes;
    throw this.sizeError(what, bytes.length, want);
  }

  private sizeError(what: "key" | "value", got: number, want: number): SkepError {
    return new SkepError(`map/${what}-size`, `${this.spec.name}: ${what} of ${got} bytes, the map takes ${want}`);
  }

  private failure(op: MapOp, result: number): SkepError {
    return this.fd < 0 ? this.closed(op) : mapError(this.spec, op, -result);
  }

  private closed(op: MapOp): SkepError {
    return mapError(this.spec, op, EBADF, "the map is closed");
  }
}
