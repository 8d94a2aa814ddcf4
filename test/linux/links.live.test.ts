/** Every kind of link that this kernel has, on processes, cgroups, sockets and interfaces of the test's own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { NotSupported } from "../../src/linux/errors.ts";
import { stackFrames, userFrames } from "../../src/linux/symbols.ts";
import { linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { AttachOptions } from "../../src/loader/target.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { CGROUPS, liveKernel, ownName } from "../live.ts";

const FIXTURES = new URL("../fixtures/linux/", import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), "skep-links-"));
const PROBED = join(scratch, "probed");

function compiled(): boolean {
  try {
    execFileSync("gcc", ["-O1", "-o", PROBED, `${FIXTURES}probed.c`]);
    return true;
  } catch {
    console.log("probe tests skipped: gcc makes no program here");
    return false;
  }
}
const noProbed = process.arch !== "x64" || !compiled();

const spec = parseObject(new Uint8Array(readFileSync(`${FIXTURES}links.bpf.o`)), "links.bpf.o");

function load(programs: readonly string[], pid = process.pid): Collection {
  const collection = loadObject(spec, linux(), { programs, rodata: { only_pid: pid } }, true);
  onTestFinished(() => collection.close());
  return collection;
}

const count = (collection: Collection, slot: number): number => Number(collection.maps["counts"]!.get(slot));
const seen = (collection: Collection, slot: number): number => Number(collection.maps["seen"]!.get(slot));

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !done(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(done()).toBe(true);
}

function namespace(): { netns: string; ip: (...words: string[]) => string } {
  const netns = ownName("links");
  const ip = (...words: string[]): string => execFileSync("ip", ["-n", netns, ...words], { encoding: "utf8" });
  execFileSync("ip", ["netns", "add", netns]);
  onTestFinished(() => {
    execFileSync("ip", ["netns", "del", netns]);
  });
  ip("link", "add", "va", "type", "veth", "peer", "name", "vb");
  return { netns, ip };
}

afterAll(() => rmSync(scratch, { recursive: true }));

describe.skipIf(liveKernel() !== null || noProbed)("probes of a process", () => {
  let probed: ChildProcess;
  beforeAll(() => {
    probed = spawn(PROBED);
  });
  afterAll(() => {
    probed.kill();
  });

  test("uprobe by symbol, uretprobe with a cookie, uprobe by address in the file", async () => {
    const links = load(["on_add", "on_add_return"], probed.pid);
    const { on_add, on_add_return } = links.programs as Record<string, Collection["programs"][string]>;
    const link = on_add!.attach({ target: `${PROBED}:add` });
    const back = on_add_return!.attach({ path: PROBED, symbol: "add", cookie: 77n, pid: probed.pid! });
    await until(() => count(links, 0) > 2 && count(links, 1) > 2);
    expect(seen(links, 0)).toBe(1000);
    expect(seen(links, 1)).toBe(77);
    expect(link.what).toBe(`uprobe ${PROBED}:add`);
    const info = link.info()!;
    expect(info).toMatchObject({ kind: "perf_event", progId: on_add!.raw.id, name: PROBED, perf: { kind: 1 } });
    expect(back.info()).toMatchObject({ cookie: 77n, perf: { kind: 2 } });
    link.close();
    const before = count(links, 0);
    const { offset } = (info as unknown as { perf: { offset: number } }).perf;
    const again = on_add!.attach({ path: PROBED, offset });
    await until(() => count(links, 0) > before);
    again.close();
    expect(() => on_add!.attach({ target: `${PROBED}:nope` })).toThrow(/has no function nope/);
    expect(() => on_add!.attach({})).toThrow(/needs `path`/);
  });

  test("stacks of the process, by name", async () => {
    const links = load(["on_stack"], probed.pid);
    links.programs["on_stack"]!.attach({ path: PROBED, symbol: "add", pid: probed.pid! });
    await until(() => count(links, 15) > 2);
    const stack = links.maps["stacks"]!.raw.lookup(new Uint8Array(new Uint32Array([seen(links, 15)]).buffer))!;
    const frames = stackFrames(stack).map(userFrames(probed.pid!));
    expect(frames[0]).toMatchObject({ symbol: "add", offset: 0, module: PROBED });
    expect(frames[0]!.text).toBe(`add (${PROBED})`);
  });

  test("uprobe.multi: functions by name with cookies, and by pattern", async () => {
    const links = load(["on_functions"], probed.pid);
    const program = links.programs["on_functions"]!;
    const link = program.attach({ path: PROBED, targets: ["add", "sub"], cookies: [1n, 2n], pid: probed.pid! });
    expect(link.info()).toMatchObject({ kind: "uprobe_multi", name: PROBED, count: 2 });
    await until(() => count(links, 2) > 3);
    expect([1, 2]).toContain(seen(links, 2));
    link.close();
    const pattern = program.attach({ target: `${PROBED}:?dd` });
    expect(pattern.info()).toMatchObject({ count: 1 });
  });

  test("usdt: arguments, cookie, and the semaphore that says somebody listens", async () => {
    const links = load(["on_tick"], probed.pid);
    const link = links.programs["on_tick"]!.attach({ target: `${PROBED}:demo:tick`, pid: probed.pid!, cookie: 5n });
    await until(() => count(links, 3) > 3);
    expect(seen(links, 3)).toBeLessThan(0); // -seen: the semaphore was raised
    expect(seen(links, 4)).toBe("h".charCodeAt(0));
    expect(seen(links, 5)).toBe(5);
    expect(link.what).toBe(`usdt ${PROBED}:demo:tick`);
    expect(() => links.programs["on_tick"]!.attach({ target: `${PROBED}:demo:tock` })).toThrow(/no USDT probe/);
  });

  test("usdt as kernels before cookies want it: the probe is told by its address", async () => {
    const old = { programs: ["on_tick"], rodata: { only_pid: probed.pid! }, kconfig: { LINUX_HAS_BPF_COOKIE: 0 } };
    const links = loadObject(spec, linux({ release: "5.14.0" }), old, true);
    onTestFinished(() => links.close());
    const program = links.programs["on_tick"]!;
    expect(() => program.attach({ target: `${PROBED}:demo:tick` })).toThrow(/need a pid/);
    expect(() => program.attach({ target: `${PROBED}:demo:tick`, pid: process.pid })).toThrow(
      /does not have .* mapped/,
    );
    program.attach({ target: `${PROBED}:demo:tick`, pid: probed.pid!, cookie: 6n });
    await until(() => count(links, 3) > 3);
    expect(seen(links, 3)).toBeLessThan(0);
    expect(seen(links, 4)).toBe("h".charCodeAt(0));
    expect(seen(links, 5)).toBe(6);
  });

  test("perf_event samples a busy process", async () => {
    const busy = spawn("sh", ["-c", "while :; do :; done"]);
    onTestFinished(() => {
      busy.kill();
    });
    const links = load(["on_sample"], busy.pid);
    const link = links.programs["on_sample"]!.attach({ pid: busy.pid!, frequency: 500 });
    expect(link.info()).toMatchObject({ kind: "perf_event", perf: { kind: 6 } });
    await until(() => count(links, 6) > 5);
    link.close();
    const all = links.programs["on_sample"]!.attach({ period: 1_000_000 });
    const before = count(links, 6);
    await until(() => count(links, 6) > before);
    expect(seen(links, 6)).toBe(1_000_000);
    all.close();
    expect(() => links.programs["on_sample"]!.attach({ event: "sheep" })).toThrow(/no perf event "sheep"/);
  });

  test.each(["on_kprobe", "on_ksyscall", "on_kprobe_multi"])("%s, or what this kernel lacks", (name) => {
    if (existsSync("/sys/bus/event_source/devices/kprobe") && name !== "on_kprobe_multi") {
      load([name]).programs[name]!.attach();
      return;
    }
    const attach = (): void => {
      load([name]).programs[name]!.attach();
    };
    try {
      attach();
    } catch (error) {
      expect(error).toBeInstanceOf(NotSupported);
      expect((error as NotSupported).advice).toMatch(/CONFIG_(KPROBE_EVENTS|FPROBE)=y/);
    }
  });
});

describe.skipIf(liveKernel() !== null)("iterators", () => {
  test("text of one process; structs of a map", () => {
    const links = load(["show_task", "show_counts"]);
    const tasks = links.programs["show_task"]!.attach({ pid: process.pid });
    expect(tasks.info()).toMatchObject({ kind: "iter", name: "task" });
    const lines = tasks.text().trim().split("\n");
    expect(lines).toContain(`${process.pid} ${process.pid}`);
    expect(lines.every((line) => line.startsWith(`${process.pid} `))).toBe(true);
    links.maps["counts"]!.set(3, 33n);
    const slots = links.programs["show_counts"]!.attach({ map: links.maps["counts"]!.raw });
    expect(slots.values("slot")).toHaveLength(16);
    expect(slots.values("slot")[3]).toMatchObject({ index: 3, count: 33n });
    expect(() => links.programs["show_counts"]!.attach()).toThrow(/needs `map`/);
  });
});

describe.skipIf(liveKernel() !== null || CGROUPS === undefined)("cgroup", () => {
  test("order, info, update, detach", () => {
    const cgroup = `${CGROUPS}/${ownName("links")}`;
    mkdirSync(cgroup);
    onTestFinished(() => rmdirSync(cgroup));
    const links = load(["on_connect", "on_connect_too"]);
    const { on_connect, on_connect_too } = links.programs as Record<string, Collection["programs"][string]>;
    const link = on_connect!.attach({ cgroup });
    expect(link.info()).toMatchObject({ kind: "cgroup", progId: on_connect!.raw.id, attachType: 10 });
    const sh = (): number => {
      const words = ["-c", `echo $$ > ${cgroup}/cgroup.procs; exec 3<>/dev/tcp/127.0.0.1/1`];
      try {
        execFileSync("bash", words, { stdio: "ignore" });
      } catch {
        // nobody listens there: the hook has run before
      }
      return count(links, 7);
    };
    expect(sh()).toBe(1);
    link.update(on_connect_too!);
    sh();
    expect([count(links, 7), count(links, 8)]).toEqual([1, 1]);
    expect(link.info()!.progId).toBe(on_connect_too!.raw.id);
    link.detach();
    sh();
    expect([count(links, 7), count(links, 8)]).toEqual([1, 1]);
    link.close();
  });
});

describe.skipIf(liveKernel() !== null)("interfaces", () => {
  test("tcx: before, after, pin; a pinned link outlives the collection", () => {
    const { netns, ip } = namespace();
    const bpffs = mkdtempSync(join(tmpdir(), "skep-bpffs-"));
    execFileSync("mount", ["-t", "bpf", "none", bpffs]);
    onTestFinished(() => {
      execFileSync("umount", [bpffs]);
      rmdirSync(bpffs);
    });
    const links = load(["on_tc", "on_xdp"]);
    const program = links.programs["on_tc"]!;
    const first = program.attach({ dev: "va", netns });
    expect(first.info()).toMatchObject({ kind: "tcx", attachType: 46 });
    const other = load(["on_tc"]).programs["on_tc"]!;
    other.attach({ dev: "va", netns, before: program.raw });
    const shown = JSON.parse(
      execFileSync("ip", ["netns", "exec", netns, "bpftool", "-j", "net", "list"], { encoding: "utf8" }),
    ) as unknown;
    // bpftool 7.1 does not know tcx: what it prints is only looked at where it does.
    if (JSON.stringify(shown).includes("tcx")) {
      expect(JSON.stringify(shown).indexOf(`"prog_id":${other.raw.id}`)).toBeLessThan(
        JSON.stringify(shown).indexOf(`"prog_id":${program.raw.id}`),
      );
    }
    expect(() => other.attach({ dev: "va", netns, before: "all", after: "all" })).toThrow(/exclude each other/);

    const xdp = links.programs["on_xdp"]!.attach({ dev: "vb", netns, mode: "generic" });
    expect(ip("link", "show", "vb")).toContain("xdpgeneric");
    xdp.pin(`${bpffs}/xdp`);
    expect(() => xdp.pin(`${bpffs}/no/such`)).toThrow(/ENOENT|no such directory/);
    links.close();
    expect(ip("link", "show", "vb")).toContain("prog/xdp id");
    rmSync(`${bpffs}/xdp`);
    expect(ip("link", "show", "vb")).not.toContain("prog/xdp id");
  });

  test("without links: netlink for XDP, clsact for tc; nothing stays", () => {
    const { netns, ip } = namespace();
    const links = load(["on_tc", "on_xdp"]);
    const xdp = links.programs["on_xdp"]!.attach({ dev: "va", netns, legacy: true });
    expect(ip("link", "show", "va")).toContain(`prog/xdp id ${links.programs["on_xdp"]!.raw.id}`);
    expect(xdp.info()).toBeUndefined();
    expect(() => xdp.pin("/sys/fs/bpf/x")).toThrow(NotSupported);
    xdp.close();
    expect(ip("link", "show", "va")).not.toContain("prog/xdp");

    const tc = (dev: string, direction: string): string =>
      execFileSync("tc", ["-n", netns, "filter", "show", "dev", dev, direction], { encoding: "utf8" });
    const program = links.programs["on_tc"]!;
    const options: AttachOptions = { dev: "vb", netns, legacy: true };
    const ingress = program.attach(options);
    const egress = program.attach({ ...options, direction: "egress", priority: 7 });
    expect(tc("vb", "ingress")).toMatch(/bpf.*on_tc.*direct-action/);
    expect(tc("vb", "egress")).toMatch(/pref 7 bpf/);
    ingress.close();
    expect(tc("vb", "ingress")).toBe("");
    expect(tc("vb", "egress")).toMatch(/on_tc/);
    egress.close();
    expect(execFileSync("tc", ["-n", netns, "qdisc", "show", "dev", "vb"], { encoding: "utf8" })).toContain("clsact");
  });
});

describe.skipIf(liveKernel() !== null)("sockets", () => {
  const fdOf = (handle: object): number => (handle as { _handle: { fd: number } })._handle.fd;

  test("sk_msg and sk_skb of a sockmap", () => {
    const links = load(["on_msg", "on_skb"]);
    const map = links.maps["socks"]!.raw;
    const msg = links.programs["on_msg"]!.attach({ map });
    const skb = links.programs["on_skb"]!.attach({ map });
    expect(msg.what).toBe("sk_msg_verdict of a sockmap");
    const info = msg.info();
    if (info !== undefined) expect(info).toMatchObject({ kind: "sockmap", mapId: map.id });
    skb.close();
    expect(() => links.programs["on_msg"]!.attach()).toThrow(/needs `map`/);
  });

  test("a socket filter sees what comes in", async () => {
    const links = load(["on_socket"]);
    const server = createServer((socket) => {
      const link = links.programs["on_socket"]!.attach({ socket: fdOf(socket) });
      socket.write("go");
      socket.on("data", () => {
        link.close();
        socket.end();
      });
    });
    onTestFinished(() => {
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = connect((server.address() as { port: number }).port, "127.0.0.1");
    client.on("data", () => client.write("hello"));
    await new Promise((resolve) => client.on("close", resolve));
    expect(count(links, 10)).toBeGreaterThan(0);
    expect(() => links.programs["on_socket"]!.attach()).toThrow(/needs `socket`/);
  });
});
