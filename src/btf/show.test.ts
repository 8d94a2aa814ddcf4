import { expect, test } from "vitest";
import { ipv6, jsonOf, showBytes, showValue } from "./show.ts";
import type { BtfInt } from "./types.ts";
import { BtfBuilder } from "./write.ts";

const int = (name: string, sizeBytes: number, signed = false): BtfInt => ({
  kind: "int",
  name,
  sizeBytes,
  bits: sizeBytes * 8,
  bitOff: 0,
  signed,
  char: false,
  bool: false,
});

function flow() {
  const b = new BtfBuilder();
  const [u8, u16, u32, u64] = [
    b.add(int("unsigned char", 1)),
    b.add(int("u16", 2)),
    b.add(int("u32", 4)),
    b.add(int("u64", 8)),
  ];
  const char = b.add(int("char", 1, true));
  const array = (typeId: number, nelems: number) =>
    b.add({ kind: "array", name: "", typeId, indexTypeId: u32, nelems });
  const be32 = b.add({ kind: "typedef", name: "__be32", typeId: u32 });
  const be16 = b.add({ kind: "typedef", name: "__be16", typeId: u16 });
  const ptr = b.add({ kind: "ptr", name: "", typeId: 0 });
  const state = b.add({
    kind: "enum",
    name: "state",
    sizeBytes: 4,
    signed: false,
    values: [{ name: "OPEN", value: 1n }],
  });
  const inner = b.add({
    kind: "struct",
    name: "",
    sizeBytes: 4,
    members: [
      { name: "low", typeId: u16, bitOff: 0, bitSize: 0 },
      { name: "high", typeId: u16, bitOff: 16, bitSize: 0 },
    ],
  });
  const members: [string, number, number][] = [
    ["saddr", be32, 0],
    ["dst_ip", u32, 4],
    ["h_dest", array(u8, 6), 8],
    ["sport", be16, 14],
    ["addr6", array(u32, 4), 16],
    ["count", u64, 32],
    ["comm", array(char, 8), 40],
    ["task", ptr, 48],
    ["state", state, 56],
    ["", inner, 60],
    ["raw", array(u8, 4), 64],
    ["steps", array(u16, 2), 68],
  ];
  const id = b.add({
    kind: "struct",
    name: "flow",
    sizeBytes: 72,
    members: members.map(([name, typeId, off]) => ({ name, typeId, bitOff: off * 8, bitSize: 0 })),
  });
  return { b, id, u8, u32, be32, array };
}

