/**
 * A slice of `npm run fuzz:c`: random programs give the same from Skep as from clang, and the kernel takes what it takes from clang.
 * Without clang, the same from Skep's optimiser as from its plain code. SEED and COUNT in the environment choose another or a longer run.
 */
import { describe, expect, it } from "vitest";
import { clang, INPUTS } from "../kit.ts";
import { type Counter, countingTarget } from "./count.ts";
import { compare, type Report } from "./differ.ts";
import { type Cpu, generate, source } from "./program.ts";
import { byClang, bySkep, bySkepPlain, type Compiler } from "./sides.ts";
import { render, smaller } from "./tree.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const COUNT = Number(process.env["COUNT"] ?? 16);

function differences(cpu: Cpu, theirs: Compiler): string[] {
  const counter: Counter = { insns: 0, verdict: "" };
  const target = countingTarget(counter, false);
  const programs = Array.from({ length: COUNT }, (_, i) => generate(SEED, i, cpu, i < COUNT / 2));
  let report: Report;
  try {
    const benches = [{ name: "embedded", target, counter, judge: null }];
    report = compare(programs, { ours: bySkep, theirs, benches, inputs: Object.values(INPUTS), slow: 0 });
  } finally {
    target.close();
  }
  expect(report.insns.length).toBeGreaterThan(COUNT / 2);
  return report.findings.map(
    ({ kind, program, message }) =>
      `npm run fuzz:c -- --seed ${SEED} --from ${program.index} --count 1 --mcpu v${cpu}: ${kind} ${message}`,
  );
}

describe("random programs", () => {
  it.skipIf(clang() === null).each([2, 3, 4] as const)("Skep and clang agree on -mcpu=v%d", (cpu) => {
    expect(differences(cpu, byClang)).toEqual([]);
  });

  it("optimised and plain code agree", () => {
    expect(differences(3, bySkepPlain)).toEqual([]);
  });
});

describe("the generator", () => {
  it("makes the same program of the same seed, alone or among others", () => {
    const [a, b] = [generate(7, 3, 3, true), generate(7, 3, 3, true)];
    expect(source([a])).toBe(source([b]));
    expect(source([generate(7, 2, 3, true), a])).toContain(render(b.tree));
  });

  it("gives the reducer smaller programs that keep what is fixed", () => {
    const { tree, name } = generate(7, 3, 3, true);
    let steps = 0;
    for (const one of smaller(tree)) {
      const text = render(one);
      expect(text).toContain(`int ${name}(struct xdp_md *ctx)`);
      if (++steps === 200) break;
    }
    expect(steps).toBeGreaterThan(50);
  });
});
