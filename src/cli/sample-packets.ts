/** Packets that programs are compared on: common protocols, whole and cut short. */

const MACS = [0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1];
const SOURCE = [192, 0, 2, 1];
const TARGET = [198, 51, 100, 7];
const SOURCE6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const TARGET6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
const IPPROTO_ICMP = 1;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_ICMPV6 = 58;

export function packets(): Uint8Array[] {
  const syn = tcp(0x02, []);
  const http = tcp(0x18, [...text("GET /index.html HTTP/1.1\r\nHost: example.com\r\n\r\n")]);
  const dns = udp(53, [
    0x12,
    0x34,
    1,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    7,
    ...text("example"),
    3,
    ...text("com"),
    0,
    0,
    1,
    0,
    1,
  ]);
  const list = [
    ethernet(0x0800, ipv4(IPPROTO_TCP, syn)),
    ethernet(0x0800, ipv4(IPPROTO_TCP, http)),
    ethernet(0x0800, ipv4(IPPROTO_UDP, dns)),
    ethernet(0x0800, ipv4(IPPROTO_ICMP, [8, 0, 0xf7, 0xff, 0, 0, 0, 0, ...Array.from({ length: 32 }, (_, i) => i)])),
    ethernet(0x0800, ipv4(IPPROTO_TCP, http, [1, 1, 1, 0])),
    ethernet(0x86dd, ipv6(IPPROTO_TCP, http)),
    ethernet(0x86dd, ipv6(IPPROTO_UDP, dns)),
    ethernet(0x86dd, ipv6(IPPROTO_ICMPV6, [128, 0, 0, 0, 0, 0, 0, 0])),
    ethernet(0x8100, [0, 42, 0x08, 0x00, ...ipv4(IPPROTO_UDP, dns)]),
    ethernet(0x0806, [0, 1, 8, 0, 6, 4, 0, 1, ...MACS.slice(6), ...SOURCE, 0, 0, 0, 0, 0, 0, ...TARGET]),
    ethernet(0x0800, ipv4(IPPROTO_TCP, syn).slice(0, 22)),
    Array.from({ length: 600 }, (_, i) => (i * 167 + 91) & 255),
  ];
  return list.map((bytes) => Uint8Array.from([...bytes, ...new Array(Math.max(0, 64 - bytes.length)).fill(0)]));
}

function text(ascii: string): Uint8Array {
  return new TextEncoder().encode(ascii);
}

function word(value: number): [number, number] {
  return [value >> 8, value & 255];
}

function ethernet(protocol: number, payload: readonly number[]): number[] {
  return [...MACS, ...word(protocol), ...payload];
}

function ipv4(protocol: number, payload: readonly number[], options: readonly number[] = []): number[] {
  const length = 20 + options.length;
  const head = [0x40 | (length / 4), 0, ...word(length + payload.length), 0, 1, 0x40, 0, 64, protocol];
  return [...head, 0, 0, ...SOURCE, ...TARGET, ...options, ...payload];
}

function ipv6(protocol: number, payload: readonly number[]): number[] {
  return [0x60, 0, 0, 0, ...word(payload.length), protocol, 64, ...SOURCE6, ...TARGET6, ...payload];
}

function tcp(flags: number, payload: readonly number[]): number[] {
  return [...word(40000), ...word(80), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0, ...payload];
}

function udp(port: number, payload: readonly number[]): number[] {
  return [...word(40000), ...word(port), ...word(8 + payload.length), 0, 0, ...payload];
}
