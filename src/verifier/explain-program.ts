/** The program as a whole: loops and size, stack depth, results (V015, V016, V017, V019). */
import { progTypeWord } from "../abi/prog-types.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import type { DiagnosticNote } from "./diagnostic.ts";
import { type Case, expressionAt, type Finding, listed, nameOf, note, rangeText, regRange } from "./explain-case.ts";
import { boundRounds, returnWithin } from "./explain-fixes.ts";
import { isCondJump, madeAt, type Path } from "./explain-path.ts";
import { lineAt } from "./explain-source.ts";
import { REG_WORDS, SCALAR_VALUE } from "./regs.ts";
import { MAX_REGS } from "./state.ts";

/** V015: what the loop waits for, and that it does not change. */
export function explainLoop(c: Case): Finding | null {
  if (!/infinite loop/.test(c.kernel)) return null;
  const { path, prog } = c;
  const loop = loopInsns(c);
  const tests = [...loop].filter((i) => isCondJump(path.insns, i)).reverse();
  const notes: DiagnosticNote[] = [];
  const test = tests.at(-1);
  let names = "";
  if (test !== undefined) {
    const regs = [path.insns.dst[test]!];
    if ((path.insns.code[test]! & 8) !== 0) regs.push(path.insns.src[test]!);
    const made = regs.map((r) => nameOf(prog, madeAt(path, c.step, r)) || `r${r}`);
    names = listed(made);
    const known = regs.map((r) => rangeText(regRange(c.w, r)));
    notes.push(
      note(
        prog,
        test,
        `${names} ${known[0] === "any number" ? "may be any number" : `is ${known.join(" and ")}`}, each time round`,
      ),
    );
  }
  return {
    message: "this loop never ends: a round leaves everything as it was",
    label: "the same state as one round before",
    required: "a round that brings the end nearer",
    known: names === "" ? "nothing changes" : `${names}: unchanged by a round`,
    help: "count the rounds:  for (int i = 0; i < 100 && ...; i++)  or use bpf_loop",
    notes,
    fixes: [boundRounds(c, "count the rounds:  for (int i = 0; i < 100 && ...; i++)  or let it end with  && can_loop")],
  };
}

/** Insns of the last round. */
function loopInsns(c: Case): Set<number> {
  const set = new Set<number>();
  const { path } = c;
  for (let k = c.step - 1; k >= 0; k--) {
    set.add(path.at[k]!);
    if (path.at[k] === c.insn) break;
  }
  return set;
}

/** V016: where the work went, and what kept two visits from being the same. */
export function explainLarge(prog: ResolvedProg, path: Path): Finding | null {
  let hot = -1;
  let total = 0;
  for (let i = 0; i < path.visits.length; i++) {
    total += path.visits[i]!;
    if (hot < 0 || path.visits[i]! > path.visits[hot]!) hot = i;
  }
  if (hot < 0) return null;
  const visits = path.visits[hot]!;
  const changing = differences(path, hot);
  const calls = `${count(visits)} of ${count(total)} steps`;
  const notes: DiagnosticNote[] = [];
  const fork = busiestFork(path);
  if (fork >= 0 && fork !== hot && path.visits[fork]! > 10)
    notes.push(note(prog, fork, `both ways are walked, ${count(path.visits[fork]!)} times`));
  const regs = changing.map((r) => {
    const step = path.at.lastIndexOf(hot);
    return (step < 0 ? "" : nameOf(prog, madeAt(path, step, r))) || `r${r}`;
  });
  const unique = regs.filter((name, i) => regs.indexOf(name) === i);
  return {
    label: `walked ${count(visits)} times: no two visits alike`,
    required: "at most 1,000,000 steps and 8,192 waiting branches",
    known: `${calls} here`,
    ...(unique.length === 0
      ? {}
      : {
          message: `too much to verify: ${listed(unique.slice(0, 3))} ${unique.length === 1 ? "differs" : "differ"} in every round of this loop`,
        }),
    help: "fewer rounds or fewer branches in one; or bpf_loop, whose body is verified once",
    notes,
    place: hot,
  };
}

function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** Registers whose numbers differ between the last two visits of an insn. */
function differences(path: Path, insn: number): number[] {
  const last = path.at.lastIndexOf(insn);
  const before = last < 0 ? -1 : path.at.lastIndexOf(insn, last - 1);
  const a = path.regs[last];
  const b = before < 0 ? null : path.regs[before];
  if (a === null || a === undefined || b === null || b === undefined) return [];
  const out: number[] = [];
  for (let r = 0; r < MAX_REGS; r++) {
    const at = r * REG_WORDS;
    if (a[at] !== SCALAR_VALUE || b[at] !== SCALAR_VALUE) continue;
    const x = regRange(a, r);
    const y = regRange(b, r);
    if (x.min !== y.min || x.max !== y.max) out.push(r);
  }
  return out;
}

function busiestFork(path: Path): number {
  let best = -1;
  for (let i = 0; i < path.visits.length; i++) {
    if (isCondJump(path.insns, i) && (best < 0 || path.visits[i]! > path.visits[best]!)) best = i;
  }
  return best;
}

