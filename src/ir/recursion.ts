/** Functions that call themselves, by themselves or around: each such ring once, by its first function. */
import type { IrDiagnostic, IrFunction, IrModule } from "./ir.ts";

export function recursive(module: IrModule): IrDiagnostic[] {
  const byName = new Map(module.functions.map((fn) => [fn.name, fn]));
  const calls = (fn: IrFunction): IrFunction[] => {
    const found = new Set<IrFunction>();
    for (const block of fn.blocks) {
      for (const instr of block.instrs) {
        const callee = instr.op === "call" && instr.callee.kind === "sym" ? byName.get(instr.callee.name) : undefined;
        if (callee !== undefined) found.add(callee);
      }
    }
    return [...found];
  };
  const said: IrDiagnostic[] = [];
  const told = new Set<IrFunction>();
  for (const fn of module.functions) {
    if (told.has(fn)) continue;
    const seen = new Set<IrFunction>();
    const work = calls(fn);
    while (work.length > 0) {
      const next = work.pop()!;
      if (seen.has(next)) continue;
      seen.add(next);
      work.push(...calls(next));
    }
    if (!seen.has(fn)) continue;
    for (const one of seen) told.add(one);
    said.push({
      code: "call/recursion",
      severity: "warning",
      message: `'${fn.name}' calls itself: eBPF has 8 frames of 512 bytes in all, and the verifier walks every call`,
      advice: "make it a loop with a bound, and keep what is left to do in an array or a map",
      pos: fn.pos,
      func: fn.name,
    });
  }
  return said;
}
