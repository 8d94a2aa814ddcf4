/** The fuzzing loop: programs by seed, a difference shrunk and reported with what repeats it. */
import type { Backend } from "../vectors/backends.ts";
import { type Difference, difference, listing, openRig, outcomes, type Rig } from "./differ.ts";
import { generate, type Program } from "./nodes.ts";
import { programSeed } from "./rng.ts";
import { shrink } from "./shrink.ts";

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** Index of the first program. */
  readonly from?: number;
  readonly backends: readonly Backend[];
  readonly onProgress?: (done: number) => void;
  /** Stop after so many differences. Default 1. */
  readonly maxFindings?: number;
  /** Only count programs that the embedded target alone refuses. */
  readonly countRefusals?: boolean;
}

export interface Finding extends Difference {
  readonly index: number;
  readonly program: Program;
  /** Assembly of the shrunk program. */
  readonly text: string;
}

export interface FuzzResult {
  readonly programs: number;
  /** Programs that every target accepted. */
  readonly accepted: number;
  /** Programs that the embedded target alone refused. */
  readonly refused: number;
  readonly findings: readonly Finding[];
}

/** Rigs are renewed after so many programs, so that a leak in one shows as growth, not as noise. */
const RIG_PROGRAMS = 1000;

export function fuzz(options: FuzzOptions): FuzzResult {
  const findings: Finding[] = [];
  let accepted = 0;
  let refused = 0;
  let programs = 0;
  let rigs: Rig[] = [];
  const from = options.from ?? 0;
  const forLinux = options.backends.some((backend) => backend.name === "linux");
  try {
    for (let i = from; i < from + options.count; i++) {
      if ((i - from) % RIG_PROGRAMS === 0) {
        for (const rig of rigs) rig.target.close();
        rigs = options.backends.map(openRig);
      }
      const program = generate(programSeed(options.seed, i), forLinux);
      const all = outcomes(rigs, program);
      programs++;
      if (all.every((outcome) => outcome.refused === null)) accepted++;
      const found = difference(all);
      if (found?.kind === "refuses") refused++;
      if (found !== null && !(found.kind === "refuses" && options.countRefusals === true)) {
        findings.push(finding(i, program, rigs, found));
        if (findings.length >= (options.maxFindings ?? 1)) break;
      }
      options.onProgress?.(programs);
    }
  } finally {
    for (const rig of rigs) rig.target.close();
  }
  return { programs, accepted, refused, findings };
}

function finding(index: number, program: Program, rigs: readonly Rig[], found: Difference): Finding {
  // A smaller program must differ in the same way, or shrinking slides from one fault to another
  const differs = (candidate: Program): boolean => difference(outcomes(rigs, candidate))?.kind === found.kind;
  const small = shrink(program, differs);
  const { kind, message } = difference(outcomes(rigs, small)) ?? found;
  return { kind, index, message, program: small, text: listing(small) };
}
