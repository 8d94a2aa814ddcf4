import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, fromUtf8 } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { putFrame } from "./link-layer.ts";
import { openCapture } from "./open.ts";
import { fromPackets, type Packet, packets, repeat } from "./packets.ts";
import {
  LINKTYPE_ETHERNET,
  LINKTYPE_RAW,
  LINKTYPE_RAW_BSD,
  LINKTYPE_RAW_OPENBSD,
  type PacketSource,
} from "./source.ts";
import { pcapngWriter, pcapWriter } from "./write.ts";

const packet: fc.Arbitrary<Packet> = fc.record({
  bytes: fc.uint8Array({ maxLength: 80 }),
  origLen: fc.nat(70_000),
  linkType: fc.constant(LINKTYPE_ETHERNET),
  tsSec: fc.nat(0xffffffff),
  tsNsec: fc.nat(999_999_999),
  ifIndex: fc.constant(0),
});

function whole(p: Packet): Packet {
  return { ...p, bytes: Uint8Array.from(p.bytes), origLen: Math.max(p.origLen, p.bytes.length) };
}

test("pcap: what is written is read, nanoseconds and microseconds", () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), fc.boolean(), (list, nanos) => {
      const writer = pcapWriter({ nanos });
      for (const p of list) writer.add(p.bytes, p);
      const read = [...packets(openCapture(writer.take()))];
      const want = list.map(whole).map((p) => (nanos ? p : { ...p, tsNsec: Math.floor(p.tsNsec / 1000) * 1000 }));
      expect(read).toEqual(want);
    }),
  );
});

test("pcapng: what is written is read, over two interfaces", () => {
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 8 }), (list) => {
      const writer = pcapngWriter({
        interfaces: [
          { linkType: LINKTYPE_ETHERNET, name: "veth0" },
          { linkType: LINKTYPE_RAW, name: "tun" },
        ],
      });
      const mixed = list.map((p, i) => ({ ...p, ifIndex: i % 2, linkType: i % 2 ? LINKTYPE_RAW : LINKTYPE_ETHERNET }));
      for (const p of mixed) writer.add(p.bytes, p);
      const capture = openCapture(writer.take());
      expect(capture.interfaces.map((i) => [i.name, i.linkType, i.ticksPerSec])).toEqual([
        ["veth0", LINKTYPE_ETHERNET, 1e9],
        ["tun", LINKTYPE_RAW, 1e9],
      ]);
      expect([...packets(capture)]).toEqual(mixed.map(whole));
      capture.rewind();
      expect([...packets(capture)]).toHaveLength(list.length);
    }),
  );
});

test("pcap of the other byte order", () => {
  const file = new DataView(new ArrayBuffer(24 + 16 + 3));
  file.setUint32(0, 0xa1b2c3d4);
  file.setUint16(4, 2);
  file.setUint16(6, 4);
  file.setUint32(16, 65535);
  file.setUint32(20, 101);
  file.setUint32(24, 7);
  file.setUint32(28, 1_500_000);
  file.setUint32(32, 3);
  file.setUint32(36, 60);
  const [p] = [...packets(openCapture(new Uint8Array(file.buffer)))];
  expect(p).toMatchObject({ origLen: 60, linkType: 101, tsSec: 8, tsNsec: 500_000_000 });
});

/** A block of big- or little-endian 16- and 32-bit words. */
function ngBlock(little: boolean, type: number, body: Uint8Array): Uint8Array {
  const out = new DataView(new ArrayBuffer(12 + body.length));
  out.setUint32(0, type, little);
  out.setUint32(4, 12 + body.length, little);
  new Uint8Array(out.buffer).set(body, 8);
  out.setUint32(8 + body.length, 12 + body.length, little);
  return new Uint8Array(out.buffer);
}

function words(little: boolean, ...list: readonly (number | readonly [number])[]): Uint8Array {
  const size = list.reduce<number>((sum, w) => sum + (typeof w === "number" ? 4 : 2), 0);
  const out = new DataView(new ArrayBuffer(size));
  let at = 0;
  for (const w of list) {
    if (typeof w === "number") {
      out.setUint32(at, w, little);
      at += 4;
    } else {
      out.setUint16(at, w[0], little);
      at += 2;
    }
  }
  return new Uint8Array(out.buffer);
}

function shb(little: boolean): Uint8Array {
  return ngBlock(little, 0x0a0d0d0a, words(little, 0x1a2b3c4d, [1], [0], 0xffffffff, 0xffffffff));
}

test("pcapng: sections of both byte orders, resolutions, unknown blocks, simple packets", () => {
  const idb = (little: boolean, resolution: number): Uint8Array =>
    ngBlock(
      little,
      1,
      concatBytes([
        words(little, [1], [0], 100, [9], [1]),
        Uint8Array.of(resolution, 0, 0, 0),
        words(little, [0], [0]),
      ]),
    );
  const epb = (little: boolean, id: number, high: number, low: number): Uint8Array =>
    ngBlock(little, 6, concatBytes([words(little, id, high, low, 2, 2), Uint8Array.of(1, 2, 0, 0)]));
  const file = concatBytes([
    shb(true),
    idb(true, 3), // milliseconds
    ngBlock(true, 0xbad, words(true, 1, 2, 3)),
    epb(true, 0, 0, 1500),
    shb(false),
    idb(false, 0x80 | 10), // 1/1024 s
    idb(false, 12), // picoseconds
    epb(false, 0, 0, 1536),
    epb(false, 1, 1, 0),
    ngBlock(false, 3, concatBytes([words(false, 3), Uint8Array.of(9, 9, 9, 0)])),
  ]);
  const read = [...packets(openCapture(file))];
  expect(read.map((p) => [p.ifIndex, p.tsSec, p.tsNsec, p.bytes.length])).toEqual([
    [0, 1, 500_000_000, 2],
    [1, 1, 500_000_000, 2],
    [2, 0, 4_294_967, 2],
    [1, 0, 0, 3],
  ]);
});

