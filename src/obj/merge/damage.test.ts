/** Linking damaged objects: a SkepError with code and place, or an object that can be read or is refused in turn. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SkepError } from "../../base/error.ts";
import { parseObject } from "../parse.ts";
import { linkObjects } from "./objects.ts";

const folder = new URL("../../../test/fixtures/obj/", import.meta.url);
const main = readFileSync(new URL("link_main.clang-19.o", folder));
const lib = Uint8Array.from(readFileSync(new URL("link_lib.clang-19.o", folder)));
const cases = Number(process.env["SKEP_DAMAGE"] ?? 600);
let state = Number(process.env["SKEP_SEED"] ?? 1) | 0 || 1;

function next(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

test(`${cases} damaged libraries`, () => {
  const extremes = [0, 1, 0x7fff_ffff, 0xffff_ffff];
  for (let i = 0; i < cases; i++) {
    const copy = lib.slice();
    const view = new DataView(copy.buffer);
    for (let edits = 1 + next(3); edits > 0; edits--) {
      const at = next(copy.length - 4);
      if (next(2) === 0) copy[at] = next(256);
      else view.setUint32(at & ~3, next(2) === 0 ? extremes[next(4)]! : next(copy.length), true);
    }
    const started = performance.now();
    try {
      parseObject(
        linkObjects([
          { name: "main.o", bytes: main },
          { name: "lib.o", bytes: copy },
        ]),
      );
    } catch (error) {
      if (!(error instanceof SkepError)) throw new Error(`case ${i}: ${error}`, { cause: error });
      expect(error.code).toMatch(/^(elf|obj|btf|btf-ext)\//);
    }
    expect(performance.now() - started, `case ${i}`).toBeLessThan(5000);
  }
});
