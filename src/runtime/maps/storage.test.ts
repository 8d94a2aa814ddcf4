import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Btf } from "../../btf/btf.ts";
import { loadObject } from "../../loader/load.ts";
import { parseObject } from "../../obj/parse.ts";
import { openCapture } from "../../pcap/open.ts";
import { embedded } from "../embedded.ts";

const ROOT = new URL("../../../", import.meta.url);
const object = parseObject(readFileSync(new URL("test/fixtures/kfuncs/storage.bpf.o", ROOT)), "storage.bpf.o");
const VMLINUX = "/sys/kernel/btf/vmlinux";

describe("storage of kernel objects", () => {
  it.each(["jit", "interp"] as const)("a flow's packets share a socket, %s", (engine) => {
    const target = embedded({ engine, random: 1, memoryBytes: 8 << 20 });
    const collection = loadObject(object, target, { programs: ["socket_count"] }, true);
    const capture = openCapture(readFileSync(new URL("examples/dns.pcap", ROOT)), "dns.pcap");
    const { packets, verdicts } = collection.programs["socket_count"]!.raw.replay(capture);
    const seen = [...collection.maps["flows"]!.entries()].map(([, count]) => Number(count));
    // Each query and its answer.
    expect(packets).toBe(12);
    expect(seen.reduce((sum, n) => sum + n, 0)).toBe(12);
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.every((n) => n >= 2)).toBe(true);
    expect(verdicts["allow"]).toBe(seen.reduce((sum, n) => sum + Math.ceil(n / 2), 0));
    collection.close();
  });

  it.skipIf(!existsSync(VMLINUX))("a cgroup's events share a value", () => {
    const kernelBtf = new Btf(readFileSync(VMLINUX));
    const target = embedded({ kernelBtf, random: 1, memoryBytes: 8 << 20, task: { cgroupId: 5n } });
    const collection = loadObject(object, target, { programs: ["BPF_cgroup_count"] }, true);
    const event = { event: "sched/sched_process_exit" };
    collection.programs["BPF_cgroup_count"]!.raw.replayEvents!([event, event, event] as never);
    expect(collection.bss["seen_here"]).toBe(3n);
    collection.close();
  });
});
