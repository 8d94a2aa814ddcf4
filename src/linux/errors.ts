/**
 * Three different things that can go wrong in the kernel, told apart by class and by code:
 *
 *     VerifierError  "verify/rejected"       the program: the verifier said no, the log says why
 *     NotSupported   "linux/not-supported"   the kernel: it lacks the feature (too old, or configured without it)
 *     Refused        "linux/refused"         the policy: privilege, lockdown, LSM, seccomp
 */

import type { Since } from "../abi/types.ts";
import { EMFILE, ENFILE, ENOMEM, errnoName } from "../base/errno.ts";
import { SkepError, type SkepErrorOptions } from "../base/error.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import type { Diagnostic } from "../verifier/diagnostic.ts";
import { decisiveLine, type VerifierStats } from "./log.ts";

export class VerifierError extends SkepError {
  /** The verifier's whole log. */
  readonly log: string;
  /** The line of the log that says what is wrong. */
  readonly decisive: string;
  readonly stats: VerifierStats;
  /** What was refused; null where only its name is known. */
  prog: ResolvedProg | null = null;
  /** Once explain() has run: Skep's explanation of the refusal, as for the embedded target. */
  declare diagnostic?: Diagnostic;

  constructor(prog: string, log: string, stats: VerifierStats, errno: number) {
    const decisive = decisiveLine(log);
    super("verify/rejected", `the kernel rejects ${prog}: ${decisive || errnoName(errno)}`, {
      site: { prog },
      errno,
      advice: "skep verify explains it; the whole log is in the error's `log`",
    });
    this.name = "VerifierError";
    this.log = log;
    this.decisive = decisive;
    this.stats = stats;
  }

  /**
   * The refusal in the programmer's words: class, place in the source, what was required and what was known, advice. Skep's
   * own verifier walks the failing path for that; where it would have accepted the program, only the kernel's words remain.
   */
  async explain(): Promise<Diagnostic | null> {
    if (this.diagnostic !== undefined || this.prog === null) return this.diagnostic ?? null;
    // The verifier is large, and only this needs it.
    const { explainRefusal } = await import("./explain.ts");
    this.diagnostic = explainRefusal(this, this.prog);
    return this.diagnostic;
  }
}

export class NotSupported extends SkepError {
  /** "map type arena". */
  readonly feature: string;
  /** Kernel that has it, "" where not known. */
  readonly since: Since | "";

  constructor(feature: string, since: Since | "", options: SkepErrorOptions = {}) {
    super("linux/not-supported", `this kernel has no ${feature}${since === "" ? "" : ` (Linux ${since} has)`}`, {
      advice: since === "" ? "a kernel configured with it" : `Linux ${since} or newer, configured with it`,
      ...options,
    });
    this.name = "NotSupported";
    this.feature = feature;
    this.since = since;
  }
}

export class Refused extends SkepError {
  constructor(what: string, errno: number, options: SkepErrorOptions = {}) {
    super("linux/refused", `${what}: not permitted (${errnoName(errno)})`, {
      errno,
      advice: "run as root or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; lockdown or an LSM may also forbid it",
      ...options,
    });
    this.name = "Refused";
  }
}

/** Failures of the moment, which say nothing of what was asked for. */
export function isExhaustion(errno: number): boolean {
  return errno === EMFILE || errno === ENFILE || errno === ENOMEM;
}

export const EXHAUSTED = "close what is not needed, or raise ulimit -n (fds) and the cgroup's memory";

/** Error of a system call that failed for a reason of its own: code "linux/EINVAL". */
export function sysError(what: string, errno: number, options: SkepErrorOptions = {}): SkepError {
  return new SkepError(`linux/${errnoName(errno)}`, `${what}: ${errnoName(errno)}`, { errno, ...options });
}
