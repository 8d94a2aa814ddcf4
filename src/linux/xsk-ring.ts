/**
 * A ring between user space and an AF_XDP socket, mapped: one side moves the producer's position on, the other the
 * consumer's. Positions are u32 and only grow; the number of entries is a power of two.
 *
 *     fill, completion   u64 address                        user produces fill and tx, the kernel completion and rx
 *     rx, tx             u64 address, u32 length, u32 options
 *
 * Source: include/uapi/linux/if_xdp.h, net/xdp/xsk_queue.h, 6.18.
 */
import type { Region } from "./region.ts";

const NEED_WAKEUP = 1;

/** Byte offsets in the mapping: struct xdp_ring_offset. */
export interface RingOffsets {
  readonly producer: number;
  readonly consumer: number;
  readonly desc: number;
  readonly flags: number;
}

export class XskRing {
  readonly entries: number;
  private readonly region: Region;
  private readonly producer: Uint32Array;
  private readonly consumer: Uint32Array;
  private readonly flags: Uint32Array;
  private readonly words: Uint32Array;
  private readonly step: number;
  private closed = false;

  constructor(region: Region, offsets: RingOffsets, entries: number, descBytes: 8 | 16) {
    const { buffer, byteOffset } = region.bytes;
    const word = (at: number): Uint32Array => new Uint32Array(buffer, byteOffset + at, 1);
    this.region = region;
    this.entries = entries;
    this.producer = word(offsets.producer);
    this.consumer = word(offsets.consumer);
    this.flags = word(offsets.flags);
    this.step = descBytes / 4;
    this.words = new Uint32Array(buffer, byteOffset + offsets.desc, entries * this.step);
  }

  /** Entries that the producer has put in and the consumer has not taken. */
  get used(): number {
    return (Atomics.load(this.producer, 0) - Atomics.load(this.consumer, 0)) >>> 0;
  }

  get room(): number {
    return this.entries - this.used;
  }

  /** The kernel waits for a system call before it goes on. */
  get needsWakeup(): boolean {
    return (Atomics.load(this.flags, 0) & NEED_WAKEUP) !== 0;
  }

  /** As producer, with room: one entry, seen by the kernel at once. Addresses are below 2^32. */
  produce(addr: number, length: number): void {
    const at = (this.producer[0]! & (this.entries - 1)) * this.step;
    this.words[at] = addr;
    this.words[at + 1] = 0;
    if (this.step === 4) {
      this.words[at + 2] = length;
      this.words[at + 3] = 0;
    }
    Atomics.store(this.producer, 0, this.producer[0]! + 1);
  }

  /** As consumer: every entry there is now, taken when `fn` has seen it. How many. */
  consume(fn: (addr: number, length: number) => void): number {
    const count = this.used;
    for (let i = 0; i < count && !this.closed; i++) {
      const at = (this.consumer[0]! & (this.entries - 1)) * this.step;
      try {
        fn(this.words[at]!, this.step === 4 ? this.words[at + 2]! : 0);
      } finally {
        Atomics.store(this.consumer, 0, this.consumer[0]! + 1);
      }
    }
    return count;
  }

  close(): void {
    this.closed = true;
    this.region.close();
  }
}