/** V017: the deepest chain, function by function. */
export function explainDepth(prog: ResolvedProg, path: Path, kernel: string): Finding | null {
  const { subprogs } = path.env;
  const names = subprogs.map(
    (s) => s.name || prog.spec.funcs.find((f) => f.insnIdx === s.start)?.name || `function at ${s.start}`,
  );
  const depths = subprogs.map((s) => s.stackDepth);
  const chain = deepest(
    prog,
    subprogs.map((s) => s.start),
    depths,
  );
  if (chain.length === 0 || !/stack size/.test(kernel)) return null;
  const rounded = chain.map((i) => rounded16(depths[i]!));
  const sum = rounded.reduce((a, b) => a + b, 0);
  // Types with private stacks are counted otherwise: only the kernel's sum is shown then.
  if (!kernel.includes(` is ${sum}.`)) return null;
  const widest = chain[rounded.indexOf(Math.max(...rounded))]!;
  const terms = chain.map((i, k) => `${names[i]} ${rounded[k]}`).join(" + ");
  return {
    message:
      chain.length === 1
        ? `${names[chain[0]!]} needs ${sum} bytes of stack: 512 is the limit`
        : `functions that call each other need ${sum} bytes of stack: 512 is the limit`,
    label: `${terms} = ${sum} bytes`,
    required: `${terms} <= 512`,
    known: `${sum} bytes`,
    help: "move the largest buffer into a per-CPU array map of one entry; frames count in steps of 16 bytes",
    notes: chain.slice(1).flatMap((i, k) =>
      callNote(
        prog,
        subprogs.map((s) => s.start),
        chain[k]!,
        i,
        names[i]!,
      ),
    ),
    place: subprogs[widest]!.start,
  };
}

function rounded16(depth: number): number {
  return (depth + 15) & ~15;
}

function callsOf(prog: ResolvedProg, starts: readonly number[], from: number): { insn: number; to: number }[] {
  const { insns } = prog;
  const end = starts.find((s) => s > starts[from]!) ?? insns.length;
  const out: { insn: number; to: number }[] = [];
  for (let i = starts[from]!; i < end; i++) {
    if (insns.code[i] !== 0x85 || insns.src[i] !== 1) continue;
    const to = starts.indexOf(i + insns.imm[i]! + 1);
    if (to >= 0) out.push({ insn: i, to });
  }
  return out;
}

function callNote(
  prog: ResolvedProg,
  starts: readonly number[],
  from: number,
  to: number,
  name: string,
): DiagnosticNote[] {
  const call = callsOf(prog, starts, from).find((one) => one.to === to);
  return call === undefined ? [] : [note(prog, call.insn, `${name} is called here, on top of it`)];
}

/** Functions of the chain that needs most, from the outermost; calls do not recurse. */
function deepest(prog: ResolvedProg, starts: readonly number[], depths: readonly number[]): number[] {
  const best = new Map<number, { sum: number; chain: number[] }>();
  const walk = (f: number, seen: number): { sum: number; chain: number[] } => {
    const known = best.get(f);
    if (known !== undefined) return known;
    let most: { sum: number; chain: number[] } = { sum: 0, chain: [] };
    if (seen < 8) {
      for (const { to } of callsOf(prog, starts, f)) {
        const below = walk(to, seen + 1);
        if (below.sum > most.sum) most = below;
      }
    }
    const own = rounded16(depths[f]!);
    const result = { sum: own + most.sum, chain: [f, ...most.chain] };
    best.set(f, result);
    return result;
  };
  let top: number[] = [];
  let sum = 0;
  for (let f = 0; f < starts.length; f++) {
    const result = walk(f, 0);
    if (result.sum > sum) {
      sum = result.sum;
      top = result.chain;
    }
  }
  return top;
}

/** The line of the return says it already: "return 0;". */
function saysTheSame(c: Case, insn: number): boolean {
  const here = lineAt(c.prog, c.insn);
  return here !== null && lineAt(c.prog, insn)?.line === here.line && expressionAt(c.prog, insn) === c.expression;
}

/** V019. */
export function explainResult(c: Case): Finding | null {
  const said = /should have been in \[(-?\d+), (-?\d+)\]/.exec(c.kernel);
  if (said === null) return null;
  const [, min, max] = said as unknown as [string, string, string];
  const made = madeAt(c.path, c.step, 0);
  const range = rangeText(regRange(c.w, 0));
  const word = progTypeWord(c.prog.spec.type);
  const allowed = min === max ? min : `${min}..${max}`;
  return {
    message: `${word} programs return ${min === max ? `${min} only` : `${allowed}`}; this may return ${range}`,
    label: `the result is ${range}`,
    required: min === max ? `result == ${min}` : `${min} <= result <= ${max}`,
    known: `result is ${range}`,
    help:
      min === "0" && max === "1"
        ? "return a yes or no:  return value != 0;"
        : min === max
          ? `return ${min}`
          : `return a number in ${allowed}`,
    fixes: returnWithin(c.insn, Number(min), Number(max)),
    notes:
      made === null || made.insn === c.insn || saysTheSame(c, made.insn)
        ? []
        : [note(c.prog, made.insn, "the result comes from here")],
  };
}
