/** The example programs over the recordings, on both engines: what README.md and the demo promise. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Collection } from "../../loader/collection.ts";
import { parseEvents } from "../../loader/events.ts";
import { type LoadOptions, loadObject } from "../../loader/load.ts";
import { parseObject } from "../../obj/parse.ts";
import { openCapture } from "../../pcap/open.ts";
import type { Capture } from "../../pcap/source.ts";
import { embedded } from "../embedded.ts";

function file(name: string): Uint8Array {
  return readFileSync(new URL(`../../../examples/${name}`, import.meta.url));
}

function capture(name: string): Capture {
  return openCapture(file(name), name);
}

describe.each(["jit", "interp"] as const)("%s", (engine) => {
  function load(name: string, options: LoadOptions = {}): Collection {
    const target = embedded({ engine, random: 1 });
    return loadObject(parseObject(file(`${name}.bpf.o`), name), target, options, true);
  }

  test("syn_guard: scanners are stopped, clients are not", () => {
    const guard = load("syn_guard");
    const { verdicts } = guard.programs["syn_guard"]!.raw.replay(capture("synscan.pcap"));
    expect(verdicts).toMatchObject({ pass: 221, drop: 111 });
    const sources = [...guard.maps["syns"]!.entries()].map(([, n]) => n as bigint).sort((a, b) => Number(b - a));
    expect(sources).toEqual([180n, 131n, 2n]);
    const events = guard.maps["events"]!.drain() as { syns: bigint; dport: number }[];
    expect(events.map((event) => event.syns)).toEqual([101n, 101n]);
    guard.close();
  });

  test("rate_limit: a burst passes, then the rate", () => {
    const limit = load("rate_limit", { rodata: { rate: 10n, burst: 5n } });
    const { verdicts } = limit.programs["rate_limit"]!.raw.replay(capture("synscan.pcap"));
    expect(verdicts["drop"]).toBeGreaterThan(200);
    // Three sources with five packets each at once are the least that passes.
    expect(verdicts["pass"]).toBeGreaterThanOrEqual(15);
    const dropped = [...limit.maps["buckets"]!.entries()].map(([, bucket]) => (bucket as { dropped: bigint }).dropped);
    expect(dropped.reduce((sum, n) => sum + Number(n), 0)).toBe(verdicts["drop"]);
    limit.close();
  });

  test("tc_edit: packets leave tagged, aged and with right checksums", () => {
    const edit = load("tc_edit");
    const seen: Uint8Array[] = [];
    const result = edit.programs["tc_edit"]!.raw.replay(capture("http.pcapng"), {
      onPacket: (_verdict, bytes) => seen.push(bytes.slice()),
    });
    expect(result.verdicts).toMatchObject({ ok: 73 });
    for (const bytes of seen) {
      const view = new DataView(bytes.buffer);
      expect([view.getUint16(12), view.getUint16(14)]).toEqual([0x8100, 42]);
      const v4 = view.getUint16(16) === 0x0800;
      expect(bytes[v4 ? 26 : 25]).toBe(63);
      if (v4) expect(onesSum(view, 18, 20)).toBe(0xffff);
      expect(tcpSum(view, v4)).toBe(0xffff);
    }
    expect(seen.some((bytes) => new DataView(bytes.buffer).getUint16(40) === 8080)).toBe(true);
    edit.close();
  });

  test("firewall: networks and ports", () => {
    const wall = load("firewall");
    const v4 = (a: number, b: number, c: number, d: number) => ({
      bytes: Uint8Array.from([...new Uint8Array(10), 255, 255, a, b, c, d]),
    });
    const rule = { pad: 0, packets: 0n, bytes: 0n };
    wall.maps["rules"]!.set({ prefixlen: 120, addr: v4(198, 51, 100, 0) }, { ...rule, action: 2 });
    wall.maps["rules"]!.set({ prefixlen: 128, addr: v4(192, 0, 2, 1) }, { ...rule, action: 1 });
    wall.maps["ports"]!.set({ port: 80, proto: 6, pad: 0 }, 0n);
    const { verdicts } = wall.programs["firewall"]!.raw.replay(capture("synscan.pcap"));
    // The network's packets, and of IPv6 those to port 80; the client at 192.0.2.1 may do all.
    const network = wall.maps["rules"]!.get({ prefixlen: 120, addr: v4(198, 51, 100, 0) }) as { packets: bigint };
    const closed = wall.maps["ports"]!.get({ port: 80, proto: 6, pad: 0 }) as bigint;
    // 180 SYNs, and the scanner's reset of the one port that is open.
    expect(network.packets).toBe(181n);
    expect(verdicts["drop"]).toBe(Number(network.packets + closed));
    expect(closed > 0n).toBe(true);
    wall.close();
  });

  test("opens: who opened what", () => {
    const opens = load("opens");
    const result = opens.programs["opens"]!.replayEvents(parseEvents(file("opens.jsonl"), "opens.jsonl"));
    expect(result).toMatchObject({ events: 20, skipped: 0 });
    const records = opens.maps["events"]!.drain() as { comm: string; filename: string; pid: number }[];
    expect(records.map((record) => `${record.comm} ${record.filename}`)).toContain("cat notes.txt");
    const calls = [...opens.maps["calls"]!.entries()].map(([key, n]) => [(key as { name: string }).name, n]);
    expect(Object.fromEntries(calls)).toMatchObject({ sh: 6n, sort: 3n });
    opens.close();
  });
});

/** One's complement sum of 16-bit words, folded. */
function onesSum(view: DataView, at: number, bytes: number, seed = 0): number {
  let sum = seed;
  for (let i = 0; i + 1 < bytes; i += 2) sum += view.getUint16(at + i);
  if (bytes % 2 === 1) sum += view.getUint8(at + bytes - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

/** Of the pseudo header and the segment of a frame with a VLAN tag. */
function tcpSum(view: DataView, v4: boolean): number {
  const l4 = v4 ? 18 + (view.getUint8(18) & 15) * 4 : 58;
  const bytes = v4 ? view.getUint16(20) - (l4 - 18) : view.getUint16(22);
  const pseudo = v4 ? onesSum(view, 30, 8) : onesSum(view, 26, 32);
  return onesSum(view, l4, bytes, pseudo + 6 + bytes);
}
