/** Rings of the kernel by the million: every record once, in order, on both ways of reading, and the same embedded. */
import { readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { compileC } from "../../src/lang/c/compile.ts";
import { linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { Target } from "../../src/loader/target.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { liveKernel } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

const file = `${ROOT}/test/bench/linux/kernel.bpf.c`;
const { object } = compileC(file, new Uint8Array(readFileSync(file)), {});
const spec = parseObject(object!, "kernel.bpf.o");
/** Of one run of `fill`; the ring has room for two runs, so its end falls into every third. */
const RECORDS = 8192;
const packet = new Uint8Array(64);

function load(target: Target): Collection {
  const collection = loadObject(spec, target, {}, true);
  onTestFinished(() => collection.close());
  return collection;
}

const targets: [string, () => Target][] = [["embedded", () => embedded()]];
if (liveKernel() === null) targets.push(["linux", () => linux()]);

describe.each(targets)("rings, %s", (_, target) => {
  test("records read in place and copied: all of them, in order", () => {
    const { programs, maps } = load(target());
    for (let round = 0; round < 7; round++) {
      programs["fill"]!.run(packet);
      let next = 0;
      let wrong = 0;
      const check = (n: number, len: number): void => {
        if (n !== next++ || len !== 48) wrong++;
      };
      const got =
        round % 2 === 0
          ? maps["ring"]!.drainInPlace((record) => check(record.getUint32(0), record.byteLength))
          : maps["ring"]!.raw.drain((record) => check(record[0]! + 256 * record[1]!, record.length));
      expect([got, next, wrong]).toEqual([RECORDS, RECORDS, 0]);
    }
  });

  test("a full ring: asked for is refused and taken together", () => {
    const { programs, maps, bss } = load(target());
    let taken = 0;
    for (let round = 0; round < 5; round++) {
      programs["overflow"]!.run(packet);
      taken += maps["small"]!.drainInPlace(() => {});
    }
    const { asked, refused } = bss as unknown as { asked: bigint; refused: bigint };
    expect(Number(asked)).toBe(1000);
    expect(Number(refused)).toBeGreaterThan(500);
    expect(taken).toBe(Number(asked - refused));
  });
});
