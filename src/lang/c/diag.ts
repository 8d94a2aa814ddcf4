/**
 * Diagnostics as data. Codes are stable: C0xx lexing and preprocessing, C1xx syntax, C2xx names and types, C3xx constants and
 * initialisers, C4xx what eBPF cannot do, C5xx warnings. Lines and columns count from 1; columns in bytes.
 */
export type Severity = "error" | "warning" | "note";

export interface DiagPlace {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** One past the last column of the token or range. */
  readonly endCol: number;
}

/** One macro expansion on the way, innermost first. */
export interface MacroStep {
  readonly macro: string;
  /** Where the text stands in the macro's body (or in an argument). */
  readonly at: DiagPlace;
}

export interface DiagNote extends DiagPlace {
  readonly message: string;
}

/** Replace [col, endCol) of the line by `text` (an insertion where they are equal). */
export interface DiagFix extends DiagPlace {
  readonly message: string;
  readonly text: string;
}

export interface Diagnostic extends DiagPlace {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** Empty where the place is plain text. The diagnostic's own place is where the outermost macro was used. */
  readonly trail: readonly MacroStep[];
  /** `file:line` of the #include lines that lead here, innermost first. */
  readonly includes: readonly { readonly file: string; readonly line: number }[];
  readonly notes: readonly DiagNote[];
  readonly fix: DiagFix | undefined;
  /** What to write instead, where one line can say it. */
  readonly help: string | undefined;
}
