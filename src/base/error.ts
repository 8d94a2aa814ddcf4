/**
 * The one error type. `code` is stable and meant for programs ("elf/truncated"), `message` for people,
 * `site` says where in the input. `advice` is one line that tells what to do.
 */
export interface Site {
  /** File name as the caller gave it. */
  file?: string;
  /** ELF section, BTF type or the like. */
  section?: string;
  /** Byte offset into the file or section named. */
  byte?: number;
  /** Program name. */
  prog?: string;
  /** Instruction index in the program (8-byte slots). */
  insn?: number;
  line?: number;
  col?: number;
}

export interface SkepErrorOptions {
  site?: Site;
  advice?: string;
  /** Linux errno as a positive number, where the failure has one (22 for EINVAL). */
  errno?: number;
  cause?: unknown;
}

export class SkepError extends Error {
  readonly code: string;
  readonly site: Site;
  readonly advice: string | undefined;
  readonly errno: number | undefined;

  constructor(code: string, message: string, options: SkepErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SkepError";
    this.code = code;
    this.site = options.site ?? {};
    this.advice = options.advice;
    this.errno = options.errno;
  }
}

/** A bug in Skep itself: a state that no input may reach. The command line exits with 70. */
export function bug(message: string): never {
  throw new SkepError("bug", message, { advice: "this is a bug in Skep: please report it with the input" });
}
