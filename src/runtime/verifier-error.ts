/** A program that the verifier refuses, as the embedded target throws it: code "verify/rejected", as the kernel target's. */
import { SkepError } from "../base/error.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { type Diagnostic, verify } from "../verifier/verify.ts";

export class VerifierError extends SkepError {
  readonly diagnostic: Diagnostic;
  readonly #prog: ResolvedProg;
  #log: string | null = null;

  constructor(prog: ResolvedProg, diagnostic: Diagnostic) {
    const { insn, line, errno, message, code } = diagnostic;
    super("verify/rejected", `the verifier rejects ${prog.spec.name}: ${message} [${code}]`, {
      site: {
        prog: prog.spec.name,
        section: prog.spec.section,
        ...(insn < 0 ? {} : { insn }),
        ...(line === null ? {} : { file: line.file, line: line.line, col: line.col }),
      },
      errno,
      advice: `the kernel would say: ${diagnostic.kernel.split("\n")[0]}; skep explain ${code} tells more`,
    });
    this.name = "VerifierError";
    this.diagnostic = diagnostic;
    this.#prog = prog;
  }

  /** The failing path in the kernel's log format (level 1), made when asked for. */
  get log(): string {
    this.#log ??= verify(this.#prog, { logLevel: 1 }).log;
    return this.#log;
  }
}
