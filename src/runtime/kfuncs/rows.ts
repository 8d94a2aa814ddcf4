/**
 * How kfuncs are written down: by name, with what each argument is.
 *
 *     i  low 32 bits: a pointer, size or index that nothing needs to test     d  all 64 bits, as two words: low, high
 *     D  a dynptr, 16 bytes     8, 6, 4, 3  a place of 8, 16, 24, 32 bytes (iterators, list and tree heads and nodes)
 *     m  memory, its size in the next argument     o  an object that the program made     -> s u d v  the result, as in engine.ts
 *
 * What a place holds is tested only for programs that no verifier has accepted.
 */
import { SkepError } from "../../base/error.ts";
import type { EngineEnv, HelperImpl, HelperRetForm } from "../../engine/engine.ts";
import type { Runtime } from "../runtime.ts";

export type KfuncForms = `${string}->${HelperRetForm}`;

export type KfuncRow = readonly [name: string, forms: KfuncForms, fn: (...args: number[]) => number | undefined];

const PLACE_BYTES: Readonly<Record<string, number>> = { D: 16, "8": 8, "6": 16, "4": 24, "3": 32 };

/** The kfunc as engines call it. `env`: of a program that no verifier has accepted. */
export function kfuncImpl(row: KfuncRow, rt: Runtime, env: EngineEnv | null, prog: string): HelperImpl {
  const [name, forms, fn] = row;
  const [args, ret] = forms.split("->") as [string, HelperRetForm];
  const letters = [...args];
  const impl: HelperImpl = { name, args: letters.map((letter) => (letter === "d" ? "d" : "i")), ret, fn };
  if (env === null) return impl;
  const test = (words: readonly number[]): void => {
    let at = 0;
    letters.forEach((letter, n) => {
      const value = words[at]! >>> 0;
      at += letter === "d" ? 2 : 1;
      const bytes = letter === "m" ? (value === 0 ? 0 : words[at]! >>> 0) : (PLACE_BYTES[letter] ?? 0);
      const inside = (region: { start: number; end: number; write: boolean }): boolean =>
        value >= region.start && value + bytes <= region.end && region.write;
      if ((bytes > 0 && !env.regions().some(inside)) || (letter === "o" && !rt.objects.has(value))) {
        throw new SkepError("run/kfunc", `${name} of program ${prog}: argument ${n + 1} is not the program's to use`, {
          site: { prog },
        });
      }
    });
  };
  return {
    ...impl,
    fn(...words) {
      test(words);
      return fn(...words);
    },
  };
}
