/**
 * A pointer that moved by a number that is not constant: which number, how it was scaled, and where its bounds come from.
 *
 *     r1 = *(u32 *)(r6 + 16)      <- source: 0..4294967295
 *     r1 &= 0xff                  <- bounds: 0..255
 *     r1 <<= 2                       scale 4
 *     r0 += r1                       added
 */
import type { DiagnosticNote } from "./diagnostic.ts";
import { type Case, expressionAt, note, type Range, rangeText, regRange } from "./explain-case.ts";
import { type Fix, leaveUnlessBelow } from "./explain-fixes.ts";
import { isCondJump, madeAt, regsAfter, writtenAt } from "./explain-path.ts";
import { assignedName, indexName, lineAt, unwrapped } from "./explain-source.ts";
import { isConst, MASK, REG_WORDS, SCALAR_VALUE, type Words } from "./regs.ts";

export interface Index {
  /** Step of the addition to the pointer, or of the use. */
  readonly step: number;
  /** Bytes by which one more moves the pointer. */
  readonly scale: number;
  /** Before scaling. */
  readonly range: Range;
  /** "queue"; "the index" where the source does not tell. */
  readonly name: string;
  readonly named: boolean;
  /** Insn that made the number: a load, a call, a mask. */
  readonly source: number;
  /** The register that it made it in, -1 where that is not one. */
  readonly made: number;
  readonly notes: readonly DiagnosticNote[];
}

const ADD_REG = 0x0f;
const ADD_IMM = 0x07;
const MOV = 0xbf;

function isVariable(w: Words, r: number): boolean {
  const at = r * REG_WORDS;
  return w[at] === SCALAR_VALUE && !isConst(w, at);
}

/** The number that was last added to pointer R`r`; null where it moved by constants only. */
export function indexOf(c: Case, r: number): Index | null {
  const { path } = c;
  const { insns } = path;
  let at = writtenAt(path, c.step, r);
  for (let hops = 0; at !== null && hops < 64; hops++) {
    const { insn, step } = at;
    const code = insns.code[insn];
    const before = path.regs[step];
    if (before === null || before === undefined) return null;
    if (code === ADD_REG) {
      const src = insns.src[insn]!;
      const dst = insns.dst[insn]!;
      if (isVariable(before, src)) return scalarOf(c, step, src);
      if (isVariable(before, dst)) return scalarOf(c, step, dst);
      const pointer = before[dst * REG_WORDS] === SCALAR_VALUE ? src : dst;
      at = writtenAt(path, step, pointer);
    } else if (code === ADD_IMM) {
      at = writtenAt(path, step, insns.dst[insn]!);
    } else if (code === MOV) {
      at = writtenAt(path, step, insns.src[insn]!);
    } else return null;
  }
  return null;
}

/** The number in R`r` before `step`, traced to where it comes from. */
export function scalarOf(c: Case, step: number, r: number): Index {
  const { path, prog } = c;
  const { insns } = path;
  let scale = 1;
  let cut = 1;
  let reg = r;
  let use = step;
  let range = regRange(path.regs[step]!, r);
  let source = -1;
  let sourceStep = -1;
  for (let hops = 0; hops < 64; hops++) {
    const at = madeAt(path, use, reg);
    if (at === null) break;
    source = at.insn;
    sourceStep = at.step;
    const op = insns.code[at.insn]! & 0xf0;
    const cls = insns.code[at.insn]! & 7;
    const isImm = (cls === 4 || cls === 7) && (insns.code[at.insn]! & 8) === 0;
    const imm = insns.imm[at.insn]!;
    if (!isImm) break;
    // Sign extension by a pair of shifts: its result is the number meant.
    if (op === 0xc0) break;
    if (op === 0x60) {
      const by = 2 ** imm;
      if (cut >= by) cut /= by;
      else {
        scale *= by / cut;
        cut = 1;
      }
    } else if (op === 0x70) cut *= 2 ** imm;
    else if (op === 0x20 && cut === 1 && imm > 0) scale *= imm;
    else break;
    reg = insns.dst[at.insn]!;
    use = at.step;
    const before = path.regs[at.step];
    if (before === null || before === undefined) break;
    if (cut === 1) range = regRange(before, reg);
  }
  if (cut !== 1) {
    scale = 1;
    range = regRange(path.regs[step]!, r);
  }
  const named = nameFor(c, source);
  const name = named !== "" ? named : source >= 0 && lineAt(c.prog, source) !== null ? "the index" : `r${r}`;
  const notes: DiagnosticNote[] = [];
  const bound = sourceStep < 0 ? null : comparedAt(c, sourceStep, step);
  if (source >= 0 && !sameExpression(c, source)) {
    const after = regsAfter(path, sourceStep);
    const made = after === null || madeReg(c, source) < 0 ? range : regRange(after, madeReg(c, source));
    notes.push(note(prog, source, `${whatIs(named, made)} here`));
  }
  if (bound !== null) notes.push(note(prog, bound.insn, `${whatIs(named, bound.range)} after this`));
  const made = source < 0 ? -1 : madeReg(c, source);
  return { step, scale, range, name, named: named !== "", source, made, notes };
}

