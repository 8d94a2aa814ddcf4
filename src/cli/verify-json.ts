/**
 * What `skep verify --json` prints of one program. `facts` hold on every path and are what engines rely on; `seen` is what the
 * walked paths had, for display.
 */
import type { SkepError } from "../base/error.ts";
import type { Verdict } from "../linux/judge.ts";
import type { ProgSpec } from "../obj/spec.ts";
import {
  PTR_ARENA,
  PTR_CTX,
  PTR_MAP_VALUE,
  PTR_MEM,
  PTR_PACKET,
  PTR_PROBE,
  PTR_SOCK,
  PTR_STACK,
  type VerifiedProg,
} from "../obj/verified.ts";
import type { ExplainedProgram } from "../verifier/explain-all.ts";
import type { SeenInsn } from "../verifier/seen.ts";
import type { VerifyResult } from "../verifier/verify.ts";
import { diagnosticJson } from "./diagnostic.ts";

export interface Row {
  readonly file: string;
  /** Null where the object itself cannot be read: one row then stands for all its programs. */
  readonly prog: ProgSpec | null;
  /** Null where the program could not be resolved; `failure` says why. */
  readonly ours: VerifyResult | null;
  /** Of a refused program: its errors, with what the failing paths tell. */
  readonly findings: ExplainedProgram | null;
  readonly failure: SkepError | null;
  readonly linux: Verdict | null;
  /** Null where none were asked for. */
  readonly seen: readonly SeenInsn[] | null;
}

const BASES: Readonly<Record<number, string>> = {
  [PTR_CTX]: "ctx",
  [PTR_STACK]: "stack",
  [PTR_MAP_VALUE]: "map_value",
  [PTR_PACKET]: "packet",
  [PTR_MEM]: "mem",
  [PTR_PROBE]: "probe",
  [PTR_SOCK]: "sock",
  [PTR_ARENA]: "arena",
};

export function rowJson(row: Row): object {
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
    ...(ours === null || ours.log === "" ? {} : { log: ours.log }),
    ...(row.seen === null
      ? {}
      : { ...(ours?.prog === undefined ? {} : { facts: factsJson(ours.prog) }), seen: row.seen }),
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

function factsJson({ facts, prog, stackDepth }: VerifiedProg): object {
  const insns: object[] = [];
  const dead: number[] = [];
  for (let i = 0; i < prog.insns.length; i++) {
    if (facts.reached[i] === 0) dead.push(i);
    const base = BASES[facts.ptr[i]!];
    const map = prog.maps[facts.map[i]!]?.name;
    if (base !== undefined || map !== undefined) insns.push({ insn: i, base, map });
  }
  return { dead, insns, stackDepth };
}

function failureJson(error: SkepError): object {
  return { code: error.code, severity: "error", message: error.message, ...error.site };
}
