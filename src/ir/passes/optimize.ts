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
import { removeDeadStores } from "./stores.ts";
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

/** Variables to values, and what that shows. A round is worth it where something happened since simplify() was done. */
function scalarize(fn: IrFunction, module: IrModule): void {
  if (fn.blocks.length === 0) return;
  cleanCfg(fn);
  let news = true;
  for (let round = 0; round < 4; round++) {
    const cut = sroa(fn);
    const made = mem2reg(fn);
    if (!news && !cut && !made) break;
    const changed = simplify(fn, module);
    news = cleanCfg(fn);
    removeDead(fn);
    const rebased = rebasePointers(fn);
    const threaded = threadJumps(fn);
    if (!changed && !rebased && !threaded) break;
    news ||= rebased || threaded;
  }
}

/** Inner loops first; what was unrolled may show how long the outer one runs. */
function unrollLoops(fn: IrFunction, module: IrModule): void {
  for (let count = 0; count < MAX_LOOPS && unrollOne(fn); count++) scalarize(fn, module);
}

function tidy(fn: IrFunction, module: IrModule): void {
  for (let round = 0; round < 4; round++) {
    simplify(fn, module);
    const shared = commonSubexpressions(fn);
    const forwarded = forwardLoads(fn);
    removeDeadStores(fn);
    const threaded = threadJumps(fn);
    const cleaned = cleanCfg(fn);
    removeDead(fn);
    if (!shared && !forwarded && !threaded && !cleaned) break;
  }
}