test("a struct is shown by field, addresses as addresses", () => {
  const { b, id } = flow();
  const bytes = new Uint8Array(72);
  bytes.set([192, 0, 2, 7, 10, 0, 0, 1, 2, 0, 0, 0, 0, 0xab, 1, 0xbb], 0);
  bytes.set([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 16);
  bytes.set([0, 0, 0, 0, 0, 0, 0, 0x80, 99, 117, 114, 108, 0, 0, 0, 0, 0xf0, 0xff], 32);
  bytes.set([1, 0, 0, 0, 1, 0, 2, 0, 0xde, 0xad, 0xbe, 0xef, 1, 0, 2, 0], 56);
  expect(showBytes(b.build(), id, bytes)).toBe(
    "{ saddr: 192.0.2.7, dst_ip: 10.0.0.1, h_dest: 02:00:00:00:00:ab, sport: 443, addr6: 2001:db8::1, " +
      'count: 9223372036854775808, comm: "curl", task: 0xfff0, state: OPEN, low: 1, high: 2, raw: deadbeef, steps: [1, 2] }',
  );
});

test("the name that a caller knows counts, and only whole words do", () => {
  const { b, u8, u32, be32, array } = flow();
  const bytes4 = array(u8, 4);
  const btf = b.build();
  expect(showValue(btf, be32, 0xc0000207, { name: "blocked_ip" })).toBe("192.0.2.7");
  expect(showValue(btf, u32, 0x0702_00c0, { name: "saddr" })).toBe("192.0.2.7");
  expect(showValue(btf, u32, 5, { name: "count" })).toBe("5");
  for (const name of ["skip", "zip", "ipc", "ip_len", "host", "address_family", "paddrx", ""]) {
    expect(showValue(btf, u32, 5, { name })).toBe("5");
  }
  for (const name of [
    "ip",
    "ip4",
    "ipv6",
    "src_ip",
    "ip_src",
    "ips",
    "blocked_ips",
    "s_addr",
    "daddr",
    "addr_v4",
    "gateway",
    "key.addr",
  ]) {
    expect(showValue(btf, u32, 5, { name })).toBe("5.0.0.0");
  }
  expect(showValue(btf, bytes4, Uint8Array.of(1, 2, 3, 4), { name: "gw" })).toBe("1.2.3.4");
});

test("a struct around an address is an address", () => {
  const { b, u8, u32, array } = flow();
  const one = (name: string, member: string, typeId: number, sizeBytes: number) =>
    b.add({ kind: "struct", name, sizeBytes, members: [{ name: member, typeId, bitOff: 0, bitSize: 0 }] });
  const sixteen = array(u8, 16);
  const addr = one("addr", "bytes", sixteen, 16);
  const plain = one("blob", "bytes", sixteen, 16);
  const v4 = one("source", "ip", u32, 4);
  const holder = one("holder", "saddr", plain, 16);
  const btf = b.build();
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 7);
  expect(showBytes(btf, addr, mapped)).toBe("::ffff:192.0.2.7");
  expect(showBytes(btf, plain, mapped)).toBe("{ bytes: 00000000000000000000ffffc0000207 }");
  expect(showBytes(btf, plain, mapped, { name: "peer_ip" })).toBe("::ffff:192.0.2.7");
  expect(showBytes(btf, v4, Uint8Array.of(10, 0, 0, 1))).toBe("10.0.0.1");
  expect(showBytes(btf, holder, mapped)).toBe("{ saddr: ::ffff:192.0.2.7 }");
});

test("long arrays are cut", () => {
  const { b, u8, u32, array } = flow();
  const [many, bytes] = [array(u32, 100), array(u8, 100)];
  const btf = b.build();
  expect(showBytes(btf, many, new Uint8Array(400), { maxItems: 2 })).toBe("[0, 0, ... 98 more]");
  expect(showBytes(btf, bytes, new Uint8Array(100), { maxItems: 2 })).toBe("0000 ... 98 more");
});

test("IPv6 as RFC 5952 writes it", () => {
  const words = (...list: number[]) => Uint8Array.from(list.flatMap((word) => [word >> 8, word & 255]));
  expect(ipv6(words(0, 0, 0, 0, 0, 0, 0, 0))).toBe("::");
  expect(ipv6(words(0, 0, 0, 0, 0, 0, 0, 1))).toBe("::1");
  expect(ipv6(words(0xfe80, 0, 0, 0, 1, 0, 0, 2))).toBe("fe80::1:0:0:2");
  expect(ipv6(words(1, 0, 0, 2, 0, 0, 0, 3))).toBe("1:0:0:2::3");
  expect(ipv6(words(1, 0, 3, 4, 5, 6, 7, 8))).toBe("1:0:3:4:5:6:7:8");
  expect(ipv6(words(1, 2, 3, 4, 5, 6, 0, 0))).toBe("1:2:3:4:5:6::");
  expect(ipv6(words(0, 0, 0, 0, 0, 0xffff, 0xc000, 0x207))).toBe("::ffff:192.0.2.7");
});

test("JSON keeps 64 bits exact", () => {
  expect(jsonOf({ a: 5n, b: 2n ** 63n, c: Uint8Array.of(1, 255), d: [1n, "x", true, null], e: Number.NaN })).toEqual({
    a: 5,
    b: "9223372036854775808",
    c: "01ff",
    d: [1, "x", true, null],
    e: "NaN",
  });
});
