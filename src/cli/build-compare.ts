/**
 * `skep build --compare clang`: every source through both compilers, and the running kernel's verdict on every program of both.
 *
 * Of a program that clang's object has and ours has not, or the other way round, the missing side counts as not accepted.
 * Ratios are geometric means, ours over clang's, over programs that the kernel accepts from both (time: files that both
 * compile, wall clock, clang as a process of its own; executed: programs that both run in the embedded runtime with the same
 * results, see executed.ts).
 */
import { readdirSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MODEL_KCONFIG } from "../abi/kconfig.ts";
import { SkepError } from "../base/error.ts";
import { Btf } from "../btf/btf.ts";
import type { BtfView } from "../btf/types.ts";
import type { Judge } from "../linux/judge.ts";
import { type KernelView, resolveMaps, resolveOn } from "../loader/resolve-object.ts";
import type { Target } from "../loader/target.ts";
import { parseObject } from "../obj/parse.ts";
import { clang } from "./build.ts";
import { compileFile, isSource, type SourceOptions } from "./compile.ts";
import { type Executed, executedInsns } from "./executed.ts";
import { EXIT_FAILED } from "./exit.ts";
import { number } from "./format.ts";
import { compareInKernel, type SameInKernel } from "./kernel-results.ts";
import { colors, output, print, printJson, say } from "./output.ts";
import { sizedMaps } from "./sized-maps.ts";

/** What became of one program in one object. */
export interface ProgramOutcome {
  readonly accepted: boolean;
  readonly insns: number;
  readonly processed: number;
  /** Why not, or why that is no verdict. */
  readonly message: string;
  /** What it ran; absent where it was not asked. */
  readonly executed?: Executed;
}

export interface ProgramRow {
  readonly name: string;
  readonly section: string;
  readonly skep: ProgramOutcome | null;
  readonly clang: ProgramOutcome | null;
  /** Instructions executed, ours over clang's; null where one of both did not run, "differs" where results do. */
  readonly executedRatio: number | "differs" | null;
  /** Verdicts and packets of test runs in the kernel; null where it runs no such program. */
  readonly inKernel: SameInKernel | null;
}

export interface FileRow {
  readonly file: string;
  readonly skep: { readonly compiled: boolean; readonly ms: number; readonly message: string };
  readonly clang: { readonly compiled: boolean; readonly ms: number; readonly message: string };
  readonly programs: readonly ProgramRow[];
}

export async function compareFiles(paths: readonly string[], options: SourceOptions): Promise<void> {
  const [{ kernelJudge }, { linux }] = await Promise.all([import("../linux/judge.ts"), import("../linux/target.ts")]);
  const { host } = await import("#host");
  const judge = kernelJudge();
  const target = linux();
  const raw = host.kernelBtf();
  const kernel: KernelView = {
    kernelBtf: raw === null ? null : new Btf(raw),
    kconfig: (name) => MODEL_KCONFIG[name],
    coreCache: new Map(),
  };
  const rows: FileRow[] = [];
  const headers = await kernelHeader(kernel.kernelBtf);
  try {
    const files = paths.flatMap(sourcesAt);
    if (files.length === 0) throw new SkepError("usage/source", "no sources (*.bpf.c) there");
    // The first compile loads the compiler: not what is compared.
    await ours(files[0]!, options);
    for (const file of files) {
      const row = await compareOne(file, options, headers.folders, kernel, judge, target);
      rows.push(row);
      if (!output.json) show(row);
    }
  } finally {
    judge.close();
    target.close();
    await headers.remove();
  }
  const totals = totalsOf(rows);
  if (output.json) printJson({ files: rows, totals });
  else showTotals(totals);
  if (totals.compiled < totals.clangCompiled || totals.accepted < totals.clangAccepted) process.exitCode = EXIT_FAILED;
}

