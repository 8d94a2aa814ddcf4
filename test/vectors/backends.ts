/** What vectors run on: the embedded target with each engine, and the running kernel. */

import { toHex } from "../../src/base/bytes.ts";
import { linux } from "../../src/linux/target.ts";
import type { Target, TargetMap } from "../../src/loader/target.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { liveKernel } from "../live.ts";
import { resolvedProg } from "./program.ts";
import type { Vector, VectorResult } from "./vector.ts";

export interface Backend {
  readonly name: string;
  /** Why it cannot run here; null where it can. */
  readonly missing: string | null;
  open(): Target;
}

function embeddedBackend(engine: "interp" | "jit", checked = false): Backend {
  const name = checked ? "checked" : engine;
  return { name, missing: null, open: () => embedded({ engine, checked, random: 1, memoryBytes: 4 << 20 }) };
}

export const BACKENDS: readonly Backend[] = [
  embeddedBackend("interp"),
  embeddedBackend("jit"),
  { name: "linux", missing: liveKernel(), open: () => linux({ kernelBtf: null }) },
];

/** The interpreter that tests every access against the live regions. */
export const CHECKED: Backend = embeddedBackend("interp", true);

/** Runs all of a vector's runs; throws what loading throws. */
export function runVector(backend: Backend, vector: Vector): VectorResult[] {
  const target = backend.open();
  try {
    const prog = resolvedProg(vector);
    target.prepare(prog.maps);
    const maps = prog.maps.map((spec) => target.createMap(spec, null));
    const loaded = target.loadProg(prog, maps);
    return vector.runs.map((run) => {
      for (const [name, key, value] of run.set)
        maps[prog.maps.findIndex((map) => map.name === name)]!.update(key, value);
      const { retval, dataOut } = loaded.testRun({ data: run.data });
      const result: VectorResult = { retval };
      if (dataOut !== null) result.packet = dataOut;
      if (maps.length > 0) result.maps = Object.fromEntries(maps.map((map) => [map.spec.name, entriesOf(map)]));
      return result;
    });
  } finally {
    target.close();
  }
}

/** "key = value" of every entry in hex, sorted; all-zero values (an array's untouched ones) are left out. */
function entriesOf(map: TargetMap): string[] {
  const entries: string[] = [];
  for (let key = map.nextKey(null); key !== null; key = map.nextKey(key)) {
    const value = map.lookup(key);
    if (value === null || value.every((byte) => byte === 0)) continue;
    entries.push(`${toHex(key)} = ${toHex(value)}`);
  }
  return entries.sort();
}
