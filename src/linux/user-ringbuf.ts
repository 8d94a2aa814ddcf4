/**
 * Writes a BPF_MAP_TYPE_USER_RINGBUF: records from user space to a program that calls bpf_user_ringbuf_drain().
 *
 *     consumer page   u64 position, read only (the kernel's)        record   u32 length | BUSY | DISCARD, u32 0
 *     producer page   u64 position, writable                                 bytes, padded to a multiple of 8
 *     data            the ring twice in a row, writable
 *
 * One producer. A record is whole before the producer's position moves past it, so BUSY is never needed.
 * Source: kernel/bpf/ringbuf.c, tools/lib/bpf/ringbuf.c user_ring_buffer__*, 6.18.
 */
import { sysError } from "./errors.ts";
import { MAP_SHARED, PAGE_BYTES, PROT_READ, PROT_WRITE, type Sys } from "./sys.ts";

const HEADER_BYTES = 8;

export interface UserRingbuf {
  /** False where there is no room: the program has to drain first. */
  send(record: Uint8Array): boolean;
  close(): void;
}

export function openUserRingbuf(sys: Sys, fd: number, ringBytes: number): UserRingbuf {
  const consumerAddr = map(sys, PAGE_BYTES, PROT_READ, fd, 0);
  const producerBytes = PAGE_BYTES + 2 * ringBytes;
  const producerAddr = map(sys, producerBytes, PROT_READ | PROT_WRITE, fd, PAGE_BYTES);
  const consumer = sys.view(consumerAddr, PAGE_BYTES);
  const producer = sys.view(producerAddr, producerBytes);
  const consumerPos = new BigUint64Array(consumer.buffer, consumer.byteOffset, 1);
  const producerPos = new BigUint64Array(producer.buffer, producer.byteOffset, 1);
  const data = producer.subarray(PAGE_BYTES);
  const words = new Int32Array(data.buffer, data.byteOffset, (2 * ringBytes) >> 2);
  let open = true;
  return {
    send(record): boolean {
      const pos = producerPos[0]!;
      const room = ringBytes - Number(pos - Atomics.load(consumerPos, 0));
      const step = HEADER_BYTES + ((record.length + 7) & ~7);
      if (!open || step > room) return false;
      const at = Number(pos % BigInt(ringBytes));
      words[(at >> 2) + 1] = 0;
      data.set(record, at + HEADER_BYTES);
      Atomics.store(words, at >> 2, record.length);
      Atomics.store(producerPos, 0, pos + BigInt(step));
      return true;
    },
    close(): void {
      if (!open) return;
      open = false;
      sys.syscall(sys.nr.munmap, consumerAddr, PAGE_BYTES);
      sys.syscall(sys.nr.munmap, producerAddr, producerBytes);
    },
  };
}

function map(sys: Sys, bytes: number, prot: number, fd: number, offset: number): number {
  const addr = sys.syscall(sys.nr.mmap, 0, bytes, prot, MAP_SHARED, fd, offset);
  if (addr < 0) throw sysError(`mmap of a user ring buffer (${bytes} bytes)`, -addr);
  return addr;
}
