/** Reading and writing a register, and small questions about the running frame's registers. */
import { EACCES, EFAULT, EINVAL } from "../base/errno.ts";
import { boundsViolation } from "./bounds.ts";
import { type Env, regsOf } from "./env.ts";
import { fail, scratchReg, write } from "./log.ts";
import {
  ADD_CONST,
  ID,
  isConst,
  MASK,
  markNotInit,
  markUnknown,
  NOT_INIT,
  OFF,
  REG_WORDS,
  S32MAX,
  S32MIN,
  SCALAR_VALUE,
  SMAX,
  SMIN,
  U32MAX,
  U32MIN,
  UMAX,
  UMIN,
  unbound,
  VAL,
  type Words,
} from "./regs.ts";
import { big } from "./words.ts";

/** An operand that is read. */
export function useReg(env: Env, r: number): void {
  if (r >= 11) fail(env.log, EINVAL, `R${r} is invalid`);
  scratchReg(env.log, r);
  if (regsOf(env)[r * REG_WORDS] === NOT_INIT) fail(env.log, EACCES, `R${r} !read_ok`);
}

/** An operand that is written. The register keeps its words. */
export function defReg(env: Env, r: number): void {
  if (r >= 11) fail(env.log, EINVAL, `R${r} is invalid`);
  scratchReg(env.log, r);
  if (r === 10) fail(env.log, EACCES, "frame pointer is read only");
}

/** Nothing is known of the register any more. */
export function unknownReg(env: Env, r: number): void {
  markUnknown(regsOf(env), r * REG_WORDS, !env.bpfCapable);
}

export function uninitReg(env: Env, w: Words, at: number): void {
  markNotInit(w, at, !env.bpfCapable);
}

/** A pointer that died: unreadable for programs that must not see addresses, else a scalar. */
export function invalidReg(env: Env, w: Words, at: number): void {
  if (env.allowPtrLeaks) markUnknown(w, at, !env.bpfCapable);
  else markNotInit(w, at, !env.bpfCapable);
}

/** Helper and function calls clobber R0 to R5. */
export function clobberCallerSaved(env: Env, w: Words): void {
  for (let r = 0; r <= 5; r++) {
    markNotInit(w, r * REG_WORDS, !env.bpfCapable);
    scratchReg(env.log, r);
  }
}

/** A pointer that this program must not let out. */
export function isPointerValue(env: Env, r: number): boolean {
  return !env.allowPtrLeaks && regsOf(env)[r * REG_WORDS] !== SCALAR_VALUE;
}

/** Gives a scalar an id before it is copied, so that copies learn from each other's comparisons. */
export function linkBeforeCopy(env: Env, w: Words, at: number): void {
  if (w[at] !== SCALAR_VALUE) return;
  if (w[at + ID]! & ADD_CONST) {
    w[at + ID] = 0;
    w[at + OFF] = 0;
  }
  if (w[at + ID] === 0 && !isConst(w, at)) w[at + ID] = ++env.idGen;
}

/** Ranges that contradict each other are forgotten, as the kernel does after its warning. */
export function checkBounds(env: Env, w: Words, at: number, where: string): void {
  const message = boundsViolation(w, at);
  if (message === null) return;
  const u64 = (f: number): string => `0x${big(w[at + f]!, w[at + f + 1]!).toString(16)}`;
  const u32 = (f: number): string => `0x${(w[at + f]! >>> 0).toString(16)}`;
  write(
    env.log,
    `verifier bug: REG INVARIANTS VIOLATION (${where}): ${message} u64=[${u64(UMIN)}, ${u64(UMAX)}] ` +
      `s64=[${u64(SMIN)}, ${u64(SMAX)}] u32=[${u32(U32MIN)}, ${u32(U32MAX)}] ` +
      `s32=[${u32(S32MIN)}, ${u32(S32MAX)}] var_off=(${u64(VAL)}, ${u64(MASK)})\n`,
  );
  if (env.testRegInvariants) fail(env.log, EFAULT, "register invariants violated");
  unbound(w, at);
}
