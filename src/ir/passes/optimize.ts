/** The passes in their order. */
import type { IrDiagnostic, IrModule } from "../ir.ts";

export interface OptimizeOptions {
  readonly cpu?: 2 | 3 | 4;
}

/** Changes the module. */
export function optimize(module: IrModule, options: OptimizeOptions = {}): IrDiagnostic[] {
  void module;
  void options;
  return [];
}
