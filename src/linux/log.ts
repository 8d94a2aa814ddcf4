/**
 * What the verifier's log says: its statistics and the line that decides.
 *
 *     processed 17 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 0
 *     verification time 42 usec
 *     stack depth 8+0
 *
 * Source: kernel/bpf/verifier.c print_verification_stats, 6.18.
 */
export interface VerifierStats {
  /** Insns processed, 0 where the log does not say. */
  readonly processed: number;
  readonly maxStatesPerInsn: number;
  readonly totalStates: number;
  readonly peakStates: number;
  /** Microseconds. */
  readonly us: number;
  /** Bytes of stack of each function, in order; [] where not said. */
  readonly stackDepth: readonly number[];
}

export const NO_STATS: VerifierStats = {
  processed: 0,
  maxStatesPerInsn: 0,
  totalStates: 0,
  peakStates: 0,
  us: 0,
  stackDepth: [],
};

const STATS =
  /^processed (\d+) insns \(limit \d+\) max_states_per_insn (\d+) total_states (\d+) peak_states (\d+)(?: mark_read \d+)?/m;

/** Statistics stand at the end: only the last lines are searched. */
export function parseStats(log: string): VerifierStats {
  const tail = log.length > 4096 ? log.slice(-4096) : log;
  const match = STATS.exec(tail);
  if (match === null) return NO_STATS;
  return {
    processed: Number(match[1]),
    maxStatesPerInsn: Number(match[2]),
    totalStates: Number(match[3]),
    peakStates: Number(match[4]),
    us: Number(/^verification time (\d+) usec/m.exec(tail)?.[1] ?? 0),
    stackDepth: (/^stack depth ([\d+]+)/m.exec(tail)?.[1] ?? "").split("+").filter(Boolean).map(Number),
  };
}

const NOT_DECISIVE =
  /^(processed \d|verification time|stack depth|insn_stats|mark_precise:|\d+: |from \d+ to \d+|; |func#\d+ @|Func#|Live regs before|\s*$|parent didn't have|parent already had|last_idx|regs=|propagating r|arg#\d+ reference type|old state|cur state|R\d+(_\w+)?=|caller:|callee:|returning from callee|to caller at)/;

/** The last line that is neither an insn, a state nor a statistic: the verifier's sentence. "" if there is none. */
export function decisiveLine(log: string): string {
  return sentences(log).at(-1) ?? "";
}

/** The sentences that the log ends with, in order: mostly one, sometimes the access and what is wrong with it. */
export function sentences(log: string): string[] {
  const found: string[] = [];
  let end = log.length;
  while (end > 0) {
    const start = log.lastIndexOf("\n", end - 1) + 1;
    const line = log.slice(start, end).replace(/\0/g, "");
    if (!NOT_DECISIVE.test(line)) found.unshift(line);
    else if (found.length > 0) break;
    end = start - 1;
  }
  return found;
}
