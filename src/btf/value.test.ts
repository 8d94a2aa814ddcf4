import fc from "fast-check";
import { expect, test } from "vitest";
import { SkepError } from "../base/error.ts";
import type { Btf } from "./btf.ts";
import type { BtfInt, BtfMember } from "./types.ts";
import { bytesCodec, codecOf } from "./value.ts";
import { BtfBuilder } from "./write.ts";

function int(name: string, sizeBytes: number, signed: boolean, more: Partial<BtfInt> = {}): BtfInt {
  return { kind: "int", name, sizeBytes, bits: sizeBytes * 8, bitOff: 0, signed, char: false, bool: false, ...more };
}

/** Base types by name, and whatever the test adds. */
function types() {
  const builder = new BtfBuilder();
  const add = builder.add.bind(builder);
  const [u8, u16, u32, u64] = [1, 2, 4, 8].map((size) =>
    add(int(size === 1 ? "unsigned char" : `u${size * 8}`, size, false)),
  ) as [number, number, number, number];
  const [s8, s16, s32, s64] = [1, 2, 4, 8].map((size) => add(int(`s${size * 8}`, size, true))) as [
    number,
    number,
    number,
    number,
  ];
  const char = add(int("char", 1, true));
  const bool = add(int("_Bool", 1, false, { bool: true }));
  const array = (typeId: number, nelems: number) => add({ kind: "array", name: "", typeId, indexTypeId: u32, nelems });
  const struct = (name: string, sizeBytes: number, ...members: [string, number, number, number?][]) =>
    add({ kind: "struct", name, sizeBytes, members: membersOf(members) });
  const union = (name: string, sizeBytes: number, ...members: [string, number, number, number?][]) =>
    add({ kind: "union", name, sizeBytes, members: membersOf(members) });
  return { builder, add, u8, u16, u32, u64, s8, s16, s32, s64, char, bool, array, struct, union };
}

function membersOf(list: readonly [string, number, number, number?][]): BtfMember[] {
  return list.map(([name, typeId, bitOff, bitSize]) => ({ name, typeId, bitOff, bitSize: bitSize ?? 0 }));
}

