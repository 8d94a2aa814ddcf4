/**
 * Why a program was refused, from the path that failed: what was required against what is known, where the fact came from
 * or was lost, and advice. Verifies once more with every step recorded, so it is asked for only where someone will read it.
 *
 *     const { error } = verify(prog);
 *     explain(prog, error)  ->  { ...error, message: "packet read past the checked range: ...", label: "...", help: "...",
 *                                 required: "46 + 2 <= 34", related: [{ message: "bytes 0..33 proven readable here", line }] }
 *
 * States seen on the way are for display: they never reach an engine.
 */

import type { ResolvedProg } from "../obj/spec.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { explainArgument, explainMoved } from "./explain-argument.ts";
import { explainContext, explainGpl, explainHelper, explainLeak, explainSizeArgument } from "./explain-call.ts";
import { type Case, type Finding, newCase } from "./explain-case.ts";
import { explainAddition, explainRegion, explainStack, explainStackBytes } from "./explain-memory.ts";
import { explainPacket } from "./explain-packet.ts";
import { failingPath, type Path } from "./explain-path.ts";
import { explainNull, explainNumber, explainUnwritten } from "./explain-pointer.ts";
import { explainDepth, explainLarge, explainLoop, explainResult } from "./explain-program.ts";
import { type Repair, repair } from "./explain-repair.ts";
import { explainCallArguments, explainHead, explainPart, explainString, explainThrow } from "./explain-shape.ts";
import { lineAt, spanOf } from "./explain-source.ts";
import {
  explainAlignment,
  explainDynptr,
  explainField,
  explainIterator,
  explainKfunc,
  explainKind,
  explainMapType,
  explainMixture,
  explainRegionState,
  explainRelease,
  explainSleep,
  explainTrust,
} from "./explain-state.ts";
import { bareInsnText } from "./insn-text.ts";
import type { VerifyOptions } from "./options.ts";

const NOTHING: Finding = {};

const EXPLAINERS: Readonly<Record<string, (c: Case) => Finding | null>> = {
  V001: explainUnwritten,
  V002: explainNumber,
  V003: explainNull,
  V004: explainRegion,
  V005: explainPacket,
  V006: (c) => explainSizeArgument(c) ?? explainRegion(c),
  V007: (c) => explainSizeArgument(c) ?? explainRegion(c),
  V008: explainStack,
  V009: (c) => explainStackBytes(c) ?? explainPart(c),
  V010: explainArgument,
  V011: explainHelper,
  V012: explainGpl,
  V013: explainContext,
  V014: explainLeak,
  V015: explainLoop,
  V018: explainAddition,
  V019: explainResult,
  V020: explainKind,
  V021: explainMoved,
  V022: explainAlignment,
  V023: explainKind,
  V025: explainRegionState,
  V026: explainDynptr,
  V027: explainIterator,
  V028: explainRelease,
  V029: explainMapType,
  V031: explainField,
  V032: explainCallArguments,
  V033: explainKind,
  V034: explainSleep,
  V035: explainSizeArgument,
  V036: explainString,
  V038: explainMixture,
  V039: explainKfunc,
  V040: explainTrust,
  V041: explainHead,
};

/** The same diagnostic with everything that the failing path tells. `options` as they were given to verify(). */
export function explain(prog: ResolvedProg, diagnostic: Diagnostic, options: VerifyOptions = {}): Diagnostic {
  return explainAndRepair(prog, diagnostic, options).diagnostic;
}

/** Trying a fix walks the program once more: no more of them than this many steps allow. */
const STEPS_TO_TRY = 400_000;
const MAX_TRIED = 6;

export interface Explained {
  readonly diagnostic: Diagnostic;
  /** The fix that was tried out, where one helped. */
  readonly repair: Repair | null;
}

export function explainAndRepair(prog: ResolvedProg, diagnostic: Diagnostic, options: VerifyOptions): Explained {
  const path = failingPath(prog, options);
  const found = path === null ? NOTHING : (findingOf(prog, path, diagnostic) ?? NOTHING);
  const insn = found.place ?? (diagnostic.insn >= 0 ? diagnostic.insn : insnNamed(prog, diagnostic.kernel));
  const shown = insn < 0 ? null : lineAt(prog, insn);
  const line = shown ?? (insn === diagnostic.insn ? diagnostic.line : null);
  const span = shown === null ? null : spanOf(shown);
  const tries = path === null ? 0 : Math.min(MAX_TRIED, Math.floor(STEPS_TO_TRY / (path.env.processed + 1)));
  const done = repair(prog, diagnostic, (found.fixes ?? []).slice(0, tries), options);
  const help = (done?.fix.help ?? found.help)?.replace(/return \.\.\.;/, leaving(done));
  const explained = {
    ...diagnostic,
    insn,
    line,
    message: found.message ?? diagnostic.message,
    related: found.notes ?? diagnostic.related,
    ...(span === null ? {} : { span }),
    ...functionOf(prog, insn),
    ...(insn < 0 ? {} : { text: bareInsnText(prog, insn) }),
    ...(found.label === undefined ? {} : { label: found.label }),
    ...(found.required === undefined ? {} : { required: found.required }),
    ...(found.known === undefined ? {} : { known: found.known }),
    ...(help === undefined ? {} : { help }),
    ...(done === null ? {} : { fix: done.checked }),
  };
  return { diagnostic: explained, repair: done };
}

/** What is held has to be given back before the function is left. */
function leaving(done: Repair | null): string {
  const said = done?.fix.said ?? "";
  return said === "" ? "return ...;" : `{ ${said}return ...; }`;
}

/** The function of the program that an insn belongs to, where that is not the entry. */
function functionOf(prog: ResolvedProg, insn: number): { func?: string } {
  let name = "";
  prog.spec.funcs.forEach((func, i) => {
    if (func.insnIdx <= insn) name = i === 0 ? "" : func.name;
  });
  return name === "" ? {} : { func: name };
}

/** Refusals from before the walk name their instruction in the sentence only. */
function insnNamed(prog: ResolvedProg, kernel: string): number {
  const insn = Number(/\binsn (\d+)/.exec(kernel)?.[1] ?? -1);
  return insn < prog.insns.length ? insn : -1;
}

function findingOf(prog: ResolvedProg, path: Path, diagnostic: Diagnostic): Finding | null {
  if (diagnostic.code === "V016") return explainLarge(prog, path);
  if (diagnostic.code === "V017") return explainDepth(prog, path, diagnostic.kernel);
  if (diagnostic.code === "V037") return explainThrow(prog, diagnostic);
  const c = newCase(prog, path, diagnostic);
  return c === null ? null : (EXPLAINERS[diagnostic.code]?.(c) ?? null);
}
