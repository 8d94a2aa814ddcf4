/**
 * Random and changed programs, our verdict beside the running kernel's:
 *
 *     npm run fuzz:verifier -- [--seed N] [--count N] [--from I] [--findings N] [--insns N] [FOLDER...]
 *
 * The folders hold objects whose programs are changed; without one, the repository's own. Without a kernel to ask (no root, another
 * system) only that every program gets a verdict.
 */
import { parseArgs } from "node:util";
import { kernelJudge } from "../../src/linux/judge.ts";
import { liveKernel } from "../live.ts";
import { basesOf, OBJECTS } from "./bases.ts";
import { fuzzVerdicts } from "./verdicts.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: `${Date.now() % 0x7fffffff}` },
    count: { type: "string", default: "10000" },
    from: { type: "string", default: "0" },
    findings: { type: "string", default: "10" },
    insns: { type: "string", default: "400" },
  },
});
const [seed, count, from, shown, insns] = [values.seed, values.count, values.from, values.findings, values.insns].map(
  Number,
) as [number, number, number, number, number];
if (![seed, count, from, shown, insns].every(Number.isSafeInteger)) {
  console.error(
    "usage: npm run fuzz:verifier -- [--seed N] [--count N] [--from I] [--findings N] [--insns N] [FOLDER...]",
  );
  process.exit(2);
}

const judge = liveKernel() === null ? kernelJudge() : null;
const bases = basesOf(positionals.length > 0 ? positionals : OBJECTS, insns, judge);
console.error(
  `seed ${seed}, ${count} programs, ${bases.length} to change, ${judge === null ? "no kernel" : "with the kernel"}`,
);
const started = Date.now();
let last = started;
let findings = 0;
const totals = fuzzVerdicts({
  seed,
  count,
  from,
  bases,
  judge,
  onFinding({ kind, index, message, text }) {
    if (++findings > shown) return;
    console.log(`${kind}: npm run fuzz:verifier -- --seed ${seed} --from ${index} --count 1 ${positionals.join(" ")}`);
    console.log(`${message}\n${text}`);
  },
  onProgress(done) {
    if (Date.now() - last < 10_000) return;
    last = Date.now();
    console.error(`${done} programs, ${Math.round((1000 * done) / (last - started))} a second`);
  },
});
judge?.close();
const seconds = (Date.now() - started) / 1000;
const { programs, accepted, agree, falseAccept, falseReject, unusable, sameProcessed, failed, slow } = totals;
console.log(
  `${programs} programs of seed ${seed} in ${seconds.toFixed(0)} s, ${Math.round(programs / seconds)} a second: ${accepted} accepted; ` +
    `agree ${agree} (${sameProcessed} with the same count), false accept ${falseAccept}, false reject ${falseReject}, ` +
    `unusable ${unusable}, internal errors ${failed}, slow ${slow}`,
);
process.exit(falseAccept + falseReject + failed + slow === 0 ? 0 : 1);
