/** What every explainer works with: the case at hand, and what it finds; and numbers as a person says them. */
import { helperName } from "../abi/helpers.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import type { Diagnostic, DiagnosticNote } from "./diagnostic.ts";
import type { Env } from "./env.ts";
import type { Fix } from "./explain-fixes.ts";
import { isCall, isCondJump, lastStep, type Origin, type Path } from "./explain-path.ts";
import {
  argumentText,
  assignedName,
  conditionOf,
  lineAt,
  plainArgument,
  spanOf,
  textOf,
  unwrapped,
} from "./explain-source.ts";
import { bareInsnText } from "./insn-text.ts";
import { btfName, typeText } from "./print.ts";
import {
  baseType,
  isConst,
  MEM_RINGBUF,
  RAW0,
  RAW1,
  REG_WORDS,
  SMAX,
  SMIN,
  UMAX,
  UMIN,
  VAL,
  type Words,
} from "./regs.ts";
import { curFrame } from "./state.ts";
import { big, signedBig } from "./words.ts";

export interface Case {
  readonly prog: ResolvedProg;
  readonly path: Path;
  readonly insn: number;
  /** The last step, which was refused. */
  readonly step: number;
  /** Registers before the refused insn. */
  readonly w: Words;
  readonly kernel: string;
  /** The expression under the carets; "" without source. */
  readonly expression: string;
}

/** What an explainer adds; the rest of the diagnostic stays. */
export interface Finding {
  readonly message?: string;
  readonly label?: string;
  readonly required?: string;
  readonly known?: string;
  readonly help?: string;
  readonly notes?: readonly DiagnosticNote[];
  /** Shown instead of the refused insn's line, where another says more (a return that the compiler merged away). */
  readonly place?: number;
  /** What `help` means in instructions, the likeliest first. */
  readonly fixes?: readonly Fix[];
}

export function newCase(prog: ResolvedProg, path: Path, diagnostic: Diagnostic): Case | null {
  const step = lastStep(path);
  const w = path.regs[step];
  if (w === null || w === undefined) return null;
  // A loop is found before its insn begins once more: the state is then that of the refusal itself.
  const isLoop = path.at[step] !== diagnostic.insn;
  if (isLoop && diagnostic.code !== "V015") return null;
  return {
    prog,
    path,
    insn: diagnostic.insn,
    step,
    w: isLoop ? curFrame(path.env.cur).w : w,
    kernel: diagnostic.kernel,
    expression: isCall(path.insns, diagnostic.insn)
      ? expressionAt(prog, diagnostic.insn)
      : unwrapped(expressionAt(prog, diagnostic.insn)),
  };
}

export function expressionAt(prog: ResolvedProg, insn: number): string {
  const line = lineAt(prog, insn);
  const span = line === null ? null : spanOf(line);
  return line === null || span === null ? "" : textOf(line, span);
}

export function note(prog: ResolvedProg, insn: number, message: string): DiagnosticNote {
  const line = lineAt(prog, insn);
  const span = line === null ? null : isCondJump(prog.insns, insn) ? conditionOf(line) : spanOf(line);
  const text = bareInsnText(prog, insn);
  return { message, insn, line, text, ...(span === null ? {} : { span }) };
}

/** The variable that a value was given to where it was made; else the expression; else "". */
export function nameOf(prog: ResolvedProg, origin: Origin | null): string {
  if (origin === null) return "";
  const line = lineAt(prog, origin.insn);
  if (line === null) return "";
  // Some hand their result over through an argument.
  if (isCall(prog.insns, origin.insn) && /_reserve_dynptr$/.test(calleeName(prog, origin.insn))) {
    return plainArgument(argumentText(expressionAt(prog, origin.insn), 4));
  }
  return assignedName(line);
}

/** "line 12" or "instruction 12". */
export function placeOf(prog: ResolvedProg, insn: number): string {
  const line = lineAt(prog, insn);
  return line === null ? `instruction ${insn}` : `line ${line.line}`;
}

