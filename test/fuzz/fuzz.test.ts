/** A short seeded run over all targets that are here. FUZZ_SEED and FUZZ_COUNT choose another one. */
import { expect, test } from "vitest";
import { BACKENDS } from "../vectors/backends.ts";
import { emit } from "./emit.ts";
import { generate, type Node } from "./nodes.ts";
import { programSeed } from "./rng.ts";
import { fuzz } from "./run.ts";
import { shrink } from "./shrink.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? 1);
const count = Number(process.env["FUZZ_COUNT"] ?? 300);

test(`${count} programs of seed ${seed} do the same everywhere`, { timeout: 0 }, () => {
  const backends = BACKENDS.filter((backend) => backend.missing === null);
  const { programs, accepted, refused, findings } = fuzz({ seed, count, backends, countRefusals: true });
  for (const { index, message, text } of findings) {
    throw new Error(`npm run fuzz -- --seed ${seed} --from ${index} --count 1\n${message}\n${text}`);
  }
  expect(programs).toBe(count);
  // Nearly all programs must be accepted, or the run says little
  expect(accepted / programs).toBeGreaterThan(0.9);
  expect(refused / programs).toBeLessThan(0.01);
});

test("the same seed gives the same program", () => {
  for (let i = 0; i < 50; i++) expect(emit(generate(programSeed(7, i)))).toEqual(emit(generate(programSeed(7, i))));
  expect(emit(generate(programSeed(7, 1)))).not.toEqual(emit(generate(programSeed(8, 1))));
});

test("shrinking keeps what fails and little else", () => {
  const kinds = (nodes: readonly Node[]): string[] =>
    nodes.flatMap((node) => [node.kind, ...kinds(node.body), ...kinds(node.other)]);
  let tried = 0;
  for (let i = 0; tried < 20; i++) {
    const program = generate(programSeed(3, i));
    if (!kinds(program.main).includes("atomic")) continue;
    tried++;
    const small = shrink(program, (candidate) => kinds(candidate.main).includes("atomic"));
    expect(kinds(small.main)).toEqual(["atomic"]);
    expect(small.packets.length).toBe(1);
  }
});
