/**
 * Around a whole test run, where the kernel is a live one: temporary files go into a folder of the run's own, and when all
 * tests are through, the kernel must be as it was. What is left is printed and fails the run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { liveKernel, liveSys } from "../live.ts";
import { kernelState, leftovers } from "./state.ts";

/** The kernel frees objects some time after the last fd is closed: struct_ops after an RCU tasks grace period, some 20 s. */
const GRACE_MS = Number(process.env["SKEP_GRACE_MS"] ?? 60_000);

export default function setup(): (() => Promise<void>) | undefined {
  if (liveKernel() !== null) return undefined;
  const tag = `run${process.pid}`;
  const tempDir = mkdtempSync(join(tmpdir(), `skep-${tag}-`));
  // Workers are started with this environment.
  process.env["SKEP_RUN"] = tag;
  process.env["TMPDIR"] = tempDir;
  const before = kernelState(liveSys());
  return async () => {
    const until = Date.now() + GRACE_MS;
    const look = (): string[] => leftovers(liveSys(), before, tag, tempDir);
    let left = look();
    while (left.length > 0 && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const still = new Set(look());
      // What others have made meanwhile is not of this run.
      left = left.filter((each) => still.has(each));
    }
    if (left.length === 0) {
      rmSync(tempDir, { recursive: true, force: true });
      return;
    }
    process.exitCode = 1;
    throw new Error(`the tests left in the kernel:\n  ${left.join("\n  ")}`);
  };
}
