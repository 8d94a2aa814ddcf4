/** The compiler's findings as --json has them. */
import type { Diagnostic } from "../lang/c/diag.ts";

export function cDiagnosticJson(one: Diagnostic): unknown {
  const { code, severity, message, file, line, col, endCol, trail, includes, notes, fix, help } = one;
  return {
    code,
    severity,
    message,
    file,
    line,
    col,
    endCol,
    related: notes,
    trail,
    includes,
    help: help ?? fix?.message,
    ...(fix === undefined ? {} : { fix: { edits: [fix] } }),
  };
}
