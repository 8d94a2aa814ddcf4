/**
 * Classic pcap: a cursor over the file's bytes.
 *
 *     file    magic u32 | major u16 | minor u16 | zone s32 | sigfigs u32 | snaplen u32 | linktype u32
 *     record  sec u32 | usec or nsec u32 | caplen u32 | origlen u32 | caplen bytes
 *
 * The magic gives the byte order and the unit of the fraction. The low 16 bits of linktype are LINKTYPE_*, the rest tells
 * the length of an FCS. Source: https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/draft-ietf-opsawg-pcap.html.
 */
import { damaged, MAX_PACKET_BYTES, truncated } from "./limits.ts";
import type { Capture, CaptureInterface } from "./source.ts";

export const PCAP_MAGIC_USEC = 0xa1b2c3d4;
export const PCAP_MAGIC_NSEC = 0xa1b23c4d;
/** Alexey Kuznetsov's variant: records carry 8 more bytes (interface, protocol, packet type). */
const PCAP_MAGIC_MODIFIED = 0xa1b2cd34;

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Null where `bytes` do not begin with a pcap magic. */
export function openPcap(bytes: Uint8Array, name: string): Capture | null {
  if (bytes.length < 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const le = view.getUint32(0, true);
  const be = view.getUint32(0, false);
  const little = le === PCAP_MAGIC_USEC || le === PCAP_MAGIC_NSEC || le === PCAP_MAGIC_MODIFIED;
  const magic = little ? le : be;
  if (magic === PCAP_MAGIC_MODIFIED) {
    throw damaged(
      "format",
      "pcap of the modified (0xa1b2cd34) kind",
      name,
      0,
      "convert it with: editcap -F pcap IN OUT",
    );
  }
  if (magic !== PCAP_MAGIC_USEC && magic !== PCAP_MAGIC_NSEC) return null;
  if (bytes.length < FILE_HEADER) throw truncated(name, 0, "the file header");
  const major = view.getUint16(4, little);
  if (major !== 2) {
    throw damaged("version", `pcap version ${major}.${view.getUint16(6, little)}, only 2.x is known`, name, 4);
  }
  return new PcapCursor(bytes, view, name, little, magic === PCAP_MAGIC_NSEC);
}

class PcapCursor implements Capture {
  readonly format = "pcap";
  readonly inPlace = true;
  readonly interfaces: readonly CaptureInterface[];
  readonly name: string;
  readonly bytes: Uint8Array;
  start = 0;
  end = 0;
  origLen = 0;
  readonly linkType: number;
  tsSec = 0;
  tsNsec = 0;
  readonly ifIndex = 0;
  readonly #view: DataView;
  readonly #little: boolean;
  /** Nanoseconds in a unit of the fraction. */
  readonly #scale: number;
  #at: number = FILE_HEADER;

  constructor(bytes: Uint8Array, view: DataView, name: string, little: boolean, nanos: boolean) {
    this.bytes = bytes;
    this.name = name;
    this.linkType = view.getUint32(20, little) & 0xffff;
    this.interfaces = [
      {
        linkType: this.linkType,
        snapLen: view.getUint32(16, little),
        name: "",
        ticksPerSec: nanos ? 1_000_000_000 : 1_000_000,
      },
    ];
    this.#view = view;
    this.#little = little;
    this.#scale = nanos ? 1 : 1000;
  }

  rewind(): void {
    this.#at = FILE_HEADER;
    this.start = this.end = this.origLen = 0;
  }

  next(): boolean {
    const at = this.#at;
    const view = this.#view;
    const little = this.#little;
    const left = view.byteLength - at;
    if (left < RECORD_HEADER) {
      if (left <= 0) return false;
      throw truncated(this.name, at, "a record header");
    }
    const capLen = view.getUint32(at + 8, little);
    const start = at + RECORD_HEADER;
    if (capLen > MAX_PACKET_BYTES) {
      throw damaged("packet-size", `packet of ${capLen} bytes, more than ${MAX_PACKET_BYTES}`, this.name, at + 8);
    }
    if (capLen > left - RECORD_HEADER) throw truncated(this.name, at, "a packet");
    const origLen = view.getUint32(at + 12, little);
    const nsec = view.getUint32(at + 4, little) * this.#scale;
    this.tsSec = view.getUint32(at, little);
    this.tsNsec = nsec;
    if (nsec >= 1_000_000_000) {
      this.tsSec += Math.floor(nsec / 1_000_000_000);
      this.tsNsec = nsec % 1_000_000_000;
    }
    this.start = start;
    this.end = start + capLen;
    this.origLen = Math.max(origLen, capLen);
    this.#at = start + capLen;
    return true;
  }
}
