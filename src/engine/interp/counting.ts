/** The interpreter, telling after each run how many instructions the program took: what compilers are compared by. */
import type { Engine } from "../engine.ts";
import { interpreter } from "./interp.ts";

export function countingInterp(tell: (prog: string, insns: number) => void): Engine {
  return interpreter((m) => tell(m.bound.name, m.executed));
}