function codeOf(run: () => void, placed = true): string {
  try {
    run();
    return "ok";
  } catch (error) {
    if (error instanceof SkepError && (!placed || error.site.byte !== undefined)) return error.code;
    throw error;
  }
}

test("a capture cut short gives its whole packets first", () => {
  for (const writer of [pcapWriter(), pcapngWriter()]) {
    for (let i = 0; i < 3; i++) writer.add(Uint8Array.of(1, 2, 3, 4, 5, 6, i), { tsSec: i });
    const file = writer.take();
    const seen: Packet[] = [];
    const code = codeOf(() => {
      for (const p of packets(openCapture(file.subarray(0, file.length - 1)))) seen.push(p);
    });
    expect([seen.length, code]).toEqual([2, "pcap/truncated"]);
  }
});

test("what is no capture is refused with its place", () => {
  expect(codeOf(() => openCapture(new Uint8Array(0)))).toBe("pcap/format");
  expect(codeOf(() => openCapture(fromUtf8("hello, world")))).toBe("pcap/format");
  expect(codeOf(() => openCapture(Uint8Array.of(0x1f, 0x8b, 8, 0)))).toBe("pcap/gzip");
  const file = pcapWriter().take();
  file[4] = 9;
  expect(codeOf(() => openCapture(file))).toBe("pcap/version");
});

test("hostile lengths are refused", () => {
  const writer = pcapWriter();
  writer.add(new Uint8Array(4));
  const file = writer.take();
  new DataView(file.buffer).setUint32(32, 0x7fffffff, true);
  expect(codeOf(() => drain(openCapture(file)))).toBe("pcap/packet-size");
  const ng = concatBytes([shb(true), ngBlock(true, 6, words(true, 5, 0, 0, 0, 0))]);
  expect(codeOf(() => drain(openCapture(ng)))).toBe("pcap/interface");
  new DataView(ng.buffer).setUint32(28 + 4, 0xfffffff0, true);
  expect(codeOf(() => drain(openCapture(ng)))).toBe("pcap/block-length");
});

function drain(source: PacketSource): number {
  let n = 0;
  while (source.next()) {
    if (source.start < 0 || source.end < source.start || source.end > source.bytes.length) throw new Error("bounds");
    if (source.origLen < source.end - source.start || source.tsNsec < 0 || source.tsNsec >= 1e9)
      throw new Error("fields");
    n++;
  }
  return n;
}

test("10,000 damaged captures: an error with a place or packets within bounds", () => {
  const samples = [pcapWriter(), pcapngWriter()].map((writer) => {
    for (let i = 0; i < 4; i++) writer.add(new Uint8Array(10 + i).fill(i), { tsSec: i, tsNsec: 5 });
    return writer.take();
  });
  const flip = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  const outcomes = new Set<string>();
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.array(flip, { maxLength: 4 }), fc.nat(), (file, flips, cut) => {
      const bad = file.slice(0, cut % 3 === 0 ? cut % file.length : file.length);
      for (const [at, value] of flips) if (bad.length > 0) bad[at % bad.length] = value;
      outcomes.add(codeOf(() => drain(openCapture(bad, "bad.pcap"))));
    }),
    { numRuns: 10_000 },
  );
  for (const code of ["ok", "pcap/truncated", "pcap/format", "pcap/packet-size", "pcap/block-length"]) {
    expect(outcomes).toContain(code);
  }
});

test("repeat: clocks run on, empty sources end", () => {
  const source = repeat(
    fromPackets([
      { ...whole({ bytes: Uint8Array.of(1), origLen: 1, linkType: 1, tsSec: 10, tsNsec: 999_999_900, ifIndex: 0 }) },
      { ...whole({ bytes: Uint8Array.of(2), origLen: 1, linkType: 1, tsSec: 12, tsNsec: 0, ifIndex: 0 }) },
    ]),
    3,
  );
  const read = [...packets(source)];
  expect(read.map((p) => p.bytes[0])).toEqual([1, 2, 1, 2, 1, 2]);
  const times = read.map((p) => BigInt(p.tsSec) * 1_000_000_000n + BigInt(p.tsNsec));
  for (let i = 1; i < times.length; i++) expect(times[i]! > times[i - 1]!).toBe(true);
  expect(times[2]! - times[1]!).toBe(1000n);
  expect([...packets(repeat(fromPackets([]), 1e9))]).toEqual([]);
});

test("repeat begins at the beginning, wherever its source stood", () => {
  const source = fromPackets([1, 2].map((byte) => Uint8Array.of(byte)));
  const bytes = (): number[] => [...packets(repeat(source, 2))].map((p) => p.bytes[0]!);
  source.next();
  expect(bytes()).toEqual([1, 2, 1, 2]);
  expect(bytes()).toEqual([1, 2, 1, 2]);
});

test("raw IP has several link types: each becomes Ethernet", () => {
  const u8 = new Uint8Array(64);
  for (const linkType of [LINKTYPE_RAW, LINKTYPE_RAW_BSD, LINKTYPE_RAW_OPENBSD]) {
    u8.fill(0xff);
    expect(putFrame(u8, 0, 64, Uint8Array.of(0x60, 7), 0, 2, linkType)).toBe(16);
    expect([...u8.subarray(11, 16)]).toEqual([0, 0x86, 0xdd, 0x60, 7]);
  }
  expect(codeOf(() => putFrame(u8, 0, 64, u8, 0, 2, 999), false)).toBe("pcap/link-type");
});
