/**
 * The same object over the same capture: the embedded runtime and the kernel must agree on every verdict, every byte of the
 * packets, and what then stands in maps, globals and rings. Every example that the kernel can test-run is here.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { Value } from "../../src/loader/shape.ts";
import type { Target } from "../../src/loader/target.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { openCapture } from "../../src/pcap/open.ts";
import { packets } from "../../src/pcap/packets.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { liveKernel } from "../live.ts";

const CAPTURES = ["synscan.pcap", "dns.pcap", "http.pcapng", "ping.pcap", "ping6.pcap"];
/** Test runs of tracepoints there are none: this one is compared with the kernel by its live attachment. */
const NOT_RUN = ["opens"];
/** What must not depend on the time that passes between two packets: a bucket of nothing is empty for ever. */
const RODATA: Readonly<Record<string, Record<string, bigint>>> = { rate_limit: { rate: 1n, burst: 0n } };
const OBJECTS = objectsIn("examples").filter((name) => !NOT_RUN.includes(name));
const BENCHED = objectsIn("test/bench/programs");
const MOST = 400;

function objectsIn(folder: string): string[] {
  return readdirSync(folder).flatMap((file) => (file.endsWith(".bpf.o") ? [file.slice(0, -".bpf.o".length)] : []));
}

interface Seen {
  readonly lines: readonly string[];
  readonly maps: Readonly<Record<string, readonly string[]>>;
}

/** Packet by packet as a test run: what a replay shows may differ where a VLAN tag lies beside the packet (skb_vlan_push). */
function runAll(name: string, capture: string, target: Target): Seen {
  const obj = parseObject(new Uint8Array(readFileSync(`examples/${name}.bpf.o`)), name);
  const collection = loadObject(obj, target, { rodata: RODATA[name] ?? {} });
  try {
    const program = Object.values(collection.programs)[0]!;
    const lines: string[] = [];
    for (const packet of packets(openCapture(new Uint8Array(readFileSync(`examples/${capture}`)), capture))) {
      const { verdict, retval, dataOut } = program.run(packet.bytes);
      lines.push(`${verdict} ${retval} ${dataOut === null ? "" : toHex(dataOut)}`);
      if (lines.length === MOST) break;
    }
    return { lines, maps: contents(collection) };
  } finally {
    collection.close();
    target.close();
  }
}

/** Maps as sorted lines, values of all CPUs added up, records in their order. */
function contents(collection: Collection): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const [name, map] of Object.entries(collection.maps)) {
    if (/ringbuf|perf_event/.test(map.type)) out[name] = map.drain().map((record) => JSON.stringify(record, plain));
    if (!/^(percpu_|lru_|lru_percpu_)?(hash|array)$|^lpm_trie$/.test(map.type)) continue;
    const entries = [...map.entries()].map(([key, value]) => [key, map.perCpu ? added(value as Value[]) : value]);
    out[name] = entries.map((entry) => JSON.stringify(entry, plain)).sort();
  }
  return out;
}

/** The kernel has as many CPUs as the machine, the runtime one: counters are compared by their sums. */
function added(values: readonly Value[]): Value {
  return values.every((value) => typeof value === "bigint") ? values.reduce((sum, n) => sum + n, 0n) : values[0]!;
}

/** Without times, which are those of two clocks. */
const plain = (key: string, value: unknown): unknown =>
  /_ns$/.test(key) ? undefined : typeof value === "bigint" ? `${value}n` : value;

describe.skipIf(liveKernel() !== null)("embedded and kernel agree", () => {
  for (const name of OBJECTS) {
    test.each(CAPTURES)(`${name} over %s`, (capture) => {
      const kernel = runAll(name, capture, linux());
      const own = runAll(name, capture, embedded());
      expect(own.lines).toEqual(kernel.lines);
      expect(own.maps).toEqual(kernel.maps);
    });
  }

  test("every example is compared", () => {
    expect(OBJECTS.length).toBeGreaterThan(4);
    expect([...OBJECTS, ...NOT_RUN].sort()).toEqual(objectsIn("examples").sort());
  });

  test.each(BENCHED)("benchmark program %s", (name) => {
    const outcomes = [linux(), embedded()].map((target) => {
      const file = `test/bench/programs/${name}.bpf.o`;
      const collection = loadObject(parseObject(new Uint8Array(readFileSync(file)), file), target);
      const packet = Uint8Array.from({ length: 200 }, (_, i) => (i === 12 ? 8 : i === 13 ? 0 : (i * 7) & 0xff));
      const runs = Object.values(collection.programs).flatMap((program) =>
        [0, 1, 2].map((n) => {
          packet[40] = n;
          const { retval, dataOut } = program.run(packet);
          return `${program.name} ${retval} ${dataOut === null ? "" : toHex(dataOut)}`;
        }),
      );
      const maps = contents(collection);
      collection.close();
      target.close();
      return { runs, maps };
    });
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  test("replay counts the same verdicts", async () => {
    const tables = await Promise.all(
      [linux(), embedded()].map(async (target) => {
        const obj = parseObject(new Uint8Array(readFileSync("examples/syn_guard.bpf.o")), "syn_guard");
        const collection = loadObject(obj, target);
        const capture = openCapture(new Uint8Array(readFileSync("examples/synscan.pcap")), "synscan.pcap");
        const { packets: count, verdicts, done } = await Object.values(collection.programs)[0]!.replay(capture);
        collection.close();
        target.close();
        return { count, verdicts, done };
      }),
    );
    expect(tables[1]).toEqual(tables[0]);
  });
});
