/** The same object over the same capture: the embedded runtime and the kernel must agree on every verdict and every byte. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { toHex } from "../../src/base/bytes.ts";
import { linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { Target } from "../../src/loader/target.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { openCapture } from "../../src/pcap/open.ts";
import { packets } from "../../src/pcap/packets.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { liveKernel } from "../live.ts";

const CAPTURES = ["synscan.pcap", "dns.pcap", "http.pcapng", "ping.pcap", "ping6.pcap"];
const OBJECTS = ["syn_guard", "firewall", "tc_edit"];
const MOST = 400;

interface Seen {
  readonly lines: readonly string[];
  readonly maps: Readonly<Record<string, readonly string[]>>;
}

/** Packet by packet as a test run: what a replay shows may differ where a VLAN tag lies beside the packet (skb_vlan_push). */
function runAll(name: string, capture: string, target: Target): Seen {
  const obj = parseObject(new Uint8Array(readFileSync(`examples/${name}.bpf.o`)), name);
  const collection = loadObject(obj, target);
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

/** Hash, LRU and array maps as sorted lines; what depends on the time of day is not among the examples' values. */
function contents(collection: Collection): Record<string, string[]> {
  const out: Record<string, string[]> = {};
  for (const [name, map] of Object.entries(collection.maps)) {
    if (!/^(hash|array|lpm_trie)$/.test(map.type)) continue;
    out[name] = [...map.entries()].map((entry) => JSON.stringify(entry, plain)).sort();
  }
  return out;
}

const plain = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? `${value}n` : value);

describe.skipIf(liveKernel() !== null)("embedded and kernel agree", () => {
  for (const name of OBJECTS) {
    test.each(CAPTURES)(`${name} over %s`, (capture) => {
      const kernel = runAll(name, capture, linux());
      const own = runAll(name, capture, embedded());
      expect(own.lines).toEqual(kernel.lines);
      expect(own.maps).toEqual(kernel.maps);
    });
  }

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
