/**
 * Reads a BPF_MAP_TYPE_PERF_EVENT_ARRAY: one perf event and one ring a CPU, their fds in the map's slots.
 *
 *     page 0   perf_event_mmap_page: data_head u64 @1024 (kernel's), data_tail u64 @1032 (ours)
 *     pages    2^n of records: header u32 type, u16 misc, u16 size; then
 *                SAMPLE 9   u32 bytes, bytes        LOST 2   u64 id, u64 count
 *
 * Records are read where they lie, except one that wraps at the end of the ring: that is copied, in two parts.
 * Source: include/uapi/linux/perf_event.h, tools/lib/bpf/libbpf.c perf_buffer__*, 6.18.
 */
import { ENODEV } from "../base/errno.ts";
import { RecordCursor } from "../loader/record-view.ts";
import type { Bpf } from "./bpf/call.ts";
import { updateElem } from "./bpf/map.ts";
import { sysError } from "./errors.ts";
import { openPerfEvent, PERF_EVENT_IOC_ENABLE, PERF_TYPE_SOFTWARE } from "./perf-event.ts";
import { RecordCopier, type RecordSource, waiter } from "./records.ts";
import { MAP_SHARED, PAGE_BYTES, PROT_READ, PROT_WRITE } from "./sys.ts";

const PERF_COUNT_SW_BPF_OUTPUT = 10;
const PERF_SAMPLE_RAW = 1 << 10;
const PERF_RECORD_LOST = 2;
const PERF_RECORD_SAMPLE = 9;
const HEAD_AT = 1024;
const TAIL_AT = 1032;
const HEADER_BYTES = 8;

/** With the same bytes as words, to copy from. */
class WordCursor extends RecordCursor {
  readonly words: Int32Array;

