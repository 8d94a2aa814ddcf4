/**
 * A live map with typed keys and values. The bytes are the target's business (`raw`), the types come from BTF; without
 * BTF keys and values are Uint8Array.
 */

import { BPF_EXIST, BPF_F_LOCK, BPF_NOEXIST } from "../abi/flags.ts";
import { isPerCpuMap, mapTypeWord } from "../abi/map-types.ts";
import { toHex } from "../base/bytes.ts";
import { EBADF, EEXIST, ENOENT } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import { showBytes } from "../btf/show.ts";
import { bytesCodec, codecOf, type ValueCodec } from "../btf/value.ts";
import type { MapSpec } from "../obj/spec.ts";
import { named } from "./globals.ts";
import type { Program } from "./program.ts";
import type { RecordView } from "./record-view.ts";
import type { RecordType } from "./records.ts";
import type { Value } from "./shape.ts";
import type { Target, TargetMap } from "./target.ts";

export interface UpdateOptions {
  /** "noexist": fail where the key is there; "exist": fail where it is not. Default: either. */
  if?: "exist" | "noexist";
  /** Take the value's bpf_spin_lock. */
  lock?: boolean;
}

export interface RecordsOptions {
  /** Ends the iteration when aborted; records that wait by then are still given. */
  signal?: AbortSignal;
}

/**
 * @example
 * ```ts
 * for (const [addr, count] of guard.maps.syns.entries()) console.log(addr, count);
 * guard.maps.rules.set({ prefixlen: 24, addr: 0xc0000200 }, 1);
 * ```
 */
export class BpfMap<K = Value, V = Value> {
  readonly name: string;
  readonly spec: MapSpec;
  /** The target's map: bytes in, bytes out. */
  readonly raw: TargetMap;
  readonly #key: ValueCodec;
  readonly #value: ValueCodec;
  readonly #perCpu: boolean;
  readonly #record: RecordType | null;
  /** Records taken from the ring for a records() loop, and how many of them it has had: one that ends early loses none. */
  #waiting: V[] = [];
  #given = 0;

  constructor(raw: TargetMap, record: RecordType | null = null) {
    this.raw = raw;
    this.#record = record;
    this.spec = raw.spec;
    this.name = raw.spec.name;
    this.#key = codecFor(raw.spec, raw.spec.keyTypeId, raw.spec.keySize);
    this.#value = codecFor(raw.spec, raw.spec.valueTypeId, raw.spec.valueSize);
    this.#perCpu = isPerCpuMap(raw.spec.type);
  }

  /** The kernel's word for the type: "lru_hash". */
  get type(): string {
    return mapTypeWord(this.spec.type);
  }

  /** True where a value is an array with one entry a CPU. */
  get perCpu(): boolean {
    return this.#perCpu;
  }

