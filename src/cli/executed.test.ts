/** What --compare counts: every instruction of every run, and results that tell programs apart. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { executedInsns } from "./executed.ts";
import { packets } from "./sample-packets.ts";

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../${name}`, import.meta.url)));

test("packets: two instructions, once for each", () => {
  const { empty } = Object.fromEntries(executedInsns(read("test/bench/programs/empty.bpf.o"), "empty.bpf.o", null));
  expect(empty).toMatchObject({ insns: 2 * packets().length, runs: packets().length, reason: "" });
});

test("the same object gives the same counts and results", () => {
  const run = () => executedInsns(read("examples/syn_guard.bpf.o"), "syn_guard.bpf.o", null);
  const [first, second] = [run(), run()];
  expect(first.get("syn_guard")!.insns).toBeGreaterThan(20 * packets().length);
  expect(second).toEqual(first);
});

test("tracing programs of an object run together, in rounds", () => {
  const found = [...executedInsns(read("examples/opens.bpf.o"), "opens.bpf.o", null).values()];
  expect(found.map((one) => one.reason)).toEqual(found.map(() => ""));
  for (const { insns, runs } of found) {
    expect(runs).toBe(3);
    expect(insns).toBeGreaterThan(3);
  }
});
