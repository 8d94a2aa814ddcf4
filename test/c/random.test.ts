/**
 * Random restricted C: Skep's object and clang's give the same for the same packets. SEED and CASES (files of ten programs) in the
 * environment choose another or a longer run.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { embedded } from "../../src/runtime/embedded.ts";
import { clang, compileClang, compileSkep, FOLDER, objectOf, outcomes } from "./kit.ts";
import { randomSource } from "./random.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const CASES = Number(process.env["CASES"] ?? 2);

describe.skipIf(clang() === null)("random programs", () => {
  const ours = embedded({ random: 1 });
  afterAll(() => ours.close());
  const folder = mkdtempSync(join(tmpdir(), "skep-random-"));

  it.each(Array.from({ length: CASES }, (_, i) => SEED + i))("seed %d", (seed) => {
    const path = join(folder, `random${seed}.bpf.c`);
    writeFileSync(path, randomSource(seed, 10));
    const want = outcomes(compileClang(path, ["-I", FOLDER]), path, ours);
    const got = outcomes(objectOf(compileSkep(path, { includePaths: [FOLDER.replace(/\/$/, "")] })), path, ours);
    let compared = 0;
    for (const [name, expected] of Object.entries(want)) {
      // What the verifier does not take from clang (it makes "or" of additions to stack pointers) says nothing about us.
      if ("load" in expected) continue;
      expect(got[name], `SEED=${seed} ${name}`).toEqual(expected);
      compared++;
    }
    expect(compared).toBeGreaterThan(0);
  });
});