/** The refused expression itself, where its label says the same. */
function sameExpression(c: Case, insn: number): boolean {
  const line = lineAt(c.prog, insn);
  return (
    line !== null &&
    line.line === lineAt(c.prog, c.insn)?.line &&
    unwrapped(expressionAt(c.prog, insn)) === c.expression
  );
}

/** "queue is 0..255", "the number may be anything" */
function whatIs(name: string, range: Range): string {
  const text = rangeText(range);
  return `${name === "" ? "the number" : name} ${text === "any number" ? "may be anything" : `is ${text}`}`;
}

function madeReg(c: Case, insn: number): number {
  const cls = c.path.insns.code[insn]! & 7;
  if (cls === 1 || cls === 4 || cls === 7) return c.path.insns.dst[insn]!;
  return cls === 5 ? 0 : -1;
}

function nameFor(c: Case, source: number): string {
  const name = indexName(c.expression);
  if (name !== "" || source < 0) return name;
  const line = lineAt(c.prog, source);
  const assigned = line === null ? "" : assignedName(line);
  if (assigned !== "") return assigned;
  const expression = expressionAt(c.prog, source);
  return /^\*?\w+(?:(?:->|\.)\w+)*$/.test(expression) && !/^\d/.test(expression) ? expression : "";
}

/** The last comparison that said something of the number made at `from`. */
function comparedAt(c: Case, from: number, to: number): { insn: number; range: Range } | null {
  const { path } = c;
  for (let k = to - 1; k > from; k--) {
    const insn = path.at[k]!;
    if (!isCondJump(path.insns, insn) || path.frame[k] !== path.frame[to]) continue;
    const before = path.regs[k];
    const after = regsAfter(path, k);
    if (before === null || before === undefined || after === null) return null;
    const operands =
      (path.insns.code[insn]! & 8) === 0 ? [path.insns.dst[insn]!] : [path.insns.dst[insn]!, path.insns.src[insn]!];
    for (const r of operands) {
      const at = r * REG_WORDS;
      if (before[at] !== SCALAR_VALUE || after[at] !== SCALAR_VALUE) continue;
      const was = regRange(before, r);
      const is = regRange(after, r);
      if (was.min === is.min && was.max === is.max && before[at + MASK] === after[at + MASK]) continue;
      if (madeAt(path, k, r)?.step === from) return { insn, range: is };
    }
  }
  return null;
}

/** The same in instructions. */
export function limitFixes(c: Case, index: Index, count: bigint): Fix[] {
  return leaveUnlessBelow(c, index.source, index.made, count);
}

/** "if (queue >= 64) return ...;", and the mask where the count is a power of two. */
export function limitAdvice(index: Index, count: bigint): string {
  if (count <= 0n) return "the memory is too small for any such access";
  const { name } = index;
  const test = `if (${name} >= ${count}) return ...;`;
  const mask = (count & (count - 1n)) === 0n && count > 1n && index.named ? `  or  ${name} &= ${count - 1n};` : "";
  return index.named ? `add  ${test}${mask}  before this` : `check that ${name} is below ${count} before this`;
}
