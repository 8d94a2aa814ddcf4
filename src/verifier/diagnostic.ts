/**
 * What a refusal tells: a stable code, one line in the programmer's words, the kernel's own sentence, and where. verify()
 * makes it; explain() adds what the failing path shows: what was required and known, where that comes from, advice.
 */
import type { LineInfo } from "../obj/spec.ts";
import { classify } from "./codes.ts";

export interface DiagnosticNote {
  /** Stands beneath the carets of its line: "bytes 0..33 proven readable here". */
  readonly message: string;
  readonly insn: number;
  readonly line: LineInfo | null;
  /** The expression meant, as columns of `line` from 1: [first, behind the last]. */
  readonly span?: readonly [number, number];
  /** The instruction, for programs without source lines. */
  readonly text?: string;
}

/** Advice that was applied to the bytecode and verified. */
export interface CheckedFix {
  /** Instructions put before slot `insn` (or in its place), as text. */
  readonly edits: readonly { readonly insn: number; readonly insns: readonly string[] }[];
  /** "accepted": the program is accepted with it. "gone": this error is, another one comes later. */
  readonly checked: "accepted" | "gone";
}

export interface Diagnostic {
  /** "V012"; `skep explain V012` teaches the class. */
  readonly code: string;
  readonly message: string;
  /** The kernel's sentence or sentences, verbatim, one a line. */
  readonly kernel: string;
  /** As a positive number: what the kernel's load would give. */
  readonly errno: number;
  /** Insn slot, -1 where the program as a whole is refused. */
  readonly insn: number;
  readonly line: LineInfo | null;
  readonly prog: string;
  readonly related: readonly DiagnosticNote[];
  /** Advice: of the class, or of explain() for this very case. */
  readonly help?: string;
  // From here on by explain() only.
  /** Function of the program where that is not the entry. */
  readonly func?: string;
  /** Stands beneath the carets of `line`. */
  readonly label?: string;
  readonly span?: readonly [number, number];
  readonly text?: string;
  /** An inequality in two halves: "offset 0..1020 + 4 <= 256" against "offset is 0..1020". */
  readonly required?: string;
  readonly known?: string;
  /** Only where `help` was tried out and the verifier went on. */
  readonly fix?: CheckedFix;
}

/** The diagnostic for what the kernel would say. */
export function diagnose(kernel: string, errno: number, insn: number, line: LineInfo | null, prog: string): Diagnostic {
  const { code, message, help } = classify(kernel);
  return { code, message, kernel, errno, insn, line, prog, related: [], ...(help === "" ? {} : { help }) };
}
