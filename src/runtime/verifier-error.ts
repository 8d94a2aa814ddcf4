/** A program that the verifier refuses, as the embedded target throws it: code "verify/rejected", as the kernel target's. */
import { SkepError } from "../base/error.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { explain } from "../verifier/explain.ts";
import { type Diagnostic, verify } from "../verifier/verify.ts";

export class VerifierError extends SkepError {
  readonly diagnostic: Diagnostic;
  readonly #prog: ResolvedProg;
  #explained: Diagnostic | null = null;
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

  /** The diagnostic with what the failing path tells (required against known, notes, help), made when asked for. */
  get explained(): Diagnostic {
    this.#explained ??= explain(this.#prog, this.diagnostic);
    return this.#explained;
  }

  /** The failing path in the kernel's log format (level 1), made when asked for. */
  get log(): string {
    this.#log ??= verify(this.#prog, { logLevel: 1 }).log;
    return this.#log;
  }
}
