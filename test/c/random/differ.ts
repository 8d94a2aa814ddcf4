/** Many programs through both compilers: where they differ, what was refused, how many insns ran. */
import { type Program, source } from "./program.ts";
import { type Bench, type Compiled, type Compiler, type Outcome, outcomes } from "./sides.ts";

export type Kind = "compile" | "result" | "refused" | "slow";

export interface Finding {
  readonly kind: Kind;
  readonly program: Program;
  readonly message: string;
}

export interface Report {
  readonly programs: number;
  /** Programs that the other compiler does not take. */
  readonly unusable: number;
  /** Of a target, by its name: programs that it took from the other compiler, and of those from ours. */
  readonly accepted: Readonly<Record<string, { theirs: number; ours: number }>>;
  readonly findings: readonly Finding[];
  /** Insns of programs whose results agree. */
  readonly insns: readonly { readonly program: Program; readonly ours: number; readonly theirs: number }[];
}

export interface Sides {
  readonly ours: Compiler;
  readonly theirs: Compiler;
  readonly benches: readonly Bench[];
  readonly inputs: readonly Uint8Array[];
  /** A program that runs more than so many times the insns of the other compiler's is a finding; 0: none is. */
  readonly slow: number;
}

/** All programs are for one cpu and one rule of overflow. */
export function compare(programs: readonly Program[], sides: Sides): Report {
  const findings: Finding[] = [];
  const insns: { program: Program; ours: number; theirs: number }[] = [];
  const accepted: Record<string, { theirs: number; ours: number }> = {};
  for (const { name } of sides.benches) accepted[name] = { theirs: 0, ours: 0 };
  const theirs = objects(programs, sides.theirs);
  const usable = programs.filter((one) => theirs.get(one)!.object !== null);
  const ours = objects(usable, sides.ours);
  const both = usable.filter((program) => {
    const { object, error } = ours.get(program)!;
    if (object === null) findings.push({ kind: "compile", program, message: error });
    return object !== null;
  });
  for (const bench of sides.benches) {
    const want = run(both, theirs, bench, sides.inputs);
    const got = run(both, ours, bench, sides.inputs);
    for (const program of both) {
      const a = want.get(program)!;
      const b = got.get(program)!;
      const count = accepted[bench.name]!;
      if (a.refused === "") count.theirs++;
      if (a.refused === "" && b.refused === "") count.ours++;
      const found = difference(a, b, bench) ?? slowness(a, b, sides.slow);
      if (found !== null) findings.push({ ...found, program });
      else if (bench.counter !== null) insns.push({ program, ours: b.insns, theirs: a.insns });
    }
  }
  return { programs: programs.length, unusable: programs.length - usable.length, accepted, findings, insns };
}

function difference(want: Outcome, got: Outcome, bench: Bench): { kind: Kind; message: string } | null {
  if (want.refused === "" && got.refused !== "") return { kind: "refused", message: `${bench.name}: ${got.refused}` };
  const at = want.runs.findIndex((one, i) => got.runs[i] !== undefined && got.runs[i] !== one);
  if (at < 0) return null;
  // What the verifier refused may read what was never written
  if (want.runs[at]!.startsWith("run/")) return null;
  const message = `${bench.name}, input ${at}:\n  want ${want.runs[at]}\n  got  ${got.runs[at]}`;
  return { kind: "result", message };
}

/** Programs that run next to nothing say nothing. */
const FEW_INSNS = 20;

function slowness(want: Outcome, got: Outcome, slow: number): { kind: Kind; message: string } | null {
  if (slow === 0 || got.insns <= slow * want.insns + FEW_INSNS) return null;
  return { kind: "slow", message: `insns ${got.insns} for ${want.insns}` };
}

/** Compiles as many together as compile; halves what does not. */
function objects(programs: readonly Program[], compiler: Compiler): Map<Program, Compiled> {
  const found = new Map<Program, Compiled>();
  const half = (some: readonly Program[]): void => {
    if (some.length === 0) return;
    const made = compiler(source(some), some[0]!);
    if (made.object !== null || some.length === 1) {
      for (const one of some) found.set(one, made);
      return;
    }
    half(some.slice(0, some.length >> 1));
    half(some.slice(some.length >> 1));
  };
  half(programs);
  return found;
}

function run(
  programs: readonly Program[],
  compiled: ReadonlyMap<Program, Compiled>,
  bench: Bench,
  inputs: readonly Uint8Array[],
): Map<Program, Outcome> {
  const found = new Map<Program, Outcome>();
  const byObject = new Map<Uint8Array, Program[]>();
  for (const program of programs) {
    const { object } = compiled.get(program)!;
    const group = byObject.get(object!) ?? [];
    byObject.set(object!, group);
    group.push(program);
  }
  for (const [object, group] of byObject) {
    const names = group.map(({ name }) => name);
    const all = outcomes(object, names, bench, inputs);
    for (const program of group) found.set(program, all.get(program.name)!);
  }
  return found;
}
