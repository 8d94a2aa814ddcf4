/** Random programs: what compiled code does is what the IR says. SEED=n COUNT=m runs others. */
import { expect, test } from "vitest";
import { parseModule } from "../../src/ir/parse.ts";
import { printModule } from "../../src/ir/print.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { build, resolved, someTypes } from "./kit.ts";
import { interpret } from "./oracle.ts";
import { OUT_BYTES, randomModule } from "./random.ts";

const SEED = Number(process.env.SEED ?? 1);
const COUNT = Number(process.env.COUNT ?? 6);

test(`${COUNT} random programs from seed ${SEED}`, () => {
  for (let seed = SEED; seed < SEED + COUNT; seed++) {
    const types = someTypes();
    const text = printModule(randomModule(seed, types));
    expect(printModule(parseModule(text))).toBe(text);
    const want = interpret(parseModule(text), "prog");
    const cpu = ([2, 3, 4] as const)[seed % 3]!;
    const prog = resolved(build(text, { cpu, types: types.builder }).bytes, "prog");
    const target = embedded();
    target.prepare(prog.maps);
    const maps = prog.maps.map((spec) => target.createMap(spec, null));
    for (const [i, spec] of prog.maps.entries())
      if (spec.initial !== null) maps[i]!.update(new Uint8Array(4), spec.initial);
    const { retval } = target.loadProg(prog, maps).testRun({ data: new Uint8Array(64) });
    const out = prog.maps.findIndex((spec) => spec.name.endsWith(".bss"));
    const got = out < 0 ? new Uint8Array(OUT_BYTES) : maps[out]!.lookup(new Uint8Array(4))!;
    expect([BigInt(retval), got], `seed ${seed}, v${cpu}`).toEqual([
      BigInt.asUintN(32, want.retval),
      want.globals.get("out"),
    ]);
    target.close();
  }
}, 30_000);
