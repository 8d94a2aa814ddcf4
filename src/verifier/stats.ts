/**
 * What the log ends with:
 *
 *     verification time 41 usec            with BPF_LOG_STATS
 *     stack depth 24+0                     with BPF_LOG_STATS, one number a subprogram that is left
 *     processed 34 insns (limit 1000000) max_states_per_insn 1 total_states 3 peak_states 3 mark_read 0
 *
 * Depths are those after the kernel's rewrites: dead subprograms are gone, inlined bpf_loop and may_goto need slots of their own.
 * Source: kernel/bpf/verifier.c, print_verification_stats, optimize_bpf_loop, opt_remove_nops, do_misc_fixups.
 */
import { containingSubprog, subprogEnd } from "./cfg.ts";
import type { Env, Subprog } from "./env.ts";
import { write } from "./log.ts";

export interface VerifyStats {
  /** Insns walked, over all paths. */
  readonly processed: number;
  readonly totalStates: number;
  readonly peakStates: number;
  readonly maxStatesPerInsn: number;
  /** Microseconds. */
  readonly us: number;
}

const MAY_GOTO = 0xe5;
const JA = 0x05;
/** r6 to r8 around the body of an inlined loop. */
const LOOP_BYTES = 24;
/** Count and start time (x86-64 and arm64 have timed may_goto). */
const MAY_GOTO_BYTES = 16;

export function statsOf(env: Env, started: number): VerifyStats {
  return {
    processed: env.processed,
    totalStates: env.totalStates,
    peakStates: env.peakStates,
    maxStatesPerInsn: env.maxStatesPerInsn,
    us: Math.round((performance.now() - started) * 1000),
  };
}

export function writeStats(env: Env, stats: VerifyStats): void {
  const { log } = env;
  if (log.stats) {
    const depths = env.rewritten ? rewrittenDepths(env) : env.subprogs.map((s) => s.stackDepth);
    write(log, `verification time ${stats.us} usec\nstack depth ${depths.join("+")}\n`);
  }
  write(
    log,
    `processed ${stats.processed} insns (limit 1000000) max_states_per_insn ${stats.maxStatesPerInsn} ` +
      `total_states ${stats.totalStates} peak_states ${stats.peakStates} mark_read 0\n`,
  );
}

function rewrittenDepths(env: Env): number[] {
  const { aux, bpfCapable, seenException, exceptionCallback } = env;
  const mayGotos = remainingMayGotos(env);
  const depths: number[] = [];
  env.subprogs.forEach((subprog, s) => {
    const end = subprogEnd(env, s);
    if (bpfCapable && !aux.seen.subarray(subprog.start, end).includes(1)) return;
    let depth = subprog.stackDepth;
    if (aux.loopCallback.subarray(subprog.start, end).some((callback) => callback > 0)) {
      depth = ((depth + 7) & ~7) + LOOP_BYTES;
    }
    if (mayGotos.has(subprog)) depth += MAY_GOTO_BYTES;
    depths.push(depth);
  });
  // bpf_throw without a callback of the program's own gets one from the kernel.
  if (seenException && exceptionCallback === 0) depths.push(0);
  return depths;
}

/** Subprograms with a may_goto that is neither dead nor a jump to the next insn. */
function remainingMayGotos(env: Env): Set<Subprog> {
  const { insns, aux, bpfCapable } = env;
  if (!insns.code.includes(MAY_GOTO)) return new Set();
  const live: number[] = [];
  for (let i = 0; i < insns.length; i++) if (!bpfCapable || aux.seen[i] === 1) live.push(i);
  const isJumpToNext = (at: number): boolean => {
    const i = live[at]!;
    const jumps = insns.code[i] === JA || insns.code[i] === MAY_GOTO;
    return jumps && insns.off[i]! >= 0 && (live[at + 1] ?? insns.length) >= i + 1 + insns.off[i]!;
  };
  if (bpfCapable) {
    for (let at = 0; at < live.length; ) {
      if (!isJumpToNext(at)) at++;
      else if (insns.code[live.splice(at, 1)[0]!] === MAY_GOTO && at > 0) at--;
    }
  }
  return new Set(live.filter((i) => insns.code[i] === MAY_GOTO).map((i) => containingSubprog(env, i)));
}