function errorOf(action: () => unknown): SkepError {
  try {
    action();
  } catch (error) {
    if (error instanceof SkepError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("integers keep their width, sign and byte order", () => {
  const t = types();
  const be16 = t.add({ kind: "typedef", name: "__be16", typeId: t.u16 });
  const be32 = t.add({ kind: "typedef", name: "__be32", typeId: t.u32 });
  const be64 = t.add({ kind: "typedef", name: "__be64", typeId: t.u64 });
  const constBe = t.add({ kind: "const", name: "", typeId: be32 });
  const addrs = t.array(be32, 2);
  const wide = t.add(int("__int128", 16, true));
  const ptr = t.add({ kind: "ptr", name: "", typeId: 0 });
  const btf = t.builder.build();
  const bytes = Uint8Array.of(0xff, 1, 2, 3, 4, 5, 6, 0x87, 0, 0, 0, 0, 0, 0, 0, 0x80);
  const read = (id: number) => codecOf(btf, id).decode(bytes);
  expect([t.u8, t.s8, t.u16, t.s16, t.u32, t.s32].map(read)).toEqual([255, -1, 0x1ff, 0x1ff, 0x030201ff, 0x030201ff]);
  expect([t.u64, t.s64].map(read)).toEqual([0x87060504030201ffn, 0x87060504030201ffn - (1n << 64n)]);
  expect([be16, be32, constBe, be64].map(read)).toEqual([0xff01, 0xff010203, 0xff010203, 0xff01020304050687n]);
  expect(read(addrs)).toEqual([0xff010203, 0x04050687]);
  expect(read(wide)).toBe(BigInt.asIntN(128, 0x8000000000000000_87060504030201ffn));
  expect(read(ptr)).toBe(0x87060504030201ffn);
  for (const id of [t.u8, t.s8, t.u16, t.s16, t.u32, t.s32, t.u64, t.s64, be16, be32, be64, addrs, wide, ptr]) {
    const codec = codecOf(btf, id);
    expect(codec.encode(codec.decode(bytes))).toEqual(bytes.slice(0, codec.size));
  }
});

test("numbers that do not fit are refused", () => {
  const t = types();
  const btf = t.builder.build();
  const encode = (id: number, value: unknown) => codecOf(btf, id).encode(value);
  expect(encode(t.u32, 7n)).toEqual(Uint8Array.of(7, 0, 0, 0));
  expect(encode(t.u64, 7)).toEqual(Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0));
  expect(encode(t.u64, "18446744073709551615")).toEqual(new Uint8Array(8).fill(255));
  expect(encode(t.u16, "0x1234")).toEqual(Uint8Array.of(0x34, 0x12));
  for (const [id, value] of [
    [t.u8, 256],
    [t.u8, -1],
    [t.s8, 128],
    [t.u32, 2 ** 32],
    [t.u32, 1.5],
    [t.u32, Number.NaN],
    [t.u32, "x"],
    [t.u32, undefined],
    [t.u64, 2 ** 53],
    [t.u64, -1n],
    [t.s64, 1n << 63n],
    [t.u64, {}],
    [t.bool, 2],
  ] as const) {
    expect(errorOf(() => encode(id, value)).code).toBe("btf/value");
  }
});

test("text, bytes, bools, floats and arrays", () => {
  const t = types();
  const comm = t.array(t.char, 8);
  const lines = t.array(comm, 2);
  const mac = t.array(t.u8, 6);
  const flags = t.array(t.bool, 3);
  const matrix = t.array(t.array(t.s16, 2), 2);
  const float = t.add({ kind: "float", name: "float", sizeBytes: 4 });
  const double = t.add({ kind: "float", name: "double", sizeBytes: 8 });
  const none = t.array(t.struct("empty", 0), 0xffff_ffff);
  const btf = t.builder.build();
  const text = (value: string, size: number) => {
    const bytes = new Uint8Array(size);
    bytes.set(new TextEncoder().encode(value));
    return bytes;
  };
  expect(codecOf(btf, comm).decode(text("init\0\0x", 8))).toBe("init");
  expect(codecOf(btf, comm).decode(text("12345678", 8))).toBe("12345678");
  expect(codecOf(btf, comm).encode("grün")).toEqual(text("grün", 8));
  expect(codecOf(btf, lines).decode(text("one", 16))).toEqual(["one", ""]);
  expect(errorOf(() => codecOf(btf, comm).encode("123456789")).message).toBe("9 bytes of text do not fit 8");
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const given = codecOf(btf, mac).decode(bytes);
  expect(given).toEqual(bytes);
  bytes[0] = 9;
  expect(given).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  expect(codecOf(btf, mac).encode([6, 5])).toEqual(Uint8Array.of(6, 5, 0, 0, 0, 0));
  expect(codecOf(btf, flags).decode(Uint8Array.of(0, 1, 7))).toEqual([false, true, true]);
  expect(codecOf(btf, flags).encode([true, false, 1])).toEqual(Uint8Array.of(1, 0, 1));
  expect(codecOf(btf, matrix).decode(codecOf(btf, matrix).encode([[1, -2], [3]]))).toEqual([
    [1, -2],
    [3, 0],
  ]);
  expect(errorOf(() => codecOf(btf, matrix).encode([[1], [1, 99999]])).message).toBe(
    "[1][1]: 99999 does not fit signed 16 bits",
  );
  expect(codecOf(btf, float).decode(codecOf(btf, float).encode(1.5))).toBe(1.5);
  expect(codecOf(btf, double).decode(codecOf(btf, double).encode(-0.1))).toBe(-0.1);
  expect(codecOf(btf, none).decode(new Uint8Array(0))).toEqual([]);
});

test("enums are names where they have one", () => {
  const t = types();
  const values = (...pairs: [string, bigint][]) => pairs.map(([name, value]) => ({ name, value }));
  const verdict = t.add({
    kind: "enum",
    name: "verdict",
    sizeBytes: 4,
    signed: false,
    values: values(["DROP", 0n], ["PASS", 1n], ["OK", 1n]),
  });
  const level = t.add({ kind: "enum", name: "level", sizeBytes: 1, signed: true, values: values(["LOW", -1n]) });
  const mask = t.add({
    kind: "enum64",
    name: "mask",
    sizeBytes: 8,
    signed: false,
    values: values(["ALL", 2n ** 64n - 1n]),
  });
  const btf = t.builder.build();
  expect(codecOf(btf, verdict).decode(Uint8Array.of(1, 0, 0, 0))).toBe("PASS");
  expect(codecOf(btf, verdict).decode(Uint8Array.of(9, 0, 0, 0))).toBe(9);
  expect(codecOf(btf, verdict).encode("OK")).toEqual(Uint8Array.of(1, 0, 0, 0));
  expect(codecOf(btf, verdict).encode(7)).toEqual(Uint8Array.of(7, 0, 0, 0));
  expect(codecOf(btf, level).decode(Uint8Array.of(255))).toBe("LOW");
  expect(codecOf(btf, mask).decode(new Uint8Array(8).fill(255))).toBe("ALL");
  expect(codecOf(btf, mask).decode(new Uint8Array(8))).toBe(0n);
  expect(codecOf(btf, mask).encode("ALL")).toEqual(new Uint8Array(8).fill(255));
  const error = errorOf(() => codecOf(btf, verdict).encode("NO"));
  expect(error.message).toBe('"NO" is no enumerator of enum verdict');
  expect(error.advice).toBe("it has DROP, PASS, OK");
});

test("structs are objects; anonymous members stand in the object around them", () => {
  const t = types();
  const point = t.struct("point", 8, ["x", t.s32, 0], ["y", t.s32, 32]);
  const inner = t.struct("", 4, ["low", t.u16, 0], ["high", t.u16, 16]);
  const word = t.union("", 4, ["word", t.u32, 0], ["", inner, 0]);
  const outer = t.struct("outer", 24, ["at", point, 0], ["", word, 64], ["count", t.u64, 128]);
  const codec = codecOf(t.builder.build(), outer);
  const bytes = codec.encode({ at: { x: -1, y: 2 }, high: 0x1234, count: 5n });
  expect(codec.decode(bytes)).toEqual({ at: { x: -1, y: 2 }, word: 0x12340000, low: 0, high: 0x1234, count: 5n });
  expect(codec.encode(codec.decode(bytes))).toEqual(bytes);
  expect(codec.encode({})).toEqual(new Uint8Array(24));
  expect(errorOf(() => codec.encode({ at: { x: "y" } })).message).toBe('.at.x: "y" where a number is needed');
  const error = errorOf(() => codec.encode({ at: { z: 1 } }));
  expect([error.message, error.advice]).toEqual([".at: struct point has no member z", "it has x, y"]);
  expect(errorOf(() => codec.encode(5)).message).toBe("5 where struct outer is needed");
  const into = new Uint8Array(30).fill(0xaa);
  expect(codec.encode({ count: 1n }, into)).toBe(into);
  expect(into.subarray(0, 17)).toEqual(Uint8Array.of(...new Array(16).fill(0), 1));
  expect(into.subarray(24)).toEqual(new Uint8Array(6).fill(0xaa));
  // What is refused changes nothing.
  expect(errorOf(() => codec.encode({ count: -1n }, into)).message).toBe(".count: -1 does not fit unsigned 64 bits");
  expect(into[16]).toBe(1);
  const nested = {
    get at() {
      return { x: codec.encode({ count: 9n })[16], y: 3 };
    },
    high: 0,
    count: 2n,
  };
  expect(codec.decode(codec.encode(nested))).toMatchObject({ at: { x: 9, y: 3 }, count: 2n });
});

test("of a union one member is enough, and several must agree", () => {
  const t = types();
  const union = t.union("value", 8, ["word", t.u32, 0], ["bytes", t.array(t.u8, 4), 0], ["long", t.u64, 0]);
  const codec = codecOf(t.builder.build(), union);
  expect(codec.decode(Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0))).toEqual({
    word: 513,
    bytes: Uint8Array.of(1, 2, 0, 0),
    long: 513n,
  });
  expect(codec.encode({ bytes: [7] })).toEqual(Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0));
  expect(codec.encode({ word: 513, long: 513n })).toEqual(Uint8Array.of(1, 2, 0, 0, 0, 0, 0, 0));
  expect(errorOf(() => codec.encode({ word: 5, long: 513n })).message).toMatch(
    /^members of union value disagree: word/,
  );
});