/** A folder with the vmlinux.h that Skep answers from BTF, for clang to find where the search paths have none. */
async function kernelHeader(btf: BtfView | null): Promise<{ folders: readonly string[]; remove: () => Promise<void> }> {
  if (btf === null) return { folders: [], remove: async () => {} };
  const { dumpC } = await import("../btf/dump.ts");
  const folder = await mkdtemp(join(tmpdir(), "skep-"));
  await writeFile(join(folder, "vmlinux.h"), dumpC(btf));
  return { folders: [folder], remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A file as it is; of a folder every *.bpf.c below it, or, where it has none, every .c file. */
function sourcesAt(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const all = readdirSync(path, { recursive: true, encoding: "utf8" }).filter(isSource);
  const marked = all.filter((file) => file.endsWith(".bpf.c"));
  return (marked.length > 0 ? marked : all).sort().map((file) => `${path.replace(/\/$/, "")}/${file}`);
}

async function compareOne(
  file: string,
  options: SourceOptions,
  clangFolders: readonly string[],
  kernel: KernelView,
  judge: Judge,
  target: Target,
): Promise<FileRow> {
  const skep = await ours(file, options);
  const other = await theirs(file, { ...options, isystem: [...(options.isystem ?? []), ...clangFolders] });
  const left = skep.object === null ? new Map() : outcomes(skep.object, file, kernel, judge);
  const right = other.object === null ? new Map() : outcomes(other.object, file, kernel, judge);
  const bothHave = skep.object !== null && other.object !== null;
  const ran = bothHave ? compareInKernel(skep.object, other.object, file, target) : new Map<string, SameInKernel>();
  const names = new Map<string, string>();
  for (const side of [right, left]) for (const [name, found] of side) names.set(name, found.section);
  return {
    file,
    skep: { compiled: skep.object !== null, ms: skep.ms, message: skep.message },
    clang: { compiled: other.object !== null, ms: other.ms, message: other.message },
    programs: [...names].map(([name, section]) => {
      const [mine, other] = [left.get(name)?.outcome ?? null, right.get(name)?.outcome ?? null];
      const ratio = executedRatio(mine?.executed, other?.executed);
      return { name, section, skep: mine, clang: other, executedRatio: ratio, inKernel: ran.get(name) ?? null };
    }),
  };
}

function executedRatio(skep: Executed | undefined, clang: Executed | undefined): number | "differs" | null {
  if (skep === undefined || clang === undefined || skep.insns === 0 || clang.insns === 0) return null;
  return skep.results === clang.results ? skep.insns / clang.insns : "differs";
}

interface Compiled {
  readonly object: Uint8Array | null;
  readonly ms: number;
  readonly message: string;
}

async function ours(file: string, options: SourceOptions): Promise<Compiled> {
  const begin = performance.now();
  try {
    const result = await compileFile(file, options);
    const ms = performance.now() - begin;
    const first = result.diagnostics.find((one) => one.severity === "error");
    const message = first === undefined ? "" : `${first.file}:${first.line}:${first.col}: ${first.message}`;
    return { object: result.object, ms, message };
  } catch (error) {
    // A compiler must not throw for any source: that is a bug, and here a row.
    return {
      object: null,
      ms: performance.now() - begin,
      message: `bug: ${error instanceof Error ? error.message : error}`,
    };
  }
}

async function theirs(file: string, options: SourceOptions): Promise<Compiled> {
  const begin = performance.now();
  try {
    const object = await clang(file, options);
    return { object, ms: performance.now() - begin, message: "" };
  } catch (error) {
    if (!(error instanceof SkepError) || error.code === "compile/no-clang") throw error;
    const line = error.message.split("\n").find((one) => one.includes("error:")) ?? error.message.split("\n")[0]!;
    return { object: null, ms: performance.now() - begin, message: line };
  }
}

function outcomes(
  object: Uint8Array,
  file: string,
  kernel: KernelView,
  judge: Judge,
): Map<string, { section: string; outcome: ProgramOutcome }> {
  const found = new Map<string, { section: string; outcome: ProgramOutcome }>();
  try {
    const spec = parseObject(object, file);
    // Ids of local types are the object's own: so is what was found for them.
    const own: KernelView = { ...kernel, coreCache: new Map() };
    const maps = sizedMaps(resolveMaps(spec, own));
    const ran = executedInsns(object, file, kernel.kernelBtf as Btf | null);
    for (const prog of spec.programs) {
      found.set(prog.name, {
        section: prog.section,
        outcome: {
          ...verdict(() => judge.judge(resolveOn(prog, spec, maps, own)), prog.insns.length),
          executed: ran.get(prog.name)!,
        },
      });
    }
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    found.set("(object)", {
      section: "",
      outcome: { accepted: false, insns: 0, processed: 0, message: error.message },
    });
  }
  return found;
}

function verdict(ask: () => ReturnType<Judge["judge"]>, insns: number): ProgramOutcome {
  try {
    const { ok, processed, message, unusable } = ask();
    return { accepted: ok, insns, processed, message: unusable === "" ? message : unusable };
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    return { accepted: false, insns, processed: 0, message: error.message };
  }
}

export interface CompareTotals {
  files: number;
  compiled: number;
  clangCompiled: number;
  programs: number;
  accepted: number;
  clangAccepted: number;
  /** Accepted from clang and from us. */
  both: number;
  insnsRatio: number | null;
  processedRatio: number | null;
  /** Programs that ran with the same results, and their ratio. */
  executed: number;
  executedRatio: number | null;
  /** Programs whose results differ. */
  differ: number;
  /** Programs whose test runs in the kernel gave the same, and did not. */
  sameInKernel: number;
  differInKernel: number;
  timeRatio: number | null;
}

export function totalsOf(rows: readonly FileRow[]): CompareTotals {
  const programs = rows.flatMap((row) => row.programs);
  const both = programs.filter((one) => one.skep?.accepted === true && one.clang?.accepted === true);
  const executed = both.flatMap((one) => (typeof one.executedRatio === "number" ? [one.executedRatio] : []));
  const compiledBoth = rows.filter((row) => row.skep.compiled && row.clang.compiled);
  return {
    files: rows.length,
    compiled: rows.filter((row) => row.skep.compiled).length,
    clangCompiled: rows.filter((row) => row.clang.compiled).length,
    programs: programs.length,
    accepted: programs.filter((one) => one.skep?.accepted === true).length,
    clangAccepted: programs.filter((one) => one.clang?.accepted === true).length,
    both: both.length,
    insnsRatio: geomean(both.map((one) => one.skep!.insns / one.clang!.insns)),
    processedRatio: geomean(both.map((one) => one.skep!.processed / one.clang!.processed)),
    executed: executed.length,
    executedRatio: geomean(executed),
    differ: both.filter((one) => one.executedRatio === "differs").length,
    sameInKernel: programs.filter((one) => one.inKernel === "same").length,
    differInKernel: programs.filter((one) => one.inKernel === "differs").length,
    timeRatio: geomean(compiledBoth.map((row) => row.skep.ms / row.clang.ms)),
  };
}

function geomean(ratios: readonly number[]): number | null {
  const usable = ratios.filter((ratio) => Number.isFinite(ratio) && ratio > 0);
  if (usable.length === 0) return null;
  return Math.exp(usable.reduce((sum, ratio) => sum + Math.log(ratio), 0) / usable.length);
}

function show(row: FileRow): void {
  const c = colors();
  const state = (side: FileRow["skep"]): string => (side.compiled ? `${side.ms.toFixed(0)} ms` : "failed");
  print(`${c.bold(row.file)}  skep ${state(row.skep)}, clang ${state(row.clang)}`);
  if (!row.skep.compiled) print(`  skep: ${row.clang.compiled ? c.red(row.skep.message) : row.skep.message}`);
  if (!row.clang.compiled) print(`  clang: ${row.clang.message}`);
  for (const { name, skep, clang: other, executedRatio: ratio, inKernel } of row.programs) {
    const ran = (one: ProgramOutcome): string => (ratio === null ? "" : `, ${number(one.executed!.insns)} executed`);
    const side = (one: ProgramOutcome | null): string => {
      if (one === null) return "-";
      return one.accepted ? `${number(one.insns)} insns, ${number(one.processed)} processed${ran(one)}` : "rejected";
    };
    const worse = other?.accepted === true && skep?.accepted !== true;
    print(`  ${worse ? c.red(name) : name}: skep ${side(skep)}; clang ${side(other)}`);
    if (ratio === "differs") print(`    ${c.red("results differ")}`);
    if (inKernel === "differs") print(`    ${c.red("results differ in the kernel")}`);
    if (worse && skep !== null) print(`    ${c.red(skep.message.split("\n")[0]!)}`);
    if (other?.accepted === false) print(`    clang: ${other.message.split("\n")[0]!}`);
  }
}

function showTotals(totals: CompareTotals): void {
  const ratio = (value: number | null): string => (value === null ? "-" : value.toFixed(2));
  print(
    `${number(totals.compiled)} of ${number(totals.files)} sources compiled (clang ${number(totals.clangCompiled)}); ` +
      `${number(totals.accepted)} of ${number(totals.programs)} programs accepted (clang ${number(totals.clangAccepted)}, both ${number(totals.both)})`,
  );
  say(
    `insns x${ratio(totals.insnsRatio)}, processed x${ratio(totals.processedRatio)}, executed x${ratio(totals.executedRatio)} ` +
      `(${number(totals.executed)} programs, ${number(totals.differ)} differ; in the kernel ` +
      `${number(totals.sameInKernel)} give the same, ${number(totals.differInKernel)} differ), time x${ratio(totals.timeRatio)} of clang's`,
  );
}
