/** `skep attach` as a person runs it: records of a process of the test's own, and nothing left on any way out. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { fdById, objectIds, progInfo } from "../../src/linux/bpf/object.ts";
import { liveKernel, liveSys, ownName } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

const MAIN = `${ROOT}/dist/cli/main.js`;
const why = existsSync(`${ROOT}/dist/cli/attach.js`) ? liveKernel() : "dist/ is not built";
if (why !== null) console.log(`attach tests skipped: ${why}`);

/** Opens /etc/hostname again and again: a process of our own to look at. */
function opener(): number {
  const child = spawn("sh", ["-c", "while :; do read x < /etc/hostname; sleep 0.05; done"], { stdio: "ignore" });
  onTestFinished(() => {
    child.kill();
  });
  return child.pid!;
}

interface Running {
  readonly child: ChildProcess;
  stdout: string;
  stderr: string;
  readonly ended: Promise<number | null>;
}

function attach(...words: string[]): Running {
  const child = spawn(process.execPath, [MAIN, "attach", ...words], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  const running: Running = { child, stdout: "", stderr: "", ended };
  child.stdout.on("data", (chunk) => {
    running.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    running.stderr += chunk;
  });
  return running;
}

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !done(); tries++) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(done()).toBe(true);
}

/** Programs of that name in the kernel, but those that were there before. */
function loaded(name: string, before: ReadonlySet<number> = new Set()): number[] {
  const bpf = new Bpf(liveSys());
  return [...objectIds(bpf, "prog")].filter((id) => {
    const fd = fdById(bpf, "prog", id);
    const found = fd >= 0 && progInfo(bpf, fd)?.name === name;
    bpf.close(fd);
    return found && !before.has(id);
  });
}

describe.skipIf(why !== null)("skep attach", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("opens --pid until %s", async (signal) => {
    const before = new Set(loaded("opens"));
    const pid = opener();
    const run = attach("examples/opens.bpf.o", "--pid", String(pid), "--maps");
    await until(() => run.stdout.split("\n").length > 3);
    expect(loaded("opens", before)).toHaveLength(1);
    run.child.kill(signal);
    expect(await run.ended).toBe(0);
    expect(run.stdout).toMatch(
      new RegExp(`^\\{ time_ns: \\d+, pid: ${pid}, .*comm: "sh", filename: "/etc/hostname" \\}$`, "m"),
    );
    expect(run.stdout).toMatch(/\n {2}calls {2}hash, 1 of 1,024 entries\n {4}\{ name: "sh" \} {2}\d+\n$/);
    expect(run.stderr).toContain("opens on tracepoint syscalls/sys_enter_openat");
    await until(() => loaded("opens", before).length === 0);
  });

  test("--json prints a line a record, --limit ends it", async () => {
    const pid = opener();
    const run = attach("examples/opens.bpf.o", "--pid", String(pid), "--json", "--limit", "2", "-q", "--maps");
    expect(await run.ended).toBe(0);
    const lines = run.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ map: "events", record: { pid, comm: "sh", filename: "/etc/hostname" } });
    expect(lines[2]).toMatchObject({ maps: { calls: [{ key: { name: "sh" } }] } });
    expect(run.stderr).toBe("");
  });

  test("an iterator prints what it writes, once", async () => {
    const words = ["test/fixtures/linux/links.bpf.o", "--prog", "show_task", "--pid", String(process.pid)];
    const run = attach(...words);
    expect(await run.ended).toBe(0);
    expect(
      run.stdout
        .trim()
        .split("\n")
        .every((line) => line.startsWith(`${process.pid} `)),
    ).toBe(true);
  });

  test("struct_ops maps are in force until the end", async () => {
    const run = attach("test/fixtures/linux/cc.bpf.o", "--duration", "1");
    expect(await run.ended).toBe(0);
    expect(run.stderr).toMatch(/struct_ops plain\nstruct_ops linked\n/);
  });

  test("ends when the process is gone", async () => {
    const child = spawn("sleep", ["3"]);
    const run = attach("examples/opens.bpf.o", "--pid", String(child.pid));
    expect(await run.ended).toBe(0);
  });

  test("xdp on a veth of the test's own: detached after Ctrl-C", async () => {
    const netns = ownName("attach");
    const ip = (...words: string[]): string => execFileSync("ip", words, { encoding: "utf8" });
    ip("netns", "add", netns);
    onTestFinished(() => {
      ip("netns", "del", netns);
    });
    ip("-n", netns, "link", "add", "va", "type", "veth", "peer", "name", "vb");
    const run = attach("examples/syn_guard.bpf.o", "--xdp", "va", "--netns", netns, "--set", "limit=9", "--maps");
    await until(() => run.stderr.includes("xdp on va"));
    expect(ip("-n", netns, "link", "show", "va")).toContain("prog/xdp id");
    run.child.kill("SIGINT");
    expect(await run.ended).toBe(0);
    expect(run.stdout).toContain("syns  lru_hash, 0 of 4,096 entries");
    expect(ip("-n", netns, "link", "show", "va")).not.toContain("prog/xdp");
  });

  const nobody = { uid: 65534, gid: 65534 };
  // Where the repository lies may be closed to others.
  const asNobody =
    why === null && spawnSync(process.execPath, [MAIN, "--version"], { cwd: "/", ...nobody }).status === 0;
  test.skipIf(!asNobody)("without privilege: what helps, and exit code 5", () => {
    for (const words of [
      ["attach", "examples/opens.bpf.o", "--pid", "1"],
      ["prog", "list"],
    ]) {
      const ran = spawnSync(process.execPath, [MAIN, ...words], {
        cwd: ROOT,
        encoding: "utf8",
        uid: 65534,
        gid: 65534,
      });
      expect(ran.stderr).toContain("CAP_BPF");
      expect(ran.status).toBe(5);
    }
  });

  test.each([
    [["examples/syn_guard.bpf.o"], 2, "syn_guard (xdp) needs --xdp DEV"],
    [["examples/syn_guard.bpf.o", "--xdp", "no-such-dev"], 5, "interface no-such-dev: ENODEV"],
    [
      ["test/fixtures/cli/unchecked.bpf.o", "--xdp", "no-such-dev"],
      4,
      "error[V005]: packet read past the checked range",
    ],
    [["examples/opens.bpf.o", "--prog", "nope"], 2, "no program nope"],
    [["examples/syn_guard.bpf.o", "--pid", "1", "--xdp", "x"], 2, "no variable to filter by"],
  ])("%s fails with %i", (words, status, message) => {
    const ran = spawnSync(process.execPath, [MAIN, "attach", ...words], { cwd: ROOT, encoding: "utf8" });
    expect(ran.stderr).toContain(message);
    expect(ran.status).toBe(status);
    expect(ran.stdout).toBe("");
  });
});