  /** The value, or undefined where the key is not there. Per-CPU maps: an array, one value a CPU. `lock`: see UpdateOptions. */
  get(key: K, options: Pick<UpdateOptions, "lock"> = {}): V | undefined {
    const bytes = this.raw.lookup(this.#keyBytes(key), options.lock === true ? BPF_F_LOCK : 0);
    return bytes === null ? undefined : this.#decode(bytes);
  }

  has(key: K): boolean {
    return this.raw.lookup(this.#keyBytes(key)) !== null;
  }

  /** Throws SkepError "map/EEXIST", "map/ENOENT", "map/E2BIG", ... as the kernel answers. */
  set(key: K, value: V, options: UpdateOptions = {}): this {
    this.raw.update(this.#keyBytes(key), this.#encode(value), flagsOf(options));
    return this;
  }

  /** Prog arrays: the program that a tail call of that index goes to. Maps of maps: the map there. null empties the slot. */
  setSlot(key: K, what: BpfMap<unknown, unknown> | Program | null): this {
    this.raw.setSlot(this.#keyBytes(key), what?.raw ?? null);
    return this;
  }

  /** Adds where the key is new; false where it was there already. */
  add(key: K, value: V): boolean {
    return this.#setIf(key, value, "noexist", EEXIST);
  }

  /** Replaces where the key is there; false where it was not. */
  replace(key: K, value: V): boolean {
    return this.#setIf(key, value, "exist", ENOENT);
  }

  /** False where the key was not there. */
  delete(key: K): boolean {
    return this.raw.delete(this.#keyBytes(key));
  }

  /** The value, removed; undefined where the key was not there. */
  take(key: K): V | undefined {
    const bytes = this.raw.lookupAndDelete(this.#keyBytes(key));
    return bytes === null ? undefined : this.#decode(bytes);
  }

  /** Queue, stack and bloom filter. */
  push(value: V): void {
    this.raw.update(new Uint8Array(0), this.#encode(value), 0);
  }

  /** Queue and stack: removes and returns the next value, undefined where empty. */
  pop(): V | undefined {
    const bytes = this.raw.lookupAndDelete(new Uint8Array(0));
    return bytes === null ? undefined : this.#decode(bytes);
  }

  /** Queue and stack: the next value, left in place. */
  peek(): V | undefined {
    const bytes = this.raw.lookup(new Uint8Array(0));
    return bytes === null ? undefined : this.#decode(bytes);
  }

  /** Keys in the target's order. Deleting while iterating is allowed; a key deleted elsewhere is not repeated for ever. */
  *keys(): IterableIterator<K> {
    for (const bytes of this.#rawKeys()) yield this.#key.decode(bytes) as K;
  }

  *entries(): IterableIterator<[K, V]> {
    // Targets that pay for each key hand over all elements at once.
    const scanned: [K, V][] = [];
    if (this.raw.scan?.((key, value) => scanned.push([this.#key.decode(key) as K, this.#decode(value)]))) {
      yield* scanned;
      return;
    }
    for (const bytes of this.#rawKeys()) {
      const value = this.raw.lookup(bytes);
      if (value !== null) yield [this.#key.decode(bytes) as K, this.#decode(value)];
    }
  }

  *values(): IterableIterator<V> {
    for (const entry of this.entries()) yield entry[1];
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  /** Number of keys, by counting them. */
  count(): number {
    let n = 0;
    for (const _ of this.#rawKeys()) n++;
    return n;
  }

  /**
   * Many, in order, as few system calls as the target can; returns how many. The first failure is thrown: what stands before
   * it is written.
   */
  setAll(entries: Iterable<readonly [K, V]>, options: UpdateOptions = {}): number {
    const flags = flagsOf(options);
    let n = 0;
    let keys: Uint8Array[] = [];
    let values: Uint8Array[] = [];
    const flush = (): void => {
      const [k, v] = [keys, values];
      keys = [];
      values = [];
      for (let i = this.raw.writeBatch?.(k, v, flags) ?? 0; i < k.length; i++) this.raw.update(k[i]!, v[i]!, flags);
      n += k.length;
    };
    try {
      for (const [key, value] of entries) {
        const bytes = this.#keyBytes(key);
        values.push(this.#encode(value));
        keys.push(bytes);
        if (keys.length === CHUNK) flush();
      }
    } finally {
      // Also where a key or value cannot be encoded: those before it are written.
      flush();
    }
    return n;
  }

  /** Returns how many were there. */
  deleteAll(keys: Iterable<K>): number {
    let n = 0;
    for (const some of chunks(keys)) n += this.#deleteRaw(some.map((key) => this.#keyBytes(key)));
    return n;
  }

  clear(): void {
    this.#deleteRaw([...this.#rawKeys()]);
  }

  /**
   * Ring buffer and perf event array: records as they come, until the signal aborts or the map is closed. Decoded where the record's type is
   * known (see LoadOptions.records) and its size is right; else the bytes are given.
   */
  async *records(options: RecordsOptions = {}): AsyncIterableIterator<V> {
    try {
      for (;;) {
        this.#waiting = this.drain();
        while (this.#given < this.#waiting.length) yield this.#waiting[this.#given++]!;
        if (options.signal?.aborted) return;
        await this.raw.wait(options.signal);
      }
    } catch (error) {
      if (!this.#isClosed(error)) throw error;
    }
  }

  /** Ring buffer and perf event array: the records that wait now; also those that a loop over records() left. */
  drain(): V[] {
    const records = this.#waiting.slice(this.#given);
    this.#waiting = [];
    this.#given = 0;
    this.raw.drain((bytes) => {
      records.push(this.decodeRecord(bytes));
    });
    return records;
  }

  /**
   * Ring buffer and perf event array: the records that wait now, read where they lie; returns how many. No object and no
   * copy a record, for those that come by the million. The view is good during the call only.
   */
  drainInPlace(fn: (record: RecordView, cpu: number) => void): number {
    return this.raw.drainInPlace(fn);
  }

  /** A record's bytes, decoded where its type is known and its size is right; else a copy of them. */
  decodeRecord(bytes: Uint8Array): V {
    return (this.#fits(bytes) ? codecOf(this.#record!.btf, this.#record!.typeId).decode(bytes) : bytes.slice()) as V;
  }

  #isClosed(error: unknown): boolean {
    return error instanceof SkepError && error.errno === EBADF;
  }

  /** One record as a line for people. */
  recordText(bytes: Uint8Array): string {
    return this.#fits(bytes) ? showBytes(this.#record!.btf, this.#record!.typeId, bytes) : toHex(bytes);
  }

  #fits(bytes: Uint8Array): boolean {
    return this.#record !== null && bytes.length >= this.#record.sizeBytes;
  }

  /**
   * User ring buffer: one record to the program, which takes it with bpf_user_ringbuf_drain(). Bytes, or a value of the
   * record's type where that is known. False where the ring is full.
   */
  send(record: V | Uint8Array): boolean {
    if (this.raw.send === undefined) throw this.#lacks("send");
    if (record instanceof Uint8Array || this.#record === null) return this.raw.send(record as Uint8Array);
    return this.raw.send(codecOf(this.#record.btf, this.#record.typeId).encode(record));
  }

  /** Keeps the map under a path in a bpffs, also when this process ends. */
  pin(path: string): void {
    if (this.raw.pin === undefined) throw this.#lacks("pin");
    this.raw.pin(path);
  }

  #lacks(verb: string): SkepError {
    return new SkepError("load/not-supported", `maps of this target cannot ${verb}`, {
      advice: "use the linux target",
    });
  }

  /** Records lost because the ring was full. */
  get lost(): number {
    return this.raw.lost;
  }

  *#rawKeys(): IterableIterator<Uint8Array> {
    let key = this.raw.nextKey(null);
    // A hash changed under iteration may start over from the first key: the bound ends what would not.
    for (let left = this.spec.maxEntries * 2 + 1; key !== null && left > 0; left--) {
      const next = this.raw.nextKey(key);
      yield key;
      key = next;
    }
  }

  /** A key that is not there ends a batch, and is skipped. */
  #deleteRaw(keys: readonly Uint8Array[]): number {
    let n = 0;
    for (let at = 0; at < keys.length; at++) {
      const some = this.raw.writeBatch?.(at === 0 ? keys : keys.slice(at), null) ?? 0;
      n += some;
      at += some;
      if (at < keys.length && this.raw.delete(keys[at]!)) n++;
    }
    return n;
  }

  #decode(bytes: Uint8Array): V {
    if (!this.#perCpu) return this.#value.decode(bytes) as V;
    const stride = (this.spec.valueSize + 7) & ~7;
    const values: Value[] = [];
    for (let cpu = 0; cpu < this.raw.cpus; cpu++) {
      values.push(this.#value.decode(bytes.subarray(cpu * stride, cpu * stride + this.spec.valueSize)));
    }
    return values as V;
  }

  #keyBytes(key: K): Uint8Array {
    return named(`${this.name} key`, () => this.#key.encode(key));
  }

  #encode(value: V): Uint8Array {
    if (!this.#perCpu) return named(this.name, () => this.#value.encode(value));
    if (!Array.isArray(value) || value.length > this.raw.cpus) {
      throw new SkepError("map/per-cpu", `${this.name} is per CPU: a value is an array of ${this.raw.cpus}`, {
        advice: "one value a CPU; those left out become zero",
      });
    }
    const stride = (this.spec.valueSize + 7) & ~7;
    const bytes = new Uint8Array(stride * this.raw.cpus);
    for (let cpu = 0; cpu < this.raw.cpus; cpu++) {
      if (value[cpu] !== undefined)
        bytes.set(
          named(`${this.name}[${cpu}]`, () => this.#value.encode(value[cpu])),
          cpu * stride,
        );
    }
    return bytes;
  }

  #setIf(key: K, value: V, condition: "exist" | "noexist", refusal: number): boolean {
    try {
      this.set(key, value, { if: condition });
      return true;
    } catch (error) {
      if (error instanceof SkepError && error.errno === refusal) return false;
      throw error;
    }
  }
}

function flagsOf(options: UpdateOptions): number {
  const condition = options.if === "noexist" ? BPF_NOEXIST : options.if === "exist" ? BPF_EXIST : 0;
  return condition | (options.lock === true ? BPF_F_LOCK : 0);
}

/** So many elements that a batch is worth its while, and not all of an endless source. */
const CHUNK = 1024;

function* chunks<T>(all: Iterable<T>): Generator<T[]> {
  let some: T[] = [];
  for (const each of all) {
    some.push(each);
    if (some.length < CHUNK) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}

/** The live map of a spec; a map of maps with its template, which only checks the maps that are put in later. */
export function makeMap(target: Target, spec: MapSpec): TargetMap {
  const inner = spec.inner === null ? null : target.createMap(spec.inner, null);
  try {
    return target.createMap(spec, inner);
  } finally {
    inner?.close();
  }
}

function codecFor(spec: MapSpec, typeId: number, sizeBytes: number): ValueCodec {
  return spec.btf === null || typeId === 0 ? bytesCodec(sizeBytes) : codecOf(spec.btf, typeId);
}
