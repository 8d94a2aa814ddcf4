/**
 * Annotated selftests of the kernel, compiled by whoever runs this, against our verdict and log:
 *
 *     npm run verify:annotated -- FOLDER... [--linux | --unprivileged] [--json] [--prog NAME] [--verbose]
 *
 * --linux asks the running kernel too, so that what it does not judge as annotated (configuration, policy) is set apart.
 * --unprivileged takes what is annotated for a load without capabilities; the annotation is then the only judge.
 */
import { parseArgs } from "node:util";
import { type Judge, kernelJudge } from "../../src/linux/judge.ts";
import { verify } from "../../src/verifier/verify.ts";
import { type Expectation, expectationOf, unmet } from "./annotations.ts";
import { type Case, casesOf, objectsBelow } from "./host.ts";

interface Finding {
  readonly file: string;
  readonly prog: string;
  readonly expected: "accepted" | "rejected";
  readonly ours: "accepted" | "rejected";
  readonly kernel: string;
  /** Expected messages, and the first that our log misses. */
  readonly messages: number;
  readonly unmet: number;
  readonly first: string;
}

interface Totals {
  programs: number;
  /** For another machine, without privilege, or not resolvable here. */
  skipped: number;
  /** The kernel itself does not do here what the annotation says. */
  unjudged: number;
  verdicts: number;
  messages: number;
  met: number;
  withMessages: number;
  allMet: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    linux: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
    prog: { type: "string" },
    unprivileged: { type: "boolean", default: false },
  },
});
if (positionals.length === 0) {
  console.error(
    "usage: npm run verify:annotated -- FOLDER... [--linux | --unprivileged] [--json] [--prog NAME] [--verbose]",
  );
  process.exit(2);
}

const totals: Totals = {
  programs: 0,
  skipped: 0,
  unjudged: 0,
  verdicts: 0,
  messages: 0,
  met: 0,
  withMessages: 0,
  allMet: 0,
};
const findings: Finding[] = [];
const reasons = new Map<string, number>();
const judge = values.linux ? kernelJudge() : null;
for (const file of objectsBelow(positionals)) {
  for (const each of casesOf(file)) {
    if (values.prog !== undefined && each.spec.name !== values.prog) continue;
    const expected = each.obj.btf === null ? null : expectationOf(each.obj.btf, each.spec.name, !values.unprivileged);
    if (expected !== null) compare(each, expected);
  }
}
judge?.close();
report();

function compare(each: Case, expected: Expectation): void {
  totals.programs++;
  const { prog, file } = each;
  if (expected.skip !== "" || prog === null) {
    totals.skipped++;
    because(expected.skip || `not resolved: ${each.failure.slice(0, 60)}`);
    return;
  }
  const level = expected.logLevel === 0 && expected.failure ? 1 : expected.logLevel;
  const kernel = judge === null ? "" : kernelSays(judge, each, expected, level);
  if (kernel !== "") {
    totals.unjudged++;
    because(kernel);
    if (values.verbose) console.error(`${file} ${each.spec.name}: ${kernel}`);
    return;
  }
  const ours = verify(prog, {
    ...each.options,
    privileged: !values.unprivileged,
    logLevel: level,
    flags: expected.flags,
  });
  const bad = unmet(ours.log, expected.messages);
  const right = ours.ok !== expected.failure;
  totals.verdicts += right ? 1 : 0;
  totals.messages += expected.messages.length;
  totals.met += expected.messages.length - bad.length;
  if (expected.messages.length > 0) {
    totals.withMessages++;
    totals.allMet += bad.length === 0 ? 1 : 0;
  }
  if (right && bad.length === 0) return;
  findings.push({
    file,
    prog: each.spec.name,
    expected: expected.failure ? "rejected" : "accepted",
    ours: ours.ok ? "accepted" : "rejected",
    kernel: ours.error?.kernel ?? "",
    messages: expected.messages.length,
    unmet: bad.length,
    first: bad.length === 0 ? "" : expected.messages[bad[0]!]!.text,
  });
}

/** Why the kernel is no witness for this program; "" where it does as annotated. */
function kernelSays(kernel: Judge, each: Case, expected: Expectation, level: number): string {
  const verdict = kernel.judge(each.prog!, {
    ...each.extras,
    flags: expected.flags,
    logLevel: (level & 3) as 0 | 1 | 2,
  });
  if (verdict.unusable !== "") return `the kernel: ${verdict.unusable.slice(0, 60)}`;
  if (verdict.ok === expected.failure) return `the kernel says otherwise: ${verdict.message || "accepted"}`;
  if (level === 0) return "";
  return unmet(verdict.log, expected.messages).length === 0 ? "" : "the kernel's log has other messages";
}

function because(reason: string): void {
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

function report(): void {
  if (values.json) {
    console.log(JSON.stringify({ totals, findings, reasons: Object.fromEntries(reasons) }, null, 1));
  } else {
    for (const { file, prog, expected, ours, kernel, unmet: missing, messages, first } of findings) {
      console.log(
        `${file} ${prog}: ${ours}${ours === expected ? "" : `, annotated ${expected}`} ${kernel.split("\n")[0]}`,
      );
      if (missing > 0) console.log(`    ${missing} of ${messages} messages, the first: ${first}`);
    }
    const judged = totals.programs - totals.skipped - totals.unjudged;
    for (const [reason, n] of [...reasons].sort((a, b) => b[1] - a[1])) console.log(`left out: ${n} ${reason}`);
    console.log(
      `${totals.programs} annotated programs, ${judged} judged: ${totals.verdicts} verdicts as annotated, ` +
        `${totals.met} of ${totals.messages} messages, all messages of ${totals.allMet} of ${totals.withMessages} programs`,
    );
  }
  process.exitCode = findings.length === 0 ? 0 : 1;
}
