/** `skep bench`: the same bytecode on our JIT, our interpreter and the kernel's JIT, interleaved. */
import type { Command } from "commander";
import { SkepError } from "../../base/error.ts";
import { insnsOf } from "../../isa/insn.ts";
import type { Collection } from "../../loader/collection.ts";
import type { Target } from "../../loader/target.ts";
import type { ObjSpec, ProgSpec } from "../../obj/spec.ts";
import { EXIT_FAILED } from "../exit.ts";
import { readInput } from "../input.ts";
import { type Contender, geometricMean, measure, median } from "../measure.ts";
import { colors, output, print, printJson, say } from "../output.ts";
import { positive } from "../settings.ts";

const ENGINES = ["jit", "interp", "linux"] as const;
type EngineName = (typeof ENGINES)[number];

interface BenchOptions {
  data?: string;
  pcap?: string;
  engines: string;
  rounds: number;
}

interface Row {
  readonly file: string;
  readonly name: string;
  readonly insns: number;
  readonly ns: Partial<Record<EngineName, number>>;
  /** Microseconds to translate and instantiate, per instruction. */
  readonly jitUsPerInsn: number | null;
  readonly agree: boolean;
}

/** A program that could not be timed. */
interface LeftOut {
  readonly file: string;
  readonly name: string;
  readonly reason: string;
}

export function register(program: Command): void {
  program
    .command("bench")
    .description("time programs on our JIT, our interpreter and the kernel's JIT")
    .argument("<objects...>", "object files; every program that BPF_PROG_TEST_RUN can run is timed")
    .option("--data <file>", "packet to run on (default: a TCP packet of 512 bytes)")
    .option("--pcap <file>", "take the first packet of a capture instead")
    .option("--engines <list>", "which of jit, interp, linux", "jit,interp,linux")
    .option("--rounds <n>", "rounds of 2 ms an engine; the median counts", positive, 61)
    .addHelpText("after", "\nExample:\n  skep bench examples/*.bpf.o --pcap examples/http.pcapng\n")
    .action(bench);
}

async function bench(files: readonly string[], options: BenchOptions): Promise<void> {
  const engines = await usableEngines(options.engines);
  const data = await packetOf(options);
  const { parseObject } = await import("../../obj/parse.ts");
  const rows: Row[] = [];
  const leftOut: LeftOut[] = [];
  let failure: SkepError | null = null;
  for (const file of files) {
    const spec = parseObject(await readInput(file), file);
    for (const prog of spec.programs.filter((each) => each.autoload)) {
      const row = await rowOrReason(() => benchProgram(spec, prog, engines, data, options.rounds));
      if (row instanceof SkepError) {
        leftOut.push({ file, name: prog.name, reason: row.message });
        say(`  ${prog.name} left out: ${row.message}`);
        failure ??= row;
        continue;
      }
      rows.push(row);
      if (!output.json)
        say(`  ${prog.name}: ${engines.map((engine) => `${engine} ${row.ns[engine]?.toFixed(1)}`).join("  ")}`);
    }
  }
  if (failure !== null && rows.length === 0) throw failure;
  const geomean = ratios(rows, engines);
  if (output.json) printJson({ programs: rows, geomean, ...(leftOut.length === 0 ? {} : { leftOut }) });
  else show(rows, engines, geomean);
  if (rows.some((row) => !row.agree)) process.exitCode = EXIT_FAILED;
}

/** Anyone's objects hold programs that no test run takes, or that one of the engines refuses. */
async function rowOrReason(bench: () => Promise<Row>): Promise<Row | SkepError> {
  try {
    return await bench();
  } catch (error) {
    if (error instanceof SkepError && error.code !== "bug") return error;
    throw error;
  }
}

async function benchProgram(
  spec: ObjSpec,
  prog: ProgSpec,
  engines: readonly EngineName[],
  data: Uint8Array,
  rounds: number,
): Promise<Row> {
  const { loadObject } = await import("../../loader/load.ts");
  const open: Collection[] = [];
  try {
    const contenders: Contender[] = [];
    let jitUsPerInsn: number | null = null;
    for (const engine of engines) {
      const target = await targetFor(engine);
      const loaded = loadObject(spec, target, { programs: [prog.name] });
      const idle = loadObject(emptyLike(prog), await targetFor(engine));
      open.push(loaded, idle);
      const timed = loaded.programs[prog.name]!;
      contenders.push({ engine, prog: timed.raw, empty: idle.programs["empty"]!.raw });
      if (engine === "jit") jitUsPerInsn = await translateUs(spec, prog);
    }
    const measured = measure(contenders, { data, rounds, roundMs: 2 });
    const ns = Object.fromEntries(measured.timings.map((timing) => [timing.engine, timing.ns]));
    return { file: spec.name, name: prog.name, insns: prog.insns.length, ns, jitUsPerInsn, agree: measured.agree };
  } finally {
    for (const collection of open) {
      collection.close();
      collection.target.close();
    }
  }
}

