/**
 * Writes captures: classic pcap (one link type) and pcapng (several interfaces), little-endian, nanoseconds unless asked
 * otherwise. Formats: pcap.ts and pcapng.ts. A writer collects bytes; `take()` hands over what has gathered, so that a
 * caller streams to a file with bounded memory.
 */
import { fromUtf8 } from "../base/bytes.ts";
import { PCAP_MAGIC_NSEC, PCAP_MAGIC_USEC } from "./pcap.ts";
import { BLOCK_EPB, BLOCK_IDB, BLOCK_SHB, BYTE_ORDER_MAGIC, OPT_END, OPT_IF_NAME, OPT_IF_TSRESOL } from "./pcapng.ts";
import { LINKTYPE_ETHERNET } from "./source.ts";

export interface PacketInfo {
  readonly tsSec?: number;
  readonly tsNsec?: number;
  /** Length on the wire; the bytes' own if omitted. */
  readonly origLen?: number;
  /** pcapng only: index into `interfaces`. */
  readonly ifIndex?: number;
}

export interface CaptureWriter {
  /** Copies the bytes. A PacketSource fits `info` as it is. */
  add(bytes: Uint8Array, info?: PacketInfo): void;
  /** What has gathered since the last call; the header comes with the first. */
  take(): Uint8Array;
}

export interface PcapWriterOptions {
  readonly linkType?: number;
  /** False: microseconds, which the oldest readers want. */
  readonly nanos?: boolean;
}

export interface PcapngWriterOptions {
  readonly interfaces?: readonly { readonly linkType: number; readonly name?: string }[];
}

export function pcapWriter(options: PcapWriterOptions = {}): CaptureWriter {
  const nanos = options.nanos ?? true;
  const sink = new Sink();
  let at = sink.room(24);
  sink.u32(at, nanos ? PCAP_MAGIC_NSEC : PCAP_MAGIC_USEC);
  sink.u16(at + 4, 2);
  sink.u16(at + 6, 4);
  sink.u32(at + 16, 262_144);
  sink.u32(at + 20, options.linkType ?? LINKTYPE_ETHERNET);
  return {
    add(bytes, info = {}) {
      at = sink.room(16 + bytes.length);
      sink.u32(at, info.tsSec ?? 0);
      sink.u32(at + 4, nanos ? (info.tsNsec ?? 0) : Math.floor((info.tsNsec ?? 0) / 1000));
      sink.u32(at + 8, bytes.length);
      sink.u32(at + 12, Math.max(info.origLen ?? 0, bytes.length));
      sink.bytes(at + 16, bytes);
    },
    take: () => sink.take(),
  };
}

export function pcapngWriter(options: PcapngWriterOptions = {}): CaptureWriter {
  const sink = new Sink();
  block(sink, BLOCK_SHB, 16, (at) => {
    sink.u32(at, BYTE_ORDER_MAGIC);
    sink.u16(at + 4, 1);
    sink.u32(at + 8, 0xffffffff);
    sink.u32(at + 12, 0xffffffff);
  });
  for (const iface of options.interfaces ?? [{ linkType: LINKTYPE_ETHERNET }]) {
    const name = fromUtf8(iface.name ?? "");
    const nameBytes = name.length === 0 ? 0 : 4 + pad4(name.length);
    block(sink, BLOCK_IDB, 8 + nameBytes + 8 + 4, (at) => {
      sink.u16(at, iface.linkType);
      sink.u32(at + 4, 262_144);
      let opt = at + 8;
      if (nameBytes > 0) {
        sink.u16(opt, OPT_IF_NAME);
        sink.u16(opt + 2, name.length);
        sink.bytes(opt + 4, name);
        opt += nameBytes;
      }
      sink.u16(opt, OPT_IF_TSRESOL);
      sink.u16(opt + 2, 1);
      sink.u8(opt + 4, 9);
      sink.u16(opt + 8, OPT_END);
    });
  }
  return {
    add(bytes, info = {}) {
      block(sink, BLOCK_EPB, 20 + pad4(bytes.length), (at) => {
        sink.u32(at, info.ifIndex ?? 0);
        // sec * 1e9 + nsec as 64 bits: both products below stay under 2^53.
        const sec = info.tsSec ?? 0;
        const low = (sec % 65536) * 1_000_000_000 + (info.tsNsec ?? 0);
        const high = Math.floor(sec / 65536) * 1_000_000_000 + Math.floor(low / 65536);
        sink.u32(at + 4, Math.floor(high / 65536));
        sink.u32(at + 8, (high % 65536) * 65536 + (low % 65536));
        sink.u32(at + 12, bytes.length);
        sink.u32(at + 16, Math.max(info.origLen ?? 0, bytes.length));
        sink.bytes(at + 20, bytes);
      });
    },
    take: () => sink.take(),
  };
}

function pad4(n: number): number {
  return (n + 3) & ~3;
}

function block(sink: Sink, type: number, bodyBytes: number, body: (at: number) => void): void {
  const at = sink.room(bodyBytes + 12);
  sink.u32(at, type);
  sink.u32(at + 4, bodyBytes + 12);
  body(at + 8);
  sink.u32(at + 8 + bodyBytes, bodyBytes + 12);
}

/** A growing little-endian buffer; room() is zeroed. */
class Sink {
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  #view: DataView = new DataView(this.#buffer.buffer);
  #length = 0;

  room(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }

  u8(at: number, value: number): void {
    this.#view.setUint8(at, value);
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  bytes(at: number, bytes: Uint8Array): void {
    this.#buffer.set(bytes, at);
  }

  take(): Uint8Array {
    const out = this.#buffer.slice(0, this.#length);
    this.#buffer.fill(0, 0, this.#length);
    this.#length = 0;
    return out;
  }
}
