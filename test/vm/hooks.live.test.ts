/** The virtual machine's cases on this machine's kernel: what it refuses or is configured without is skipped, with the reason. */
import { describe, expect, test } from "vitest";
import { NotSupported, Refused } from "../../src/linux/errors.ts";
import { liveKernel } from "../live.ts";
import { CASES } from "./cases/all.ts";
import { outcomeOf } from "./kit.ts";

describe.skipIf(liveKernel() !== null)("hooks", () => {
  test.for(CASES)("$name", async (each, { skip }) => {
    const outcome = await outcomeOf(each);
    if (outcome.kind === "ok") return;
    const { error } = outcome;
    if (outcome.kind === "fail" && !(error instanceof NotSupported || error instanceof Refused)) {
      expect.fail(outcome.why);
    }
    const why = error instanceof Error ? error.message : outcome.why;
    console.log(`skipped: ${each.name}: ${why}`);
    skip(why);
  });
});
