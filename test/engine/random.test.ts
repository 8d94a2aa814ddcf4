/** Random programs on interpreter and JIT: same r0, same memory. A failure prints its seed. */
import { expect, test } from "vitest";
import { interp } from "../../src/engine/interp/interp.ts";
import { jit } from "../../src/engine/jit/jit.ts";
import { CTX_BASE } from "../../src/layout/layout.ts";
import { progOf, run64, testEnv } from "./kit.ts";
import { CTX_BYTES_USED, type RandomOptions, randomProgram } from "./random.ts";

function compare(seed: number, options: RandomOptions): void {
  const prog = progOf(randomProgram(seed, options));
  const results = [interp, jit].map((engine) => {
    const env = testEnv();
    const r0 = run64(engine.compile(prog, env), env);
    return { r0, ctx: [...new BigUint64Array(env.memory.buffer, CTX_BASE, CTX_BYTES_USED / 8)] };
  });
  if (JSON.stringify(results[0], big) !== JSON.stringify(results[1], big)) {
    expect.fail(`seed ${seed} ${JSON.stringify(options)}: ${JSON.stringify(results, big)}`);
  }
}

function big(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString(16) : value;
}

const FIRST_SEED = Number(process.env["SEED"] ?? 1);

test("straight lines", () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 400; seed++) compare(seed, { blocks: 1, insnsPerBlock: 60, fuel: 1 });
});

test("graphs, reducible or not", () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 500; seed++) {
    compare(seed, { blocks: 2 + (seed % 13), insnsPerBlock: 6, fuel: 50 });
  }
});

test("many blocks", () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 12; seed++)
    compare(seed, { blocks: 400, insnsPerBlock: 4, fuel: 300 });
});
