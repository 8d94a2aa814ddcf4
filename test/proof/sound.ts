/**
 * What the verifier accepts never faults, over random programs and inputs in the interpreter's checked mode:
 *
 *     npm run fuzz:sound -- [--seed N] [--count N] [--kind stack|packet] [FOLDER...]
 *
 * stack: random programs over stack and ctx. packet: programs of the folders' objects (default: the repository's), changed.
 */
import { parseArgs } from "node:util";
import { runChecked } from "../verifier/sound.ts";
import { basesOf, OBJECTS } from "./bases.ts";
import { onPackets, runChanged } from "./runs.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: `${Date.now() % 0x7fffffff}` },
    from: { type: "string", default: "0" },
    count: { type: "string", default: "10000" },
    kind: { type: "string" },
  },
});
const [seed, count, from] = [Number(values.seed), Number(values.count), Number(values.from)];
if (![seed, count, from].every(Number.isSafeInteger)) {
  console.error("usage: npm run fuzz:sound -- [--seed N] [--from I] [--count N] [--kind stack|packet] [FOLDER...]");
  process.exit(2);
}

let faults = 0;
const started = Date.now();
const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(0)} s`;
if (values.kind !== "packet") {
  let accepted = 0;
  for (let i = seed + from; i < seed + from + count; i++) {
    try {
      if (runChecked(i)) accepted++;
    } catch (error) {
      faults++;
      console.log(`npm run fuzz:sound -- --kind stack --seed ${i} --count 1\n${(error as Error).message}`);
    }
  }
  console.log(
    `stack: ${count} programs of seed ${seed} in ${seconds(started)}: ${accepted} accepted and run, ${faults} faults`,
  );
}
if (values.kind !== "stack") {
  const since = Date.now();
  const bases = onPackets(basesOf(positionals.length > 0 ? positionals : OBJECTS, 400, null));
  const totals = runChanged(seed, from, count, bases, (index, message) =>
    console.log(`npm run fuzz:sound -- --kind packet --seed ${seed} --from ${index} --count 1\n${message}`),
  );
  faults += totals.faults;
  console.log(
    `packet: ${count} programs of seed ${seed} in ${seconds(since)}: ${totals.accepted} accepted, ${totals.runs} runs, ` +
      `${totals.unrunnable} that cannot run here, ${totals.faults} faults`,
  );
}
process.exit(faults === 0 ? 0 : 1);
