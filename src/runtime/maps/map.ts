/**
 * A live map as user space sees it: bytes in, bytes out, with the checks that bpf(2) makes before it calls the map type.
 * Source: kernel/bpf/syscall.c (map_lookup_elem, map_update_elem, map_get_sys_perms, map_freeze, ...).
 */
import { BPF_F_LOCK, BPF_F_MMAPABLE, BPF_F_RDONLY, BPF_F_WRONLY } from "../../abi/flags.ts";
import {
  BPF_MAP_TYPE_ARENA,
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_BLOOM_FILTER,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_QUEUE,
  BPF_MAP_TYPE_STACK,
  BPF_MAP_TYPE_STACK_TRACE,
  mapTypeWord,
} from "../../abi/map-types.ts";
import { EBADF, EBUSY, EINVAL, ENOENT, ENOSPC, ENOTSUPP, EPERM } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { type MapOp, mapError } from "../../loader/map-error.ts";
import { RecordCursor, type RecordView } from "../../loader/record-view.ts";
import type { TargetMap, TargetProg } from "../../loader/target.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { roundUp } from "../heap.ts";
import type { MapHost, MapOps, SlotMap } from "./ops.ts";
import { hasField } from "./record.ts";

/** What a live map needs of the runtime that made it. */
export interface MapOwner extends MapHost {
  /** Scratch for keys and values that user space passes, at least that large; valid until the next call. */
  userBuffer(bytes: number): number;
  /** User space let a map go: its timers end, whatever programs still use it. */
  released(ops: MapOps): void;
  /** Takes the map off the runtime's lists and frees its descriptor. */
  forget(map: EmbeddedMap): void;
}

const LOOKUP_AND_DELETE: ReadonlySet<number> = new Set([
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_PERCPU_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
]);

export class EmbeddedMap implements SlotMap {
  readonly spec: MapSpec;
  readonly id: number;
  readonly cpus: number;
  readonly userValueSize: number;
  readonly ops: MapOps;
  readonly #owner: MapOwner;
  readonly #keySize: number;
  #frozen = false;
  #closed = false;
  /** Letting go of what is in it may have been what freed it: a prog array that its own programs use. */
  #freed = false;
  /** Programs and maps of maps that use it: memory goes when user space and all of them are done. */
  #users = 0;

  constructor(owner: MapOwner, ops: MapOps, id: number) {
    this.#owner = owner;
    this.ops = ops;
    this.spec = ops.spec;
    this.id = id;
    this.cpus = owner.cpus;
    this.#keySize = ops.spec.keySize;
    this.userValueSize =
      ops.userValueSize ??
      (ops.lookupCpu === undefined ? ops.spec.valueSize : roundUp(ops.spec.valueSize, 8) * owner.cpus);
  }

  /** True once BPF_MAP_FREEZE was called. */
  get frozen(): boolean {
    return this.#frozen;
  }

  lookup(key: Uint8Array, flags = 0): Uint8Array | null {
    if ((flags & ~BPF_F_LOCK) !== 0) this.#fail("lookup", EINVAL);
    this.#need("lookup", BPF_F_WRONLY);
    this.#checkLock("lookup", flags);
    if (this.spec.type === BPF_MAP_TYPE_BLOOM_FILTER) return this.#test(key);
    const at = this.#key("lookup", key);
    const { ops } = this;
    if (ops.userLookup !== undefined) {
      const found = ops.userLookup(at);
      if (typeof found !== "number") return found;
      if (found === -ENOENT) return null;
      return this.#fail("lookup", -found);
    }
    if (ops.peek !== undefined) return this.#takeOut("lookup", (value) => ops.peek!(value));
    return this.#read(at);
  }

