/**
 * The fuzzing loop without a test runner:
 *
 *     npm run fuzz -- [--seed N] [--count N] [--from I] [--findings N] [--refusals] [--targets interp,jit,linux]
 *
 * --refusals only counts programs that Skep's verifier refuses and the kernel takes.
 */
import { parseArgs } from "node:util";
import { BACKENDS } from "../vectors/backends.ts";
import { fuzz } from "./run.ts";

function usage(message: string): never {
  console.error(
    `${message}\nusage: npm run fuzz -- [--seed N] [--count N] [--from I] [--findings N] [--refusals] [--targets interp,jit,linux]`,
  );
  process.exit(2);
}

const { values } = read();

function read() {
  try {
    return parse();
  } catch (error) {
    return usage((error as Error).message);
  }
}

function parse() {
  return parseArgs({
    options: {
      seed: { type: "string", default: `${Date.now() % 0x7fffffff}` },
      count: { type: "string", default: "10000" },
      from: { type: "string", default: "0" },
      findings: { type: "string", default: "1" },
      refusals: { type: "boolean", default: false },
      targets: { type: "string", default: BACKENDS.map((backend) => backend.name).join(",") },
    },
  });
}

const seed = Number(values.seed);
const count = Number(values.count);
const wanted = values.targets.split(",");
const backends = BACKENDS.filter((backend) => wanted.includes(backend.name) && backend.missing === null);
for (const { name, missing } of BACKENDS) {
  if (wanted.includes(name) && missing !== null) console.error(`${name} is left out: ${missing}`);
}
if (![seed, count, Number(values.from)].every(Number.isSafeInteger) || backends.length < 2) {
  usage("numbers are whole, and at least two targets must be here");
}

console.error(`seed ${seed}, ${count} programs on ${backends.map((backend) => backend.name).join(", ")}`);
const started = Date.now();
let shown = started;
const { programs, accepted, refused, findings } = fuzz({
  seed,
  count,
  from: Number(values.from),
  backends,
  maxFindings: Number(values.findings),
  countRefusals: values.refusals,
  onProgress(done) {
    if (Date.now() - shown < 5000) return;
    shown = Date.now();
    console.error(`${done} programs, ${Math.round((1000 * done) / (shown - started))} a second`);
  },
});
for (const { index, message, text } of findings) {
  console.log(`npm run fuzz -- --seed ${seed} --from ${index} --count 1\n${message}\n${text}`);
}
console.log(
  `${programs} programs of seed ${seed} in ${((Date.now() - started) / 1000).toFixed(1)} s: ` +
    `${accepted} accepted by all, ${refused} refused by Skep alone, ${findings.length} differences`,
);
process.exit(findings.length === 0 ? 0 : 1);
