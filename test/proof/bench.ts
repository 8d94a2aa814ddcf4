/**
 * Time for each processed insn beside the kernel's own verification_time, in one run:
 *
 *     npm run bench:verifier -- FOLDER-OR-FILE... [--min N] [--max N] [--rounds N] [--json]
 *
 * Programs that process from --min (100) to --max (500,000) insns, and those that end at the limit of a million. Of several rounds the
 * fastest counts, on both sides. Peak memory is the process's, read after each program.
 */
import { parseArgs } from "node:util";
import { type Judge, kernelJudge } from "../../src/linux/judge.ts";
import { verify } from "../../src/verifier/verify.ts";
import { liveKernel } from "../live.ts";
import { type Case, casesOf, objectsBelow } from "./host.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    min: { type: "string", default: "100" },
    max: { type: "string", default: "500000" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const [min, max, rounds] = [Number(values.min), Number(values.max), Number(values.rounds)];
const missing = liveKernel();
if (positionals.length === 0 || missing !== null || ![min, max, rounds].every(Number.isSafeInteger)) {
  console.error("usage: npm run bench:verifier -- FOLDER-OR-FILE... [--min N] [--max N] [--rounds N] [--json]");
  if (missing !== null) console.error(`needs the kernel to compare with: ${missing}`);
  process.exit(2);
}

interface Row {
  readonly name: string;
  readonly processed: number;
  readonly oursUs: number;
  readonly kernelUs: number;
}

const LIMIT = 1_000_000;
/** Short programs run oftener: our code is translated by how often it has run. */
const WARM_MS = 60;
const rows: Row[] = [];
let peakBytes = 0;
let peakAtLimit = 0;
const judge = kernelJudge();
for (const file of objectsBelow(positionals)) for (const each of casesOf(file)) measure(judge, each);
judge.close();
report();

function measure(kernel: Judge, each: Case): void {
  const { prog, extras, options } = each;
  if (prog === null) return;
  const first = kernel.judge(prog, extras);
  const { processed } = first;
  const isAtLimit = processed > LIMIT;
  if (first.unusable !== "" || processed < min || (processed > max && !isAtLimit)) return;
  let oursUs = Number.POSITIVE_INFINITY;
  let kernelUs = first.us;
  const began = Date.now();
  for (let round = 0; round < (isAtLimit ? 2 : rounds) || (Date.now() - began < WARM_MS && round < 100); round++) {
    const ours = verify(prog, options);
    // Not the same work: a bug that the comparison finds, not this.
    if (ours.stats.processed !== processed) return;
    oursUs = Math.min(oursUs, ours.stats.us);
    kernelUs = Math.min(kernelUs, kernel.judge(prog, extras).us);
    const { rss } = process.memoryUsage();
    peakBytes = Math.max(peakBytes, rss);
    if (isAtLimit) peakAtLimit = Math.max(peakAtLimit, rss);
  }
  rows.push({ name: `${each.file} ${each.spec.name}`, processed, oursUs, kernelUs });
}

function report(): void {
  const ratios = rows.map(ratio).sort((a, b) => a - b);
  const at = (part: number): number => ratios[Math.min(ratios.length - 1, Math.floor(ratios.length * part))] ?? 0;
  const sum = (key: "oursUs" | "kernelUs" | "processed"): number => rows.reduce((n, row) => n + row[key], 0);
  const summary = {
    programs: rows.length,
    processed: sum("processed"),
    oursNs: (1000 * sum("oursUs")) / sum("processed"),
    kernelNs: (1000 * sum("kernelUs")) / sum("processed"),
    ratio: sum("oursUs") / sum("kernelUs"),
    median: at(0.5),
    p90: at(0.9),
    peakMiB: peakBytes / 2 ** 20,
    peakAtLimitMiB: peakAtLimit / 2 ** 20,
  };
  if (values.json) {
    console.log(JSON.stringify({ ...summary, rows }, null, 1));
    return;
  }
  for (const row of [...rows].sort((a, b) => b.processed - a.processed).slice(0, 25)) {
    const { name, processed, oursUs, kernelUs } = row;
    console.log(
      `${`${processed}`.padStart(9)} insns ${ms(oursUs)} ours ${ms(kernelUs)} kernel ${ratio(row).toFixed(1).padStart(5)}x  ${name}`,
    );
  }
  console.log(
    `${summary.programs} programs, ${summary.processed} insns processed: ${summary.oursNs.toFixed(0)} ns an insn, kernel ` +
      `${summary.kernelNs.toFixed(0)} ns; ratio of the sums ${summary.ratio.toFixed(2)}, median ${summary.median.toFixed(2)}, ` +
      `90% below ${summary.p90.toFixed(2)}; peak memory ${summary.peakMiB.toFixed(0)} MiB, at the limit of a million ${summary.peakAtLimitMiB.toFixed(0)} MiB`,
  );
}

function ratio(row: Row): number {
  return row.oursUs / Math.max(1, row.kernelUs);
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(2).padStart(9)} ms`;
}
