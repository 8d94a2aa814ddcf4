import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mapSpec } from "../../../test/fixtures/maps.ts";
import { resolvedProg } from "../../../test/fixtures/progs.ts";
import { BPF_XDP_CPUMAP, BPF_XDP_DEVMAP } from "../../abi/attach-types.ts";
import { BPF_MAP_TYPE_CPUMAP, BPF_MAP_TYPE_DEVMAP } from "../../abi/map-types.ts";
import {
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_XDP,
} from "../../abi/prog-types.ts";
import { fromHex, toHex } from "../../base/bytes.ts";
import { interp } from "../../engine/interp/interp.ts";
import type { TargetProg } from "../../loader/target.ts";
import { unsafeVerified } from "../../obj/verified.ts";
import { openCapture } from "../../pcap/open.ts";
import { fromPackets, packets } from "../../pcap/packets.ts";
import { LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2, LINKTYPE_NULL, LINKTYPE_RAW } from "../../pcap/source.ts";
import { pcapWriter } from "../../pcap/write.ts";
import { type EmbeddedTarget, embeddedTarget } from "../target.ts";
import { createHooks } from "./hooks.ts";

/** The hooks alone: programs are let in unverified and every access is checked. */
function target(): EmbeddedTarget {
  return embeddedTarget(
    { memoryBytes: 2 << 20, random: 1 },
    { engine: () => interp, verify: (prog) => ({ prog: unsafeVerified(prog), processed: 0 }), createHooks },
  );
}

function load(text: string, type: number = BPF_PROG_TYPE_XDP, fields = {}): TargetProg {
  return target().loadProg(resolvedProg(text, [], { type, ...fields }), []);
}

