/** Links on the running kernel: programs that look at this process only, interfaces and cgroups that the test made. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mapSpec, outcome } from "../../test/fixtures/maps.ts";
import { CGROUPS, liveKernel, liveSys, ownName } from "../../test/live.ts";
import { BPF_CGROUP_INET_EGRESS } from "../abi/attach-types.ts";
import { BPF_MAP_TYPE_ARRAY } from "../abi/map-types.ts";
import * as pt from "../abi/prog-types.ts";
import { type Insn, insnsOf } from "../isa/insn.ts";
import type { Target } from "../loader/target.ts";
import type { MapSpec, ProgSpec, ResolvedProg } from "../obj/spec.ts";
import { Bpf } from "./bpf/call.ts";
import { objectIds } from "./bpf/object.ts";
import { linux } from "./target.ts";

const insn = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });
const RET = (value: number): Insn[] => [insn(0xb7, 0, 0, 0, value), insn(0x95, 0, 0, 0, 0)];

/** Counts events of one process in slot 0 of the map. */
const countOwn = (pid: number): Insn[] => [
  insn(0x85, 0, 0, 0, 14), // get_current_pid_tgid
  insn(0x77, 0, 0, 0, 32),
  insn(0x55, 0, 0, 9, pid),
  insn(0x62, 10, 0, -4, 0),
  insn(0x18, 1, 5, 0, 0),
  insn(0, 0, 0, 0, 0),
  insn(0xbf, 2, 10, 0, 0),
  insn(0x07, 2, 0, 0, -4),
  insn(0x85, 0, 0, 0, 1), // map_lookup_elem
  insn(0x15, 0, 0, 2, 0),
  insn(0xb7, 1, 0, 0, 1),
  insn(0xdb, 0, 1, 0, 0), // lock *(u64 *)(r0 + 0) += r1
  ...RET(0),
];

function program(list: readonly Insn[], spec: Partial<ProgSpec>, maps: readonly MapSpec[] = []): ResolvedProg {
  const insns = insnsOf(list);
  return {
    spec: {
      name: "skep_test",
      section: "",
      type: 0,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns,
      funcs: [],
      lines: [],
      relocs: [],
      coreRelos: [],
      ...spec,
    },
    insns,
    maps,
    license: "GPL",
    btf: null,
    kernelBtf: null,
  };
}

const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });

