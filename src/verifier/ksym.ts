/** LD_IMM64 of a kernel variable or function by BTF id. Source: kernel/bpf/verifier.c, __check_pseudo_btf_id. */
import { EINVAL } from "../base/errno.ts";
import type { Env } from "./env.ts";
import { fail } from "./log.ts";

export function pseudoBtf(env: Env, _dst: number): void {
  fail(env.log, EINVAL, "kernel symbols are not supported yet");
}
