/**
 * Random restricted C, Skep's object beside clang's:
 *
 *     npm run fuzz:c -- [--seed N] [--count N] [--from I] [--mcpu v2|v3|v4|all] [--batch N] [--findings N] [--against clang|plain]
 *                       [--show] [--worst N] [--slow N] [--no-kernel] [--out FOLDER]
 *
 * Each program runs on fixed inputs in the embedded runtime and, as root, in the kernel. A difference is shrunk and printed; exit code 1.
 * --against plain compares with Skep's own unoptimised code. --show prints the source only. --worst lists the programs that run the most
 * insns for clang's; --slow N shrinks those beyond N times. --out keeps what was shrunk in files.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { kernelJudge } from "../../../src/linux/judge.ts";
import { linux } from "../../../src/linux/target.ts";
import { liveKernel } from "../../live.ts";
import { clang, INPUTS } from "../kit.ts";
import { type Counter, countingTarget } from "./count.ts";
import { compare, type Finding, type Sides } from "./differ.ts";
import { type Cpu, generate, type Program, source } from "./program.ts";
import { reduce } from "./reduce.ts";
import { type Bench, byClang, bySkep, bySkepPlain } from "./sides.ts";

const USAGE = `usage: npm run fuzz:c -- [--seed N] [--count N] [--from I] [--mcpu v2|v3|v4|all] [--batch N] [--findings N]
                         [--against clang|plain] [--show] [--worst N] [--slow N] [--no-kernel] [--out FOLDER]`;

function fail(message: string): never {
  console.error(`${message}\n${USAGE}`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        seed: { type: "string", default: `${Date.now() % 0x7fffffff}` },
        count: { type: "string", default: "10000" },
        from: { type: "string", default: "0" },
        mcpu: { type: "string", default: "v3" },
        batch: { type: "string", default: "40" },
        findings: { type: "string", default: "5" },
        against: { type: "string", default: "clang" },
        show: { type: "boolean", default: false },
        slow: { type: "string", default: "0" },
        worst: { type: "string", default: "5" },
        "no-kernel": { type: "boolean", default: false },
        out: { type: "string", default: "" },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const values = options();
const number = (text: string): number => (/^\d+$/.test(text) ? Number(text) : fail(`${text} is no number`));
const seed = number(values.seed);
const count = number(values.count);
const from = number(values.from);
const cpus: readonly Cpu[] =
  values.mcpu === "all"
    ? [2, 3, 4]
    : /^v?[234]$/.test(values.mcpu)
      ? [Number(values.mcpu.at(-1)) as Cpu]
      : fail(`no cpu ${values.mcpu}`);
const batch = number(values.batch);
/** Program `i` is for this cpu, and with wrapping or without, whatever else runs: batches alternate. */
const make = (i: number): Program => {
  const turn = Math.floor(i / batch);
  return generate(seed, i, cpus[(turn >> 1) % cpus.length]!, turn % 2 === 0);
};

if (values.show) {
  console.log(source(Array.from({ length: count }, (_, i) => make(from + i))));
  process.exit(0);
}
if (values.against === "clang" && clang() === null) fail("clang-19 is not here: --against plain does without");

const counter: Counter = { insns: 0, verdict: "" };
const kernel = !values["no-kernel"] && liveKernel() === null;
const benches = (): Bench[] => [
  { name: "embedded", target: countingTarget(counter, !kernel), counter, judge: null },
  ...(kernel ? [{ name: "kernel", target: linux(), counter: null, judge: kernelJudge() }] : []),
];
function close(all: readonly Bench[]): void {
  for (const { target, judge } of all) {
    judge?.close();
    target.close();
  }
}
const sidesOf = (all: readonly Bench[]): Sides => ({
  ours: bySkep,
  theirs: values.against === "plain" ? bySkepPlain : byClang,
  benches: all,
  inputs: Object.values(INPUTS),
  slow: number(values.slow),
});

const started = Date.now();
let shown = started;
let done = 0;
let unusable = 0;
const accepted: Record<string, { theirs: number; ours: number }> = {};
const kinds: Record<string, number> = {};
const worst: { program: Program; ours: number; theirs: number }[] = [];
let log = 0;
let sums = [0, 0];
let compared = 0;
let reported = 0;

for (let at = 0; at < count; ) {
  // Up to where the next batch begins
  const size = Math.min(batch - ((from + at) % batch), count - at);
  const programs = Array.from({ length: size }, (_, i) => make(from + at + i));
  const all = benches();
  const report = compare(programs, sidesOf(all));
  close(all);
  at += size;
  done += report.programs;
  unusable += report.unusable;
  for (const [name, one] of Object.entries(report.accepted)) {
    accepted[name] ??= { theirs: 0, ours: 0 };
    accepted[name].theirs += one.theirs;
    accepted[name].ours += one.ours;
  }
  for (const { program, ours, theirs } of report.insns) {
    if (theirs === 0) continue;
    compared++;
    log += Math.log(ours / theirs);
    sums = [sums[0]! + ours, sums[1]! + theirs];
    worst.push({ program, ours, theirs });
  }
  worst.sort((a, b) => b.ours / b.theirs - a.ours / a.theirs).splice(number(values.worst));
  for (const finding of report.findings) tell(finding);
  if (Date.now() - shown > 10_000) {
    shown = Date.now();
    console.error(
      `${done} programs, ${Math.round((1000 * done) / (shown - started))} a second, ${JSON.stringify(kinds)}`,
    );
  }
}

function tell(finding: Finding): void {
  const { kind, program } = finding;
  kinds[kind] = (kinds[kind] ?? 0) + 1;
  console.log(`${repeat(program)}   ${kind}: ${finding.message}`);
  if (++reported > number(values.findings)) return;
  // What the kernel does not need to say comes faster without it
  const all = benches().filter((bench) => finding.message.startsWith(bench.name) || bench.counter !== null);
  const small = reduce(finding, sidesOf(all));
  close(all);
  const text = source([small.program]);
  if (values.out !== "")
    writeFileSync(`${values.out}/${kind}-${program.seed}-${program.index}-v${program.cpu}.bpf.c`, text);
  console.log(`${small.message}\n${text.slice(text.indexOf("LICENSE"))}`);
}

function repeat({ index, cpu }: Program): string {
  return `npm run fuzz:c -- --seed ${seed} --from ${index} --count 1 --mcpu v${cpu}`;
}

for (const { program, ours, theirs } of worst) {
  console.log(`${(ours / theirs).toFixed(2)} insns ${ours} / ${theirs}: ${repeat(program)} --show`);
}
const shares = Object.entries(accepted).map(([name, { ours, theirs }]) => `${name} takes ${ours} of ${theirs}`);
console.log(
  `${done} programs of seed ${seed} in ${((Date.now() - started) / 1000).toFixed(0)} s: ${compared} compared, ${unusable} not taken by ${values.against}; ` +
    `${shares.join(", ")}; insns run ${Math.exp(log / Math.max(1, compared)).toFixed(3)}x (mean), ${(sums[0]! / Math.max(1, sums[1]!)).toFixed(3)}x (sum); ` +
    `differences ${JSON.stringify(kinds)}`,
);
process.exit(Object.keys(kinds).length === 0 ? 0 : 1);
