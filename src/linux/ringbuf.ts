/**
 * Reads a BPF_MAP_TYPE_RINGBUF through its two mappings:
 *
 *     consumer page   u64 position, writable                         record   u32 length | BUSY | DISCARD
 *     producer page   u64 position, read only                                 u32 page offset (the kernel's)
 *     data            the ring twice in a row, read only                      bytes, padded to a multiple of 8
 *
 * Positions only grow; the ring's size is a power of two of at least a page. The header of a record must be read before
 * its bytes, and the producer's position before any header.
 * Source: kernel/bpf/ringbuf.c, tools/lib/bpf/ringbuf.c, 6.18.
 */
import { errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import { RecordCursor, type RecordView } from "../loader/record-view.ts";
import { sysError } from "./errors.ts";
import { RecordCopier, type RecordSource, waiter } from "./records.ts";
import { MAP_SHARED, PAGE_BYTES, PROT_READ, PROT_WRITE, type Sys } from "./sys.ts";

const LEN_MASK = 0x3fffffff;
const HEADER_BYTES = 8;

/** Offsets in the doubled ring stay int32. */
const MAX_RING_BYTES = 1 << 29;

export function openRingbuf(sys: Sys, fd: number, ringBytes: number): RecordSource {
  if (ringBytes > MAX_RING_BYTES) {
    throw new SkepError("map/ring-size", `a ring buffer of ${ringBytes} bytes is too large to read`, {
      advice: `make it of ${MAX_RING_BYTES} bytes at most`,
    });
  }
  const consumerAddr = map(sys, PAGE_BYTES, PROT_READ | PROT_WRITE, fd, 0);
  const producerBytes = PAGE_BYTES + 2 * ringBytes;
  let producerAddr: number;
  try {
    producerAddr = map(sys, producerBytes, PROT_READ, fd, PAGE_BYTES);
  } catch (error) {
    sys.syscall(sys.nr.munmap, consumerAddr, PAGE_BYTES);
    throw error;
  }
  const consumer = sys.view(consumerAddr, PAGE_BYTES);
  const producer = sys.view(producerAddr, producerBytes);
  const consumerPos = new BigUint64Array(consumer.buffer, consumer.byteOffset, 1);
  const producerWords = new Int32Array(producer.buffer, producer.byteOffset, 1);
  const data = producer.subarray(PAGE_BYTES);
  const dataWords = new Int32Array(data.buffer, data.byteOffset, (2 * ringBytes) / 4);
  const cursor = new RecordCursor(new DataView(data.buffer, data.byteOffset, data.byteLength));
  const mask = ringBytes - 1;
  /** The consumer position is told to the kernel after so many bytes, so that producers find room early. */
  const publishBytes = Math.max(PAGE_BYTES, ringBytes >> 2);
  const copier = new RecordCopier();
  const ready = waiter(sys, () => [fd]);
  let pos = Number(consumerPos[0]!);
  let draining = false;
  let closed = false;

  /** Bytes between the two positions; both modulo 2^32, which is enough: the ring is smaller. */
  const waiting = (): number => (load(producerWords, 0) - (pos % 0x1_0000_0000)) >>> 0;

  /*
   * Records in the `left` bytes that begin at `pos`, up to the first that is reserved and not yet submitted. The second
   * mapping of the ring lets offsets run past its end, so the way from a header to the next is one addition. Two loops, one
   * for each way of handing over: what they call is inlined only where it is always the same.
   */
  const inPlace = (left: number, fn: (record: RecordView, cpu: number) => void): number => {
    const begin = pos & mask;
    const end = begin + left;
    let next = begin;
    let count = 0;
    try {
      while (next < end) {
        const at = next;
        const header = load(dataWords, at >> 2);
        if (header < 0) break; // BUSY
        next = (at + (header & LEN_MASK) + HEADER_BYTES + 7) & ~7;
        if (header > LEN_MASK) continue; // DISCARD
        count++;
        cursor.at = at + HEADER_BYTES;
        cursor.byteLength = header;
        fn(cursor, -1);
        if (closed) break;
      }
    } finally {
      pos += next - begin;
    }
    return count;
  };

  const copied = (left: number, fn: (record: Uint8Array, cpu: number) => void): number => {
    const begin = pos & mask;
    const end = begin + left;
    let next = begin;
    let count = 0;
    try {
      while (next < end) {
        const at = next;
        const header = load(dataWords, at >> 2);
        if (header < 0) break; // BUSY
        next = (at + (header & LEN_MASK) + HEADER_BYTES + 7) & ~7;
        if (header > LEN_MASK) continue; // DISCARD
        count++;
        fn(copier.copy(dataWords, (at + HEADER_BYTES) >> 2, header), -1);
        if (closed) break;
      }
    } finally {
      pos += next - begin;
    }
    return count;
  };

  const drainBy = <F>(some: (left: number, fn: F) => number, fn: F): number => {
    if (draining) return 0;
    draining = true;
    let count = 0;
    try {
      while (!closed) {
        const left = waiting();
        const before = pos;
        if (left === 0) break;
        try {
          count += some(Math.min(left, publishBytes), fn);
        } finally {
          if (!closed) Atomics.store(consumerPos, 0, BigInt(pos));
        }
        if (pos === before) break;
      }
    } finally {
      cursor.byteLength = 0;
      draining = false;
    }
    return count;
  };

  return {
    lost: 0,
    drain: (fn) => drainBy(copied, fn),
    drainInPlace: (fn) => drainBy(inPlace, fn),
    wait(signal): Promise<void> {
      // A reserved record at the head is no reason to return at once: poll says "readable", after a turn of the loop.
      return ready.wait(() => closed || (waiting() > 0 && load(dataWords, (pos & mask) >> 2) >= 0), signal);
    },
    close(): void {
      if (closed) return;
      closed = true;
      cursor.byteLength = 0;
      ready.cancel();
      sys.syscall(sys.nr.munmap, consumerAddr, PAGE_BYTES);
      sys.syscall(sys.nr.munmap, producerAddr, producerBytes);
    },
  };
}

/** x86 keeps loads in order; elsewhere Atomics.load orders them (it is a call: 6 ns). */
const load: (words: Int32Array, at: number) => number =
  process.arch === "x64" ? (words, at) => words[at]! : (words, at) => Atomics.load(words, at);

function map(sys: Sys, bytes: number, prot: number, fd: number, offset: number): number {
  const addr = sys.syscall(sys.nr.mmap, 0, bytes, prot, MAP_SHARED, fd, offset);
  if (addr < 0) throw sysError(`mmap of a ring buffer (${bytes} bytes, ${errnoName(-addr)})`, -addr);
  return addr;
}
