/**
 * The helpers that this runtime implements, by id. Which exist is decided here alone: a program that calls another is
 * refused at load. Those that call back into the program are made for each program, with its EngineEnv.
 */
import { helperByName } from "../../abi/helpers.ts";
import { bug } from "../../base/error.ts";
import type { EngineEnv, HelperImpl } from "../../engine/engine.ts";
import type { SlotProg } from "../maps/ops.ts";
import type { Runtime } from "../runtime.ts";
import { callbackHelpers } from "./callback.ts";
import { dynptrHelpers } from "./dynptr.ts";
import { mapHelpers } from "./map.ts";
import { memoryHelpers } from "./memory.ts";
import { outputHelpers } from "./output.ts";
import { stringHelpers } from "./string.ts";
import { taskHelpers } from "./task.ts";
import { timeHelpers } from "./time.ts";
import { timerHelpers } from "./timer.ts";
import { traceHelpers } from "./trace.ts";

export type HelperTable = ReadonlyMap<number, HelperImpl>;

/** Helpers that are the same for every program of the runtime. */
export function sharedHelpers(rt: Runtime): HelperTable {
  return byId([
    ...mapHelpers(rt),
    ...timeHelpers(rt),
    ...taskHelpers(rt),
    ...memoryHelpers(rt),
    ...traceHelpers(rt),
    ...stringHelpers(rt),
    ...outputHelpers(rt),
    ...dynptrHelpers(rt),
  ]);
}

/** Helpers bound to one program, which `prog` gives once it is loaded: they run its callbacks. */
export function progHelpers(rt: Runtime, env: EngineEnv, prog: () => SlotProg | null): HelperTable {
  return byId([...callbackHelpers(rt, env), ...timerHelpers(rt, prog)]);
}

function byId(helpers: readonly HelperImpl[]): HelperTable {
  const table = new Map<number, HelperImpl>();
  for (const helper of helpers) {
    const row = helperByName(helper.name);
    if (row === undefined) bug(`helper ${helper.name} is not in the helper table`);
    table.set(row.id, helper);
  }
  return table;
}
