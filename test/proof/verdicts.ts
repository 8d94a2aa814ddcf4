/** The fuzzing loop over verdicts: ours beside the kernel's, a false accept shrunk to the insns that it needs. */
import { kernelText } from "../../src/asm/kernel.ts";
import type { InsnBuf } from "../../src/isa/insn.ts";
import type { Judge, Verdict } from "../../src/linux/judge.ts";
import type { ResolvedProg } from "../../src/obj/spec.ts";
import { type VerifyResult, verify } from "../../src/verifier/verify.ts";
import type { Case } from "./host.ts";
import { copyOf, drop, make, withInsns } from "./mutate.ts";

export interface VerdictFuzz {
  readonly seed: number;
  readonly count: number;
  readonly from: number;
  /** Programs to change. */
  readonly bases: readonly Case[];
  /** Null: only that ours ends with a verdict. */
  readonly judge: Judge | null;
  readonly onFinding: (finding: Finding) => void;
  readonly onProgress?: (done: number) => void;
}

export interface Finding {
  readonly kind: "false accept" | "false reject" | "internal error" | "slow";
  readonly index: number;
  readonly message: string;
  /** The program, for a false accept a smaller one. */
  readonly text: string;
}

export interface VerdictTotals {
  programs: number;
  accepted: number;
  agree: number;
  falseAccept: number;
  falseReject: number;
  unusable: number;
  /** Of those that agree: as many insns processed. */
  sameProcessed: number;
  failed: number;
  slow: number;
}

/** Of this process's time: the kernel's own bound of a million insns takes us one to three seconds. */
const SLOW_US = 20_000_000;

export function fuzzVerdicts(run: VerdictFuzz): VerdictTotals {
  const totals: VerdictTotals = {
    programs: 0,
    accepted: 0,
    agree: 0,
    falseAccept: 0,
    falseReject: 0,
    unusable: 0,
    sameProcessed: 0,
    failed: 0,
    slow: 0,
  };
  const bases = run.bases.map((base) => base.prog!);
  for (let index = run.from; index < run.from + run.count; index++) {
    const { prog, base } = make(run.seed, index, bases);
    const from = run.bases[base];
    totals.programs++;
    const started = process.cpuUsage();
    let ours: VerifyResult;
    try {
      ours = verify(prog, from?.options ?? {});
    } catch (error) {
      totals.failed++;
      run.onFinding({
        kind: "internal error",
        index,
        message: (error as Error).stack ?? "",
        text: listing(prog.insns),
      });
      continue;
    }
    const { user } = process.cpuUsage(started);
    if (user > SLOW_US) {
      totals.slow++;
      run.onFinding({ kind: "slow", index, message: `${user} us`, text: listing(prog.insns) });
    }
    if (ours.ok) totals.accepted++;
    if (run.judge !== null) compare(run, totals, index, prog, from, ours);
    run.onProgress?.(totals.programs);
  }
  return totals;
}

function compare(
  run: VerdictFuzz,
  totals: VerdictTotals,
  index: number,
  prog: ResolvedProg,
  from: Case | undefined,
  ours: VerifyResult,
): void {
  const linux = run.judge!.judge(prog, from?.extras ?? {});
  if (linux.unusable !== "" || isOfLoader(linux)) totals.unusable++;
  else if (linux.ok === ours.ok) {
    totals.agree++;
    if (linux.processed === ours.stats.processed) totals.sameProcessed++;
  } else if (ours.ok) {
    totals.falseAccept++;
    const small = shrink(run.judge!, prog, from);
    run.onFinding({
      kind: "false accept",
      index,
      message: `${where(from)}: ${linux.message}`,
      text: listing(small.insns),
    });
  } else {
    totals.falseReject++;
    run.onFinding({
      kind: "false reject",
      index,
      message: `${where(from)}: ours says ${ours.error!.kernel} at ${ours.error!.insn}`,
      text: listing(prog.insns),
    });
  }
}

/** Refusals that are not the verifier's: an arena is mapped by a loader, which a judge is not. */
function isOfLoader(verdict: Verdict): boolean {
  return verdict.message.includes("arena's user address");
}

function where(from: Case | undefined): string {
  return from === undefined ? "random insns" : `${from.file} ${from.spec.name}`;
}

/** Takes insns out, one after another, while ours still accepts what the kernel refuses. */
function shrink(judge: Judge, prog: ResolvedProg, from: Case | undefined): ResolvedProg {
  let small = prog;
  for (let i = 0; i < prog.insns.length; i++) {
    if (small.insns.code[i] === 0x05 || small.insns.code[i] === 0) continue;
    const insns = copyOf(small.insns);
    drop(insns, i);
    if (small.insns.code[i] === 0x18 && i + 1 < insns.length) drop(insns, i + 1);
    const candidate = withInsns(small, insns);
    const verdict = judge.judge(candidate, from?.extras ?? {});
    if (verdict.ok || verdict.unusable !== "" || !verify(candidate, from?.options ?? {}).ok) continue;
    small = candidate;
  }
  return small;
}

export function listing(insns: InsnBuf): string {
  const lines: string[] = [];
  for (let i = 0; i < insns.length; i++) {
    if (insns.code[i] === 0x05 && insns.off[i] === 0) continue;
    const raw = [insns.code[i], insns.dst[i], insns.src[i], insns.off[i], insns.imm[i]].join(" ");
    lines.push(`    ${i}: ${kernelText(insns, i)}    // ${raw}`);
    if (insns.code[i] === 0x18) i++;
  }
  return lines.join("\n");
}
