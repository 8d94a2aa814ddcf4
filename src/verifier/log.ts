/**
 * The verifier's log as the kernel writes it, and the error that ends a verification. Level 1 keeps the path that failed
 * (text of finished paths is taken back), level 2 keeps everything. Source: kernel/bpf/log.c.
 */
import type { LineInfo } from "../obj/spec.ts";

/** Text that is kept at most; the oldest goes first, as in the kernel's ring. */
const MAX_CHARS = 1 << 24;

/** The program is refused: `errno` as the kernel's load would give it. */
export class Reject extends Error {
  readonly errno: number;
  constructor(errno: number) {
    super("rejected");
    this.name = "Reject";
    this.errno = errno;
  }
}

export interface Log {
  /** 0, 1 or 2: what is kept of the paths. */
  readonly level: number;
  /** BPF_LOG_STATS: time and stack depths at the end. */
  readonly stats: boolean;
  /** Anything is wanted: sentences of refusal are kept with statistics alone, too. */
  readonly on: boolean;
  chunks: string[];
  /** Position (characters since the beginning) behind the last chunk. */
  end: number;
  /** Position of the first chunk that is kept. */
  start: number;
  /** What was said since the current insn began, for the error. */
  said: string[];
  lines: readonly LineInfo[];
  prevLine: LineInfo | null;
  /** Position behind the last insn's text, to put its state on the same line; 0 where there is none. */
  prevPos: number;
  prevInsnLength: number;
  /** Registers and slots that changed since they were last printed. */
  scratchedRegs: number;
  scratchedLo: number;
  scratchedHi: number;
}

const BPF_LOG_LEVEL1 = 1;
const BPF_LOG_LEVEL2 = 2;
const BPF_LOG_STATS = 4;

/** `bits` as the kernel's log_level. */
export function newLog(bits: number, lines: readonly LineInfo[]): Log {
  return {
    level: bits & BPF_LOG_LEVEL2 ? 2 : bits & BPF_LOG_LEVEL1,
    stats: (bits & BPF_LOG_STATS) !== 0,
    on: bits !== 0,
    chunks: [],
    end: 0,
    start: 0,
    said: [],
    lines,
    prevLine: null,
    prevPos: 0,
    prevInsnLength: 0,
    scratchedRegs: 0,
    scratchedLo: 0,
    scratchedHi: 0,
  };
}

export function write(log: Log, text: string): void {
  if (!log.on || text === "") return;
  log.chunks.push(text);
  log.end += text.length;
  if (log.end - log.start > MAX_CHARS) {
    let drop = 0;
    while (log.end - log.start > MAX_CHARS / 2) log.start += log.chunks[drop++]!.length;
    log.chunks.splice(0, drop);
  }
}

/** Takes back everything behind a position. */
export function resetLog(log: Log, pos: number): void {
  while (log.end > pos && log.chunks.length > 0) {
    const last = log.chunks.pop()!;
    log.end -= last.length;
    if (log.end < pos) {
      const keep = last.slice(0, pos - log.end);
      log.chunks.push(keep);
      log.end = pos;
    }
  }
  if (log.start > log.end) log.start = log.end;
}

export function logText(log: Log): string {
  return log.chunks.join("");
}

/** A sentence that belongs to a possible refusal: kept at every level. */
export function say(log: Log, text: string): void {
  log.said.push(text);
  write(log, `${text}\n`);
}

/** Says a sentence and refuses the program. */
export function fail(log: Log, errno: number, text: string): never {
  say(log, text);
  throw new Reject(errno);
}

function lineOf(log: Log, insn: number): LineInfo | null {
  const lines = log.lines;
  if (lines.length === 0) return null;
  let l = 0;
  let r = lines.length - 1;
  while (l < r) {
    const m = l + ((r - l + 1) >> 1);
    if (lines[m]!.insnIdx <= insn) l = m;
    else r = m - 1;
  }
  return lines[l]!;
}

/** "; source text @ file.c:12", once for each line that the path comes to. */
export function writeLine(log: Log, insn: number, prefix: string): void {
  if (log.level === 0) return;
  const line = lineOf(log, insn);
  const prev = log.prevLine;
  if (line === null || line === prev) return;
  if (prev !== null && prev.file === line.file && prev.line === line.line) return;
  const file = line.file.slice(line.file.lastIndexOf("/") + 1);
  write(log, `${prefix}${line.text.trimStart()} @ ${file}:${line.line}\n`);
  log.prevLine = line;
}

export function scratchReg(log: Log, r: number): void {
  log.scratchedRegs |= 1 << r;
}

export function scratchSlot(log: Log, i: number): void {
  if (i < 32) log.scratchedLo |= 1 << i;
  else log.scratchedHi |= 1 << (i - 32);
}

export function scratchAll(log: Log): void {
  log.scratchedRegs = -1;
  log.scratchedLo = -1;
  log.scratchedHi = -1;
}

export function scratchNone(log: Log): void {
  log.scratchedRegs = 0;
  log.scratchedLo = 0;
  log.scratchedHi = 0;
}

export function anyScratched(log: Log): boolean {
  return (log.scratchedRegs | log.scratchedLo | log.scratchedHi) !== 0;
}