  constructor(bytes: Uint8Array) {
    super(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  }
}

interface CpuRing {
  readonly cpu: number;
  readonly fd: number;
  readonly addr: number;
  readonly sizeBytes: number;
  readonly head: Int32Array;
  readonly tail: BigUint64Array;
  readonly data: Uint8Array;
  readonly words: Uint32Array;
  readonly inPlace: WordCursor;
  pos: number;
}

/** `pages` a CPU, a power of two. */
export function openPerfBuffer(bpf: Bpf, mapFd: number, cpus: number, pages = 64): RecordSource {
  const { sys } = bpf;
  const rings: CpuRing[] = [];
  const closeAll = (): void => {
    for (const ring of rings.splice(0)) {
      ring.inPlace.byteLength = 0;
      sys.syscall(sys.nr.munmap, ring.addr, ring.sizeBytes);
      bpf.close(ring.fd);
    }
  };
  try {
    for (let cpu = 0; cpu < cpus; cpu++) {
      const ring = openRing(bpf, cpu, pages);
      if (ring === null) continue; // an offline CPU
      rings.push(ring);
      putSlot(bpf, mapFd, cpu, ring.fd);
    }
  } catch (error) {
    closeAll();
    throw error;
  }
  const ready = waiter(sys, () => rings.map((ring) => ring.fd), true);
  let lost = 0;
  let draining = false;
  const copier = new RecordCopier();

  const drainInPlace = (fn: (record: WordCursor, cpu: number) => void): number => {
    if (draining) return 0;
    draining = true;
    let count = 0;
    try {
      for (const ring of [...rings]) {
        count += drainRing(
          ring,
          fn,
          (n) => {
            lost += n;
          },
          () => rings.length > 0,
        );
      }
    } finally {
      draining = false;
    }
    return count;
  };
  return {
    get lost(): number {
      return lost;
    },
    drainInPlace,
    drain(fn): number {
      return drainInPlace((record, cpu) => fn(copier.copy(record.words, record.at >> 2, record.byteLength), cpu));
    },
    wait(signal): Promise<void> {
      return ready.wait(() => rings.length === 0 || rings.some((ring) => waitingBytes(ring) > 0), signal);
    },
    close(): void {
      ready.cancel();
      closeAll();
    },
  };
}

function openRing(bpf: Bpf, cpu: number, pages: number): CpuRing | null {
  const { sys } = bpf;
  const event = {
    type: PERF_TYPE_SOFTWARE,
    config: PERF_COUNT_SW_BPF_OUTPUT,
    samplePeriod: 1,
    sampleType: PERF_SAMPLE_RAW,
    wakeupEvents: 1,
  };
  const fd = openPerfEvent(bpf, event, -1, cpu);
  if (fd === -ENODEV) return null;
  if (fd < 0) throw sysError(`perf event on CPU ${cpu}`, -fd);
  const sizeBytes = (1 + pages) * PAGE_BYTES;
  const addr = sys.syscall(sys.nr.mmap, 0, sizeBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const enabled = addr < 0 ? addr : sys.syscall(sys.nr.ioctl, fd, PERF_EVENT_IOC_ENABLE, 0);
  if (enabled < 0) {
    sys.syscall(sys.nr.close, fd);
    throw sysError(`ring of the perf event on CPU ${cpu}`, -enabled);
  }
  const bytes = sys.view(addr, sizeBytes);
  const data = bytes.subarray(PAGE_BYTES);
  const tail = new BigUint64Array(bytes.buffer, bytes.byteOffset + TAIL_AT, 1);
  return {
    cpu,
    fd,
    addr,
    sizeBytes,
    head: new Int32Array(bytes.buffer, bytes.byteOffset + HEAD_AT, 2),
    tail,
    data,
    words: new Uint32Array(data.buffer, data.byteOffset, data.length >> 2),
    inPlace: new WordCursor(data),
    pos: Number(tail[0]!),
  };
}

/** Head and tail modulo 2^32: the ring is smaller. */
function waitingBytes(ring: CpuRing): number {
  return (Atomics.load(ring.head, 0) - (ring.pos % 0x1_0000_0000)) >>> 0;
}

function drainRing(
  ring: CpuRing,
  fn: (record: WordCursor, cpu: number) => void,
  onLost: (count: number) => void,
  open: () => boolean,
): number {
  const mask = ring.data.length - 1;
  let count = 0;
  for (let left = waitingBytes(ring); left >= HEADER_BYTES; ) {
    const at = ring.pos & mask;
    const type = ring.words[at >> 2]!;
    const size = ring.words[(at + 4) >> 2]! >>> 16;
    if (size < HEADER_BYTES) break; // never written by a kernel: stop rather than spin
    ring.pos += size;
    left -= size;
    if (type === PERF_RECORD_SAMPLE) {
      const len = ring.words[((at + HEADER_BYTES) & mask) >> 2]!;
      const record = recordAt(ring, (at + HEADER_BYTES + 4) & mask, Math.min(len, size - HEADER_BYTES - 4));
      count++;
      try {
        fn(record, ring.cpu);
      } catch (error) {
        if (open()) tellTail(ring);
        throw error;
      } finally {
        record.byteLength = 0;
      }
      if (!open()) return count;
    } else if (type === PERF_RECORD_LOST) {
      onLost(ring.words[((at + HEADER_BYTES + 8) & mask) >> 2]!);
    }
    if (left < HEADER_BYTES) {
      tellTail(ring);
      left = waitingBytes(ring);
    }
  }
  tellTail(ring);
  return count;
}

/** The kernel may write over what lies before. */
function tellTail(ring: CpuRing): void {
  Atomics.store(ring.tail, 0, BigInt(ring.pos));
}

function recordAt(ring: CpuRing, at: number, len: number): WordCursor {
  const first = ring.data.length - at;
  if (len <= first) {
    ring.inPlace.at = at;
    ring.inPlace.byteLength = len;
    return ring.inPlace;
  }
  const bytes = new Uint8Array((len + 3) & ~3);
  bytes.set(ring.data.subarray(at));
  bytes.set(ring.data.subarray(0, len - first), first);
  const copied = new WordCursor(bytes);
  copied.byteLength = len;
  return copied;
}

function putSlot(bpf: Bpf, mapFd: number, cpu: number, fd: number): void {
  const slot = new Uint8Array(new Int32Array([cpu, fd]).buffer);
  const result = updateElem(bpf, mapFd, slot.subarray(0, 4), slot.subarray(4));
  if (result < 0) throw sysError(`perf event in slot ${cpu}`, -result);
}
