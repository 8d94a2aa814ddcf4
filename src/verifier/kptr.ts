/** Loads and stores of kernel pointers kept in map values. Source: kernel/bpf/verifier.c, check_map_kptr_access. */
import { EACCES, EINVAL } from "../base/errno.ts";
import type { Env } from "./env.ts";
import { fail } from "./log.ts";
import type { Field } from "./record.ts";

export function checkKptrAccess(env: Env, _value: number, _field: Field): void {
  fail(env.log, EACCES, "kptr access is not supported yet");
}

/** R`r` may be stored in the kptr; refuses otherwise. */
export function kptrMatches(env: Env, r: number, _field: Field): void {
  fail(env.log, EINVAL, `invalid kptr access, R${r}`);
}