test("the address structs of the kernel", () => {
  const t = types();
  const be32 = t.add({ kind: "typedef", name: "__be32", typeId: t.u32 });
  const be16 = t.add({ kind: "typedef", name: "__be16", typeId: t.u16 });
  const inAddr = t.struct("in_addr", 4, ["s_addr", be32, 0]);
  const u = t.union(
    "",
    16,
    ["u6_addr8", t.array(t.u8, 16), 0],
    ["u6_addr16", t.array(be16, 8), 0],
    ["u6_addr32", t.array(be32, 4), 0],
  );
  const in6 = t.struct("in6_addr", 16, ["in6_u", u, 0]);
  const btf = t.builder.build();
  expect(codecOf(btf, inAddr).decode(Uint8Array.of(192, 0, 2, 1))).toEqual({ s_addr: 0xc0000201 });
  const codec = codecOf(btf, in6);
  const bytes = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  expect(codec.decode(bytes)).toMatchObject({ in6_u: { u6_addr16: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1] } });
  expect(codec.encode(codec.decode(bytes))).toEqual(bytes);
});

test("a section is an object of its variables", () => {
  const t = types();
  const limit = t.add({
    kind: "var",
    name: "limit",
    typeId: t.add({ kind: "const", name: "", typeId: t.u32 }),
    linkage: "global",
  });
  const total = t.add({ kind: "var", name: "total", typeId: t.u64, linkage: "global" });
  const section = t.add({
    kind: "datasec",
    name: ".data",
    sizeBytes: 16,
    vars: [
      { typeId: limit, offBytes: 0, sizeBytes: 4 },
      { typeId: total, offBytes: 8, sizeBytes: 8 },
    ],
  });
  const codec = codecOf(t.builder.build(), section);
  expect(codec.decode(codec.encode({ limit: 3, total: 9n }))).toEqual({ limit: 3, total: 9n });
});

