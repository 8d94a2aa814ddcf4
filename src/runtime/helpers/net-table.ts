/** How packet helpers are written down: by name, with the argument forms of engine.ts. */
import { helperByName } from "../../abi/helpers.ts";
import { bug } from "../../base/error.ts";
import type { HelperArgForm, HelperImpl, HelperRetForm } from "../../engine/engine.ts";

/** Forms of the arguments, then "->" and the result's: "iid->s". */
export type HelperForms = `${string}->${HelperRetForm}`;

export type NetHelper = readonly [name: string, forms: HelperForms, fn: (...args: number[]) => number | undefined];

/** By helper id. A later row wins over an earlier one of the same name. */
export function netHelperTable(rows: readonly NetHelper[]): ReadonlyMap<number, HelperImpl> {
  const table = new Map<number, HelperImpl>();
  for (const [name, forms, fn] of rows) {
    const row = helperByName(name);
    if (row === undefined) bug(`no helper is named ${name}`);
    const [args, ret] = forms.split("->") as [string, HelperRetForm];
    table.set(row.id, { name, args: args.split("") as HelperArgForm[], ret, fn });
  }
  return table;
}
