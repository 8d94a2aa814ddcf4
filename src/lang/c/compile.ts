/** C to an object file, all shipped headers at hand. src/c.ts is the same with what is large loaded on demand. */
import { shippedHeader } from "./headers/shipped.ts";
import { type CompileOptions, type CompileResult, translate } from "./translate.ts";

export type { CompileOptions, CompileResult } from "./translate.ts";

/** Compiles one source file. Bad C never throws: see `diagnostics`. */
export function compileC(name: string, source: Uint8Array | undefined, options: CompileOptions = {}): CompileResult {
  return translate(name, source, options, shippedHeader);
}
