/**
 * Advice on refused programs, tried out, and what the running kernel says of each patched program:
 *
 *     npm run verify:fixes -- FOLDER...
 *
 * Counted are programs that the kernel refuses, too. "Accepted here, refused by the kernel" is a false accept: exit 1.
 */
import { kernelJudge } from "../../src/linux/judge.ts";
import { explainAndRepair } from "../../src/verifier/explain.ts";
import { explainAll } from "../../src/verifier/explain-all.ts";
import { verify } from "../../src/verifier/verify.ts";
import { type Case, casesOf, objectsBelow } from "./host.ts";

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: npm run verify:fixes -- FOLDER...");
  process.exit(2);
}

/** Explaining a program walks it some ten times. */
const MAX_PROCESSED = 200_000;

const totals = { refused: 0, severalErrors: 0, accepted: 0, errorGone: 0, byKernel: 0, notJudged: 0, falseAccepts: 0 };
const judge = kernelJudge();
for (const file of objectsBelow(folders)) for (const each of casesOf(file)) tryOut(each);
judge.close();
console.log(
  `${totals.refused} programs that both refuse, ${totals.severalErrors} with several independent errors\n` +
    `fix accepted by the verifier: ${totals.accepted}; of these by the kernel ${totals.byKernel}, ` +
    `not judged ${totals.notJudged}, refused ${totals.falseAccepts}\n` +
    `fix after which another error comes: ${totals.errorGone}`,
);
process.exit(totals.falseAccepts === 0 ? 0 : 1);

function tryOut({ file, prog, options, extras }: Case): void {
  if (prog === null) return;
  const { error, stats } = verify(prog, options);
  if (error === undefined || stats.processed > MAX_PROCESSED) return;
  const kernel = judge.judge(prog, extras);
  if (kernel.ok || kernel.unusable !== "") return;
  totals.refused++;
  if (explainAll(prog, error, options).errors.length > 1) totals.severalErrors++;
  const { diagnostic, repair } = explainAndRepair(prog, error, options);
  if (repair === null) return;
  if (!repair.result.ok) {
    totals.errorGone++;
    return;
  }
  totals.accepted++;
  const verdict = judge.judge(repair.patched.prog, extras);
  if (verdict.unusable !== "") totals.notJudged++;
  else if (verdict.ok) totals.byKernel++;
  else {
    totals.falseAccepts++;
    console.log(`${file} ${prog.spec.name} [${diagnostic.code}]: the kernel refuses the fix: ${verdict.message}`);
  }
}
