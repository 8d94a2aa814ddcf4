/** One function, from IR to code. */
import type { IrDiagnostic, IrFunction } from "../ir/ir.ts";
import { allocate } from "./allocate.ts";
import { emitFunction } from "./emit.ts";
import type { EmittedFunction } from "./emitter.ts";
import { layOutFrame } from "./frame.ts";
import { layOutBlocks } from "./layout.ts";
import { prepare } from "./prepare.ts";
import { type SelectOptions, select } from "./select.ts";

/** Changes `fn` as prepare() does. */
export function compileFunction(fn: IrFunction, options: SelectOptions, diagnostics: IrDiagnostic[]): EmittedFunction {
  prepare(fn);
  const selected = select(fn, options, diagnostics);
  const registers = allocate(selected);
  layOutFrame(selected, fn, diagnostics);
  layOutBlocks(selected, registers);
  const emitted = emitFunction(selected, registers, options.cpu, diagnostics);
  // The kernel wants a line for a function's first instruction.
  if (fn.pos !== null && emitted.lines[0]?.insnIdx !== 0) emitted.lines.unshift({ insnIdx: 0, pos: fn.pos });
  return emitted;
}
