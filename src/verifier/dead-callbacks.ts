/**
 * Addresses of functions that no path reached: the kernel removes such a function as dead code, and its JIT then finds none at the
 * address, unless another function has moved there. Its sentence counts insns after its rewrites, ours those of the program. Source: kernel/bpf/verifier.c, opt_remove_dead_code, jit_subprogs.
 */
import { EFAULT } from "../base/errno.ts";
import { findSubprog, subprogEnd } from "./cfg.ts";
import type { Env } from "./env.ts";
import { fail } from "./log.ts";

const LD_IMM64 = 0x18;
const PSEUDO_FUNC = 4;

/** After the walk. Programs of one function are not looked at, and those of loaders without capabilities keep dead code. */
export function checkDeadCallbacks(env: Env): void {
  const { insns, aux } = env;
  if (!env.bpfCapable || env.subprogs.length === 1) return;
  const isLive = (s: number): boolean => aux.seen.subarray(env.subprogs[s]!.start, subprogEnd(env, s)).includes(1);
  const added = env.seenException && env.exceptionCallback === 0 ? 1 : 0;
  const left = env.subprogs.filter((_, s) => isLive(s)).length + added;
  if (left === 1) return;
  for (let i = 0; i < insns.length; i++) {
    if (insns.code[i] !== LD_IMM64) continue;
    if (insns.src[i] === PSEUDO_FUNC && aux.seen[i] === 1) checkTarget(env, i + insns.imm[i]! + 1);
    i++;
  }
}

function checkTarget(env: Env, target: number): void {
  const { seen } = env.aux;
  if (seen[target] === 1) return;
  // Insns behind a removed range move to where it began; an address within it stays.
  const begins = target === 0 || seen[target - 1] === 1;
  let next = target;
  while (next < seen.length && seen[next] === 0) next++;
  if (begins && next < seen.length && findSubprog(env, next) >= 0) return;
  fail(env.log, EFAULT, `verifier bug: No program to jit at insn ${target} (subprog < 0)`);
}