function codeOf(fn: () => unknown): string {
  try {
    fn();
    return "ok";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const ETHER = "020000000002020000000001";
const IPV4 = "45000028000040004006b6cc c0000201 c0000202";
/** A TCP segment of 20 bytes from 192.0.2.1:1024 to 192.0.2.2:80. */
const FRAME: Uint8Array = fromHex(`${ETHER}0800${IPV4}04000050000000010000000050020000 00000000`);
const TAGGED: Uint8Array = fromHex(`${ETHER}8100200508 00${IPV4}04000050000000010000000050020000 00000000`);

test("XDP: every verdict has its name, other values are aborted", () => {
  const expected = { 0: "aborted", 1: "drop", 2: "pass", 3: "tx", 4: "redirect", 5: "aborted", 77: "aborted" };
  for (const [value, name] of Object.entries(expected)) {
    const { verdicts } = load(`r0 = ${value}\nexit`).replay(fromPackets([FRAME, FRAME]));
    expect(verdicts[name]).toBe(2);
  }
});

test("replay: a packet's length decides, captures and arrays alike, whatever the order of lengths", () => {
  const byLength =
    "r2 = *(u32 *)(r1 + 4)\nr1 = *(u32 *)(r1 + 0)\nr2 -= r1\nr0 = 1\nif r2 > 100 goto out\nr0 = 2\nout:\nexit";
  const lengths = [60, 14, 1500, 60, 65_000, 9000, 101, 100];
  const list = lengths.map((n) => new Uint8Array(n).fill(n));
  const writer = pcapWriter();
  for (const bytes of list) writer.add(bytes);
  for (const source of [fromPackets(list), openCapture(writer.take())]) {
    const result = load(byLength).replay(source);
    expect(result).toMatchObject({ packets: 8, done: true, verdicts: { pass: 4, drop: 4 } });
  }
});

test("replay: stops at the limit and goes on from there", () => {
  const prog = load("r0 = 2\nexit");
  const writer = pcapWriter();
  for (let i = 0; i < 1000; i++) writer.add(FRAME, { tsSec: i });
  const source = openCapture(writer.take());
  expect(prog.replay(source, { limit: 700 })).toMatchObject({ packets: 700, done: false });
  expect(prog.replay(source, { limit: 700 })).toMatchObject({ packets: 300, done: true });
});

test("replay: packets before a damaged record are run, then its error comes", () => {
  const t = target();
  const prog = t.loadProg(resolvedProg("r0 = 2\nexit", [], { type: BPF_PROG_TYPE_XDP }), []);
  const writer = pcapWriter();
  for (let i = 0; i < 5; i++) writer.add(FRAME, { tsSec: 100 + i });
  const bytes = writer.take();
  const seen: string[] = [];
  expect(codeOf(() => prog.replay(openCapture(bytes.subarray(0, bytes.length - 1))))).toBe("pcap/truncated");
  const source = openCapture(bytes.subarray(0, bytes.length - 1));
  expect(codeOf(() => prog.replay(source, { onPacket: (verdict) => seen.push(verdict) }))).toBe("pcap/truncated");
  expect(seen).toHaveLength(4);
  expect(t.runtime.event.nowNs).toBe(-1);
});

test("replay: time is the capture's, and never falls over several of them", () => {
  const t = target();
  // ktime_get_ns; the low half of microseconds is the verdict's place to be seen: kept in the packet.
  const text = "r6 = *(u32 *)(r1 + 0)\ncall 5\n*(u64 *)(r6 + 0) = r0\nr0 = 2\nexit";
  const prog = t.loadProg(resolvedProg(text), []);
  const times: bigint[] = [];
  const source = () =>
    fromPackets([10.5, 11, 11.25].map((s) => ({ ...packetOf(FRAME), tsSec: Math.floor(s), tsNsec: (s % 1) * 1e9 })));
  for (let i = 0; i < 2; i++) {
    prog.replay(source(), {
      onPacket: (_v, bytes) => times.push(new DataView(bytes.slice().buffer).getBigUint64(0, true)),
    });
  }
  const second = 1_000_000_000n;
  expect(times.slice(0, 3)).toEqual([second, second + 500_000_000n, second + 750_000_000n]);
  expect(times[3]! > times[2]!).toBe(true);
});

function packetOf(bytes: Uint8Array) {
  return { bytes, origLen: bytes.length, linkType: 1, tsSec: 0, tsNsec: 0, ifIndex: 0 };
}

test("onPacket shows what the program left, and the clock goes back to the host's", () => {
  // Eight bytes off the head.
  const prog = load("r2 = 8\ncall 44\nr0 = 2\nexit");
  const left: string[] = [];
  prog.replay(fromPackets([FRAME]), { onPacket: (verdict, bytes) => left.push(verdict, toHex(bytes)) });
  expect(left).toEqual(["pass", toHex(FRAME.subarray(8))]);
});

test("link layers become Ethernet", () => {
  const seen = (bytes: string, linkType: number): string => {
    let out = "";
    const source = fromPackets([{ ...packetOf(fromHex(bytes)), linkType }]);
    load("r0 = 2\nexit").replay(source, { onPacket: (_v, frame) => (out = toHex(frame)) });
    return out;
  };
  const ip = toHex(fromHex(IPV4));
  const none = "00".repeat(12);
  expect(seen(ip, LINKTYPE_RAW)).toBe(`${none}0800${ip}`);
  expect(seen(`60${"00".repeat(39)}`, LINKTYPE_RAW).slice(0, 28)).toBe(`${none}86dd`);
  expect(seen(`02000000${ip}`, LINKTYPE_NULL)).toBe(`${none}0800${ip}`);
  const from = "020000000001";
  expect(seen(`000400010006${from}00000800${ip}`, LINKTYPE_LINUX_SLL)).toBe(`000000000000${from}0800${ip}`);
  expect(seen(`000100010006${from}00000800${ip}`, LINKTYPE_LINUX_SLL)).toBe(`ffffffffffff${from}0800${ip}`);
  expect(seen(`0800000000000001000100 06${from}0000${ip}`, LINKTYPE_LINUX_SLL2)).toBe(`000000000000${from}0800${ip}`);
  expect(codeOf(() => seen(ip, 147))).toBe("pcap/link-type");
});

test("tc: the outermost VLAN tag is in the ctx, and back in the frame that leaves", () => {
  // protocol and vlan_tci into mark's neighbourhood: returned as r0 = tci, or -1 where the protocol is not IPv4.
  const text = "r0 = -1\nr2 = *(u32 *)(r1 + 16)\nif r2 != 8 goto out\nr0 = *(u32 *)(r1 + 24)\nout:\nexit";
  const prog = load(text, BPF_PROG_TYPE_SCHED_CLS);
  const seen: string[] = [];
  const result = prog.replay(fromPackets([TAGGED, FRAME]), { onPacket: (_v, bytes) => seen.push(toHex(bytes)) });
  // tci 0x2005 has no name, 0 is ok.
  expect(result.verdicts).toMatchObject({ ok: 1, unspec: 1 });
  expect(seen).toEqual([toHex(TAGGED), toHex(FRAME)]);
  // A test run leaves it inline, as the kernel's does.
  expect(prog.testRun({ data: TAGGED }).retval | 0).toBe(-1);
});

test("socket filter: replay begins at the MAC header, LD_ABS reads it, a read past the end drops", () => {
  const port = load(
    "r6 = r1\nr0 = *(u16 *)skb[36]\nif r0 == 80 goto keep\nr0 = 0\nexit\nkeep:\nr0 = 65535\nexit",
    BPF_PROG_TYPE_SOCKET_FILTER,
  );
  expect(port.replay(fromPackets([FRAME, FRAME.subarray(0, 30), TAGGED])).verdicts).toEqual({ drop: 2, pass: 1 });
});

test("cgroup_skb: data begins at the network header, addresses are the socket's", () => {
  // remote_ip4 of an ingress packet is its source; local_port its destination port.
  const text = `
    r0 = 0
    r2 = *(u32 *)(r1 + 92)
    if r2 != 0x010200c0 goto out
    r2 = *(u32 *)(r1 + 136)
    if r2 != 80 goto out
    r2 = *(u32 *)(r1 + 76)
    r3 = *(u32 *)(r1 + 80)
    r4 = r2
    r4 += 20
    if r4 > r3 goto out
    r2 = *(u8 *)(r2 + 0)
    if r2 != 0x45 goto out
    r0 = 1
  out:
    exit`;
  const prog = load(text, BPF_PROG_TYPE_CGROUP_SKB);
  expect(prog.replay(fromPackets([FRAME])).verdicts).toEqual({ allow: 1, deny: 0 });
});

test("checked mode: what lies beyond the packet faults, maps and runtime stay", () => {
  const prog = load("r1 = *(u32 *)(r1 + 4)\nr0 = *(u8 *)(r1 + 0)\nexit");
  expect(codeOf(() => prog.testRun({ data: FRAME }))).toMatch(/^run\//);
  expect(codeOf(() => prog.replay(fromPackets([FRAME])))).toMatch(/^run\//);
});

test("test run refuses what the kernel refuses", () => {
  const prog = load("r0 = 2\nexit");
  const errno = (fn: () => unknown): string => codeOf(fn);
  expect(errno(() => prog.testRun({ data: new Uint8Array(13) }))).toBe("run/EINVAL");
  expect(errno(() => prog.testRun({ data: FRAME, ctx: new Uint8Array(24).fill(1, 8, 9) }))).toBe("run/EINVAL");
  expect(errno(() => prog.testRun({ data: FRAME, ctx: new Uint8Array(40).fill(1, 30) }))).toBe("run/E2BIG");
  expect(errno(() => prog.testRun({ data: FRAME, flags: 8 }))).toBe("run/EINVAL");
  expect(errno(() => prog.replay(fromPackets([])))).toBe("ok");
});

test("attach: XDP before tc, in order; a drop ends it; detached programs are out", () => {
  const t = target();
  const add = (text: string, type: number) => t.loadProg(resolvedProg(text, [], { type }), []).attach({ dev: "lan0" });
  expect(t.hooks.inject("lan0", FRAME)).toBe("pass");
  const tc = add("r0 = 2\nexit", BPF_PROG_TYPE_SCHED_CLS);
  const xdp = add("r0 = 2\nexit", BPF_PROG_TYPE_XDP);
  expect(t.hooks.links().map((link) => link.what)).toEqual(["xdp on lan0", "sched_cls on lan0"]);
  expect(t.hooks.inject("lan0", FRAME)).toBe("shot");
  expect(t.hooks.inject("lan1", FRAME)).toBe("pass");
  const dropper = add("r0 = 1\nexit", BPF_PROG_TYPE_XDP);
  expect(t.hooks.inject("lan0", FRAME)).toBe("drop");
  dropper.close();
  tc.close();
  expect(t.hooks.inject("lan0", FRAME)).toBe("pass");
  xdp.close();
  expect(t.hooks.links()).toEqual([]);
  t.close();
});

test("the recordings are whole", () => {
  const counts = { "synscan.pcap": 332, "http.pcapng": 73, "dns.pcap": 12, "ping.pcap": 10, "ping6.pcap": 10 };
  for (const [file, count] of Object.entries(counts)) {
    const bytes = readFileSync(new URL(`../../../examples/${file}`, import.meta.url));
    expect([...packets(openCapture(bytes, file))], file).toHaveLength(count);
    expect(bytes.length).toBeLessThan(60_000);
  }
});

test("SYN cookies: one that was made is accepted, another is not", () => {
  // gen(ip, tcp, 20) -> cookie and MSS; then the ACK: seq + 1, ack = cookie + 1.
  const text = `
    r6 = *(u32 *)(r1 + 0)
    r6 += 14
    r7 = r6
    r7 += 20
    r1 = r6
    r2 = r7
    r3 = 20
    call 204
    r8 = r0
    r0 = 3
    r1 = r8
    r1 >>= 32
    if r1 != 536 goto out
    w8 = w8
    r8 += 1
    r8 = be32 r8
    *(u32 *)(r7 + 8) = r8
    r1 = *(u32 *)(r7 + 4)
    r1 = be32 r1
    r1 += 1
    r1 = be32 r1
    *(u32 *)(r7 + 4) = r1
    r1 = r6
    r2 = r7
    call 206
    r9 = r0
    r0 = 0
    if r9 != 0 goto out
    r8 ^= 1
    *(u32 *)(r7 + 8) = r8
    r1 = r6
    r2 = r7
    call 206
    r9 = r0
    r0 = 1
    if r9 != -13 goto out
    r0 = 2
  out:
    exit`;
  expect(load(text).replay(fromPackets([FRAME])).verdicts).toMatchObject({ pass: 1 });
});

test("redirect: where to, by index and by map flags", () => {
  const t = target();
  const run = (text: string): number => t.loadProg(resolvedProg(text), []).testRun({ data: FRAME }).retval;
  expect(run("r1 = 7\nr2 = 0\ncall 23\nexit")).toBe(4);
  expect(run("r1 = 7\nr2 = 1\ncall 23\nexit")).toBe(0);
  const tc = (text: string): number =>
    t.loadProg(resolvedProg(text, [], { type: BPF_PROG_TYPE_SCHED_CLS }), []).testRun({ data: FRAME }).retval;
  expect(tc("r1 = 7\nr2 = 1\ncall 23\nexit")).toBe(7);
  expect(tc("r1 = 7\nr2 = 2\ncall 23\nexit")).toBe(2);
});

test("fib_lookup asks the caller's table", () => {
  const t = target();
  // A zeroed query but for family, ifindex 1 and the destination; the ifindex found is the verdict.
  const zero = [64, 56, 48, 40, 32, 24, 16, 8].map((off) => `*(u64 *)(r10 - ${off}) = r3`).join("\n");
  const text = `
    r3 = 0
    ${zero}
    r3 = 2
    *(u8 *)(r10 - 64) = r3
    r3 = 1
    *(u32 *)(r10 - 56) = r3
    r3 = 0x020200c0
    *(u32 *)(r10 - 32) = r3
    r2 = r10
    r2 += -64
    r3 = 64
    r4 = 0
    call 69
    if r0 != 0 goto out
    r0 = *(u32 *)(r10 - 56)
    r0 += 100
  out:
    exit`;
  const prog = t.loadProg(resolvedProg(text), []);
  const run = (): number => prog.testRun({ data: FRAME }).retval | 0;
  expect(run()).toBe(4);
  const mac = new Uint8Array(6);
  t.hooks.fib = ({ destination }) =>
    toHex(destination) === "c0000202" ? { ifindex: 5, mtu: 1500, smac: mac, dmac: mac } : 3;
  expect(run()).toBe(105);
  t.hooks.fib = () => ({ ifindex: 5, mtu: 1500 });
  expect(run()).toBe(7);
  t.hooks.fib = () => 3;
  expect(run()).toBe(3);
});

test("replay: with several CPUs both directions of a flow run on one, and flows on all of them", () => {
  const whole = embeddedTarget(
    { memoryBytes: 2 << 20, random: 1, cpus: 4 },
    { engine: () => interp, verify: (prog) => ({ prog: unsafeVerified(prog), processed: 0 }), createHooks },
  );
  // The verdict is the CPU.
  const prog = whole.loadProg(resolvedProg("call 8\nexit"), []);
  const cpuOf = (frame: Uint8Array): string => {
    const { verdicts } = prog.replay(fromPackets([frame]));
    return Object.keys(verdicts).find((name) => verdicts[name] === 1)!;
  };
  const seen = new Set<string>();
  for (const frame of [FRAME, TAGGED]) {
    const net = frame === FRAME ? 14 : 18;
    for (let port = 1024; port < 1044; port++) {
      const there = frame.slice();
      there[net + 21] = port & 255;
      const back = there.slice();
      back.copyWithin(net + 12, net + 16, net + 20);
      back.set(there.subarray(net + 12, net + 16), net + 16);
      back.copyWithin(net + 20, net + 22, net + 24);
      back.set(there.subarray(net + 20, net + 22), net + 22);
      expect(cpuOf(back)).toBe(cpuOf(there));
      seen.add(cpuOf(there));
    }
  }
  expect([...seen].sort()).toEqual(["aborted", "drop", "pass", "tx"]);
  const arp = FRAME.slice();
  arp.set([8, 6], 12);
  expect(cpuOf(arp)).toBe("aborted");
  expect(whole.runtime.cpu()).toBe(0);
  whole.close();
});

test("XDP: packets redirected through a devmap or cpumap run its program", () => {
  const whole = embeddedTarget(
    { memoryBytes: 2 << 20, random: 1, cpus: 2 },
    { engine: () => interp, verify: (prog) => ({ prog: unsafeVerified(prog), processed: 0 }), createHooks },
  );
  const dev = mapSpec(BPF_MAP_TYPE_DEVMAP, { name: "dev", valueSize: 8, maxEntries: 4 });
  const cpus = mapSpec(BPF_MAP_TYPE_CPUMAP, { name: "cpus", valueSize: 8, maxEntries: 2 });
  const maps = [dev, cpus].map((spec) => whole.createMap(spec, null));
  // Drops what leaves by interface 9; on CPU 1, drops everything.
  const egress = resolvedProg("r1 = *(u32 *)(r1 + 20)\nr0 = 2\nif r1 != 9 goto out\nr0 = 1\nout:\nexit", [], {
    expectedAttachType: BPF_XDP_DEVMAP,
  });
  const onCpu = resolvedProg("call 8\nr1 = r0\nr0 = 2\nif r1 == 0 goto out\nr0 = 1\nout:\nexit", [], {
    expectedAttachType: BPF_XDP_CPUMAP,
  });
  const [first, second] = [egress, onCpu].map((prog) => whole.loadProg(prog, []));
  const words = (...list: number[]): Uint8Array => new Uint8Array(Uint32Array.from(list).buffer);
  maps[0]!.update(words(0), words(7, first!.id), 0);
  maps[0]!.update(words(1), words(9, first!.id), 0);
  maps[0]!.update(words(2), words(9, 0), 0);
  maps[1]!.update(words(0), words(64, second!.id), 0);
  maps[1]!.update(words(1), words(64, second!.id), 0);
  expect(codeOf(() => maps[0]!.update(words(3), words(9, second!.id), 0))).toBe("map/EINVAL");
  expect(maps[0]!.lookup(words(1))).toEqual(words(9, first!.id));
  const verdict = (map: number, key: number): string => {
    const spec = [dev, cpus][map]!;
    const prog = whole.loadProg(resolvedProg(`r1 = map[${spec.name}] ll\nr2 = ${key}\nr3 = 0\ncall 51\nexit`, [spec]), [
      maps[map]!,
    ]);
    const { verdicts } = prog.replay(fromPackets([FRAME]));
    prog.close();
    return Object.keys(verdicts).find((name) => verdicts[name] === 1)!;
  };
  expect([verdict(0, 0), verdict(0, 1), verdict(0, 2), verdict(1, 0), verdict(1, 1)]).toEqual([
    "redirect",
    "drop",
    "redirect",
    "pass",
    "drop",
  ]);
  first!.close();
  expect(verdict(0, 1)).toBe("drop");
  whole.close();
});
