/** What `skep verify` does: each program of each object alone, in our model and, if asked, in the running kernel. */
import { readdirSync, statSync } from "node:fs";
import { BPF_PROG_TYPE_EXT } from "../abi/prog-types.ts";
import { SkepError } from "../base/error.ts";
import type { Judge, Verdict } from "../linux/judge.ts";
import type { LoadExtras } from "../linux/prog-attr.ts";
import { type KernelView, resolveMaps, resolveOn } from "../loader/resolve-object.ts";
import { parseObject } from "../obj/parse.ts";
import type { ObjSpec, ProgSpec, ResolvedProg } from "../obj/spec.ts";
import { type ExplainedProgram, explainAll } from "../verifier/explain-all.ts";
import { recordStates } from "../verifier/seen.ts";
import { type Diagnostic, type VerifyOptions, verify } from "../verifier/verify.ts";
import { readObject } from "./compile.ts";
import { diagnosticText } from "./diagnostic.ts";
import { EXIT_FAILED, EXIT_INPUT, EXIT_REJECTED } from "./exit.ts";
import { count, number } from "./format.ts";
import { colors, output, print, printJson, say } from "./output.ts";
import { type Row, rowJson } from "./verify-json.ts";
import { attachToOf, type Model, openModel } from "./verify-model.ts";

export interface VerifyRequest {
  readonly files: readonly string[];
  readonly prog?: string;
  readonly kernel: string;
  /** The kernel's log_level. */
  readonly log: number;
  readonly btf?: string;
  /** File with the programs that EXT programs extend, where they are not in the same object. */
  readonly extends?: string;
  /** States kept of each insn in the document of --json; some for one object, none for several. */
  readonly states?: number;
  readonly unprivileged?: boolean;
  readonly compare?: "linux";
}

/** What each program is judged with. */
interface Setting {
  readonly request: VerifyRequest;
  readonly model: Model;
  readonly judge: Judge | null;
  readonly extended: Loaded | null;
  readonly statesPerInsn: number;
}

interface Loaded {
  readonly spec: ObjSpec;
  readonly kernel: KernelView;
}

const STATES_PER_INSN = 4;

export interface Totals {
  agree: number;
  falseAccept: number;
  falseReject: number;
  unusable: number;
}

export async function verifyFiles(request: VerifyRequest): Promise<void> {
  const model = await openModel(request.btf, request.compare !== undefined);
  const judge = request.compare === undefined ? null : (await import("../linux/judge.ts")).kernelJudge();
  const rows: Row[] = [];
  try {
    if (!output.json) {
      const tables = request.kernel === "6.18" ? "" : ` with the tables of ${request.kernel}`;
      say(`model: Linux 6.18's verifier${tables}, ${model.source}`);
    }
    const files = request.files.flatMap(objectsAt);
    const states = request.states ?? (files.length === 1 && judge === null ? STATES_PER_INSN : 0);
    const extended = request.extends === undefined ? null : await extendedFile(request.extends, request.btf, model);
    const setting = { request, model, judge, extended, statesPerInsn: output.json ? states : 0 };
    for (const file of files) {
      const spec = await objectOrFailure(file, request.btf, request.files.length > 1 || file !== request.files[0]);
      if (spec instanceof SkepError) {
        rows.push({ file, prog: null, ours: null, findings: null, failure: spec, linux: null, seen: null });
        if (!output.json) show(rows.at(-1)!, request);
        continue;
      }
      const kernel = model.view();
      const structOps = model.structOps(spec);
      for (const prog of spec.programs) {
        if (request.prog !== undefined && prog.name !== request.prog) continue;
        const row = verdictOn({ spec, kernel }, prog, setting, structOps.get(prog.name));
        rows.push(row);
        if (!output.json) show(row, request);
      }
    }
  } finally {
    judge?.close();
  }
  if (rows.length === 0) {
    throw new SkepError(
      "usage/prog",
      request.prog === undefined ? "no programs to verify" : `no program ${request.prog}`,
    );
  }
  const totals = judge === null ? null : totalsOf(rows);
  if (output.json)
    printJson({
      kernel: request.kernel,
      btf: model.source,
      programs: rows.map(rowJson),
      ...(totals === null ? {} : { totals }),
    });
  else if (totals !== null) showTotals(totals);
  else if (rows.length > 1) {
    const unusable = rows.filter((row) => row.ours === null).length;
    const rejected = rows.filter((row) => row.ours?.ok === false).length;
    const rest = unusable === 0 ? "" : `, ${number(unusable)} unusable`;
    print(`${count(rows.length - unusable, "program")}, ${number(rejected)} rejected${rest}`);
  }
  process.exitCode = exitOf(rows, totals);
}

async function extendedFile(file: string, btf: string | undefined, model: Model): Promise<Loaded> {
  return { spec: parseObject(await sourceObject(file, btf), file), kernel: model.view() };
}

function sourceObject(file: string, btf: string | undefined): Promise<Uint8Array> {
  return readObject(file, btf === undefined ? {} : { btf });
}

