/** A process of its own user namespace loads through a token of what this one delegates to it, and nothing else. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { hasSince } from "../../src/abi/since.ts";
import { linux } from "../../src/linux/target.ts";
import { liveKernel, liveSys } from "../live.ts";
import { ROOT } from "../tidy/source.ts";
import { kernel } from "../vm/kit.ts";

const PIDFD_GETFD = 438;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;

function whyNot(): string | null {
  const live = liveKernel();
  if (live !== null) return live;
  if (!hasSince(kernel, "6.9")) return "tokens are of Linux 6.9";
  if (!existsSync(`${ROOT}/dist/linux/token.js`)) return "dist/ is not built";
  const made = spawnSync("unshare", ["--user", "--map-root-user", "--mount", "true"]);
  return made.status === 0 ? null : "no user namespace can be made here";
}
const why = whyNot();
if (why !== null) console.log(`token test skipped: ${why}`);

test.skipIf(why !== null)("a token stands for the capabilities that the process lacks", async () => {
  const sys = liveSys();
  const child = spawn(
    "unshare",
    ["--user", "--map-root-user", "--mount", process.execPath, `${ROOT}/test/linux/token-child.mjs`],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  onTestFinished(() => {
    child.kill();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => String((await lines.next()).value);
  const theirs = Number(/^fs (\d+)$/.exec(await line())![1]);
  expect(theirs).toBeGreaterThan(0);
  const pidfd = sys.syscall(sys.nr.pidfdOpen, child.pid!, 0);
  const fs = sys.syscall(PIDFD_GETFD, pidfd, theirs, 0);
  expect(fs).toBeGreaterThan(0);
  const text = (value: string): { addr: number } => {
    const buffer = sys.alloc(4096);
    buffer.bytes.set(new TextEncoder().encode(`${value}\0`));
    return buffer;
  };
  const options = { delegate_cmds: "any", delegate_maps: "any", delegate_progs: "xdp", delegate_attachs: "any" };
  for (const [key, value] of Object.entries(options)) {
    const [k, v] = [text(key), text(value)];
    expect([key, sys.syscall(sys.nr.fsconfig, fs, FSCONFIG_SET_STRING, k.addr, v.addr, 0)]).toEqual([key, 0]);
  }
  expect(sys.syscall(sys.nr.fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0)).toBe(0);
  sys.syscall(sys.nr.close, fs);
  sys.syscall(sys.nr.close, pidfd);
  child.stdin.write("go\n");
  expect(JSON.parse(await line())).toEqual({
    without: "linux/refused",
    with: { verdict: "pass", slots: 4 },
    other: "linux/refused",
    elsewhere: "linux/not-supported",
  });
});

test.skipIf(liveKernel() !== null || !hasSince(kernel, "6.9"))("there are none in the initial user namespace", () => {
  expect(() => linux({ token: "/sys/fs/bpf" })).toThrow(/token/);
});