  update(key: Uint8Array, value: Uint8Array, flags = 0): void {
    this.#need("update", BPF_F_RDONLY);
    this.#checkLock("update", flags);
    const { ops } = this;
    if (ops.addRecord !== undefined) {
      const err = ops.addRecord(value);
      if (err !== 0) this.#fail("update", -err);
      return;
    }
    if (value.length !== this.userValueSize) {
      this.#fail("update", EINVAL, `a value of ${value.length} bytes where ${this.userValueSize} are due`);
    }
    // Flags are u64 in the kernel and no type knows any above BPF_F_LOCK | BPF_EXIST.
    if (!Number.isInteger(flags) || flags < 0 || flags > 0xffff_ffff) this.#fail("update", EINVAL);
    if (ops.slot !== undefined) {
      const slot = ops.slot(this.#key("update", key), flags);
      if (slot < 0) this.#fail("update", -slot);
      this.#owner.memory.u8.set(value, slot);
      return;
    }
    const at = this.#key("update", key, value.length);
    const valueAt = at + roundUp(this.#keySize, 8);
    this.#owner.memory.u8.set(value, valueAt);
    let err: number;
    if (ops.userUpdate !== undefined) err = ops.userUpdate(at, valueAt, flags);
    else if (ops.push !== undefined) err = ops.push(valueAt, flags);
    else if (ops.updateAllCpus !== undefined) err = ops.updateAllCpus(at, valueAt, flags);
    else err = ops.update(at, valueAt, flags);
    if (err !== 0) this.#fail("update", -err);
  }

  delete(key: Uint8Array): boolean {
    this.#need("delete", BPF_F_RDONLY);
    const err = this.ops.delete(this.#key("delete", key));
    if (err === -ENOENT) return false;
    if (err !== 0) this.#fail("delete", -err);
    return true;
  }

  lookupAndDelete(key: Uint8Array): Uint8Array | null {
    const { ops } = this;
    this.#need("lookup and delete", BPF_F_RDONLY | BPF_F_WRONLY);
    const at = this.#key("lookup and delete", key);
    if (this.spec.type === BPF_MAP_TYPE_QUEUE || this.spec.type === BPF_MAP_TYPE_STACK) {
      return this.#takeOut("lookup and delete", (value) => ops.pop!(value));
    }
    if (this.spec.type === BPF_MAP_TYPE_STACK_TRACE) {
      const trace = ops.userLookup!(at);
      return typeof trace === "number" || ops.delete(at) !== 0 ? null : trace;
    }
    if (!LOOKUP_AND_DELETE.has(this.spec.type)) this.#fail("lookup and delete", ENOTSUPP);
    const value = this.#read(at);
    if (value !== null) ops.delete(at);
    return value;
  }

  nextKey(key: Uint8Array | null): Uint8Array | null {
    this.#need("next key", BPF_F_WRONLY);
    // A map without keys is asked without one.
    if (key !== null && this.#keySize === 0) this.#fail("next key", EINVAL);
    const at = this.ops.nextKey(key === null ? 0 : this.#key("next key", key));
    if (at === 0) return null;
    if (at < 0) {
      if (at === -ENOENT) return null;
      this.#fail("next key", -at);
    }
    return this.#owner.memory.u8.slice(at, at + this.#keySize);
  }

  setSlot(key: Uint8Array, what: TargetMap | TargetProg | null): void {
    this.#need("update", BPF_F_RDONLY);
    const at = this.#key("update", key);
    const err = this.ops.setSlot === undefined ? -EINVAL : this.ops.setSlot(at, what);
    if (err !== 0) this.#fail("update", -err);
  }

  freeze(): void {
    if (this.ops.record.length > 0) this.#fail("freeze", ENOTSUPP);
    this.#need("freeze", BPF_F_RDONLY);
    // User space has an arena mapped writable from the start.
    if (this.spec.type === BPF_MAP_TYPE_ARENA) this.#fail("freeze", EBUSY);
    this.#frozen = true;
  }

  drain(fn: (record: Uint8Array, cpu: number) => void): number {
    this.#need("drain", 0);
    return this.ops.records?.drain(fn) ?? this.#fail("drain", EINVAL);
  }

  drainInPlace(fn: (record: RecordView, cpu: number) => void): number {
    let cursor: RecordCursor | null = null;
    return this.drain((bytes, cpu) => {
      // A map's records lie in one buffer, or in one a CPU.
      if (cursor?.data.buffer !== bytes.buffer) cursor = new RecordCursor(new DataView(bytes.buffer));
      cursor.at = bytes.byteOffset;
      cursor.byteLength = bytes.length;
      try {
        fn(cursor, cpu);
      } finally {
        cursor.byteLength = 0;
      }
    });
  }

  send(record: Uint8Array): boolean {
    this.#need("send", BPF_F_RDONLY);
    const { addRecord } = this.ops;
    if (addRecord === undefined) {
      throw new SkepError("map/no-send", `${this.spec.name} (${mapTypeWord(this.spec.type)}) takes no records`, {
        advice: "user ring buffers take records",
      });
    }
    const err = addRecord(record);
    if (err !== 0 && err !== -ENOSPC) this.#fail("send", -err);
    return err === 0;
  }

  get lost(): number {
    return this.ops.records?.lost ?? 0;
  }

  wait(signal?: AbortSignal): Promise<void> {
    const { records } = this.ops;
    if (this.#closed) return Promise.reject(this.#error("wait", EBADF));
    if (records === undefined) return Promise.reject(this.#error("wait", EINVAL));
    if (signal?.aborted || records.ready()) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        signal?.removeEventListener("abort", done);
        resolve();
      };
      records.onWake(done);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  get windowAddr(): bigint | undefined {
    const { window } = this.ops;
    return window === undefined ? undefined : BigInt(window.start);
  }

  window(): Uint8Array | null {
    const { spec } = this;
    const { window } = this.ops;
    if (window !== undefined && !this.#closed) {
      return this.#owner.memory.u8.subarray(window.start, window.start + window.bytes);
    }
    if (spec.type !== BPF_MAP_TYPE_ARRAY || spec.maxEntries !== 1 || this.#frozen || this.#closed) return null;
    if (spec.global === null && (spec.flags & BPF_F_MMAPABLE) === 0) return null;
    const region = this.ops.regions()[0]!;
    return this.#owner.memory.u8.subarray(region.start, region.start + spec.valueSize);
  }

  /** A program or an outer map uses it: its memory outlives close() until as many unuse() calls. */
  use(): void {
    this.#users++;
  }

  unuse(): void {
    this.#users--;
    this.#freeIfDone();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.ops.release?.();
    this.#owner.released(this.ops);
    this.#freeIfDone();
  }

  #freeIfDone(): void {
    if (!this.#closed || this.#users > 0 || this.#freed) return;
    this.#freed = true;
    const { ops } = this;
    // What values own (objects of programs) goes with them.
    if (ops.record.length > 0) {
      ops.each?.((_key, value) => {
        this.#owner.dropFields(ops.record, value);
        return 0;
      });
    }
    ops.free();
    this.#owner.forget(this);
  }

  /** Copies the value at the key out, special fields zeroed. */
  #read(key: number): Uint8Array | null {
    const { ops, spec } = this;
    const { memory } = this.#owner;
    if (ops.lookupCpu === undefined) {
      const value = (ops.peekValue ?? ops.lookup)(key);
      return value === 0 ? null : this.#mask(memory.u8.slice(value, value + spec.valueSize), 0);
    }
    const stride = roundUp(spec.valueSize, 8);
    const out = new Uint8Array(stride * this.cpus);
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      const value = ops.lookupCpu(key, cpu);
      if (value === 0) return null;
      out.set(memory.u8.subarray(value, value + stride), cpu * stride);
      this.#mask(out, cpu * stride);
    }
    return out;
  }

  #mask(bytes: Uint8Array, at: number): Uint8Array {
    for (const field of this.ops.record) bytes.fill(0, at + field.offBytes, at + field.offBytes + field.sizeBytes);
    return bytes;
  }

  #takeOut(op: MapOp, copy: (value: number) => number): Uint8Array | null {
    const { valueSize } = this.spec;
    const value = this.#owner.userBuffer(valueSize);
    const err = copy(value);
    if (err === -ENOENT) return null;
    if (err !== 0) this.#fail(op, -err);
    return this.#owner.memory.u8.slice(value, value + valueSize);
  }

  /** Bloom filter: the value is what is looked up. */
  #test(value: Uint8Array): Uint8Array | null {
    const { valueSize } = this.spec;
    if (value.length !== valueSize) {
      this.#fail("lookup", EINVAL, `a value of ${value.length} bytes where ${valueSize} are due`);
    }
    const at = this.#owner.userBuffer(valueSize);
    this.#owner.memory.u8.set(value, at);
    return this.ops.peek!(at) === 0 ? value.slice() : null;
  }

  /** Puts the key where the map's operations can read it, with room for `valueBytes` after it. */
  #key(op: MapOp, key: Uint8Array, valueBytes = 0): number {
    if (key.length !== this.#keySize) {
      this.#fail(op, EINVAL, `a key of ${key.length} bytes where ${this.#keySize} are due`);
    }
    const at = this.#owner.userBuffer(roundUp(this.#keySize, 8) + valueBytes);
    this.#owner.memory.u8.set(key, at);
    return at;
  }

  /** Fails where the map is closed, made with one of `refused`, or frozen and about to be written. */
  #need(op: MapOp, refused: number): void {
    if (this.#closed) this.#fail(op, EBADF);
    if ((this.spec.flags & refused) !== 0) this.#fail(op, EPERM);
    if (this.#frozen && (refused & BPF_F_RDONLY) !== 0) this.#fail(op, EPERM, "the map is frozen");
  }

  #checkLock(op: MapOp, flags: number): void {
    if ((flags & BPF_F_LOCK) !== 0 && !hasField(this.ops.record, "spin_lock")) this.#fail(op, EINVAL);
  }

  #error(op: MapOp, errno: number, detail?: string): SkepError {
    return mapError(this.spec, op, errno, detail);
  }

  #fail(op: MapOp, errno: number, detail?: string): never {
    throw this.#error(op, errno, detail);
  }
}