/** "bpf_map_lookup_elem"; of a function of the program or the kernel its own name. */
export function calleeName(prog: ResolvedProg, insn: number): string {
  const { insns } = prog;
  if (insns.src[insn] === 0) return `bpf_${helperName(insns.imm[insn]!)}`;
  if (insns.src[insn] === 1) {
    const target = insn + insns.imm[insn]! + 1;
    return prog.spec.funcs.find((f) => f.insnIdx === target)?.name ?? "the function";
  }
  return prog.kernelBtf !== null && insns.imm[insn]! < prog.kernelBtf.length
    ? prog.kernelBtf.type(insns.imm[insn]!).name
    : "the kernel function";
}

export interface Range {
  readonly min: bigint;
  readonly max: bigint;
}

export const NO_MIN: bigint = -(1n << 63n);
export const NO_MAX: bigint = (1n << 63n) - 1n;

/** What is known of a scalar, or of a pointer's variable offset, as one signed range. */
export function rangeOf(w: Words, at: number): Range {
  if (isConst(w, at)) {
    const value = signedBig(w[at + VAL]!, w[at + VAL + 1]!);
    return { min: value, max: value };
  }
  const smin = signedBig(w[at + SMIN]!, w[at + SMIN + 1]!);
  const smax = signedBig(w[at + SMAX]!, w[at + SMAX + 1]!);
  if (smin < 0n) return { min: smin, max: smax };
  const umin = big(w[at + UMIN]!, w[at + UMIN + 1]!);
  const umax = big(w[at + UMAX]!, w[at + UMAX + 1]!);
  // Not negative, so both views are of the same numbers; Math.max takes no BigInt.
  const min = [umin, smin].sort(ascending)[1]!;
  const max = [umax, smax].sort(ascending)[0]!;
  return { min, max };
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function regRange(w: Words, r: number): Range {
  return rangeOf(w, r * REG_WORDS);
}

/** "7", "0..255", "any number", "63 or less", "0 or more". */
export function rangeText({ min, max }: Range): string {
  if (min === max) return `${min}`;
  if (min === NO_MIN) return max === NO_MAX ? "any number" : `${max} or less`;
  return max === NO_MAX ? `${min} or more` : `${min}..${max}`;
}

/** What a register of this type points to: "the packet", "a struct task_struct". `w`, `at`: the register, for its BTF type. */
export function pointee(env: Env, w: Words, at: number): string {
  const type = w[at]!;
  const text = typeText(baseType(type));
  if (text === "ptr_") {
    const name = btfName(env, w[at + RAW0]!, w[at + RAW1]!);
    return name === "" ? "a kernel object" : `a struct ${name}`;
  }
  return (type & MEM_RINGBUF) !== 0 ? kindWords("ringbuf_mem") : kindWords(text);
}

/** The same for a word of the kernel's sentences: "map_value". */
export function kindWords(word: string): string {
  return POINTEES[word] ?? word;
}

const POINTEES: Readonly<Record<string, string>> = {
  scalar: "a number",
  ctx: "the context",
  map_ptr: "a map",
  map_value: "a map value",
  map_key: "the key of a map",
  fp: "the stack",
  pkt_meta: "the packet's metadata",
  pkt: "the packet",
  pkt_end: "the end of the packet",
  flow_keys: "the flow keys",
  sock: "a socket",
  sock_common: "a socket",
  tcp_sock: "a TCP socket",
  xdp_sock: "an XDP socket",
  mem: "memory from a helper",
  ringbuf_mem: "a ring buffer record",
  arena: "the arena",
  buf: "a buffer",
  func: "a function",
  dynptr_ptr: "a dynptr",
};

export function bytes(n: number | bigint): string {
  return `${n} byte${n === 1 || n === 1n ? "" : "s"}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length <= 1) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** The same, of many only the first. */
export function shortList(items: readonly string[]): string {
  return items.length > 6 ? `${items.slice(0, 5).join(", ")} and ${items.length - 5} more` : listed(items);
}

const SIZES = [4, 2, 1, 8];

/** Bytes that the insn itself accesses; 0 for a call. */
export function accessSize(c: Case): number {
  const code = c.path.insns.code[c.insn]!;
  const cls = code & 7;
  return cls >= 1 && cls <= 3 ? SIZES[(code >> 3) & 3]! : 0;
}

/** The place is shown already. */
export function sameLine(c: Case, insn: number): boolean {
  const here = lineAt(c.prog, c.insn);
  return here !== null && lineAt(c.prog, insn)?.line === here.line;
}
