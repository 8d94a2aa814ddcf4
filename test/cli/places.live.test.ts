/** skep net, cgroup and perf on what the test has attached itself: the same as bpftool says, where it is installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { liveKernel } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

const built = existsSync(`${ROOT}/dist/cli/kernel/net.js`);
const why = built ? liveKernel() : "dist/ is not built";
const bpftoolVersion = /v(\d+)\.(\d+)/.exec(spawnSync("bpftool", ["version"], { encoding: "utf8" }).stdout ?? "");
const noBpftool = bpftoolVersion === null;
if (why !== null) console.log(`network, cgroup and perf commands skipped: ${why}`);
else if (noBpftool) console.log("comparison with bpftool skipped: it is not installed");
/** Knows tcx, netkit and netfilter. */
const recent = bpftoolVersion !== null && Number(bpftoolVersion[1]) * 100 + Number(bpftoolVersion[2]) >= 703;

const netns = `skep-net-${process.pid}`;
const CGROUPS = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].find((path) => existsSync(`${path}/cgroup.procs`));
const cgroup = `${CGROUPS}/skep-cli-${process.pid}`;
const inNetns = ["ip", "netns", "exec", netns];
const ran = (words: readonly string[]): string =>
  execFileSync(words[0]!, words.slice(1), { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
const SKEP = [process.execPath, `${ROOT}/dist/cli/main.js`];
const skep = (...words: string[]): string => ran([...SKEP, ...words]);
const bpftool = (...words: string[]): string => ran(["bpftool", ...words]);
const skepNet = (...words: string[]): string => ran([...inNetns, ...SKEP, ...words]);
const bpftoolNet = (...words: string[]): string => ran([...inNetns, "bpftool", ...words]);
const lines = (text: string): string[] => text.split("\n").map((line) => line.trimEnd());

describe.skipIf(why !== null)("places", () => {
  let links: Collection;
  const program = (name: string): Collection["programs"][string] => links.programs[name]!;

  beforeAll(() => {
    execFileSync("ip", ["netns", "add", netns]);
    execFileSync("ip", ["-n", netns, "link", "add", "va", "type", "veth", "peer", "name", "vb"]);
    const file = "test/fixtures/linux/links.bpf.o";
    const spec = parseObject(new Uint8Array(readFileSync(`${ROOT}/${file}`)), file);
    const programs = ["on_xdp", "on_tc", "on_connect", "on_connect_too", "on_sample"];
    links = loadObject(spec, linux(), { programs, rodata: { only_pid: process.pid } }, true);
    program("on_xdp").attach({ dev: "va", netns, mode: "generic" });
    program("on_xdp").attach({ dev: "vb", netns, mode: "native" });
    program("on_tc").attach({ dev: "va", netns, legacy: true });
    program("on_tc").attach({ dev: "va", netns, legacy: true, direction: "egress", priority: 9 });
    if (CGROUPS === undefined) return;
    mkdirSync(`${cgroup}/child`, { recursive: true });
    program("on_connect").attach({ cgroup });
    program("on_connect_too").attach({ cgroup: `${cgroup}/child` });
  });
  afterAll(() => {
    links?.close();
    execFileSync("ip", ["netns", "del", netns]);
    if (CGROUPS === undefined) return;
    rmdirSync(`${cgroup}/child`);
    rmdirSync(cgroup);
  });

  test.skipIf(noBpftool)("net show: xdp and clsact as bpftool", () => {
    for (const words of [
      ["net", "show"],
      ["net", "list", "dev", "va"],
    ]) {
      const [ours] = JSON.parse(skepNet("-j", ...words)) as [Record<string, unknown[]>];
      const [theirs] = JSON.parse(bpftoolNet("-j", ...words)) as [Record<string, unknown[]>];
      expect(ours["xdp"]!.length).toBe(words.length === 2 ? 2 : 1);
      expect(ours).toMatchObject(recent ? theirs : { xdp: theirs["xdp"], tc: theirs["tc"] });
      const until = (text: string): string[] => lines(text).slice(0, lines(text).indexOf("flow_dissector:"));
      expect(until(skepNet(...words))).toEqual(until(bpftoolNet(...words)));
    }
  });

  test("net show: tcx by program and link, in their order", () => {
    const first = program("on_tc").attach({ dev: "vb", netns, direction: "egress" });
    const [shown] = JSON.parse(skepNet("-j", "net", "show", "dev", "vb")) as [{ tc: unknown[] }];
    const id = program("on_tc").raw.id;
    expect(shown.tc).toEqual([
      {
        devname: "vb",
        ifindex: expect.any(Number),
        kind: "tcx/egress",
        name: "on_tc",
        prog_id: id,
        prog_flags: [],
        link_id: first.info()!.id,
        link_flags: [],
      },
    ]);
    expect(skepNet("net", "show", "dev", "vb")).toContain(
      ` tcx/egress on_tc prog_id ${id} link_id ${first.info()!.id}`,
    );
    if (recent) expect(JSON.parse(bpftoolNet("-j", "net", "show", "dev", "vb"))[0].tc).toEqual(shown.tc);
    first.close();
    expect(() => skepNet("net", "show", "dev", "none")).toThrow(/ENODEV/);
  });

  test.skipIf(noBpftool || CGROUPS === undefined)("cgroup show and tree as bpftool", () => {
    for (const words of [
      ["show", cgroup],
      ["list", `${cgroup}/child`, "effective"],
      ["tree", cgroup],
      ["tree", cgroup, "effective"],
    ]) {
      const ours = JSON.parse(skep("-j", "cgroup", ...words)) as unknown[];
      const theirs = JSON.parse(bpftool("-j", "cgroup", ...words)) as unknown[];
      expect(ours.length).toBeGreaterThan(0);
      expect(ours).toMatchObject(theirs);
      expect(lines(skep("cgroup", ...words))).toEqual(lines(bpftool("cgroup", ...words)));
    }
    const [row] = JSON.parse(skep("-j", "cgroup", "show", cgroup)) as [unknown];
    expect(row).toMatchObject({
      id: program("on_connect").raw.id,
      attach_type: "cgroup_inet4_connect",
      attach_flags: "multi",
    });
    expect(() => skep("cgroup", "show", "/proc")).toThrow(/EBADF/);
  });

  test("net attach and detach: XDP and tcx, which stay until detached", () => {
    const xdp = ["id", String(program("on_xdp").raw.id), "dev", "vc"];
    execFileSync("ip", ["-n", netns, "link", "add", "vc", "type", "veth", "peer", "name", "vd"]);
    const shown = (): { xdp: { mode: string; id: number }[]; tc: { kind: string; prog_id: number }[] } =>
      (JSON.parse(skepNet("-j", "net", "show", "dev", "vc")) as [ReturnType<typeof shown>])[0];
    expect(skepNet("net", "attach", "xdpgeneric", ...xdp)).toBe("");
    expect(shown().xdp).toMatchObject([{ mode: "generic", id: program("on_xdp").raw.id }]);
    expect(() => skepNet("net", "attach", "xdpgeneric", ...xdp)).toThrow(/EBUSY/);
    expect(skepNet("-j", "net", "attach", "xdpgeneric", ...xdp, "overwrite")).toBe("null\n");
    skepNet("net", "detach", "xdpgeneric", "dev", "vc");
    expect(shown().xdp).toEqual([]);
    const id = program("on_tc").raw.id;
    skepNet("net", "attach", "tcx_in", "id", String(id), "dev", "vc");
    expect(shown().tc).toMatchObject([{ kind: "tcx/ingress", prog_id: id }]);
    skepNet("net", "detach", "tcx_ingress", "dev", "vc");
    expect(shown().tc).toEqual([]);
    expect(() => skepNet("net", "attach", "sheep")).toThrow(/none of xdp/);
  });

  test.skipIf(CGROUPS === undefined)("cgroup attach and detach, by the kernel's words and the older ones", () => {
    const child = `${cgroup}/child`;
    const prog = ["id", String(program("on_connect").raw.id)];
    const flagsOf = (): (string | undefined)[] =>
      (JSON.parse(skep("-j", "cgroup", "show", child)) as { id: number; attach_flags?: string }[])
        .filter(({ id }) => id === program("on_connect").raw.id)
        .map((each) => each.attach_flags);
    expect(skep("cgroup", "attach", child, "connect4", ...prog, "multi")).toBe("");
    expect(flagsOf()).toEqual(["multi"]);
    skep("cgroup", "detach", child, "cgroup_inet4_connect", ...prog);
    expect(flagsOf()).toEqual([]);
    expect(() => skep("cgroup", "detach", child, "connect4", ...prog)).toThrow(/ENOENT/);
    expect(() => skep("cgroup", "attach", child, "ingress", ...prog, "multi")).toThrow(/EINVAL/);
  });

  test("perf show: what this process holds, as bpftool", () => {
    const opens = loadObject(
      parseObject(new Uint8Array(readFileSync(`${ROOT}/examples/opens.bpf.o`)), "opens.bpf.o"),
      linux(),
      { rodata: { only_pid: 0x7fffffff } },
      true,
    );
    try {
      opens.programs["opens"]!.attach();
      const mine = (text: string): Record<string, unknown>[] =>
        (JSON.parse(text) as Record<string, unknown>[]).filter((each) => each["pid"] === process.pid);
      const ours = mine(skep("-j", "perf", "show"));
      expect(ours).toContainEqual({
        pid: process.pid,
        fd: expect.any(Number),
        prog_id: opens.programs["opens"]!.raw.id,
        fd_type: "tracepoint",
        tracepoint: "sys_enter_openat",
      });
      if (noBpftool) return;
      expect(ours).toEqual(mine(bpftool("-j", "perf", "show")));
      const text = (all: string): string[] => lines(all).filter((line) => line.startsWith(`pid ${process.pid} `));
      expect(text(skep("perf", "list"))).toEqual(text(bpftool("perf", "list")));
    } finally {
      opens.close();
    }
  });
});
