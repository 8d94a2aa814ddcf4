// npm run bench:linux: the Linux target against C with libbpf, in one run and on the same maps and programs, as root.
// test/bench/linux/peer.c is compiled on the fly (gcc, libbpf-dev). Rounds alternate; each figure is the quotient of the
// fastest rounds, then that of the medians. Exit code 1 where a bar is missed.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { compileC } from "../dist/lang/c/compile.js";
import { koffiSys } from "../dist/linux/koffi-sys.js";
import { linux } from "../dist/linux/target.js";
import { loadObject } from "../dist/loader/load.js";
import { parseObject } from "../dist/obj/parse.js";

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "7" } } });
const ROUNDS = Number(options.rounds);
const LOOKUPS = 40_000;
const BATCHES = 1;
const ENTRIES = 65_536;
const RECORDS = 8192;
const FILLS = 4;
const LOAD_INSNS = 1000;
const IDLE_MS = 3000;

const skip = (why) => {
  console.log(`linux benchmarks skipped: ${why}`);
  process.exit(0);
};
const folder = new URL("../test/bench/linux/", import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), "skep-bench-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
if (process.platform !== "linux" || process.getuid() !== 0) skip("they need Linux and root");
const gcc = spawnSync("gcc", ["-O2", "-o", `${scratch}/peer`, `${folder}peer.c`, "-lbpf"], { encoding: "utf8" });
if (gcc.status !== 0) skip("gcc and libbpf-dev make no program here");

const object = (name, text) => {
  const { object: bytes, diagnostics } = compileC(name, new TextEncoder().encode(text), {});
  if (!bytes) throw new Error(`${name}: ${JSON.stringify(diagnostics)}`);
  return parseObject(bytes, name);
};
const target = linux();
const spec = object("kernel.bpf.c", readFileSync(`${folder}kernel.bpf.c`, "utf8"));
const live = loadObject(spec, target);
/** A ring has one consumer: the C side has the same object once more. */
const other = loadObject(spec, target);
const { table, ring, small } = live.maps;
const { fill, overflow } = live.programs;
const peer = spawn(`${scratch}/peer`, [], { stdio: ["pipe", "pipe", "inherit"] });
const answers = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
async function c(line) {
  peer.stdin.write(`${line}\n`);
  const { value } = await answers.next();
  return value.split(" ").map(Number);
}

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
let missed = 0;
function row(name, text, ok) {
  if (!ok) missed++;
  console.log(`${ok ? "ok  " : "MISS"} ${name.padEnd(26)} ${text}`);
}
/** Both sides in turn; nanoseconds of `units` each. */
async function compare(units, ours, theirs) {
  const [a, b] = [[], []];
  for (let i = 0; i < ROUNDS + 1; i++) {
    const round = [ours(), (await theirs())[0]];
    if (i === 0) continue; // warm-up
    a.push(round[0] / units);
    b.push(round[1] / units);
  }
  const [least, middle] = [Math.min, (...list) => median(list)].map((pick) => [pick(...a), pick(...b)]);
  return { ours: least[0], c: least[1], ratio: least[0] / least[1], medians: middle[0] / middle[1] };
}
const told = ({ ours, c, ratio, medians }) =>
  `${ours.toFixed(1)} ns, C ${c.toFixed(1)} ns: ${ratio.toFixed(2)}x (medians ${medians.toFixed(2)}x)`;
const timed = (work) => {
  const begin = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begin);
};

try {
  await maps();
  await rings();
  lost();
  await loading();
  await idle();
} finally {
  live.close();
  other.close();
  target.close();
  peer.stdin.end();
}
process.exitCode = missed > 0 ? 1 : 0;

async function maps() {
  for (let i = 0; i < ENTRIES; i++) table.set(i, BigInt(i));
  const { raw } = table;
  const key = new Uint8Array(4);
  const keyView = new DataView(key.buffer);
  const lookup = await compare(
    LOOKUPS,
    () =>
      timed(() => {
        for (let i = 0; i < LOOKUPS; i++) {
          keyView.setUint32(0, i % ENTRIES, true);
          if (raw.lookup(key) === null) throw new Error("a key is gone");
        }
      }),
    () => c(`lookup ${raw.id} ${LOOKUPS}`),
  );
  row("map lookup (<= 1.4x C)", told(lookup), lookup.ratio <= 1.4);
  const batch = await compare(
    BATCHES * ENTRIES,
    () => {
      let sum = 0;
      return timed(() => {
        for (let i = 0; i < BATCHES; i++) raw.scan((k, v) => (sum += k[0] + v[0]));
      });
    },
    () => c(`batch ${raw.id} ${BATCHES}`),
  );
  row("batch, an element (<= 1.3x)", told(batch), batch.ratio <= 1.3);
}

