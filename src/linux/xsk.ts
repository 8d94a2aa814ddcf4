/**
 * AF_XDP sockets: whole frames between a queue of an interface and this process, past the network stack. An XDP program sends
 * frames to the socket by bpf_redirect_map() over an XSKMAP; what the socket sends leaves through the queue.
 *
 *     UMEM, in frames of one size    rx and tx each use half of them
 *     fill ring        free frames to the kernel       rx ring           received frames from the kernel
 *     tx ring          frames to be sent               completion ring   frames that have been sent
 *
 * Copy mode works on every interface; zero-copy needs a driver that can. Source: net/xdp/xsk.c, 6.18.
 *
 * @example
 * ```ts
 * const live = await load("examples/to_user.bpf.o", { target: linux() });
 * live.programs.to_user.attach({ dev: "veth0" });
 * const socket = xsk({ dev: "veth0", map: live.maps.sockets });
 * for await (const frame of socket.frames({ signal })) socket.send(frame);
 * ```
 */
import { EAFNOSUPPORT, EAGAIN, EBUSY, EINTR, ENOBUFS, EOPNOTSUPP, EPERM, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { TargetMap } from "../loader/target.ts";
import { Bpf } from "./bpf/call.ts";
import { NotSupported, Refused } from "./errors.ts";
import { ifIndex, inNetns } from "./fds.ts";
import { koffiSys } from "./koffi-sys.ts";
import { type Waiter, waiter } from "./records.ts";
import { mapRegion, type Region } from "./region.ts";
import { MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, PAGE_BYTES, type Sys, setAddr } from "./sys.ts";
import { type RingOffsets, XskRing } from "./xsk-ring.ts";

const AF_XDP = 44;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_XDP = 283;
const XDP_MMAP_OFFSETS = 1;
const XDP_RX_RING = 2;
const XDP_TX_RING = 3;
const XDP_UMEM_REG = 4;
const XDP_UMEM_FILL_RING = 5;
const XDP_UMEM_COMPLETION_RING = 6;
const XDP_STATISTICS = 7;
const PGOFF: Readonly<Record<number, number>> = {
  [XDP_RX_RING]: 0,
  [XDP_TX_RING]: 0x8000_0000,
  [XDP_UMEM_FILL_RING]: 0x1_0000_0000,
  [XDP_UMEM_COMPLETION_RING]: 0x1_8000_0000,
};
const XDP_COPY = 2;
const XDP_ZEROCOPY = 4;
const XDP_USE_NEED_WAKEUP = 8;
const MAP_POPULATE = 0x8000;
const MSG_DONTWAIT = 0x40;
const OFFSETS_BYTES = 128;
const STATISTICS_BYTES = 48;
const MAX_UMEM_BYTES = 2 ** 31;

export interface XskOptions {
  /** Interface, and the network namespace to look for it in: a path, or a name under /run/netns. */
  dev: string;
  netns?: string;
  /** Receive queue. Default 0. */
  queue?: number;
  /** An XSKMAP, in which the socket puts itself at its queue. */
  map?: TargetMap | { readonly raw: TargetMap };
  /** Default: the kernel's choice, zero-copy where the driver can. */
  mode?: "copy" | "zerocopy";
  /** Frames of the UMEM, half of them to receive; a power of two. Default 4096. */
  frames?: number;
  /** 2048 or 4096: a frame that is longer is dropped. Default 2048. */
  frameBytes?: number;
  /** Bytes that the kernel leaves free before a received frame, for a header to be put there. */
  headroom?: number;
  /** Instead of the running kernel: for tests. */
  sys?: Sys;
}

/** struct xdp_statistics. */
export interface XskStatistics {
  rxDropped: number;
  rxInvalidDescs: number;
  txInvalidDescs: number;
  rxRingFull: number;
  rxFillRingEmpty: number;
  txRingEmpty: number;
}

export interface Xsk {
  readonly fd: number;
  readonly what: string;
  /** Hands over every frame that waits; the bytes are valid in `fn` only. Returns how many. */
  receive(fn: (frame: Uint8Array) => void): number;
  /** Frames as they come, each a copy, until the signal aborts or the socket is closed. */
  frames(options?: { signal?: AbortSignal }): AsyncIterableIterator<Uint8Array>;
  /** Resolves once a frame may wait, when the signal aborts, or when the socket is closed. */
  wait(signal?: AbortSignal): Promise<void>;
  /** Queues a frame and tells the kernel; false where no frame of the UMEM is free. */
  send(frame: Uint8Array): boolean;
  /** Queues a frame only: flush() sends what is queued, with one system call for some 32 frames. */
  queue(frame: Uint8Array): boolean;
  /** Frames that the kernel has not taken yet. */
  flush(): number;
  statistics(): XskStatistics;
  close(): void;
}

/** Throws NotSupported, Refused, SkepError "xsk/option", "xsk/<ERRNO>". */
export function xsk(options: XskOptions): Xsk {
  const bpf = new Bpf(options.sys ?? koffiSys());
  return inNetns(bpf, options.netns, () => new XskSocket(bpf, options));
}

class XskSocket implements Xsk {
  readonly what: string;
  fd = -1;
  private readonly bpf: Bpf;
  private readonly sys: Sys;
  private readonly frameBytes: number;
  private readonly umem: Region;
  private readonly rings: readonly XskRing[];
  private readonly fill: XskRing;
  private readonly completion: XskRing;
  private readonly rx: XskRing;
  private readonly tx: XskRing;
  /** Addresses of frames to send with. */
  private readonly free: number[] = [];
  private readonly ready: Waiter;

  constructor(bpf: Bpf, options: XskOptions) {
    const { dev, queue = 0, frames = 4096, frameBytes = 2048, headroom = 0 } = options;
    checkSizes(frames, frameBytes);
    this.bpf = bpf;
    this.sys = bpf.sys;
    this.frameBytes = frameBytes;
    this.what = `AF_XDP on ${dev}, queue ${queue}`;
    const index = ifIndex(bpf, dev);
    this.fd = this.checked(this.sys.syscall(this.sys.nr.socket, AF_XDP, SOCK_RAW_CLOEXEC, 0), "socket");
    const made: { close(): void }[] = [];
    try {
      this.umem = this.region(frames * frameBytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
      made.push(this.umem);
      this.register(frames * frameBytes, headroom);
      const entries = frames / 2;
      const offsets = this.offsetsOf([XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING, XDP_TX_RING], entries);
      this.rings = offsets.map(({ ring, ...at }) => {
        const descBytes = ring === XDP_RX_RING || ring === XDP_TX_RING ? 16 : 8;
        const size = pages(at.desc + entries * descBytes);
        const region = this.region(size, MAP_SHARED | MAP_POPULATE, this.fd, PGOFF[ring]!);
        made.push(region);
        return new XskRing(region, at, entries, descBytes);
      });
      [this.fill, this.completion, this.rx, this.tx] = this.rings as [XskRing, XskRing, XskRing, XskRing];
      for (let i = 0; i < entries; i++) {
        this.fill.produce(i * frameBytes, 0);
        this.free.push((entries + i) * frameBytes);
      }
      this.bind(index, queue, options.mode);
      if (options.map !== undefined) this.putIn("raw" in options.map ? options.map.raw : options.map, queue);
    } catch (error) {
      for (const each of made) each.close();
      bpf.close(this.fd);
      throw error;
    }
    this.ready = waiter(this.sys, () => [this.fd]);
  }

  receive(fn: (frame: Uint8Array) => void): number {
    this.open();
    const { umem, frameBytes } = this;
    let count = 0;
    try {
      count = this.rx.consume((addr, length) => {
        try {
          fn(umem.bytes.subarray(addr, addr + length));
        } finally {
          this.fill.produce(addr - (addr % frameBytes), 0);
        }
      });
    } finally {
      if (this.fd >= 0 && this.fill.needsWakeup)
        this.sys.syscall(this.sys.nr.recvfrom, this.fd, 0, 0, MSG_DONTWAIT, 0, 0);
    }
    return count;
  }

  async *frames(options: { signal?: AbortSignal } = {}): AsyncIterableIterator<Uint8Array> {
    while (this.fd >= 0) {
      const waiting: Uint8Array[] = [];
      this.receive((frame) => waiting.push(frame.slice()));
      yield* waiting;
      if (options.signal?.aborted === true) return;
      await this.wait(options.signal);
    }
  }

  wait(signal?: AbortSignal): Promise<void> {
    return this.ready.wait(() => this.fd < 0 || this.rx.used > 0, signal);
  }

  send(frame: Uint8Array): boolean {
    if (!this.queue(frame)) return false;
    this.flush();
    return true;
  }

  queue(frame: Uint8Array): boolean {
    this.open();
    if (frame.length > this.frameBytes || frame.length < ETH_HLEN) {
      throw new SkepError("xsk/frame", `a frame of ${frame.length} bytes cannot be sent`, {
        advice: `from ${ETH_HLEN} bytes to frameBytes, ${this.frameBytes}`,
      });
    }
    if (this.free.length === 0) this.reclaim();
    const addr = this.tx.room === 0 ? undefined : this.free.pop();
    if (addr === undefined) return false;
    this.umem.bytes.set(frame, addr);
    this.tx.produce(addr, frame.length);
    return true;
  }

  flush(): number {
    this.open();
    for (let tries = 0; this.tx.used > 0 && tries < FLUSH_TRIES; tries++) {
      const left = this.tx.used;
      const result = this.sys.syscall(this.sys.nr.sendto, this.fd, 0, 0, MSG_DONTWAIT, 0, 0);
      this.reclaim();
      if (result < 0 && !AGAIN.has(-result)) this.checked(result, "send");
      if (this.tx.used < left) tries = 0;
    }
    return this.tx.used;
  }

  statistics(): XskStatistics {
    this.open();
    const { view } = this.getOption(XDP_STATISTICS, STATISTICS_BYTES);
    const at = (i: number): number => Number(view.getBigUint64(8 * i, true));
    return {
      rxDropped: at(0),
      rxInvalidDescs: at(1),
      txInvalidDescs: at(2),
      rxRingFull: at(3),
      rxFillRingEmpty: at(4),
      txRingEmpty: at(5),
    };
  }

  close(): void {
    if (this.fd < 0) return;
    const { fd } = this;
    this.fd = -1;
    this.ready.cancel();
    this.bpf.close(fd);
    for (const ring of this.rings) ring.close();
    this.umem.close();
  }

  private open(): void {
    if (this.fd < 0) throw new SkepError("xsk/closed", `${this.what} is closed`);
  }

  /** Frames that have been sent are free again. */
  private reclaim(): void {
    this.completion.consume((addr) => this.free.push(addr - (addr % this.frameBytes)));
  }

  private region(size: number, flags: number, fd: number, offset: number): Region {
    const region = mapRegion(this.sys, size, flags, fd, offset);
    if (typeof region === "number") this.checked(region, "mmap");
    return region as Region;
  }

  /** struct xdp_umem_reg: u64 address, u64 length, u32 frame size, u32 headroom, u32 flags, u32. */
  private register(bytes: number, headroom: number): void {
    const reg = this.bpf.scratch("xdp umem", 32);
    reg.bytes.fill(0, 0, 32);
    setAddr(reg.view, 0, this.umem.addr);
    setAddr(reg.view, 8, bytes);
    reg.view.setUint32(16, this.frameBytes, true);
    reg.view.setUint32(20, headroom, true);
    const { sys } = this;
    this.checked(sys.syscall(sys.nr.setsockopt, this.fd, SOL_XDP, XDP_UMEM_REG, reg.addr, 32), "UMEM");
  }

  /** Sets the sizes of the rings, and asks where in their mappings the parts lie. */
  private offsetsOf(rings: readonly number[], entries: number): (RingOffsets & { readonly ring: number })[] {
    const { sys } = this;
    const size = this.bpf.scratch("xdp entries", 4);
    size.view.setUint32(0, entries, true);
    for (const ring of rings) {
      this.checked(sys.syscall(sys.nr.setsockopt, this.fd, SOL_XDP, ring, size.addr, 4), "ring");
    }
    const { view } = this.getOption(XDP_MMAP_OFFSETS, OFFSETS_BYTES);
    // rx, tx, fill, completion; each u64 producer, consumer, desc, flags.
    const order = [XDP_RX_RING, XDP_TX_RING, XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING];
    return rings.map((ring) => {
      const at = (field: number): number => Number(view.getBigUint64(32 * order.indexOf(ring) + 8 * field, true));
      return { ring, producer: at(0), consumer: at(1), desc: at(2), flags: at(3) };
    });
  }

  private getOption(option: number, bytes: number): { readonly view: DataView } {
    const { sys, bpf } = this;
    const out = bpf.scratch("xdp option", bytes);
    const length = bpf.scratch("xdp length", 4);
    out.bytes.fill(0, 0, bytes);
    length.view.setUint32(0, bytes, true);
    this.checked(sys.syscall(sys.nr.getsockopt, this.fd, SOL_XDP, option, out.addr, length.addr), "socket option");
    // Before 5.4 the kernel has no flags, and tells shorter offsets.
    if (option === XDP_MMAP_OFFSETS && length.view.getUint32(0, true) < bytes) {
      throw new NotSupported("AF_XDP with wakeup flags", "5.4");
    }
    return out;
  }

  /** struct sockaddr_xdp: u16 family, u16 flags, u32 interface, u32 queue, u32 fd. */
  private bind(index: number, queue: number, mode: XskOptions["mode"]): void {
    const { sys, bpf } = this;
    const address = bpf.scratch("sockaddr_xdp", 16);
    address.bytes.fill(0, 0, 16);
    const modeFlag = mode === "copy" ? XDP_COPY : mode === "zerocopy" ? XDP_ZEROCOPY : 0;
    address.view.setUint16(0, AF_XDP, true);
    address.view.setUint16(2, modeFlag | XDP_USE_NEED_WAKEUP, true);
    address.view.setUint32(4, index, true);
    address.view.setUint32(8, queue, true);
    this.checked(sys.syscall(sys.nr.bind, this.fd, address.addr, 16), "bind");
  }

  private putIn(map: TargetMap, queue: number): void {
    const words = new Uint32Array([queue, this.fd]);
    const bytes = new Uint8Array(words.buffer);
    map.update(bytes.subarray(0, 4), bytes.subarray(4));
  }

  private checked(result: number, step: string): number {
    if (result >= 0) return result;
    const errno = -result;
    if (errno === EAFNOSUPPORT) {
      throw new NotSupported("AF_XDP sockets", "4.18", { errno, advice: "a kernel with CONFIG_XDP_SOCKETS=y" });
    }
    if (errno === EPERM) throw new Refused(this.what, errno, { advice: "CAP_NET_RAW is needed" });
    throw new SkepError(`xsk/${errnoName(errno)}`, `${this.what}: ${step}: ${errnoName(errno)}`, {
      errno,
      advice: ADVICE[errno] ?? "see ip link, and the queues of the interface (ethtool -l)",
    });
  }
}

const ETH_HLEN = 14;
/** Tries without progress: the driver's queue is full. */
const FLUSH_TRIES = 16;
const AGAIN: ReadonlySet<number> = new Set([EAGAIN, EBUSY, EINTR, ENOBUFS]);
const ADVICE: Readonly<Record<number, string>> = {
  [EBUSY]: "another socket is bound to this queue",
  [EOPNOTSUPP]: 'the driver has no zero-copy: mode "copy"',
  [ENOBUFS]: "more memory than this process may lock: fewer frames, or raise ulimit -l",
};

function checkSizes(frames: number, frameBytes: number): void {
  const power = (n: number): boolean => Number.isInteger(n) && n > 0 && Number.isInteger(Math.log2(n));
  if (power(frames) && frames >= 2 && (frameBytes === 2048 || frameBytes === PAGE_BYTES)) {
    if (frames * frameBytes <= MAX_UMEM_BYTES) return;
  }
  throw new SkepError("xsk/option", `no UMEM of ${frames} frames of ${frameBytes} bytes`, {
    advice: `frames is a power of two, frameBytes 2048 or ${PAGE_BYTES}, both together at most 2 GiB`,
  });
}

function pages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}
