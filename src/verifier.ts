/** skep/verifier: Linux's verdict on a program, its log, and why it was refused. */
export { CODES, type CodeRow } from "./verifier/codes.ts";
export type { CheckedFix, DiagnosticNote } from "./verifier/diagnostic.ts";
export { explain } from "./verifier/explain.ts";
export { type ExplainAllOptions, type ExplainedProgram, explainAll } from "./verifier/explain-all.ts";
export { type Diagnostic, type VerifyOptions, type VerifyResult, type VerifyStats, verify } from "./verifier/verify.ts";
