/** The running kernel says the same of the programs in test/verifier/cases.ts, by the same work. */
import { afterAll, describe, expect, test } from "vitest";
import { liveKernel } from "../../test/live.ts";
import { CASES } from "../../test/verifier/cases.ts";
import { progOfText } from "../../test/verifier/prog.ts";
import { type Judge, kernelJudge } from "../linux/judge.ts";
import { verify } from "./verify.ts";

const KERNEL = "6.18";

describe.skipIf(liveKernel() !== null)("the kernel agrees", () => {
  let judge: Judge | undefined;
  afterAll(() => judge?.close());

  test.each(CASES)("$name", ({ type, text, license, kernel }) => {
    judge ??= kernelJudge();
    const prog = progOfText(text, type, license);
    const verdict = judge.judge(prog, { logLevel: 2 });
    expect(verdict.unusable).toBe("");
    expect(verdict.ok).toBe(kernel === null);
    if (kernel !== null) expect(verdict.log.split("\n")).toContain(kernel);
    const ours = verify(prog, { kernel: KERNEL });
    if (ours.error !== undefined) expect(verdict.log).toContain(ours.error.kernel);
    expect(ours.stats.processed).toBe(verdict.processed);
    expect(ours.stats.totalStates).toBe(verdict.totalStates);
  });
});
