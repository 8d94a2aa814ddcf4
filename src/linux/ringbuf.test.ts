/** The reader of ring buffers against rings made by hand: what a kernel shows only at the right moment. */
import { describe, expect, test } from "vitest";
import { fakeSys } from "../../test/fake-sys.ts";
import { openRingbuf } from "./ringbuf.ts";
import type { Sys } from "./sys.ts";

const RING = 4096;
const BUSY = 0x80000000;
const DISCARD = 0x40000000;

/** A ring whose two mappings are one after the other, as the kernel's are. */
function ring(start = 0) {
  const consumer = new Uint8Array(4096);
  const producer = new Uint8Array(4096 + 2 * RING);
  const unmapped: number[] = [];
  const base = fakeSys({});
  const sys: Sys = {
    ...base,
    view: (_addr, bytes) => (bytes === 4096 ? consumer : producer),
    syscall(nr, a = 0) {
      if (nr === base.nr.munmap) unmapped.push(a);
      return 0;
    },
  };
  const consumerPos = new BigUint64Array(consumer.buffer, 0, 1);
  const producerPos = new BigUint64Array(producer.buffer, 0, 1);
  const data = new DataView(producer.buffer, 4096);
  consumerPos[0] = BigInt(start);
  producerPos[0] = BigInt(start);
  const put = (at: number, byte: number): void => {
    data.setUint8(at % RING, byte);
    data.setUint8((at % RING) + RING, byte);
  };
  return {
    source: openRingbuf(sys, 3, RING),
    unmapped,
    consumerPos,
    /** Appends a record whose bytes are all `fill`; returns where its header is. */
    add(len: number, fill: number, flags = 0): number {
      const at = Number(producerPos[0]);
      for (let i = 0; i < len; i++) put(at + 8 + i, fill);
      this.mark(at, len, flags);
      producerPos[0] = BigInt(at + ((len + 15) & ~7));
      return at;
    },
    mark(at: number, len: number, flags: number): void {
      const header = (len | flags) >>> 0;
      for (let i = 0; i < 4; i++) put(at + i, (header >>> (8 * i)) & 0xff);
    },
  };
}

describe("ring buffer", () => {
  test("records in order, discarded ones left out, the position told", () => {
    const { source, add, mark, consumerPos, ...rest } = ring();
    const own = { ...rest, source, add, mark, consumerPos };
    own.add(5, 1);
    own.add(12, 2, DISCARD);
    own.add(16, 3);
    const seen: string[] = [];
    expect(source.drain((record) => seen.push(record.join()))).toBe(2);
    expect(seen).toEqual([Array(5).fill(1).join(), Array(16).fill(3).join()]);
    expect(consumerPos[0]).toBe(16n + 24n + 24n);
    expect(source.drain(() => seen.push("more"))).toBe(0);
  });

  test("a reserved record holds back those behind it", () => {
    const made = ring();
    made.add(8, 1);
    const at = made.add(8, 2, BUSY);
    made.add(8, 3);
    const firsts = (): number[] => {
      const seen: number[] = [];
      made.source.drainInPlace((record) => seen.push(record.getUint8(0)));
      return seen;
    };
    expect(firsts()).toEqual([1]);
    expect(made.consumerPos[0]).toBe(16n);
    expect(firsts()).toEqual([]);
    made.mark(at, 8, 0);
    expect(firsts()).toEqual([2, 3]);
  });

  test.each([4000, 2 ** 32 - 96, 2 ** 40 + 4008])("across the end of the ring, from position %d", (start) => {
    const made = ring(start);
    for (let i = 0; i < 20; i++) made.add(24 + i, 100 + i);
    const copies: string[] = [];
    made.source.drain((record) => copies.push(`${record.length} ${[...new Set(record)]}`));
    expect(copies).toEqual(Array.from({ length: 20 }, (_, i) => `${24 + i} ${100 + i}`));
    for (let i = 0; i < 60; i++) made.add(40, i);
    const places: string[] = [];
    made.source.drainInPlace((record) => places.push(`${record.byteLength} ${[...new Set(record.bytes())]}`));
    expect(places).toEqual(Array.from({ length: 60 }, (_, i) => `40 ${i}`));
  });

  test("records longer than the copier's first buffer", () => {
    const made = ring();
    made.add(129, 7);
    made.add(3000, 9);
    const seen: string[] = [];
    made.source.drain((record) => seen.push(`${record.length} ${[...new Set(record)]}`));
    expect(seen).toEqual(["129 7", "3000 9"]);
  });

  test("the view reads the record and nothing else, and is empty when the call is over", () => {
    const made = ring();
    made.add(12, 0xff);
    made.add(8, 1);
    const kept: { byteLength: number; getUint32(at: number): number }[] = [];
    made.source.drainInPlace((record) => {
      kept.push(record);
      if (record.byteLength === 8) return;
      expect([record.getUint8(11), record.getUint16(10), record.getUint32(8), record.getInt32(0)]).toEqual([
        255,
        65535,
        2 ** 32 - 1,
        -1,
      ]);
      expect(record.getBigUint64(4)).toBe(2n ** 64n - 1n);
      expect(record.bytes(10)).toEqual(new Uint8Array([255, 255]));
      expect(record.bytes(2, 4).buffer.byteLength).toBe(2);
      for (const at of [-1, 12, Number.NaN]) expect(() => record.getUint8(at)).toThrow(RangeError);
      expect(() => record.getUint16(11)).toThrow("byte 11 is not in a record of 12");
      for (const read of [() => record.getUint32(9), () => record.getInt32(-2), () => record.getBigUint64(5)]) {
        expect(read).toThrow(RangeError);
      }
    });
    expect(kept).toHaveLength(2);
    for (const record of kept) {
      expect(record.byteLength).toBe(0);
      expect(() => record.getUint32(0)).toThrow(RangeError);
    }
  });

  test("a drain within a drain takes nothing; a callback that throws has had its record", () => {
    const made = ring();
    for (let i = 0; i < 4; i++) made.add(8, i);
    const seen: number[] = [];
    const take = (): number =>
      made.source.drain((record) => {
        expect(made.source.drain(() => seen.push(-1))).toBe(0);
        seen.push(record[0]!);
        if (record[0] === 1) throw new Error("enough");
      });
    expect(take).toThrow("enough");
    expect(made.consumerPos[0]).toBe(32n);
    expect(take()).toBe(2);
    expect(seen).toEqual([0, 1, 2, 3]);
  });

  test("closed within a drain: it ends there, and the memory is not touched again", () => {
    const made = ring();
    for (let i = 0; i < 4; i++) made.add(8, i);
    let calls = 0;
    const count = made.source.drainInPlace((record) => {
      calls++;
      made.source.close();
      expect(() => record.getUint8(0)).toThrow(RangeError);
    });
    expect([count, calls, made.unmapped.length]).toEqual([1, 1, 2]);
    expect(made.consumerPos[0]).toBe(0n);
    expect(made.source.drain(() => calls++)).toBe(0);
  });

  test("larger than offsets can say", () => {
    expect(() => openRingbuf(fakeSys({}), 3, 2 ** 30)).toThrow(expect.objectContaining({ code: "map/ring-size" }));
  });
});
