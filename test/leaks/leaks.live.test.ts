/** The check around a run, shown to find what it looks for: runs of a file that leaves something. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CGROUPS, liveKernel } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

/** Of a run of leaky.ts; what it left is removed. */
function run(leak: string): { status: number | null; output: string } {
  const scratch = mkdtempSync(join(tmpdir(), "skep-leaks-"));
  const env = { ...process.env, LEAK: leak, TMPDIR: scratch, SKEP_GRACE_MS: "1500" };
  const words = [`${ROOT}/node_modules/vitest/vitest.mjs`, "run", "--config", `${ROOT}/test/leaks/leaky.config.ts`];
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: ROOT, env, encoding: "utf8" });
  const output = stdout + stderr;
  for (const [, mount] of output.matchAll(/pin (\S+)\n/g))
    if (existsSync(`${mount}/link`)) execFileSync("umount", [mount!]);
  for (const [, name] of output.matchAll(/network namespace (skep-leaky-\S+)/g))
    execFileSync("ip", ["netns", "del", name!]);
  for (const [, dir] of output.matchAll(/cgroup (\S+\/skep-leaky-\S+)/g)) rmdirSync(dir!);
  return { status, output };
}

const skip = liveKernel() !== null || !existsSync(`${ROOT}/node_modules/vitest/vitest.mjs`);
test.skipIf(skip).each([
  ["nothing", []],
  ["fd", [/held at the end of the file/, /prog_id/]],
  [
    "names",
    [
      /left in the kernel/,
      /prog \d+: "show_task/,
      /link \d+: of prog \d+/,
      /pin \S+skep-leaky-\w+\/link/,
      /network namespace skep-leaky-run\d+-\d+/,
      ...(CGROUPS === undefined ? [] : [/cgroup \S+skep-leaky-run\d+-\d+/]),
    ],
  ],
] as [string, RegExp[]][])("a run that leaves %s", (leak, told) => {
  const { status, output } = run(leak);
  for (const what of told) expect(output).toMatch(what);
  expect(status, output).toBe(told.length === 0 ? 0 : 1);
});
