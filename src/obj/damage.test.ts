/**
 * Bad input: objects cut off anywhere, with bytes changed, with fields set to extremes. Each is refused with a SkepError that
 * has code and place, or read; nothing else is thrown, nothing takes long.
 *
 *     SKEP_DAMAGE=10000 npx vitest run src/obj/damage      as many cases; SKEP_SEED=n another run of them
 */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SkepError } from "../base/error.ts";
import { parseObject } from "./parse.ts";
import { kconfigBytes, resolveProg } from "./resolve.ts";

const folder = new URL("../../test/fixtures/obj/", import.meta.url);
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith(".o"))
  .map((name) => ({ name, bytes: Uint8Array.from(readFileSync(new URL(name, folder))) }));

const cases = Number(process.env["SKEP_DAMAGE"] ?? 1500);
const seed = Number(process.env["SKEP_SEED"] ?? 1);
/** Milliseconds that one case may take; whole ones take 1 to 5, on a busy machine more. */
const SLOW = 5000;

/** xorshift32. */
function random(state: number): (below: number) => number {
  let x = state | 0 || 1;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/** Parses and uses everything that is computed later. Returns the error's code, or "ok". */
function attempt(bytes: Uint8Array, what: string): string {
  const started = performance.now();
  let outcome = "ok";
  try {
    const spec = parseObject(bytes, "damaged.o");
    for (const prog of spec.programs) expect(prog.lines.length).toBeGreaterThanOrEqual(0);
    for (const map of spec.maps) if (map.valueSize < 1 << 20) expect(map.initial?.length ?? 0).toBeLessThan(1 << 21);
    kconfigBytes(spec, () => 1);
    for (const prog of spec.programs) resolveProg(prog, { obj: spec, kernelBtf: spec.btf });
  } catch (error) {
    if (!(error instanceof SkepError)) throw new Error(`${what}: ${error}`, { cause: error });
    expect(error.code, what).toMatch(/^(elf|obj|btf|btf-ext|core)\/[a-z0-9-]+$/);
    expect(error.site.file ?? error.site.section, `${what}: ${error.code} has no place`).toBeTruthy();
    outcome = error.code;
  }
  expect(performance.now() - started, what).toBeLessThan(SLOW);
  return outcome;
}

test("truncation at every byte", () => {
  const chosen =
    cases > 1500 ? fixtures : fixtures.filter(({ name }) => /^(legacy|core)\.clang-19|^basic\.gcc/.test(name));
  for (const { name, bytes } of chosen) {
    for (let length = 0; length < bytes.length; length++) {
      // Section headers come last: no cut leaves a whole object.
      expect(attempt(bytes.slice(0, length), `${name} cut at ${length}`)).not.toBe("ok");
    }
  }
});

test(`${cases} damaged objects (seed ${seed})`, () => {
  const next = random(seed);
  const outcomes = new Map<string, number>();
  for (let i = 0; i < cases; i++) {
    const { name, bytes } = fixtures[next(fixtures.length)]!;
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    const edits = 1 + next(4);
    for (let e = 0; e < edits; e++) {
      const at = next(copy.length);
      const word = at & ~3;
      switch (next(6)) {
        case 0:
          copy[at]! ^= 1 << next(8);
          break;
        case 1:
          copy[at] = next(256);
          break;
        case 2:
          if (word + 4 <= copy.length)
            view.setUint32(word, [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff][next(5)]!, true);
          break;
        case 3:
          if (word + 4 <= copy.length) view.setUint32(word, next(copy.length), true);
          break;
        case 4:
          if (word + 4 <= copy.length) view.setUint32(word, view.getUint32(word, true) + next(9) - 4, true);
          break;
        default:
          copy.copyWithin(at, next(copy.length), next(copy.length));
      }
    }
    const outcome = attempt(copy, `${name}, case ${i} of seed ${seed}`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  if (cases > 1500) console.log(Object.fromEntries([...outcomes].sort((a, b) => b[1] - a[1])));
  expect(outcomes.get("ok") ?? 0).toBeGreaterThan(0);
});
