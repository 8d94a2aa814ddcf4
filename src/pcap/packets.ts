/** Packets as objects, and sources made of arrays. */
import { LINKTYPE_ETHERNET, type PacketSource, type RewindableSource } from "./source.ts";

export interface Packet {
  /** A copy of the captured bytes. */
  readonly bytes: Uint8Array;
  readonly origLen: number;
  readonly linkType: number;
  readonly tsSec: number;
  readonly tsNsec: number;
  readonly ifIndex: number;
}

/** The convenient form: an object a packet. `for (const p of packets(openCapture(bytes))) ...` */
export function* packets(source: PacketSource): Generator<Packet, void, undefined> {
  while (source.next()) {
    yield {
      bytes: source.bytes.slice(source.start, source.end),
      origLen: source.origLen,
      linkType: source.linkType,
      tsSec: source.tsSec,
      tsNsec: source.tsNsec,
      ifIndex: source.ifIndex,
    };
  }
}

/** A source of packets at hand. Bare bytes get time stamps one microsecond apart. */
export function fromPackets(
  list: readonly (Uint8Array | Packet)[],
  linkType: number = LINKTYPE_ETHERNET,
): RewindableSource {
  return new ArraySource(list, linkType);
}

/**
 * The source's packets `times` over, from its beginning. Each pass is shifted in time by what the passes before it took, so that clocks never
 * run backwards.
 */
export function repeat(source: RewindableSource, times: number): RewindableSource {
  source.rewind();
  return new RepeatSource(source, times);
}

const NONE = new Uint8Array(0);

class ArraySource implements RewindableSource {
  bytes: Uint8Array = NONE;
  readonly start = 0;
  end = 0;
  origLen = 0;
  linkType: number;
  tsSec = 0;
  tsNsec = 0;
  ifIndex = 0;
  readonly #list: readonly (Uint8Array | Packet)[];
  readonly #linkType: number;
  #at = 0;

  constructor(list: readonly (Uint8Array | Packet)[], linkType: number) {
    this.#list = list;
    this.#linkType = linkType;
    this.linkType = linkType;
  }

  rewind(): void {
    this.#at = 0;
  }

  next(): boolean {
    const at = this.#at;
    if (at >= this.#list.length) return false;
    this.#at = at + 1;
    const item = this.#list[at]!;
    if (item instanceof Uint8Array) {
      this.bytes = item;
      this.end = this.origLen = item.length;
      this.linkType = this.#linkType;
      this.tsSec = Math.floor(at / 1_000_000);
      this.tsNsec = (at % 1_000_000) * 1000;
      this.ifIndex = 0;
      return true;
    }
    this.bytes = item.bytes;
    this.end = item.bytes.length;
    this.origLen = Math.max(item.origLen, this.end);
    this.linkType = item.linkType;
    this.tsSec = item.tsSec;
    this.tsNsec = item.tsNsec;
    this.ifIndex = item.ifIndex;
    return true;
  }
}

class RepeatSource implements RewindableSource {
  readonly inPlace: boolean;
  bytes: Uint8Array = NONE;
  start = 0;
  end = 0;
  origLen = 0;
  linkType = LINKTYPE_ETHERNET;
  tsSec = 0;
  tsNsec = 0;
  ifIndex = 0;
  readonly #source: RewindableSource;
  readonly #times: number;
  #left: number;
  #seen = 0;
  #firstSec = 0;
  #firstNsec = 0;
  #shiftSec = 0;
  #shiftNsec = 0;

  constructor(source: RewindableSource, times: number) {
    this.inPlace = source.inPlace === true;
    this.#source = source;
    this.#times = times;
    this.#left = times;
  }

  rewind(): void {
    this.#source.rewind();
    this.#left = this.#times;
    this.#seen = 0;
    this.#shiftSec = this.#shiftNsec = 0;
  }

  next(): boolean {
    const source = this.#source;
    if (this.#left <= 0) return false;
    if (!source.next()) {
      // An empty source stays empty, however often it is asked.
      if (--this.#left <= 0 || this.#seen === 0) return false;
      this.#nextPass();
      source.rewind();
      if (!source.next()) return false;
    }
    if (this.#seen++ === 0) {
      this.#firstSec = source.tsSec;
      this.#firstNsec = source.tsNsec;
    }
    this.bytes = source.bytes;
    this.start = source.start;
    this.end = source.end;
    this.origLen = source.origLen;
    this.linkType = source.linkType;
    this.ifIndex = source.ifIndex;
    const nsec = source.tsNsec + this.#shiftNsec;
    const carry = nsec >= 1_000_000_000 ? 1 : 0;
    this.tsSec = source.tsSec + this.#shiftSec + carry;
    this.tsNsec = nsec - carry * 1_000_000_000;
    return true;
  }

  /** The next pass begins one microsecond after the last packet of this one. */
  #nextPass(): void {
    let sec = this.tsSec - this.#firstSec;
    let nsec = this.tsNsec - this.#firstNsec + 1000;
    if (nsec < 0) {
      sec--;
      nsec += 1_000_000_000;
    } else if (nsec >= 1_000_000_000) {
      sec++;
      nsec -= 1_000_000_000;
    }
    this.#shiftSec = Math.max(sec, 0);
    this.#shiftNsec = sec < 0 ? 0 : nsec;
  }
}
