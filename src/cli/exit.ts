/** Exit codes, and how a failure becomes one. */
import { SkepError } from "../base/error.ts";

export const EXIT_OK = 0;
/** A test or check failed. */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;
export const EXIT_COMPILE = 3;
/** Rejected by the verifier. */
export const EXIT_REJECTED = 4;
/** Privilege or feature missing. */
export const EXIT_MISSING = 5;
/** Input that cannot be read or makes no sense. */
export const EXIT_INPUT = 6;
export const EXIT_BUG = 70;
export const EXIT_INTERRUPTED = 130;

/** Family of a code (what stands before the '/') -> exit code; anything else is input. */
const BY_FAMILY: Readonly<Record<string, number>> = {
  bug: EXIT_BUG,
  usage: EXIT_USAGE,
  compile: EXIT_COMPILE,
  asm: EXIT_COMPILE,
  verify: EXIT_REJECTED,
  run: EXIT_FAILED,
  check: EXIT_FAILED,
  linux: EXIT_MISSING,
};

/** Single codes that differ from their family. */
const BY_CODE: Readonly<Record<string, number>> = {
  "load/helper": EXIT_MISSING,
  "load/not-supported": EXIT_MISSING,
  "linux/verifier": EXIT_REJECTED,
  "attach/option": EXIT_USAGE,
  "attach/EPERM": EXIT_MISSING,
};

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof SkepError)) return EXIT_BUG;
  const family = error.code.split("/")[0]!;
  return BY_CODE[error.code] ?? BY_FAMILY[family] ?? EXIT_INPUT;
}
