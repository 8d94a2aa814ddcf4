/**
 * The passes in their order. What they may do is ruled by the verifier: a check and the use that it guards keep one value;
 * nothing moves ahead of a check or is merged with another one; addresses stay base + constant; barriers are opaque.
 */
import type { IrDiagnostic, IrFunction, IrModule } from "../ir.ts";
import { cleanCfg } from "./cfg.ts";
import { commonSubexpressions, forwardLoads } from "./cse.ts";
import { removeDead } from "./dce.ts";
import { inlineCalls } from "./inline.ts";
import { mem2reg } from "./mem2reg.ts";
import { alignStackAccess, lowerMemOps } from "./memops.ts";
import { rebasePointers } from "./rebase.ts";
import { simplify } from "./simplify.ts";
import { sroa } from "./sroa.ts";
import { threadJumps } from "./thread.ts";
import { unrollOne } from "./unroll.ts";

export interface OptimizeOptions {
  readonly cpu?: 2 | 3 | 4;
}

const MAX_LOOPS = 500;

/** Changes the module. */
export function optimize(module: IrModule, _options: OptimizeOptions = {}): IrDiagnostic[] {
  const diagnostics = inlineCalls(module, (fn) => scalarize(fn, module));
  for (const fn of module.functions) {
    if (fn.blocks.length === 0) continue;
    unrollLoops(fn, module);
    diagnostics.push(...lowerMemOps(fn));
    tidy(fn, module);
    if (alignStackAccess(fn)) tidy(fn, module);
  }
  return diagnostics;
}

/** Only what the code generator cannot do without. */
export function legalize(module: IrModule): IrDiagnostic[] {
  return module.functions.flatMap((fn) => (fn.blocks.length === 0 ? [] : lowerMemOps(fn)));
}

/** Variables to values, and what that shows. */
function scalarize(fn: IrFunction, module: IrModule): void {
  if (fn.blocks.length === 0) return;
  cleanCfg(fn);
  for (let round = 0; round < 4; round++) {
    sroa(fn);
    mem2reg(fn);
    const changed = simplify(fn, module);
    cleanCfg(fn);
    removeDead(fn);
    const rebased = rebasePointers(fn);
    if (!threadJumps(fn) && !changed && !rebased) break;
  }
}

/** Inner loops first; what was unrolled may show how long the outer one runs. */
function unrollLoops(fn: IrFunction, module: IrModule): void {
  for (let count = 0; count < MAX_LOOPS && unrollOne(fn); count++) scalarize(fn, module);
}

function tidy(fn: IrFunction, module: IrModule): void {
  for (let round = 0; round < 4; round++) {
    const a = simplify(fn, module);
    const b = commonSubexpressions(fn);
    const c = forwardLoads(fn);
    const d = threadJumps(fn);
    cleanCfg(fn);
    removeDead(fn);
    if (!a && !b && !c && !d) break;
  }
}