function verdictOn(own: Loaded, prog: ProgSpec, setting: Setting, extras: LoadExtras | undefined): Row {
  const { spec, kernel } = own;
  const { request, model, judge, statesPerInsn } = setting;
  const unusable = { file: spec.name, prog, ours: null, findings: null, linux: null, seen: null };
  let resolved: ResolvedProg;
  try {
    model.checkFits(prog);
    resolved = resolveOn(prog, spec, resolveMaps(spec, kernel), kernel);
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    return { ...unusable, failure: error };
  }
  const extend = extendedBy(setting.extended ?? own, prog);
  const options = {
    ...model.machine,
    ...attachToOf(extras),
    ...extend,
    kernel: request.kernel,
    privileged: request.unprivileged !== true,
  };
  const recorder = statesPerInsn > 0 ? recordStates(resolved, statesPerInsn) : null;
  const watch = recorder === null ? {} : { onInsn: recorder.onInsn };
  const ours = verify(resolved, { ...options, ...watch, logLevel: request.log });
  const missing = ours.error === undefined ? null : model.missingType(prog, spec, ours.error.insn);
  if (missing !== null) return { ...unusable, failure: missing };
  const findings = ours.error === undefined ? null : findingsOf(resolved, ours.error, request, options);
  const linux = judge === null ? null : judge.judge(resolved, { ...extras, ...extend });
  return { file: spec.name, prog, ours, findings, failure: null, linux, seen: recorder?.seen() ?? null };
}

/** An EXT program's section names a function: of the first program that has it, if any. */
function extendedBy({ spec, kernel }: Loaded, prog: ProgSpec): Pick<VerifyOptions, "extend"> {
  if (prog.type !== BPF_PROG_TYPE_EXT) return {};
  const target = spec.programs.find(
    (each) => each !== prog && each.funcs.some((func) => func.typeId !== 0 && func.name === prog.attachTo),
  );
  return target === undefined ? {} : { extend: resolveOn(target, spec, resolveMaps(spec, kernel), kernel) };
}

/** Side by side with Linux it is the verdicts that count: explaining verifies once more. */
function findingsOf(
  prog: ResolvedProg,
  error: Diagnostic,
  request: VerifyRequest,
  options: VerifyOptions,
): ExplainedProgram {
  return request.compare === undefined ? explainAll(prog, error, options) : { errors: [error], accepted: false };
}

/** Among many objects one that cannot be read is a finding, not the end. */
async function objectOrFailure(
  file: string,
  btf: string | undefined,
  amongMany: boolean,
): Promise<ObjSpec | SkepError> {
  try {
    return parseObject(await sourceObject(file, btf), file);
  } catch (error) {
    if (amongMany && error instanceof SkepError) return error;
    throw error;
  }
}

/** A file as it is; of a folder every object below it, by name. */
function objectsAt(path: string): string[] {
  if (path === "-" || !statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".o"))
    .sort()
    .map((file) => `${path.replace(/\/$/, "")}/${file}`);
}

function show(row: Row, request: VerifyRequest): void {
  const c = colors();
  const name = row.prog === null ? row.file : `${row.prog.name} ${c.dim(`(${row.prog.section})`)}`;
  if (row.ours === null || row.prog === null) {
    print(`${c.yellow("unusable")}  ${name}: ${row.failure!.message}`);
    return;
  }
  const { ok, stats, log } = row.ours;
  print(
    `${ok ? c.green("accepted") : c.red("rejected")}  ${name}: ${number(row.prog.insns.length)} insns, ` +
      `${number(stats.processed)} processed, ${number(stats.totalStates)} states, ${(stats.us / 1000).toFixed(1)} ms`,
  );
  if (request.log > 0) print(log.trimEnd());
  if (row.findings !== null) showFindings(row.findings);
  if (row.linux !== null) print(`          linux: ${linuxText(row.linux)}`);
}

function showFindings({ errors, accepted }: ExplainedProgram): void {
  for (const error of errors) print(`${diagnosticText(error)}\n`);
  if (errors.length < 2) return;
  const fixes = accepted ? "; with the fixes of all of them it is accepted" : "";
  print(`${number(errors.length)} errors in ${errors[0]!.prog}${fixes}\n`);
}

function linuxText(verdict: Verdict): string {
  if (verdict.unusable !== "") return `no verdict: ${verdict.unusable}`;
  const word = verdict.ok ? "accepted" : `rejected: ${verdict.message}`;
  return `${word}, ${number(verdict.processed)} processed, ${number(verdict.totalStates)} states, ${(verdict.us / 1000).toFixed(1)} ms`;
}

function totalsOf(rows: readonly Row[]): Totals {
  const totals: Totals = { agree: 0, falseAccept: 0, falseReject: 0, unusable: 0 };
  for (const { ours, linux } of rows) {
    if (ours === null || linux === null || linux.unusable !== "") totals.unusable++;
    else if (ours.ok === linux.ok) totals.agree++;
    else if (ours.ok) totals.falseAccept++;
    else totals.falseReject++;
  }
  return totals;
}

function showTotals(totals: Totals): void {
  const { agree, falseAccept, falseReject, unusable } = totals;
  print(
    `agree ${number(agree)}, false accept ${number(falseAccept)}, false reject ${number(falseReject)}, unusable ${number(unusable)}`,
  );
}

function exitOf(rows: readonly Row[], totals: Totals | null): number {
  if (totals !== null) return totals.falseAccept + totals.falseReject > 0 ? EXIT_FAILED : 0;
  if (rows.some((row) => row.ours?.ok === false)) return EXIT_REJECTED;
  return rows.every((row) => row.ours !== null) ? 0 : EXIT_INPUT;
}
