/**
 * Advice tried out: the fixes of an explanation applied to the bytecode, one after the other, and verified. Only what the
 * verifier then takes is called checked.
 */
import type { ResolvedProg } from "../obj/spec.ts";
import type { CheckedFix, Diagnostic } from "./diagnostic.ts";
import type { Fix } from "./explain-fixes.ts";
import { bareInsnText } from "./insn-text.ts";
import type { VerifyOptions } from "./options.ts";
import { applyPatch, type Patched } from "./patch.ts";
import { type VerifyResult, verify } from "./verify.ts";

export interface Repair {
  readonly fix: Fix;
  readonly checked: CheckedFix;
  readonly patched: Patched;
  /** What the verifier says of the patched program: accepted, or refused elsewhere. */
  readonly result: VerifyResult;
}

/** The first fix that the verifier accepts; else the first after which it refuses something else; else null. */
export function repair(
  prog: ResolvedProg,
  diagnostic: Diagnostic,
  fixes: readonly Fix[],
  options: VerifyOptions,
): Repair | null {
  let best: Repair | null = null;
  for (const first of fixes) {
    let fix = first;
    let tried = attempt(prog, fix, options);
    for (let i = 0; i < MAX_GROWN && tried !== null && !tried.result.ok; i++) {
      const more = fix.grow?.(tried.result.error!.kernel) ?? null;
      if (more === null) break;
      fix = more;
      tried = attempt(prog, fix, options);
    }
    if (tried === null) continue;
    const { patched, result } = tried;
    if (!result.ok && (best !== null || !isElsewhere(result.error!, diagnostic, patched))) continue;
    best = { fix, checked: checkedFix(patched, result.ok), patched, result };
    if (result.ok) return best;
  }
  return best;
}

const MAX_GROWN = 8;

function attempt(
  prog: ResolvedProg,
  fix: Fix,
  options: VerifyOptions,
): { readonly patched: Patched; readonly result: VerifyResult } | null {
  const patched = applyPatch(prog, fix);
  if (patched === null) return null;
  const { endsPath } = options;
  const own =
    endsPath === undefined ? {} : { endsPath: (insn: number) => isOld(patched, insn) && endsPath(patched.toOld(insn)) };
  return { patched, result: verify(patched.prog, { ...options, ...own, logLevel: 0 }) };
}

function isOld(patched: Patched, insn: number): boolean {
  return patched.toNew(patched.toOld(insn)) === insn;
}

/** An error in the new instructions or where the old one was is no progress. */
function isElsewhere(error: Diagnostic, before: Diagnostic, patched: Patched): boolean {
  if (error.insn < 0 || patched.fresh.includes(error.insn)) return false;
  return patched.toOld(error.insn) !== before.insn;
}

function checkedFix(patched: Patched, accepted: boolean): CheckedFix {
  const edits: { insn: number; insns: string[] }[] = [];
  patched.fresh.forEach((slot, i) => {
    const text = bareInsnText(patched.prog, slot);
    if (i > 0 && patched.fresh[i - 1] === slot - 1) edits.at(-1)!.insns.push(text);
    else edits.push({ insn: patched.toOld(slot), insns: [text] });
  });
  return { edits, checked: accepted ? "accepted" : "gone" };
}
