/** The kfuncs that this runtime implements, by name. A program that calls another is refused at load ("load/kfunc"). */
import { BPF_PROG_TYPE_XDP } from "../../abi/prog-types.ts";
import type { EngineEnv, HelperImpl } from "../../engine/engine.ts";
import type { ResolvedProg } from "../../obj/spec.ts";
import type { Hooks } from "../hooks/types.ts";
import type { SlotProg } from "../maps/ops.ts";
import type { Runtime } from "../runtime.ts";
import { cpumaskKfuncs } from "./cpumask.ts";
import { dynptrKfuncs } from "./dynptr.ts";
import { iterKfuncs } from "./iter.ts";
import { kernelKfuncs } from "./kernel.ts";
import { objectKfuncs } from "./object.ts";
import { type KfuncRow, kfuncImpl } from "./rows.ts";
import { stringKfuncs } from "./string.ts";
import { throwKfuncs } from "./throw.ts";

/**
 * Looks kfuncs up for one program. `own`: those of its hook, which win. `safe`: the verifier has accepted it, so that
 * arguments are what they should be.
 */
export function progKfuncs(
  rt: Runtime,
  env: EngineEnv,
  prog: ResolvedProg,
  own: readonly KfuncRow[],
  live: () => SlotProg | null,
  safe: boolean,
): (name: string) => HelperImpl | undefined {
  let table: ReadonlyMap<string, HelperImpl> | null = null;
  const make = (): ReadonlyMap<string, HelperImpl> => {
    const rows = [...sharedKfuncs(rt, live), ...objectKfuncs(rt, env, prog.btf), ...own];
    return new Map(rows.map((row) => [row[0], kfuncImpl(row, rt, safe ? null : env, prog.spec.name)]));
  };
  return (name) => {
    table ??= make();
    return table.get(name);
  };
}

/** Names of all of them, whatever the program type: which one may call which is the verifier's to say. */
export function kfuncNamesOf(rt: Runtime, hooks: Hooks): ReadonlySet<string> {
  const rows = [
    ...sharedKfuncs(rt, () => null),
    ...objectKfuncs(rt, { invoke: null }, null),
    ...hooks.kfuncs(BPF_PROG_TYPE_XDP, null),
  ];
  return new Set(rows.map((row) => row[0]));
}

function sharedKfuncs(rt: Runtime, live: () => SlotProg | null): readonly KfuncRow[] {
  return [
    ...dynptrKfuncs(rt),
    ...iterKfuncs(rt),
    ...stringKfuncs(rt),
    ...kernelKfuncs(rt, live),
    ...cpumaskKfuncs(rt),
    ...throwKfuncs,
  ];
}
