/**
 * The path that led to a refusal, walked again with every step's registers kept, and questions about it: where was this
 * register written, what did it hold, where did a fact appear. For display only: nothing here may reach an engine.
 *
 *     step:   0    1    2    3    4          at[i]    insn slot of the step
 *     insn:   0    1    5    6    9  <- refused      regs[i]  registers before it, null where too long ago
 */
import type { InsnBuf } from "../isa/insn.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import type { Env } from "./env.ts";
import type { VerifyOptions } from "./options.ts";
import { REG_WORDS, type Words } from "./regs.ts";
import { curFrame, MAX_REGS } from "./state.ts";
import { verify } from "./verify.ts";

const FRAME_WORDS = MAX_REGS * REG_WORDS;
/** Steps whose registers are kept: some 9 MB. */
const KEPT_STEPS = 8192;
/** Steps that are kept at all: a loop of a million rounds shows nothing that its last rounds do not. */
const MAX_STEPS = 1 << 18;

export interface Path {
  readonly insns: InsnBuf;
  readonly at: readonly number[];
  /** Call depth of each step. */
  readonly frame: readonly number[];
  readonly regs: readonly (Words | null)[];
  /** How often each insn was walked, over all paths. */
  readonly visits: Uint32Array;
  /** As verify left it: the state at the refusal. */
  readonly env: Env;
}

interface Recording {
  at: number[];
  frame: number[];
  regs: (Words | null)[];
  /** Length of the path where each pending branch was pushed. */
  forks: number[];
  oldest: number;
  /** Register files that the path no longer holds. */
  spare: Words[];
  env: Env | null;
}

/** Null where the program was refused before its first instruction was walked. */
export function failingPath(prog: ResolvedProg, options: VerifyOptions): Path | null {
  const rec: Recording = { at: [], frame: [], regs: [], forks: [], oldest: 0, spare: [], env: null };
  const visits = new Uint32Array(prog.insns.length);
  verify(prog, {
    ...options,
    logLevel: 0,
    onInsn(env) {
      visits[env.insnIdx]!++;
      record(rec, env);
    },
  });
  if (rec.env === null) return null;
  return { insns: prog.insns, at: rec.at, frame: rec.frame, regs: rec.regs, visits, env: rec.env };
}

function record(rec: Recording, env: Env): void {
  rec.env = env;
  if (env.prevInsnIdx < 0) {
    cut(rec, 0);
    rec.forks.length = 0;
  }
  // Branches are taken up again last in, first out: a shorter stack than before is a return to where one was pushed.
  const pending = env.stack.length;
  if (pending < rec.forks.length) {
    cut(rec, rec.forks[pending]!);
    rec.forks.length = pending;
  }
  while (rec.forks.length < pending) rec.forks.push(rec.at.length);
  if (rec.at.length >= MAX_STEPS) forget(rec);
  const frame = curFrame(env.cur);
  rec.at.push(env.insnIdx);
  rec.frame.push(env.cur.curframe);
  const regs = rec.spare.pop() ?? new Int32Array(FRAME_WORDS);
  for (let i = 0; i < FRAME_WORDS; i++) regs[i] = frame.w[i]!;
  rec.regs.push(regs);
  if (rec.regs.length - rec.oldest > 2 * KEPT_STEPS) {
    const end = rec.regs.length - KEPT_STEPS;
    for (; rec.oldest < end; rec.oldest++) {
      const old = rec.regs[rec.oldest]!;
      if (old !== null) rec.spare.push(old);
      rec.regs[rec.oldest] = null;
    }
  }
}

function cut(rec: Recording, length: number): void {
  for (let i = Math.max(length, rec.oldest); i < rec.regs.length; i++) {
    const old = rec.regs[i]!;
    if (old !== null) rec.spare.push(old);
  }
  rec.at.length = length;
  rec.frame.length = length;
  rec.regs.length = length;
  rec.oldest = Math.min(rec.oldest, length);
}

/** Drops the first half of a very long path. */
function forget(rec: Recording): void {
  const half = MAX_STEPS / 2;
  rec.at.splice(0, half);
  rec.frame.splice(0, half);
  rec.regs.splice(0, half);
  rec.oldest = Math.max(0, rec.oldest - half);
  for (let i = 0; i < rec.forks.length; i++) rec.forks[i] = Math.max(0, rec.forks[i]! - half);
}

export function lastStep(path: Path): number {
  return path.at.length - 1;
}

