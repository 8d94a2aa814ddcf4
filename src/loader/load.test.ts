import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SkepError } from "../base/error.ts";
import { parseObject } from "../obj/parse.ts";
import type { ObjSpec } from "../obj/spec.ts";
import { fromPackets } from "../pcap/packets.ts";
import { LINKTYPE_ETHERNET } from "../pcap/source.ts";
import { embedded } from "../runtime/embedded.ts";
import { parseEvents, type RecordedEvent } from "./events.ts";
import { loadObject } from "./load.ts";
import type { AnyShape } from "./shape.ts";

function example(name: string): ObjSpec {
  const file = new URL(`../../examples/${name}`, import.meta.url);
  return parseObject(new Uint8Array(readFileSync(file)), name);
}

/** Ethernet, IPv4 from 192.0.2.`host`, TCP with SYN set. */
function syn(host: number): Uint8Array {
  const packet = new Uint8Array(60);
  packet.set([0x08, 0x00, 0x45, 0, 0, 46], 12);
  packet[23] = 6;
  packet.set([192, 0, 2, host], 26);
  packet.set([198, 51, 100, 1], 30);
  packet[46] = 0x50;
  packet[47] = 0x02;
  return packet;
}

function source(packets: Uint8Array[]): ReturnType<typeof fromPackets> {
  return fromPackets(packets, LINKTYPE_ETHERNET);
}

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof SkepError) return error.code;
    throw error;
  }
  return "";
}

describe.each(["jit", "interp"] as const)("load on the %s", (engine) => {
  test("constants are set before load and decide verdicts", async () => {
    const guard = loadObject(example("syn_guard.bpf.o"), embedded({ engine }), { rodata: { limit: 3n } }, true);
    const program = guard.programs["syn_guard"]!;
    const seen = await program.replay(source(Array.from({ length: 10 }, () => syn(7))));
    expect(seen).toMatchObject({ packets: 10, done: true, verdicts: { pass: 3, drop: 7 } });
    expect(guard.rodata["limit"]).toBe(3n);
    guard.close();
  });

  test("user space changes what a running program sees", async () => {
    const guard = loadObject(example("syn_guard.bpf.o"), embedded({ engine }), { rodata: { limit: 2n } }, true);
    const program = guard.programs["syn_guard"]!;
    const syns = guard.maps["syns"]!;
    for (let i = 0; i < 5; i++) program.run(syn(7));
    expect(program.run(syn(7)).verdict).toBe("drop");
    const [key] = [...syns.keys()];
    expect(syns.get(key!)).toBe(6n);
    syns.set(key!, 0n);
    expect(program.run(syn(7)).verdict).toBe("pass");
    expect(syns.delete(key!)).toBe(true);
    expect(syns.delete(key!)).toBe(false);
    expect(syns.get(key!)).toBeUndefined();
    guard.close();
  });

  test("ring buffer records come as they are written, until the signal aborts", async () => {
    const guard = loadObject(example("syn_guard.bpf.o"), embedded({ engine }), { rodata: { limit: 1n } }, true);
    const program = guard.programs["syn_guard"]!;
    const abort = new AbortController();
    const seen: unknown[] = [];
    const reader = (async () => {
      for await (const record of guard.maps["events"]!.records({ signal: abort.signal })) {
        seen.push((record as { syns: bigint }).syns);
        if (seen.length === 2) abort.abort();
      }
    })();
    for (const host of [1, 1, 2, 2]) program.run(syn(host));
    await reader;
    expect(seen).toEqual([2n, 2n]);
    guard.close();
  });

  test("closing ends a reader that waits", async () => {
    const guard = loadObject(example("syn_guard.bpf.o"), embedded({ engine }), {}, true);
    const seen: unknown[] = [];
    const reader = (async () => {
      for await (const record of guard.maps["events"]!.records()) seen.push(record);
    })();
    await new Promise((resolve) => setTimeout(resolve, 1));
    guard.close();
    await reader;
    expect(seen).toEqual([]);
  });

  test("per-CPU values are one a CPU", () => {
    const target = embedded({ engine, cpus: 4 });
    const guard = loadObject(example("syn_guard.bpf.o"), target, {}, true);
    guard.programs["syn_guard"]!.run(syn(1), { cpu: 0 });
    const stats = guard.maps["stats"]!;
    expect(stats.perCpu).toBe(true);
    expect(stats.get(2)).toEqual([1n, 0n, 0n, 0n]);
    stats.set(2, [1n, 2n, 3n, 4n]);
    expect(stats.get(2)).toEqual([1n, 2n, 3n, 4n]);
    guard.close();
  });

  test("a replay can stop and go on", async () => {
    const guard = loadObject(example("syn_guard.bpf.o"), embedded({ engine }), { rodata: { limit: 4n } }, true);
    const program = guard.programs["syn_guard"]!;
    const packets = source(Array.from({ length: 10 }, () => syn(9)));
    expect(await program.replay(packets, { limit: 6 })).toMatchObject({
      packets: 6,
      done: false,
      verdicts: { pass: 4, drop: 2 },
    });
    expect(await program.replay(packets)).toMatchObject({ packets: 4, done: true, verdicts: { drop: 4 } });
    guard.close();
  });

  test("unloading frees the heap, and a snapshot outlives it", () => {
    const target = embedded({ engine });
    const before = target.runtime.heap.used;
    const guard = loadObject(example("syn_guard.bpf.o"), target);
    guard.programs["syn_guard"]!.run(syn(5));
    const snapshot = guard.drain();
    expect(snapshot["syns"]).toHaveLength(1);
    expect(guard.closed).toBe(true);
    expect(target.runtime.heap.used).toBe(before);
    target.close();
  });
});

