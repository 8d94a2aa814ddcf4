/** The arguments of a call against what the BTF of the called function says. Source: btf_check_func_arg_match. */
import { EINVAL } from "../base/errno.ts";
import type { Env, Subprog } from "./env.ts";
import { regsOf } from "./env.ts";
import { checkArgOffset, checkArgType, checkDynptrArg } from "./helper-args.ts";
import { checkMemArg } from "./helper-mem.ts";
import { fail } from "./log.ts";
import { newMeta } from "./meta.ts";
import { ARG_DONTCARE, ARG_PTR_TO_BTF_ID, ARG_PTR_TO_DYNPTR } from "./protos.ts";
import {
  isNull,
  MEM_RDONLY,
  PTR_MAYBE_NULL,
  PTR_TO_ARENA,
  PTR_TO_CTX,
  PTR_UNTRUSTED,
  REG_WORDS,
  SCALAR_VALUE,
} from "./regs.ts";
import { prepareArgs } from "./subprog-args.ts";

/** Throws Reject (with the sentence said) where an argument does not fit. */
export function checkCallArgs(env: Env, s: Subprog): void {
  const args = prepareArgs(env, s);
  const { log } = env;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const r = i + 1;
    const w = regsOf(env);
    const at = r * REG_WORDS;
    const type = w[at]!;
    if (arg.kind === "scalar") {
      if (type !== SCALAR_VALUE) fail(log, EINVAL, `R${r} is not a scalar`);
    } else if (arg.flags & PTR_UNTRUSTED) {
      // Anything may be passed: the function reads it guarded.
    } else if (arg.kind === "ctx") {
      checkArgOffset(env, r, ARG_DONTCARE);
      if (type !== PTR_TO_CTX) fail(log, EINVAL, `arg#${i} expects pointer to ctx`);
    } else if (arg.kind === "mem") {
      checkArgOffset(env, r, ARG_DONTCARE);
      checkMemArg(env, r, arg.memSize);
      if (!(arg.flags & PTR_MAYBE_NULL) && type & PTR_MAYBE_NULL) {
        fail(log, EINVAL, `arg#${i} is expected to be non-NULL`);
      }
    } else if (arg.kind === "arena") {
      if (type !== PTR_TO_ARENA && type !== SCALAR_VALUE) {
        fail(log, EINVAL, `R${r} is not a pointer to arena or scalar.`);
      }
    } else if (arg.kind === "dynptr") {
      checkArgOffset(env, r, ARG_PTR_TO_DYNPTR);
      checkDynptrArg(env, r, -1, ARG_PTR_TO_DYNPTR | MEM_RDONLY, 0);
    } else {
      if (isNull(w, at) && arg.flags & PTR_MAYBE_NULL) continue;
      const meta = newMeta();
      checkArgType(env, r, ARG_PTR_TO_BTF_ID | arg.flags, arg.btfId, meta);
      checkArgOffset(env, r, ARG_PTR_TO_BTF_ID | arg.flags);
    }
  }
}