/** The consumer that reads records where they lie is held to the bar; the one that hands out copies is told beside it. */
async function rings() {
  const packet = new Uint8Array(64);
  let sum = 0;
  let got = 0;
  const consume = async (drain) => {
    got = 0;
    const result = await compare(
      FILLS * RECORDS,
      () => {
        let ns = 0;
        for (let i = 0; i < FILLS; i++) {
          fill.run(packet);
          ns += timed(() => {
            got += drain();
          });
        }
        return ns;
      },
      () => c(`ring ${other.maps.ring.raw.id} ${other.programs.fill.raw.id} ${FILLS}`),
    );
    if (got !== (ROUNDS + 1) * FILLS * RECORDS || sum === 0) throw new Error(`${got} records drained`);
    return result;
  };
  const text = (result) => `${told(result)}, ${(1 / result.ratio).toFixed(2)} of C's rate`;
  const inPlace = await consume(() =>
    ring.drainInPlace((record) => {
      sum += record.getUint32(0);
    }),
  );
  row("ring records (>= 0.5x of C)", text(inPlace), inPlace.ratio <= 2);
  const copied = await consume(() =>
    ring.raw.drain((record) => {
      sum += record[0];
    }),
  );
  row("ring records, copied", text(copied), true);
}

function lost() {
  let drained = 0;
  for (let i = 0; i < 5; i++) {
    overflow.run(new Uint8Array(64));
    drained += small.raw.drain(() => {});
  }
  const { asked, refused } = live.bss;
  row("loss count", `${asked} asked, ${refused} refused, ${drained} drained`, Number(asked - refused) === drained);
}

async function loading() {
  const lines = Array.from({ length: LOAD_INSNS / 2 }, (_, i) => `\tx = (x ^ ${i + 3}) * 3;`).join("\n");
  const source = `#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nSEC("socket")\nint big(struct __sk_buff *skb)\n{\n\tunsigned long long x = skb->len;\n\n${lines}\n\treturn x;\n}\nchar LICENSE[] SEC("license") = "GPL";\n`;
  const { object: bytes } = compileC("big.bpf.c", new TextEncoder().encode(source), {});
  const base = koffiSys();
  let inKernel = 0;
  const sys = {
    ...base,
    bpf(...words) {
      const begin = performance.now();
      const result = base.bpf(...words);
      inKernel += performance.now() - begin;
      return result;
    },
  };
  const own = [];
  let insns = 0;
  for (let i = 0; i < 15; i++) {
    const fresh = linux({ sys });
    inKernel = 0;
    const begin = performance.now();
    const loaded = loadObject(parseObject(bytes, "big.bpf.o"), fresh, {}, true);
    own.push(performance.now() - begin - inKernel);
    insns = loaded.programs.big.raw.prog.insns.length;
    loaded.close();
  }
  const text = `${own[0].toFixed(1)} ms first, ${median(own).toFixed(1)} ms median on top of the kernel's`;
  row("load (<= 20 ms on top)", `${insns} insns: ${text}`, median(own) <= 20);
}

/** A process of its own, so that nothing of this one counts. */
async function idle() {
  const script = `
    import { readFileSync } from "node:fs";
    import { linux } from "${new URL("../dist/linux/target.js", import.meta.url)}";
    import { loadObject } from "${new URL("../dist/loader/load.js", import.meta.url)}";
    import { parseObject } from "${new URL("../dist/obj/parse.js", import.meta.url)}";
    const file = "${new URL("../examples/opens.bpf.o", import.meta.url).pathname}";
    const live = loadObject(parseObject(new Uint8Array(readFileSync(file)), file), linux(), { rodata: { only_pid: 0x7fffffff } }, true);
    live.programs.opens.attach();
    (async () => { for await (const _ of live.maps.events.records()); })();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, ${IDLE_MS}));
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);
    live.close();`;
  const ms = Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
  row("idle attach", `${ms.toFixed(1)} ms of CPU in ${IDLE_MS} ms`, ms < IDLE_MS / 100);
}
