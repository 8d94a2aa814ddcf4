/**
 * Times one program on several engines, interleaved in one process: every round runs each engine once, so that a machine
 * whose speed drifts slows all of them alike. The cost of an empty program of the same type is subtracted, measured the
 * same way; medians over the rounds are what counts. Rounds are short, well below a scheduler's time slice: the kernel takes
 * the time in which it was preempted out of its own figure, user space cannot, and so most rounds must not be interrupted.
 */
import type { TargetProg, TestRunResult } from "../loader/target.ts";

export interface Contender {
  readonly engine: string;
  readonly prog: TargetProg;
  /** A program of the same type that only returns. */
  readonly empty: TargetProg;
}

export interface Timing {
  readonly engine: string;
  /** Median nanoseconds a run, empty-program cost subtracted, never below 0.1. */
  readonly ns: number;
  readonly retval: number;
}

export interface MeasureOptions {
  readonly data: Uint8Array;
  readonly rounds: number;
  /** Time that one engine may take in one round, in milliseconds. */
  readonly roundMs: number;
}

export interface Measured {
  readonly timings: readonly Timing[];
  /** Whether return values and packets agree on all engines. */
  readonly agree: boolean;
}

const MIN_WARM_UP_MS = 300;
const MAX_WARM_UP_MS = 1500;
const WARM_UP_SLICE_MS = 10;
const MAX_REPEAT = 5_000_000;

export function measure(contenders: readonly Contender[], options: MeasureOptions): Measured {
  const first = contenders.map(({ prog }) => prog.testRun({ data: options.data }));
  const repeats = contenders.map(({ prog, empty }) => ({
    prog: warmRepeat(prog, options),
    empty: warmRepeat(empty, options),
  }));
  const samples = contenders.map(() => ({ prog: [] as number[], empty: [] as number[] }));
  for (let round = 0; round < options.rounds; round++) {
    contenders.forEach(({ prog, empty }, i) => {
      samples[i]!.prog.push(prog.testRun({ data: options.data, repeat: repeats[i]!.prog }).durationNs);
      samples[i]!.empty.push(empty.testRun({ data: options.data, repeat: repeats[i]!.empty }).durationNs);
    });
  }
  const timings = contenders.map(({ engine }, i) => ({
    engine,
    ns: Math.max(0.1, median(samples[i]!.prog) - median(samples[i]!.empty)),
    retval: first[i]!.retval,
  }));
  return { timings, agree: first.every((result) => sameResult(result, first[0]!)) };
}

/**
 * Runs until the code is hot, and returns how many runs fill a round. V8 compiles a module's functions twice, the second
 * time on another thread once they have run a while: hot is when three slices in a row are no faster than those before.
 */
function warmRepeat(prog: TargetProg, options: MeasureOptions): number {
  let best = Number.POSITIVE_INFINITY;
  let repeat = 1;
  let settled = 0;
  for (let spent = 0; spent < MAX_WARM_UP_MS && (spent < MIN_WARM_UP_MS || settled < 3); ) {
    const started = performance.now();
    const ns = Math.max(prog.testRun({ data: options.data, repeat }).durationNs, 1);
    spent += performance.now() - started;
    settled = ns < best * 0.97 ? 0 : settled + 1;
    best = Math.min(best, ns);
    repeat = repeatFor(WARM_UP_SLICE_MS, best);
  }
  return repeatFor(options.roundMs, best);
}

function repeatFor(ms: number, ns: number): number {
  return Math.max(1, Math.min(MAX_REPEAT, Math.floor((ms * 1e6) / ns)));
}

function sameResult(a: TestRunResult, b: TestRunResult): boolean {
  if (a.retval !== b.retval) return false;
  if (a.dataOut === null || b.dataOut === null) return a.dataOut === b.dataOut;
  return Buffer.compare(a.dataOut, b.dataOut) === 0;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