describe.skipIf(liveKernel() !== null)("links", () => {
  let target: Target;
  beforeAll(() => {
    target = linux();
  });
  afterAll(() => target.close());

  const counting = (spec: Partial<ProgSpec>) => {
    const map = mapSpec(BPF_MAP_TYPE_ARRAY, { name: "count", maxEntries: 1 });
    const live = target.createMap(map, null);
    const prog = target.loadProg(program(countOwn(process.pid), spec, [map]), [live]);
    const count = () => new DataView(live.lookup(new Uint8Array(4))!.buffer).getBigUint64(0, true);
    return { prog, count, live };
  };
  const someSyscalls = (n: number): void => {
    const sys = liveSys();
    for (let i = 0; i < n; i++) sys.syscall(process.arch === "x64" ? 110 : 173); // getppid
  };

  test("raw tracepoint sees this process until it is closed", () => {
    const { prog, count, live } = counting({ type: pt.BPF_PROG_TYPE_RAW_TRACEPOINT, attachTo: "sys_enter" });
    const link = prog.attach({});
    expect(link.what).toBe("raw tracepoint sys_enter");
    someSyscalls(50);
    expect(count()).toBeGreaterThanOrEqual(50n);
    link.close();
    const after = count();
    someSyscalls(50);
    expect(count()).toBe(after);
    prog.close();
    live.close();
  });

  test("tracepoint", () => {
    const { prog, count, live } = counting({
      type: pt.BPF_PROG_TYPE_TRACEPOINT,
      attachTo: "sched/sched_waking",
    });
    const link = prog.attach({});
    // A timer of another thread of this process wakes it; waking is done by whoever runs, so wait until it was us.
    for (let tries = 0; tries < 200 && count() === 0n; tries++) execFileSync("true");
    expect(count()).toBeGreaterThan(0n);
    link.close();
    const after = count();
    execFileSync("true");
    expect(count()).toBe(after);
    expect(() => prog.attach({ target: "no/such" })).toThrow(/no tracepoint no\/such/);
    prog.close();
    live.close();
  });

  test("closing a program closes its links", async () => {
    const bpf = new Bpf(liveSys());
    const { prog, live } = counting({ type: pt.BPF_PROG_TYPE_RAW_TRACEPOINT, attachTo: "sys_enter" });
    const before = new Set(objectIds(bpf, "link"));
    prog.attach({});
    const made = [...objectIds(bpf, "link")].filter((id) => !before.has(id));
    expect(made.length).toBeGreaterThanOrEqual(1);
    prog.close();
    live.close();
    // The kernel frees programs in its own time, after a grace period.
    const gone = (): boolean => ![...objectIds(bpf, "prog")].includes(prog.id);
    for (let tries = 0; tries < 100 && !gone(); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(gone()).toBe(true);
  });

  test("options that lack are named", () => {
    const xdp = target.loadProg(program(RET(2), { type: pt.BPF_PROG_TYPE_XDP }), []);
    expect(() => xdp.attach({})).toThrow(/needs `dev`/);
    expect(outcome(() => xdp.attach({ dev: "no-such-dev" }))).toBe("ENODEV");
    expect(outcome(() => xdp.attach({ dev: "lo", netns: "no-such-netns" }))).toBe("ENOENT");
    xdp.close();
    const kprobe = target.loadProg(program(RET(0), { type: pt.BPF_PROG_TYPE_KPROBE }), []);
    expect(() => kprobe.attach({})).toThrow(/needs `symbol`/);
    kprobe.close();
  });

  test("xdp and tcx on a veth of an own network namespace", () => {
    const netns = ownName("test");
    ip("netns", "add", netns);
    try {
      ip("-n", netns, "link", "add", "va", "type", "veth", "peer", "name", "vb");
      const xdp = target.loadProg(program(RET(2), { type: pt.BPF_PROG_TYPE_XDP }), []);
      const link = xdp.attach({ dev: "va", netns });
      expect(link.what).toBe("xdp on va");
      expect(ip("-n", netns, "link", "show", "va")).toContain(`prog/xdp id ${xdp.id}`);
      const second = target.loadProg(program(RET(2), { type: pt.BPF_PROG_TYPE_XDP }), []);
      expect(outcome(() => second.attach({ dev: "va", netns }))).toBe("EBUSY");
      link.close();
      expect(ip("-n", netns, "link", "show", "va")).not.toContain("prog/xdp");
      const tc = target.loadProg(program(RET(0), { type: pt.BPF_PROG_TYPE_SCHED_CLS }), []);
      const egress = tc.attach({ dev: "vb", netns, direction: "egress" });
      expect(egress.what).toBe("tc egress on vb");
      egress.close();
      for (const each of [xdp, second, tc]) each.close();
    } finally {
      ip("netns", "del", netns);
    }
    // The test's own namespace is the one it began in.
    expect(readFileSync("/proc/thread-self/net/dev", "utf8")).not.toContain(" va:");
  });

  test.skipIf(CGROUPS === undefined)("cgroup_skb on an own cgroup", () => {
    const cgroup = `${CGROUPS}/${ownName("test")}`;
    mkdirSync(cgroup);
    try {
      const prog = target.loadProg(
        program(RET(1), { type: pt.BPF_PROG_TYPE_CGROUP_SKB, expectedAttachType: BPF_CGROUP_INET_EGRESS }),
        [],
      );
      const link = prog.attach({ cgroup });
      expect(link.what).toBe(`cgroup_inet_egress on ${cgroup}`);
      link.close();
      link.close();
      prog.close();
    } finally {
      rmdirSync(cgroup);
    }
  });
});
