/** The comparison program over the examples: `npm run peer:libbpf -- FOLDER` is for folders of one's own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { liveKernel } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

const run = (...words: string[]) =>
  spawnSync(process.execPath, [`${ROOT}/scripts/peer-libbpf.mjs`, ...words], { encoding: "utf8", timeout: 120_000 });
const skip = liveKernel() !== null || !existsSync(`${ROOT}/dist/linux/target.js`);

test.skipIf(skip)("every example loads as libbpf loads it", ({ skip: skipHere }) => {
  const { status, stdout, stderr } = run("--json", `${ROOT}/examples`);
  if (stdout.includes("skipped:")) skipHere(stdout.trim());
  expect(stderr).toBe("");
  const { totals, differences } = JSON.parse(stdout);
  expect(differences).toEqual([]);
  expect(status).toBe(0);
  expect(totals.libbpf).toBeGreaterThan(4);
  expect(totals.skep).toBeGreaterThanOrEqual(totals.libbpf);
  expect([totals.insns, totals.xlated]).toEqual([totals.programs, totals.libbpf]);
});

test.skipIf(skip)("a folder without objects proves nothing; no folder is a usage error", ({ skip: skipHere }) => {
  const empty = mkdtempSync(join(tmpdir(), "skep-alone-"));
  onTestFinished(() => rmSync(empty, { recursive: true }));
  const { status, stdout } = run(empty);
  if (stdout.includes("skipped:")) skipHere(stdout.trim());
  expect(status).toBe(1);
  expect(run().status).toBe(2);
});
