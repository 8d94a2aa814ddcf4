/**
 * pcapng: a cursor over the file's bytes.
 *
 *     block  type u32 | length u32 | body, padded to 4 | length u32
 *     SHB    magic 0x1a2b3c4d u32 | major u16 | minor u16 | section length s64 | options       begins a section
 *     IDB    linktype u16 | 0 u16 | snaplen u32 | options                                      describes an interface
 *     EPB    interface u32 | ts high u32 | ts low u32 | caplen u32 | origlen u32 | packet | options
 *     SPB    origlen u32 | packet                                                              interface 0, no time
 *     PB     interface u16 | drops u16 | ts high u32 | ts low u32 | caplen u32 | origlen u32 | packet   (obsolete)
 *     option code u16 | length u16 | value, padded to 4
 *
 * Each section has its own byte order and its own interfaces; `ifIndex` counts on over sections. Blocks of other types are
 * skipped. Source: https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap/draft-ietf-opsawg-pcapng.html.
 */
import { utf8 } from "../base/bytes.ts";
import { damaged, MAX_PACKET_BYTES, truncated } from "./limits.ts";
import type { Capture, CaptureInterface } from "./source.ts";

export const BLOCK_SHB = 0x0a0d0d0a;
export const BLOCK_IDB = 1;
export const BLOCK_EPB = 6;
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

export const OPT_END = 0;
export const OPT_IF_NAME = 2;
export const OPT_IF_TSRESOL = 9;
const OPT_IF_TSOFFSET = 14;

/** Wireshark's MAX_BLOCK_SIZE: no block is larger. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024;
const MAX_INTERFACES = 65_536;
/** Divisors up to here are exact in the two-step division of `setTime`. */
const MAX_FAST_TICKS = 2 ** 36;

interface Interface extends CaptureInterface {
  /** 10^n or 2^n as an exact integer where ticksPerSec is beyond 2^36. */
  readonly ticks: bigint;
  /** if_tsoffset, seconds. */
  readonly offsetSec: number;
}

/** Null where `bytes` do not begin with a section header block. */
export function openPcapng(bytes: Uint8Array, name: string): Capture | null {
  if (bytes.length < 4) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== BLOCK_SHB) return null;
  if (bytes.length < 12) throw truncated(name, 0, "the section header");
  return new PcapngCursor(bytes, view, name);
}

class PcapngCursor implements Capture {
  readonly format = "pcapng";
  readonly inPlace = true;
  readonly name: string;
  readonly bytes: Uint8Array;
  start = 0;
  end = 0;
  origLen = 0;
  linkType = 0;
  tsSec = 0;
  tsNsec = 0;
  ifIndex = 0;
  readonly #view: DataView;
  #little = true;
  #at = 0;
  readonly #interfaces: Interface[] = [];
  /** Index of the current section's interface 0. */
  #base = 0;

  constructor(bytes: Uint8Array, view: DataView, name: string) {
    this.bytes = bytes;
    this.name = name;
    this.#view = view;
    this.#peekFirst();
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.#interfaces;
  }

  rewind(): void {
    this.#at = 0;
    this.#interfaces.length = 0;
    this.#base = 0;
    this.start = this.end = this.origLen = 0;
    this.#peekFirst();
  }

  next(): boolean {
    const view = this.#view;
    for (;;) {
      const at = this.#at;
      const left = view.byteLength - at;
      if (left < 12) {
        if (left <= 0) return false;
        throw truncated(this.name, at, "a block header");
      }
      const type = this.#startBlock(at);
      const length = this.#blockLength(at, left);
      const end = at + length - 4;
      this.#at = at + length;
      switch (type) {
        case 0x0a0d0d0a:
          this.#section(at, end);
          break;
        case 1:
          this.#interface(at, end);
          break;
        case 2:
          this.#need(at, end, 28);
          this.#packet(view.getUint16(at + 8, this.#little), at, end);
          return true;
        case 6:
          this.#need(at, end, 28);
          this.#packet(view.getUint32(at + 8, this.#little), at, end);
          return true;
        case 3:
          this.#simple(at, end);
          return true;
        default:
          break;
      }
    }
  }

  /** Reads the interfaces that precede the first packet, so that `interfaces` tells something at once. */
  #peekFirst(): void {
    for (;;) {
      const at = this.#at;
      if (this.#view.byteLength - at < 12) return;
      const type = this.#startBlock(at);
      if (type !== BLOCK_SHB && type !== BLOCK_IDB) return;
      const length = this.#blockLength(at, this.#view.byteLength - at);
      this.#at = at + length;
      if (type === BLOCK_SHB) this.#section(at, at + length - 4);
      else this.#interface(at, at + length - 4);
    }
  }

  /** Type of the block at `at`; a section header sets the byte order for all that follows. */
  #startBlock(at: number): number {
    const view = this.#view;
    if (view.getUint32(at, true) !== BLOCK_SHB) return view.getUint32(at, this.#little);
    const little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    if (!little && view.getUint32(at + 8, false) !== BYTE_ORDER_MAGIC) {
      throw damaged("byte-order", "section header without a byte-order magic", this.name, at + 8);
    }
    this.#little = little;
    return BLOCK_SHB;
  }

