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
import { type Diagnostic, type VerifyOptions, type VerifyResult, verify } from "../verifier/verify.ts";
import { readObject } from "./compile.ts";
import { diagnosticJson, diagnosticText } from "./diagnostic.ts";
import { EXIT_FAILED, EXIT_INPUT, EXIT_REJECTED } from "./exit.ts";
import { count, number } from "./format.ts";
import { colors, output, print, printJson, say } from "./output.ts";
import { attachToOf, type Model, openModel } from "./verify-model.ts";

export interface VerifyRequest {
  readonly files: readonly string[];
  readonly prog?: string;
  readonly kernel: string;
  /** The kernel's log_level. */
  readonly log: number;
  readonly btf?: string;
  readonly compare?: "linux";
}

interface Row {
  readonly file: string;
  /** Null where the object itself cannot be read: one row then stands for all its programs. */
  readonly prog: ProgSpec | null;
  /** Null where the program could not be resolved; `failure` says why. */
  readonly ours: VerifyResult | null;
  /** Of a refused program: its errors, with what the failing paths tell. */
  readonly findings: ExplainedProgram | null;
  readonly failure: SkepError | null;
  readonly linux: Verdict | null;
}

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
    for (const file of request.files.flatMap(objectsAt)) {
      const spec = await objectOrFailure(file, request.btf, request.files.length > 1 || file !== request.files[0]);
      if (spec instanceof SkepError) {
        rows.push({ file, prog: null, ours: null, findings: null, failure: spec, linux: null });
        if (!output.json) show(rows.at(-1)!, request);
        continue;
      }
      const kernel = model.view();
      const structOps = model.structOps(spec);
      for (const prog of spec.programs) {
        if (request.prog !== undefined && prog.name !== request.prog) continue;
        const row = verdictOn(spec, prog, kernel, judge, request, model, structOps.get(prog.name));
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

function verdictOn(
  spec: ObjSpec,
  prog: ProgSpec,
  kernel: KernelView,
  judge: Judge | null,
  request: VerifyRequest,
  model: Model,
  extras: LoadExtras | undefined,
): Row {
  let resolved: ResolvedProg;
  try {
    model.checkFits(prog);
    resolved = resolveOn(prog, spec, resolveMaps(spec, kernel), kernel);
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    return { file: spec.name, prog, ours: null, findings: null, failure: error, linux: null };
  }
  const extend = extendedBy(spec, prog, kernel);
  const options = { ...model.machine, ...attachToOf(extras), ...extend, kernel: request.kernel };
  const ours = verify(resolved, { ...options, logLevel: request.log });
  const findings = ours.error === undefined ? null : findingsOf(resolved, ours.error, request, options);
  const linux = judge === null ? null : judge.judge(resolved, { ...extras, ...extend });
  return { file: spec.name, prog, ours, findings, failure: null, linux };
}

/** An EXT program's section names a function: of the first program of the same object that has it, if any. */
function extendedBy(spec: ObjSpec, prog: ProgSpec, kernel: KernelView): Pick<VerifyOptions, "extend"> {
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
    return parseObject(await readObject(file, btf === undefined ? {} : { btf }), file);
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

function rowJson(row: Row): object {
  const { ours, linux } = row;
  return {
    file: row.file,
    name: row.prog?.name ?? null,
    section: row.prog?.section ?? null,
    verdict: ours === null ? "unusable" : ours.ok ? "accepted" : "rejected",
    processed: ours?.stats.processed ?? 0,
    states: ours?.stats.totalStates ?? 0,
    us: ours?.stats.us ?? 0,
    diagnostics:
      row.findings !== null
        ? row.findings.errors.map(diagnosticJson)
        : row.failure === null
          ? []
          : [failureJson(row.failure)],
    ...(linux === null
      ? {}
      : {
          linux: {
            verdict: linux.unusable !== "" ? "unusable" : linux.ok ? "accepted" : "rejected",
            processed: linux.processed,
            us: linux.us,
            message: linux.unusable !== "" ? linux.unusable : linux.message,
          },
        }),
  };
}

function failureJson(error: SkepError): object {
  return { code: error.code, severity: "error", message: error.message, ...error.site };
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
