/**
 * The cases through the compiler: the kernel's verifier (ours, and the running one) accepts them, and they give what
 * expected.json says; so do clang's objects. UPDATE=1 writes expected.json anew, out of clang's objects.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { linux } from "../../src/linux/target.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { liveKernel } from "../live.ts";
import {
  caseFiles,
  clang,
  compileClang,
  compileSkep,
  directive,
  FOLDER,
  type Outcome,
  objectOf,
  outcomes,
} from "./kit.ts";

const EXPECTED = `${FOLDER}expected.json`;
const update = process.env["UPDATE"] === "1";
const expected: Record<string, Outcome> = JSON.parse(readFileSync(EXPECTED, "utf8"));
const reason = liveKernel();

describe("cases", () => {
  const ours = embedded({ random: 1 });
  const live = reason === null ? linux() : null;
  afterAll(() => {
    ours.close();
    live?.close();
    if (!update) return;
    const sorted = Object.fromEntries(caseFiles().map((file) => [file, expected[file]]));
    writeFileSync(EXPECTED, `${JSON.stringify(sorted, null, 1)}\n`);
  });

  for (const file of caseFiles()) {
    const path = `${FOLDER}${file}`;
    // What the embedded runtime has no kfuncs for.
    const kernelOnly = directive(path, "on") === "linux";
    if (update) {
      it.skipIf(kernelOnly && live === null)(`${file} with clang`, () => {
        expected[file] = outcomes(compileClang(path), file, kernelOnly ? live! : ours);
      });
      continue;
    }
    it(file, () => {
      const object = objectOf(compileSkep(path));
      if (!kernelOnly) expect(outcomes(object, file, ours)).toEqual(expected[file]);
      if (live !== null) expect(outcomes(object, file, live)).toEqual(expected[file]);
    });
    it.skipIf(clang() === null || live === null)(`${file} with clang in the kernel`, () => {
      expect(outcomes(compileClang(path), file, live!)).toEqual(expected[file]);
    });
  }
});
