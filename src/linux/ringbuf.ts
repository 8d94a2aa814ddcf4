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
import { sysError } from "./errors.ts";
import { RecordCopier, type RecordSource, waiter } from "./records.ts";
import { MAP_SHARED, PAGE_BYTES, PROT_READ, PROT_WRITE, type Sys } from "./sys.ts";

const DISCARD = 0x40000000;
const LEN_MASK = 0x3fffffff;
const HEADER_BYTES = 8;

export function openRingbuf(sys: Sys, fd: number, ringBytes: number): RecordSource {
  const consumerAddr = map(sys, PAGE_BYTES, PROT_READ | PROT_WRITE, fd, 0);
  const producerBytes = PAGE_BYTES + 2 * ringBytes;
  const producerAddr = map(sys, producerBytes, PROT_READ, fd, PAGE_BYTES);
  const consumer = sys.view(consumerAddr, PAGE_BYTES);
  const producer = sys.view(producerAddr, producerBytes);
  const consumerPos = new BigUint64Array(consumer.buffer, consumer.byteOffset, 1);
  const producerWords = new Int32Array(producer.buffer, producer.byteOffset, producerBytes >> 2);
  const data = producer.subarray(PAGE_BYTES);
  const dataWords = new Int32Array(data.buffer, data.byteOffset, (2 * ringBytes) >> 2);
  const mask = ringBytes - 1;
  /** The consumer position is told to the kernel after so many bytes, so that producers find room early. */
  const publishBytes = Math.max(PAGE_BYTES, ringBytes >> 2);
  const copier = new RecordCopier();
  const ready = waiter(sys, () => [fd]);
  let pos = Number(consumerPos[0]!);
  let closed = false;

  /** Bytes between the two positions; both modulo 2^32, which is enough: the ring is smaller. */
  const waiting = (): number => (load(producerWords, 0) - (pos % 0x1_0000_0000)) >>> 0;

  /**
   * Records in the `left` bytes that begin at `pos`, up to the first that is reserved and not yet submitted. Offsets are
   * int32 all the way; `pos` is moved on before `fn` is called.
   */
  const drainSome = (fn: (record: Uint8Array, cpu: number) => void, left: number): number => {
    const start = pos;
    let at = pos & mask;
    let taken = 0;
    let count = 0;
    while (taken < left) {
      const word = at >> 2;
      const header = load(dataWords, word);
      if (header < 0) break; // BUSY
      const len = header & LEN_MASK;
      const step = (HEADER_BYTES + len + 7) & ~7;
      taken += step;
      at = (at + step) & mask;
      pos = start + taken;
      if ((header & DISCARD) !== 0) continue;
      count++;
      fn(copier.copy(dataWords, data, word + HEADER_BYTES / 4, len), -1);
      if (closed || taken >= publishBytes) break;
    }
    return count;
  };

  return {
    lost: 0,
    drain(fn): number {
      let count = 0;
      while (!closed) {
        const left = waiting();
        const before = pos;
        if (left === 0) break;
        try {
          count += drainSome(fn, left);
        } finally {
          if (!closed) consumerPos[0] = BigInt(pos);
        }
        if (pos === before) break;
      }
      return count;
    },
    wait(signal): Promise<void> {
      // A reserved record at the head is no reason to return at once: poll says "readable", after a turn of the loop.
      return ready.wait(() => closed || (waiting() > 0 && load(dataWords, (pos & mask) >> 2) >= 0), signal);
    },
    close(): void {
      if (closed) return;
      closed = true;
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
