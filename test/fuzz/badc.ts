/**
 * Bad C without a test runner:
 *
 *     npm run fuzz:badc -- [--seed N] [--count N] [--from I] [--findings N] [--show]
 *
 * --show prints the sources instead. The compiler runs in a thread of its own, so that one that never ends is found, too.
 */
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { BadC } from "../lang/c/bad-c.ts";

const HANG_MS = 60_000;

interface Job {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly root: string;
}

type Word = { at: number } | { finding: string; at: number } | { refused: number; compiled: number };

if (isMainThread) await main();
else work(workerData as Job);

function work({ seed, from, to, root }: Job): void {
  const bad = new BadC(seed, root);
  for (let at = from; at < to; at++) {
    parentPort!.postMessage({ at } satisfies Word);
    const finding = bad.run(at);
    if (finding !== null) parentPort!.postMessage({ finding, at } satisfies Word);
  }
  parentPort!.postMessage({ refused: bad.refused, compiled: bad.compiled } satisfies Word);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: `${Date.now() % 0x7fffffff}` },
      count: { type: "string", default: "5000" },
      from: { type: "string", default: "0" },
      findings: { type: "string", default: "10" },
      show: { type: "boolean", default: false },
    },
  });
  const [seed, count, first, limit] = [values.seed, values.count, values.from, values.findings].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const root = `${process.cwd()}/`;
  if (values.show) {
    const bad = new BadC(seed, root);
    for (let at = first; at < first + count; at++) console.log(bad.source(at).text);
    return;
  }
  console.error(`seed ${seed}, ${count} sources`);
  const started = Date.now();
  let refused = 0;
  let compiled = 0;
  const findings: string[] = [];
  let at = first;
  while (at < first + count && findings.length < limit) {
    const done = await part({ seed, from: at, to: Math.min(first + count, at + 500), root }, findings);
    refused += done.refused;
    compiled += done.compiled;
    at = done.next;
  }
  for (const one of findings) console.log(one);
  console.log(
    `${at - first} sources: ${refused} refused, ${compiled} compiled, ${findings.length} findings, ` +
      `${((Date.now() - started) / 1000).toFixed(0)} s`,
  );
  process.exitCode = findings.length === 0 ? 0 : 1;
}

/** One thread's share. One that hangs is ended, and the next begins behind the source it hung on. */
function part(job: Job, findings: string[]): Promise<{ refused: number; compiled: number; next: number }> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    let at = job.from;
    let ended = false;
    const end = (refused: number, compiled: number, next: number): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      void worker.terminate();
      resolve({ refused, compiled, next });
    };
    const tell = (what: string): void => {
      findings.push(`--seed ${job.seed} --from ${at} --count 1: ${what}`);
    };
    const hung = (): void => {
      tell(`no end in ${HANG_MS / 1000} s`);
      end(0, 0, at + 1);
    };
    let timer = setTimeout(hung, HANG_MS);
    worker.on("message", (word: Word) => {
      if ("refused" in word) {
        end(word.refused, word.compiled, job.to);
        return;
      }
      at = word.at;
      if ("finding" in word) tell(word.finding);
      clearTimeout(timer);
      timer = setTimeout(hung, HANG_MS);
    });
    worker.on("error", (error) => {
      tell(String(error.stack));
      end(0, 0, at + 1);
    });
  });
}
