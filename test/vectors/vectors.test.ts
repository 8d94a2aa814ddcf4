/** Every vector on every backend. UPDATE=1 rewrites the expected sections of the files where all backends agree. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SkepError } from "../../src/base/error.ts";
import { OPS, opAt } from "../../src/isa/ops.ts";
import { BACKENDS, type Backend, CHECKED, runVector } from "./backends.ts";
import { rewriteExpected } from "./format.ts";
import { generatedVectors } from "./generate.ts";
import { resolvedProg } from "./program.ts";
import type { Vector, VectorResult } from "./vector.ts";
import { FOLDER, writtenVectors } from "./written.ts";

const written = writtenVectors();
const generated = generatedVectors();

for (const backend of BACKENDS) {
  if (backend.missing !== null) console.log(`skipped: vectors on ${backend.name}: ${backend.missing}`);
}

/** Message and log of what is thrown, "" where nothing is. */
function complaint(run: () => void): string {
  try {
    run();
    return "";
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    return `${error.message}\n${"log" in error ? String(error.log) : ""}`;
  }
}

function check(backend: Backend, vector: Vector): void {
  if (vector.reject !== null) {
    expect(complaint(() => runVector(backend, vector))).toContain(vector.reject);
    return;
  }
  const results = runVector(backend, vector);
  for (const [i, run] of vector.runs.entries()) {
    const seen: VectorResult = {};
    if (run.expected.retval !== undefined) seen.retval = results[i]!.retval!;
    if (run.expected.packet !== undefined) seen.packet = results[i]!.packet!;
    if (run.expected.maps !== undefined) seen.maps = results[i]!.maps!;
    expect(seen, `run ${i}`).toEqual(run.expected);
  }
}

const usable = [...BACKENDS, CHECKED].filter((backend) => backend.missing === null);

if (process.env["UPDATE"] === "1") {
  test.each(written.filter((vector) => vector.reject === null))("update $name", (vector) => {
    const all = usable.filter((backend) => !vector.skip.has(backend.name)).map((backend) => runVector(backend, vector));
    for (const other of all) expect(other).toEqual(all[0]);
    const file = new URL(vector.name, FOLDER);
    writeFileSync(file, rewriteExpected(readFileSync(file, "utf8"), all[0]!));
  });
} else {
  describe.each(usable)("$name", (backend) => {
    describe.each([
      ["written", written],
      ["generated", generated],
    ])("%s", (_, vectors) => {
      // Checked mode differs in its accesses alone
      const chosen = backend === CHECKED ? vectors.filter((vector) => !/^(j|.*(32|64)_)/.test(vector.name)) : vectors;
      for (const vector of chosen) {
        const reason = vector.skip.get(backend.name);
        test.skipIf(reason !== undefined)(`${vector.name}${reason === undefined ? "" : `: ${reason}`}`, () => {
          check(backend, vector);
        });
      }
    });
  });
}

test.skipIf(process.env["UPDATE"] === "1")("every run says what it expects", () => {
  for (const vector of written) for (const run of vector.runs) expect(run.expected.retval, vector.name).toBeDefined();
});

// Rows that no accepted vector can hold, and why.
const UNTESTED: Readonly<Record<string, string>> = {
  addr_space_cast: "needs an arena map, whose address differs between targets",
  call_kfunc: "the ids of kfuncs are those of one kernel's BTF",
  lddw_btf_id: "the ids of kernel variables are those of one kernel's BTF",
  lddw_map_fd: "resolved programs name maps by index",
  lddw_map_value: "resolved programs name maps by index",
};

test("every op stands in a vector", () => {
  const seen = new Set<string>();
  for (const vector of [...written, ...generated]) {
    const { insns } = resolvedProg(vector);
    for (let i = 0; i < insns.length; i++) {
      const row = opAt(insns, i);
      if (row !== undefined) seen.add(row.name);
    }
  }
  const absent = OPS.map((row) => row.name).filter((name) => !seen.has(name) && !(name in UNTESTED));
  expect(absent).toEqual([]);
});
