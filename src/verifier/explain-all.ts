/**
 * The independent errors of a program, not only the first: behind each refusal the walk goes on as if it had been dealt
 * with, either with the fix that was tried out, or, where there is none, without the paths that lead there.
 *
 *     explainAll(prog, verify(prog).error!)  ->  { errors: [V003 line 16, V005 line 21], accepted: true }
 */
import type { ResolvedProg } from "../obj/spec.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { explainAndRepair } from "./explain.ts";
import type { VerifyOptions } from "./options.ts";
import { verify } from "./verify.ts";

export interface ExplainAllOptions extends VerifyOptions {
  /** Errors at most. Default 5. */
  readonly limit?: number;
}

export interface ExplainedProgram {
  /** In the order in which the verifier meets them. */
  readonly errors: readonly Diagnostic[];
  /** Whether the fixes of all of them together were verified and the program is accepted then. */
  readonly accepted: boolean;
}

/** Steps of the walk after which no further error is looked for. */
const MAX_STEPS = 1_000_000;

/** `first` as verify() gave it. Each error is explained; those of one source line and class are shown once. */
export function explainAll(prog: ResolvedProg, first: Diagnostic, options: ExplainAllOptions = {}): ExplainedProgram {
  const { limit = 5, ...given } = options;
  const errors: Diagnostic[] = [];
  const seen = new Set<string>();
  let at = prog;
  let toOriginal = (insn: number): number => insn;
  let error: Diagnostic | undefined = first;
  let refused = new Set<number>();
  let steps = 0;
  // Twice as many rounds as errors: some are repeats of one line.
  for (let round = 0; round < 2 * limit && errors.length < limit && steps < MAX_STEPS; round++) {
    const { diagnostic, repair } = explainAndRepair(at, error, skipping(given, refused));
    const shown = inOriginal(diagnostic, toOriginal);
    const key = `${shown.code} ${shown.line === null ? shown.insn : `${shown.line.file}:${shown.line.line}`}`;
    if (!seen.has(key)) errors.push(shown);
    seen.add(key);
    if (repair === null) {
      if (error.insn < 0 || refused.has(error.insn)) break;
      refused = new Set([...refused, error.insn]);
    } else {
      const before = toOriginal;
      const { patched } = repair;
      at = patched.prog;
      toOriginal = (insn) => before(patched.toOld(insn));
      refused = new Set([...refused].map(patched.toNew));
    }
    const result = verify(at, { ...skipping(given, refused), logLevel: 0 });
    steps += result.stats.processed;
    if (result.error === undefined)
      return { errors: errors.length > 1 ? errors.map(notAlone) : errors, accepted: refused.size === 0 };
    error = result.error;
  }
  return { errors, accepted: false };
}

/** Of several fixes none is enough by itself. */
function notAlone(diagnostic: Diagnostic): Diagnostic {
  return diagnostic.fix === undefined ? diagnostic : { ...diagnostic, fix: { ...diagnostic.fix, checked: "gone" } };
}

/** Options with which no path goes past these instructions. */
function skipping(options: VerifyOptions, refused: ReadonlySet<number>): VerifyOptions {
  if (refused.size === 0) return options;
  return { ...options, endsPath: (insn) => refused.has(insn) };
}

function inOriginal(diagnostic: Diagnostic, toOriginal: (insn: number) => number): Diagnostic {
  const { insn, related, fix } = diagnostic;
  return {
    ...diagnostic,
    insn: insn < 0 ? insn : toOriginal(insn),
    related: related.map((note) => ({ ...note, insn: note.insn < 0 ? note.insn : toOriginal(note.insn) })),
    ...(fix === undefined
      ? {}
      : { fix: { ...fix, edits: fix.edits.map((edit) => ({ ...edit, insn: toOriginal(edit.insn) })) } }),
  };
}
