/** Calls of kernel functions by BTF id. */
import { EINVAL } from "../base/errno.ts";
import type { Env } from "./env.ts";
import { fail } from "./log.ts";

/** True where the kfunc is bpf_throw: the path ends. */
export function checkKfuncCall(env: Env): boolean {
  fail(env.log, EINVAL, `kernel function ${env.insns.imm[env.insnIdx]} is not supported yet`);
}

/** The kfunc may be called with a spin lock held. */
export function isSpinAllowed(_env: Env, _i: number): boolean {
  return false;
}
