/** What the verifier accepts never faults. FUZZ_SEED chooses other programs; npm run fuzz:sound runs more of them. */
import { expect, test } from "vitest";
import { runChecked } from "./sound.ts";

const PROGRAMS = 4000;
const first = Number(process.env["FUZZ_SEED"] ?? 1);

test(`of ${PROGRAMS} random programs those that are accepted run without a fault`, () => {
  let accepted = 0;
  for (let seed = first; seed < first + PROGRAMS; seed++) {
    try {
      if (runChecked(seed)) accepted++;
    } catch (error) {
      expect.fail(`seed ${seed}: ${(error as Error).message}`);
    }
  }
  expect(accepted).toBeGreaterThan(PROGRAMS / 20);
  expect(accepted).toBeLessThan(PROGRAMS);
});