  #blockLength(at: number, left: number): number {
    const raw = this.#view.getUint32(at + 4, this.#little);
    if (raw < 12 || raw > MAX_BLOCK_BYTES) {
      throw damaged("block-length", `block length ${raw} is not within 12 and ${MAX_BLOCK_BYTES}`, this.name, at + 4);
    }
    // Some writers leave the packet's padding out of the length.
    const length = (raw + 3) & ~3;
    if (length > left) throw truncated(this.name, at, "a block");
    const trailer = this.#view.getUint32(at + length - 4, this.#little);
    if (trailer !== raw) {
      throw damaged("block-length", `block length ${raw} is ${trailer} at its end`, this.name, at + length - 4);
    }
    return length;
  }

  #need(at: number, end: number, headerBytes: number): void {
    if (end - at < headerBytes) throw damaged("block-length", "block too short for its type", this.name, at + 4);
  }

  #section(at: number, end: number): void {
    this.#need(at, end, 24);
    const major = this.#view.getUint16(at + 12, this.#little);
    if (major !== 1) throw damaged("version", `pcapng version ${major}, only 1.x is known`, this.name, at + 12);
    this.#base = this.#interfaces.length;
  }

  #interface(at: number, end: number): void {
    this.#need(at, end, 16);
    if (this.#interfaces.length >= MAX_INTERFACES) {
      throw damaged("interface", `more than ${MAX_INTERFACES} interfaces`, this.name, at);
    }
    const view = this.#view;
    const little = this.#little;
    let name = "";
    let resolution = 6;
    let offsetSec = 0;
    let opt = at + 16;
    while (opt + 4 <= end) {
      const code = view.getUint16(opt, little);
      const length = view.getUint16(opt + 2, little);
      if (code === OPT_END) break;
      if (opt + 4 + length > end) throw damaged("option", `option ${code} runs past its block`, this.name, opt);
      if (code === OPT_IF_NAME) name = utf8(this.bytes.subarray(opt + 4, opt + 4 + length)).replace(/\0+$/, "");
      else if (code === OPT_IF_TSRESOL && length === 1) resolution = view.getUint8(opt + 4);
      else if (code === OPT_IF_TSOFFSET && length === 8) offsetSec = Number(view.getBigInt64(opt + 4, little));
      opt += 4 + ((length + 3) & ~3);
    }
    const ticks = resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
    this.#interfaces.push({
      linkType: view.getUint16(at + 8, little),
      snapLen: view.getUint32(at + 12, little),
      name,
      ticksPerSec: Number(ticks),
      ticks,
      offsetSec,
    });
  }

  #packet(id: number, at: number, end: number): void {
    const little = this.#little;
    const view = this.#view;
    const index = this.#base + id;
    const iface = this.#interfaces[index];
    if (iface === undefined) throw damaged("interface", `packet of interface ${id}, not described`, this.name, at + 8);
    const capLen = view.getUint32(at + 20, little);
    this.#bounds(at + 28, capLen, end, at + 20);
    const origLen = view.getUint32(at + 24, little);
    this.origLen = Math.max(origLen, capLen);
    this.linkType = iface.linkType;
    this.ifIndex = index;
    this.#setTime(view.getUint32(at + 12, little), view.getUint32(at + 16, little), iface);
  }

  #simple(at: number, end: number): void {
    this.#need(at, end, 12);
    const iface = this.#interfaces[this.#base];
    if (iface === undefined) throw damaged("interface", "packet of interface 0, not described", this.name, at);
    const origLen = this.#view.getUint32(at + 8, this.#little);
    let capLen = end - at - 12;
    if (origLen < capLen) capLen = origLen;
    if (iface.snapLen > 0 && iface.snapLen < capLen) capLen = iface.snapLen;
    this.#bounds(at + 12, capLen, end, at + 8);
    this.origLen = origLen;
    this.linkType = iface.linkType;
    this.ifIndex = this.#base;
    this.tsSec = this.tsNsec = 0;
  }

  #bounds(start: number, capLen: number, end: number, site: number): void {
    if (capLen > MAX_PACKET_BYTES) {
      throw damaged("packet-size", `packet of ${capLen} bytes, more than ${MAX_PACKET_BYTES}`, this.name, site);
    }
    if (capLen > end - start) throw damaged("packet-size", "packet longer than its block", this.name, site);
    this.start = start;
    this.end = start + capLen;
  }

  /** 64-bit ticks to seconds and nanoseconds: long division by 16-bit digits, exact for divisors up to 2^36. */
  #setTime(high: number, low: number, iface: Interface): void {
    const d = iface.ticksPerSec;
    if (d > MAX_FAST_TICKS) {
      const all = (BigInt(high) << 32n) | BigInt(low);
      this.tsSec = Number(all / iface.ticks) + iface.offsetSec;
      this.tsNsec = Number(((all % iface.ticks) * 1_000_000_000n) / iface.ticks);
      return;
    }
    const q2 = Math.floor(high / d);
    const n1 = (high - q2 * d) * 65536 + (low >>> 16);
    const q1 = Math.floor(n1 / d);
    const n0 = (n1 - q1 * d) * 65536 + (low & 0xffff);
    const q0 = Math.floor(n0 / d);
    const rest = n0 - q0 * d;
    this.tsSec = q2 * 4294967296 + q1 * 65536 + q0 + iface.offsetSec;
    this.tsNsec = d === 1_000_000_000 ? rest : d === 1_000_000 ? rest * 1000 : Math.floor((rest / d) * 1_000_000_000);
  }
}