/** Median microseconds an instruction to translate and instantiate, once the translator itself is warm. */
async function translateUs(spec: ObjSpec, prog: ProgSpec): Promise<number> {
  const { loadObject } = await import("../../loader/load.ts");
  const target = await targetFor("jit");
  const samples: number[] = [];
  for (const started = performance.now(); performance.now() - started < TRANSLATE_MS; ) {
    const loaded = loadObject(spec, target, { programs: [prog.name] });
    samples.push((loaded.programs[prog.name]!.stats.jitMs * 1000) / prog.insns.length);
    loaded.close();
  }
  target.close();
  return median(samples.slice(samples.length >> 1));
}

const TRANSLATE_MS = 400;

async function targetFor(engine: EngineName): Promise<Target> {
  if (engine === "linux") return (await import("../../linux/target.ts")).linux();
  return (await import("../../runtime/embedded.ts")).embedded({ engine });
}

/** An object with one program of the same type: `r0 = 2; exit` (2: XDP_PASS, and harmless elsewhere). */
function emptyLike(prog: ProgSpec): ObjSpec {
  const insns = insnsOf([
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: 2 },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);
  const empty: ProgSpec = {
    ...prog,
    name: "empty",
    insns,
    funcs: [{ insnIdx: 0, name: "empty", typeId: 0, linkage: "global" }],
    lines: [],
    relocs: [],
    coreRelos: [],
  };
  return { name: "empty", license: "GPL", programs: [empty], maps: [], kconfig: [], btf: null };
}

async function usableEngines(list: string): Promise<readonly EngineName[]> {
  const wanted = list.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (!(ENGINES as readonly string[]).includes(name)) {
      throw new SkepError("usage/engine", `no engine ${name}`, { advice: `choose from ${ENGINES.join(", ")}` });
    }
  }
  const engines = ENGINES.filter((name) => wanted.includes(name));
  if (!engines.includes("linux")) return engines;
  const reason = process.platform !== "linux" ? "this is no Linux" : process.getuid?.() !== 0 ? "not root" : null;
  if (reason === null) return engines;
  say(`linux left out: ${reason}`);
  return engines.filter((name) => name !== "linux");
}

async function packetOf(options: BenchOptions): Promise<Uint8Array> {
  if (options.data !== undefined) return readInput(options.data);
  if (options.pcap === undefined) {
    return defaultPacket();
  }
  const source = await (await import("../../pcap.ts")).openBytes(await readInput(options.pcap), options.pcap);
  if (!source.next())
    throw new SkepError("pcap/empty", "the capture holds no packet", { site: { file: options.pcap } });
  return source.bytes.slice(source.start, source.end);
}

/** 512 bytes: Ethernet, IPv4, TCP (192.0.2.1 to 198.51.100.1 port 443), then bytes of a fixed pseudo-random sequence. */
function defaultPacket(): Uint8Array {
  const packet = new Uint8Array(512);
  for (let i = 0, x = 1; i < packet.length; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    packet[i] = x >>> 16;
  }
  packet.set([0x08, 0x00, 0x45, 0x00, 0x01, 0xf2, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1], 12);
  packet.set([0xc0, 0x00, 0x01, 0xbb, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0], 34);
  return packet;
}

function ratios(rows: readonly Row[], engines: readonly EngineName[]): Record<string, number> {
  const out: Record<string, number> = {};
  if (!engines.includes("linux")) return out;
  for (const engine of engines) {
    // A program whose work is below a nanosecond on either side says nothing about the ratio.
    const both = rows.filter((row) => (row.ns[engine] ?? 0) >= 1 && (row.ns.linux ?? 0) >= 1);
    if (engine !== "linux" && both.length > 0) {
      out[`${engine}/linux`] = geometricMean(both.map((row) => row.ns[engine]! / row.ns.linux!));
    }
  }
  return out;
}

function show(rows: readonly Row[], engines: readonly EngineName[], geomean: Record<string, number>): void {
  const c = colors();
  const width = Math.max(8, ...rows.map((row) => row.name.length));
  const versus = engines.includes("linux") && engines.includes("jit");
  print(
    c.bold(
      `${"program".padEnd(width)}  insns  ${engines.map((engine) => `${engine} ns`.padStart(10)).join("")}${versus ? "  jit/linux" : ""}  us/insn`,
    ),
  );
  for (const row of rows) {
    const times = engines.map((engine) => (row.ns[engine] ?? Number.NaN).toFixed(1).padStart(10)).join("");
    const ratio = versus ? (row.ns.jit! / row.ns.linux!).toFixed(2).padStart(11) : "";
    const translate = (row.jitUsPerInsn?.toFixed(2) ?? "-").padStart(9);
    print(
      `${row.name.padEnd(width)}${String(row.insns).padStart(7)}  ${times}${ratio}${translate}${row.agree ? "" : c.red("  results differ")}`,
    );
  }
  for (const [pair, ratio] of Object.entries(geomean)) print(`geometric mean ${pair}: ${c.bold(ratio.toFixed(3))}`);
}
