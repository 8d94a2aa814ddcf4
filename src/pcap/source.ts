/** Packets as every hook, replay and test takes them, whatever file or array they come from. */

/** LINKTYPE_*: https://www.tcpdump.org/linktypes.html. */
export const LINKTYPE_NULL = 0;
export const LINKTYPE_ETHERNET = 1;
export const LINKTYPE_RAW = 101;
/** DLT_RAW of BSDs and of Linux before libpcap wrote 101: raw IP, too. */
export const LINKTYPE_RAW_BSD = 12;
export const LINKTYPE_RAW_OPENBSD = 14;
export const LINKTYPE_LOOP = 108;
export const LINKTYPE_LINUX_SLL = 113;
export const LINKTYPE_IPV4 = 228;
export const LINKTYPE_IPV6 = 229;
export const LINKTYPE_LINUX_SLL2 = 276;

/**
 * A cursor over packets: `next()` moves on, the fields then describe the packet until the next call. No object a packet,
 * so that replay of millions stays flat. `for (const p of packets(source))` in pcap/packets.ts is the convenient form.
 */
export interface PacketSource {
  /** False at the end. Throws SkepError "pcap/..." on a damaged record. */
  next(): boolean;
  /** Bytes of the current packet as captured: a view `bytes[start .. end)` into a buffer that is valid until next(). */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Length on the wire, >= end - start. */
  readonly origLen: number;
  readonly linkType: number;
  /** Nanoseconds since 1970 as seconds and the rest: no BigInt a packet. */
  readonly tsSec: number;
  readonly tsNsec: number;
  /** Interface index within the capture, from 0. */
  readonly ifIndex: number;
  /** `bytes` is one buffer for all packets and stays as it is: packets may be read ahead. */
  readonly inPlace?: boolean;
}

/** A source that can begin again: captures in memory and arrays of packets. */
export interface RewindableSource extends PacketSource {
  rewind(): void;
}

export interface CaptureInterface {
  /** LINKTYPE_*. */
  readonly linkType: number;
  /** 0: no limit. */
  readonly snapLen: number;
  /** if_name, "" where the capture does not say. */
  readonly name: string;
  /** Ticks of its time stamps a second. */
  readonly ticksPerSec: number;
}

/** A capture file in memory. */
export interface Capture extends RewindableSource {
  readonly name: string;
  readonly format: "pcap" | "pcapng";
  /** Interfaces seen so far: a pcapng may describe more further on. */
  readonly interfaces: readonly CaptureInterface[];
}
