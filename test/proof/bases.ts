/** Programs that a fuzzer changes: those of compiled objects that are small and that the kernel takes or refuses by itself. */
import { fileURLToPath } from "node:url";
import type { Judge } from "../../src/linux/judge.ts";
import { verify } from "../../src/verifier/verify.ts";
import { type Case, casesOf, objectsBelow } from "./host.ts";

/** Of this repository, from its root. */
export const OBJECTS: readonly string[] = [
  "examples",
  "test/fixtures/obj",
  "test/fixtures/kfuncs",
  "test/explain/golden",
  "test/bench/programs",
].map((path) => `${root()}${path}`);

/** A changed program costs about as much as the one it comes from. */
const MAX_PROCESSED = 5_000;

/** The compiled copy of this file lies deeper than its source. */
function root(): string {
  const path = fileURLToPath(import.meta.url);
  return path.slice(0, path.search(/(?:node_modules\/\.cache\/skep-proof\/)?test\/proof\//));
}

export function basesOf(paths: readonly string[], maxInsns: number, judge: Judge | null): Case[] {
  return objectsBelow(paths)
    .filter((path) => !/big-endian|link_main/.test(path))
    .flatMap(casesOf)
    .filter(({ prog, extras, options }) => {
      if (prog === null || prog.insns.length > maxInsns || prog.insns.length === 0) return false;
      const verdict = judge?.judge(prog, extras);
      if (verdict !== undefined) return verdict.unusable === "" && verdict.processed <= MAX_PROCESSED;
      return verify(prog, options).stats.processed <= MAX_PROCESSED;
    });
}
