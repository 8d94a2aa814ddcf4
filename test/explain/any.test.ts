/** Any refused program is explained: damaged copies of the goldens' programs, with the seed that gives them again. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { diagnosticText } from "../../src/cli/diagnostic.ts";
import { output } from "../../src/cli/output.ts";
import { copyInsns } from "../../src/isa/insn.ts";
import { resolveMaps, resolveOn } from "../../src/loader/resolve-object.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ResolvedProg } from "../../src/obj/spec.ts";
import { explain } from "../../src/verifier/explain.ts";
import { verify } from "../../src/verifier/verify.ts";

output.color = "never";

const FOLDER = new URL("golden/fixed/", import.meta.url).pathname;

const programs: readonly ResolvedProg[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".bpf.o") && !/^(?:too-large|endless-loop)/.test(file))
  .flatMap((file) => {
    const spec = parseObject(readFileSync(`${FOLDER}${file}`), file);
    const kernel = { kernelBtf: null, kconfig: () => 0n, coreCache: new Map() };
    const needsBtf = spec.programs.some((prog) => prog.relocs.some(({ kind }) => kind === "kfunc"));
    return needsBtf ? [] : [resolveOn(spec.programs[0]!, spec, resolveMaps(spec, kernel), kernel)];
  });

/** Registers, offsets, immediates and now and then an opcode are changed at up to three places. */
const damage = fc.array(
  fc.record({
    at: fc.nat(),
    what: fc.constantFrom("dst", "src", "off", "imm", "imm", "off", "code"),
    value: fc.oneof(fc.integer({ min: -8, max: 16 }), fc.integer()),
  }),
  { minLength: 1, maxLength: 3 },
);

test("within 12 lines and without failing", () => {
  let refused = 0;
  let labelled = 0;
  fc.assert(
    fc.property(fc.nat(), damage, (which, changes) => {
      const prog = programs[which % programs.length]!;
      const insns = copyInsns(prog.insns);
      for (const { at, what, value } of changes) {
        const i = at % insns.length;
        if (what === "dst" || what === "src") insns[what][i] = Math.abs(value) % 11;
        else insns[what][i] = value;
      }
      const damaged = { ...prog, insns, spec: { ...prog.spec, insns } };
      const { error, stats } = verify(damaged);
      if (error === undefined || stats.processed > 50_000) return;
      refused++;
      const found = explain(damaged, error);
      if (found.label !== undefined) labelled++;
      expect(found.code).toBe(error.code);
      expect(found.kernel).toBe(error.kernel);
      const lines = diagnosticText(found).split("\n");
      expect(lines.length).toBeLessThanOrEqual(12);
      expect(lines.filter((line) => /undefined|NaN|\[object/.test(line))).toEqual([]);
    }),
    { numRuns: 800 },
  );
  expect(refused).toBeGreaterThan(300);
  expect(labelled).toBeGreaterThan(refused / 10);
});