test("bit-fields of any place, width and sign", () => {
  const field = fc.record({
    bits: fc.integer({ min: 1, max: 64 }),
    gap: fc.integer({ min: 0, max: 9 }),
    signed: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(field, { minLength: 1, maxLength: 6 }),
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 6, maxLength: 6 }),
      fc.uint8Array({ minLength: 64, maxLength: 64 }),
      (fields, random, noise) => {
        const t = types();
        let bit = 0;
        const members = fields.map(({ bits, gap, signed }, i): [string, number, number, number] => {
          bit += gap;
          const at = bit;
          bit += bits;
          return [`f${i}`, bits > 32 ? (signed ? t.s64 : t.u64) : signed ? t.s32 : t.u32, at, bits];
        });
        const id = t.struct("bits", 64, ...members);
        const codec = codecOf(t.builder.build(), id);
        const values: Record<string, number | bigint> = {};
        // What a little-endian compiler does: one long number, the first bit the lowest.
        let whole = 0n;
        for (const [i, { bits, signed }] of fields.entries()) {
          const raw = BigInt.asUintN(bits, random[i]!);
          whole |= raw << BigInt(members[i]![2]);
          const value = signed ? BigInt.asIntN(bits, raw) : raw;
          values[`f${i}`] = bits > 32 ? value : Number(value);
        }
        const bytes = Uint8Array.from({ length: 64 }, (_, i) => Number((whole >> BigInt(8 * i)) & 0xffn));
        expect(codec.encode(values)).toEqual(bytes);
        expect(codec.decode(bytes)).toEqual(values);
        // Bits around the fields do not matter.
        expect(codec.encode(codec.decode(noise))).toEqual(
          codec.encode(codec.decode(codec.encode(codec.decode(noise)))),
        );
      },
    ),
    { numRuns: 100 },
  );
});

test("bit-fields of bool and enum", () => {
  const t = types();
  const mode = t.add({ kind: "enum", name: "mode", sizeBytes: 4, signed: false, values: [{ name: "ON", value: 2n }] });
  const id = t.struct("s", 4, ["yes", t.bool, 0, 1], ["mode", mode, 1, 2]);
  const codec = codecOf(t.builder.build(), id);
  expect(codec.decode(Uint8Array.of(0b101, 0, 0, 0))).toEqual({ yes: true, mode: "ON" });
  expect(codec.encode({ yes: true, mode: "ON" })).toEqual(Uint8Array.of(0b101, 0, 0, 0));
  expect(errorOf(() => codec.encode({ mode: 4 })).message).toBe(".mode: 4 does not fit unsigned 2 bits");
});

test("a member called __proto__ is a member", () => {
  const t = types();
  const id = t.struct("s", 4, ["__proto__", t.u32, 0]);
  const codec = codecOf(t.builder.build(), id);
  const value = codec.decode(Uint8Array.of(5, 0, 0, 0)) as object;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.entries(value)).toEqual([["__proto__", 5]]);
});

test("what has no values, and damaged types", () => {
  const t = types();
  const fwd = t.add({ kind: "fwd", name: "x", union: false });
  const proto = t.add({ kind: "func_proto", name: "", retTypeId: 0, params: [] });
  const short = t.struct("short", 2, ["far", t.u32, 0]);
  const self = t.builder.length;
  t.struct("self", 8, ["me", self, 0]);
  let tower = t.u8;
  for (let i = 0; i < 40; i++) tower = t.union("", 1, ["a", tower, 0], ["b", tower, 0]);
  const btf: Btf = t.builder.build();
  for (const id of [0, fwd, proto, short, self, tower]) {
    expect(errorOf(() => codecOf(btf, id)).code).toBe("btf/value-type");
  }
  expect(errorOf(() => codecOf(btf, t.u32).decode(new Uint8Array(3))).message).toBe("3 bytes, where the type has 4");
  expect(bytesCodec(3).decode(Uint8Array.of(1, 2, 3, 4))).toEqual(Uint8Array.of(1, 2, 3));
  expect(errorOf(() => bytesCodec(3).encode(new Uint8Array(4))).code).toBe("btf/value");
});