/** Registers after a step: those before the next one of the same frame, at the end those of the refusal. */
export function regsAfter(path: Path, step: number): Words | null {
  if (step === lastStep(path)) return curFrame(path.env.cur).w;
  return path.frame[step + 1] === path.frame[step] ? path.regs[step + 1]! : null;
}

/** The step that a call at `step` comes back to, in the same frame; -1 where the path ends before. */
export function stepAfterCall(path: Path, step: number): number {
  for (let k = step + 1; k < path.at.length; k++) {
    if (path.frame[k]! < path.frame[step]!) return -1;
    if (path.frame[k] === path.frame[step]) return k;
  }
  return -1;
}

const CLASS = 7;
const CALL = 0x85;
const CALLX = 0x8d;

export function isCall(insns: InsnBuf, i: number): boolean {
  return insns.code[i] === CALL || insns.code[i] === CALLX;
}

export function isHelperCall(insns: InsnBuf, i: number): boolean {
  return insns.code[i] === CALL && insns.src[i] === 0;
}

export function isCondJump(insns: InsnBuf, i: number): boolean {
  const cls = insns.code[i]! & CLASS;
  const op = insns.code[i]! & 0xf0;
  return (cls === 5 || cls === 6) && op !== 0 && op !== 0x80 && op !== 0x90;
}

/** Does an insn write this register? Calls give r0 and take r1 to r5 away. */
export function writesReg(insns: InsnBuf, i: number, r: number): boolean {
  switch (insns.code[i]! & CLASS) {
    case 0:
      return (insns.code[i]! & 0xe0) === 0 ? insns.dst[i] === r : r <= 5;
    case 1:
    case 4:
    case 7:
      return insns.dst[i] === r;
    case 3: {
      const isAtomic = (insns.code[i]! & 0xe0) === 0xc0;
      const imm = insns.imm[i]!;
      return isAtomic && (imm & 1) !== 0 && (imm === 0xf1 ? r === 0 : insns.src[i] === r);
    }
    case 5:
      return isCall(insns, i) && r <= 5;
    default:
      return false;
  }
}

export interface Origin {
  readonly step: number;
  readonly insn: number;
  /** The register that the value had there. */
  readonly reg: number;
}

/** The last branch taken since insn `since` was last walked; null without one. */
export function forkSince(path: Path, since: number): number | null {
  for (let k = path.at.length - 2; k >= 0 && path.at[k] !== since; k--) {
    if (isCondJump(path.insns, path.at[k]!)) return path.at[k]!;
  }
  return null;
}

/** The step before `step` that wrote R`r`; null where none on this path did. */
export function writtenAt(path: Path, step: number, r: number): Origin | null {
  let frame = path.frame[step]!;
  for (let i = step - 1; i >= 0; i--) {
    const depth = path.frame[i]!;
    if (depth > frame) continue;
    const insn = path.at[i]!;
    if (depth < frame) {
      // Into the caller: r1 to r5 are its arguments, everything else began here. The kernel calls callbacks itself.
      if (r < 1 || r > 5 || path.insns.src[insn] !== 1) return null;
      frame = depth;
      continue;
    }
    if (writesReg(path.insns, insn, r)) return { step: i, insn, reg: r };
  }
  return null;
}

/** Follows copies, and stack slots of a constant offset, to where the value was made. */
export function madeAt(path: Path, step: number, r: number): Origin | null {
  let at = writtenAt(path, step, r);
  for (let hops = 0; at !== null && hops < 64; hops++) {
    const { insns } = path;
    const { insn } = at;
    const code = insns.code[insn]!;
    let from: Origin | null = null;
    if (code === 0xbf && insns.off[insn] === 0) from = writtenAt(path, at.step, insns.src[insn]!);
    else if (code === 0xbc && insns.off[insn] === 0) from = writtenAt(path, at.step, insns.src[insn]!);
    else if ((code & CLASS) === 1 && insns.src[insn] === 10) from = storedAt(path, at.step, insns.off[insn]!);
    if (from === null) return at;
    at = from;
  }
  return at;
}

/** What the last store to fp+off put there. */
function storedAt(path: Path, step: number, off: number): Origin | null {
  const { insns } = path;
  const frame = path.frame[step]!;
  for (let i = step - 1; i >= 0; i--) {
    if (path.frame[i] !== frame) continue;
    const insn = path.at[i]!;
    if ((insns.code[insn]! & CLASS) !== 3 || insns.dst[insn] !== 10 || insns.off[insn] !== off) continue;
    return writtenAt(path, i, insns.src[insn]!);
  }
  return null;
}
