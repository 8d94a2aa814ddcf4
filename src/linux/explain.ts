/** A refusal of the kernel's verifier, told as Skep tells its own: from the log the sentence and the insn, from a walk the rest. */
import type { LineInfo, ResolvedProg } from "../obj/spec.ts";
import { type Diagnostic, diagnose } from "../verifier/diagnostic.ts";
import { explain } from "../verifier/explain.ts";
import { verify } from "../verifier/verify.ts";
import type { VerifierError } from "./errors.ts";
import { sentences } from "./log.ts";

export function explainRefusal(error: VerifierError, prog: ResolvedProg): Diagnostic {
  const said = sentences(error.log).join("\n");
  const insn = refusedInsn(error.log);
  const found = diagnose(
    said === "" ? error.decisive : said,
    error.errno ?? 0,
    insn,
    lineOf(prog, insn),
    prog.spec.name,
  );
  // Only a verifier that refuses the same insn has a failing path to tell of.
  const own = verify(prog).error;
  return own === undefined || own.insn !== insn ? found : explain(prog, found);
}

/** The last insn that the log shows before its sentence: "17: (61) r2 = *(u32 *)(r1 +0)"; -1 where there is none. */
function refusedInsn(log: string): number {
  let insn = -1;
  for (const match of log.matchAll(/^(\d+): \([0-9a-f]{2}\) /gm)) insn = Number(match[1]);
  return insn;
}

function lineOf(prog: ResolvedProg, insn: number): LineInfo | null {
  let line: LineInfo | null = null;
  if (insn >= 0) for (const info of prog.spec.lines) if (info.insnIdx <= insn) line = info;
  return line;
}