test("names that are not there are refused with what is", async () => {
  const spec = example("syn_guard.bpf.o");
  const options = (more: object) => () => loadObject<AnyShape>(spec, embedded(), more, true);
  expect(await codeOf(options({ rodata: { limits: 1 } }))).toBe("load/global");
  expect(await codeOf(options({ programs: ["nobody"] }))).toBe("load/program");
  expect(await codeOf(options({ maps: { nothing: { maxEntries: 1 } } }))).toBe("load/map");
  expect(await codeOf(options({ records: { events: "no_such_type" } }))).toBe("load/record");
});

test("a load that fails leaves nothing behind", async () => {
  const target = embedded();
  const before = target.runtime.heap.used;
  expect(
    await codeOf(() => loadObject<AnyShape>(example("syn_guard.bpf.o"), target, { records: { events: "none" } })),
  ).toBe("load/record");
  expect(target.runtime.heap.used).toBe(before);
  target.close();
});

test("map sizes can be changed, and a live map used again", () => {
  const target = embedded();
  const first = loadObject<AnyShape>(example("syn_guard.bpf.o"), target, { maps: { syns: { maxEntries: 2 } } });
  first.programs["syn_guard"]!.run(syn(1));
  expect(first.maps["syns"]!.spec.maxEntries).toBe(2);
  const second = loadObject<AnyShape>(example("syn_guard.bpf.o"), target, {
    maps: { syns: { reuse: first.maps["syns"]!.raw } },
  });
  second.programs["syn_guard"]!.run(syn(1));
  expect([...first.maps["syns"]!.values()]).toEqual([2n]);
  second.close();
  expect(first.maps["syns"]!.count()).toBe(1);
  first.close();
  target.close();
});

test("recorded events run on the programs that are named, or on all", async () => {
  const opens = loadObject<AnyShape>(example("opens.bpf.o"), embedded(), {}, true);
  const events = [{ event: "syscalls/sys_enter_openat", fields: { filename: "/etc/hosts" } }, { event: "other/one" }];
  const ran: string[] = [];
  expect(opens.replayEvents(events, { onEvent: (_event, _retval, prog) => ran.push(prog) })).toMatchObject({
    opens: { events: 1, skipped: 1 },
  });
  expect(ran).toEqual(["opens"]);
  expect(opens.maps["events"]!.drain()).toMatchObject([{ filename: "/etc/hosts" }]);
  expect(await codeOf(() => opens.replayEvents(events, { programs: ["nobody"] }))).toBe("load/program");
  opens.close();
  expect(await codeOf(() => opens.replayEvents(events))).toBe("runtime/closed");

  const guard = loadObject<AnyShape>(example("syn_guard.bpf.o"), embedded(), {}, true);
  expect(await codeOf(() => guard.replayEvents(events))).toBe("run/events");
  guard.close();
});

test("what is wrong with an event's fields is told with file and line", () => {
  const opens = loadObject<AnyShape>(example("opens.bpf.o"), embedded(), {}, true);
  const line = (fields: object): string => JSON.stringify({ event: "syscalls/sys_enter_openat", fields });
  const text = ["# recorded by hand", line({ dfd: -100 }), "", line({ dfd: "nothing" })].join("\n");
  const events = (): Iterable<RecordedEvent> => parseEvents(new TextEncoder().encode(text), "by-hand.jsonl");
  for (const replay of [() => opens.replayEvents(events()), () => opens.programs["opens"]!.replayEvents(events())]) {
    let thrown: unknown;
    try {
      replay();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "events/field", site: { file: "by-hand.jsonl", line: 4 } });
  }
  opens.close();
});
