/**
 * What advice means in instructions. An explainer gives these with its help; each is applied and verified before the
 * diagnostic says that it helps (explain-repair.ts). Registers and places are those of the failing path: where they are others on
 * another path, the verifier refuses the patch and nothing is claimed.
 */
import { ctxLayout } from "../abi/ctx.ts";
import { progTypeWord } from "../abi/prog-types.ts";
import type { Insn } from "../isa/insn.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import type { Case } from "./explain-case.ts";
import { giveBack, type Holder, type ReleaseHelper, releaseInsns } from "./explain-held.ts";
import { regsAfter, writtenAt } from "./explain-path.ts";
import type { Edit, Patch } from "./patch.ts";
import { ID, OFF, PTR_TO_CTX, PTR_TO_PACKET_END, REF, REG_WORDS, type Words } from "./regs.ts";

export interface Fix extends Patch {
  /** Said instead of the finding's help where this is the one that is accepted. */
  readonly help?: string;
  /** What "return ...;" in the help has to do before: "bpf_ringbuf_discard(audit, 0); ". */
  readonly said?: string;
  /** The same for more bytes, where the next access turns out to need them: after this sentence of the kernel. */
  readonly grow?: (kernel: string) => Fix | null;
}

const MAX_IMM = 0x7fffffffn;
const MOV_K = 0xb7;
const MOV32_K = 0xb4;
const MOV_X = 0xbf;
const ADD_K = 0x07;
const JEQ_K = 0x15;
const JNE_K = 0x55;
const JLT_K = 0xa5;
const JLE_K = 0xb5;
const JLE_X = 0xbd;
const JA = 0x05;
const MAY_GOTO = 0xe5;
const LDX_W = 0x61;
const ST_DW = 0x7a;
const EXIT = 0x95;
const LD_IMM64 = 0x18;
const MAX_PLACES = 6;
export const GENERAL: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
export function insn(code: number, dst: number, src: number, off: number, imm: number): Insn {
  return { code, dst, src, off, imm };
}

/** First slot of the function that holds an instruction. */
export function functionStart(prog: ResolvedProg, at: number): number {
  let start = 0;
  for (const func of prog.spec.funcs) if (func.insnIdx <= at) start = func.insnIdx;
  return start;
}

/** What "return ...;" gives: the verdict that lets things pass, in other functions 0. */
function resultFor(prog: ResolvedProg, at: number): number {
  if (functionStart(prog, at) !== 0) return 0;
  const word = progTypeWord(prog.spec.type);
  if (word === "xdp") return 2;
  return /^cgroup_|^sk_|^netfilter$/.test(word) ? 1 : 0;
}

interface Leaving {
  readonly insns: readonly Insn[];
  readonly said: string;
}

/** "return ...;" with registers `w`, what they hold given back, but for the reference `except`. */
function leave(c: Case, at: number, w: Words | null, except: number): Leaving {
  const held = w === null || functionStart(c.prog, at) !== 0 ? { insns: [], said: "" } : giveBack(c, w, except);
  const result = resultFor(c.prog, at);
  return { insns: [...held.insns, insn(MOV_K, 0, 0, 0, result), insn(EXIT, 0, 0, 0, 0)], said: held.said };
}

function next(prog: ResolvedProg, at: number): number {
  return at + (prog.insns.code[at] === LD_IMM64 ? 2 : 1);
}

/** Behind an instruction of the failing path. */
function behind(c: Case, made: number, except: (w: Words) => number, test: (skip: number) => Insn[]): Fix {
  const w = regsAfter(c.path, c.path.at.lastIndexOf(made));
  const left = leave(c, made, w, w === null ? 0 : except(w));
  const insns = [...test(left.insns.length), ...left.insns];
  return { edits: [{ kind: "insert", at: next(c.prog, made), insns, aside: true }], said: left.said };
}

const NOTHING = (): number => 0;

/** "if (!p) return ...;" behind the instruction that made the pointer. */
export function leaveIfNull(c: Case, made: number, reg: number): Fix {
  // A null pointer holds nothing.
  const refOf = (w: Words): number => w[reg * REG_WORDS + REF]!;
  return behind(c, made, refOf, (skip) => [insn(JNE_K, reg, 0, skip, 0)]);
}

/** The same where a function begins. */
export function leaveIfNullArgument(c: Case, reg: number): Fix {
  const at = functionStart(c.prog, c.insn);
  const { insns } = leave(c, at, null, 0);
  return { edits: [{ kind: "insert", at, insns: [insn(JNE_K, reg, 0, insns.length, 0), ...insns] }] };
}

/** "if (n >= count) return ...;" behind the instruction that made the number; unsigned, so that negative ones leave, too. */
export function leaveUnlessBelow(c: Case, made: number, reg: number, count: bigint): Fix[] {
  if (made < 0 || reg < 0 || count <= 0n || count > MAX_IMM) return [];
  return [behind(c, made, NOTHING, (skip) => [insn(JLT_K, reg, 0, skip, Number(count))])];
}

/** "if (n < least || n >= count) return ...;" behind the instruction that made the number. */
export function leaveUnlessFrom(c: Case, made: number, reg: number, least: bigint, count: bigint): Fix[] {
  if (made < 0 || reg < 0 || least >= count || count > MAX_IMM) return [];
  const from = insn(JLT_K, reg, 0, 1, Number(least));
  return [behind(c, made, NOTHING, (skip) => [from, insn(JLT_K, reg, 0, skip, Number(count))])];
}

/** "if (n == 0 || n > most) return ...;" before the refused call. */
export function leaveUnlessWithin(c: Case, reg: number, least: 0 | 1, most: number): Fix {
  const left = leave(c, c.insn, c.w, 0);
  const zero = least === 1 ? [insn(JEQ_K, reg, 0, 1, 0)] : [];
  const insns = [...zero, insn(JLE_K, reg, 0, left.insns.length, most), ...left.insns];
  return { edits: [{ kind: "insert", at: c.insn, insns }], said: left.said };
}

/** The constant that R`reg` was given on the failing path, replaced. */
export function constantInstead(c: Case, reg: number, value: number): Fix[] {
  const at = writtenAt(c.path, c.step, reg);
  const code = at === null ? 0 : c.path.insns.code[at.insn]!;
  if (at === null || (code !== MOV_K && code !== MOV32_K) || value < 1) return [];
  return [{ edits: [{ kind: "replace", at: at.insn, insn: insn(code, reg, 0, 0, value) }] }];
}

/** A value where the function begins. */
export function startWithZero(prog: ResolvedProg, at: number, reg: number): Fix {
  return { edits: [{ kind: "insert", at: functionStart(prog, at), insns: [insn(MOV_K, reg, 0, 0, 0)] }] };
}

/** Zeroes for the stack bytes r10+off to r10+off+size where the function begins. */
export function startWithZeroes(prog: ResolvedProg, at: number, off: number, size: number): Fix[] {
  const first = Math.floor(off / 8) * 8;
  if (off >= 0 || first < -512) return [];
  const insns: Insn[] = [];
  for (let slot = first; slot < Math.min(0, off + size); slot += 8) insns.push(insn(ST_DW, 10, 0, slot, 0));
  return [{ edits: [{ kind: "insert", at: functionStart(prog, at), insns }] }];
}

/** "if (p + bytes > data_end) return ...;" before the access through R`r`, which lies `bytes` behind where R`r` points. */
export function leaveUnlessInPacket(c: Case, r: number, bytes: number): Fix[] {
  return packetGuards(c, r, bytes).map((fix) => ({ ...fix, grow: (kernel) => grownPacketGuard(c, r, bytes, kernel) }));
}

/** A struct is checked as a whole: its next field lies further on. */
function grownPacketGuard(c: Case, r: number, bytes: number, kernel: string): Fix | null {
  const said = /invalid access to packet, off=(-?\d+) size=(\d+), R\d+\(id=(\d+),/.exec(kernel);
  const at = r * REG_WORDS;
  if (said === null || Number(said[3]) !== c.w[at + ID]) return null;
  const needed = Number(said[1]) + Number(said[2]) - c.w[at + OFF]!;
  return needed > bytes ? (leaveUnlessInPacket(c, r, needed)[0] ?? null) : null;
}

function packetGuards(c: Case, r: number, bytes: number): Fix[] {
  const end = GENERAL.find((reg) => c.w[reg * REG_WORDS] === PTR_TO_PACKET_END) ?? -1;
  const [sum, spare] = freeRegs(c, [r, end]);
  if (sum === undefined) return [];
  if (end >= 0) {
    const check = packetCheck(c, r, bytes, sum, end);
    return [{ edits: [{ kind: "insert", at: c.insn, insns: check.insns }], said: check.said }];
  }
  const ctx = contextIn(c);
  const field = ctxLayout(c.prog.spec.type)?.fields.find((one) => one.name === "data_end");
  if (ctx === null || field === undefined || spare === undefined) return [];
  const check = packetCheck(c, r, bytes, sum, spare);
  const insns = [insn(LDX_W, spare, ctx.reg, field.offBytes, 0), ...check.insns];
  return [{ edits: [...ctx.edits, { kind: "insert", at: c.insn, insns }], said: check.said }];
}

/** data and data_end loaded again and compared, R`r` being `off` behind data, for an access that ends `bytes` behind R`r`. */
export function reloadPacket(c: Case, r: number, off: number, bytes: number): Fix[] {
  const [sum, end] = freeRegs(c, [r]);
  const ctx = contextIn(c);
  const fields = ctxLayout(c.prog.spec.type)?.fields;
  const start = fields?.find((one) => one.name === "data");
  const limit = fields?.find((one) => one.name === "data_end");
  if (sum === undefined || end === undefined || ctx === null || start === undefined || limit === undefined) return [];
  const check = packetCheck(c, r, bytes, sum, end);
  const insns = [
    insn(LDX_W, end, ctx.reg, limit.offBytes, 0),
    insn(LDX_W, r, ctx.reg, start.offBytes, 0),
    ...(off === 0 ? [] : [insn(ADD_K, r, 0, 0, off)]),
    ...check.insns,
  ];
  return [{ edits: [...ctx.edits, { kind: "insert", at: c.insn, insns }] }];
}

function packetCheck(c: Case, r: number, bytes: number, sum: number, end: number): Leaving {
  const left = leave(c, c.insn, c.w, 0);
  const add = [insn(MOV_X, sum, r, 0, 0), insn(ADD_K, sum, 0, 0, bytes)];
  return { insns: [...add, insn(JLE_X, sum, end, left.insns.length, 0), ...left.insns], said: left.said };
}

/** Registers whose values are not needed at the refused instruction. */
function freeRegs(c: Case, taken: readonly number[]): number[] {
  const live = c.path.env.aux.liveRegs[c.insn]!;
  const unused = unusedReg(c);
  return GENERAL.filter((reg) => ((live >> reg) & 1) === 0 && !taken.includes(reg) && reg !== unused);
}

/** One of r6 to r9 that its function never names. */
function unusedReg(c: Case): number | undefined {
  const { insns } = c.path;
  const start = functionStart(c.prog, c.insn);
  const end = c.prog.spec.funcs.find((func) => func.insnIdx > start)?.insnIdx ?? insns.length;
  const named = new Set<number>();
  for (let i = start; i < end; i++) named.add(insns.dst[i]!).add(insns.src[i]!);
  return [9, 8, 7, 6].find((reg) => !named.has(reg));
}

/** A register with the context: one that has it still, else one that is given it where the function begins. */
function contextIn(c: Case): { readonly reg: number; readonly edits: readonly Edit[] } | null {
  const kept = GENERAL.find((reg) => c.w[reg * REG_WORDS] === PTR_TO_CTX && c.w[reg * REG_WORDS + OFF] === 0);
  if (kept !== undefined) return { reg: kept, edits: [] };
  const reg = unusedReg(c);
  if (reg === undefined) return null;
  return { reg, edits: [{ kind: "insert", at: functionStart(c.prog, c.insn), insns: [insn(MOV_X, reg, 1, 0, 0)] }] };
}

/** The constant of the addition at `at`, raised: what is compared with data_end reaches further. */
export function compareMore(prog: ResolvedProg, at: number, by: number): Fix[] {
  const { insns } = prog;
  if (insns.code[at] !== ADD_K) return [];
  const imm = insns.imm[at]! + by;
  return [{ edits: [{ kind: "replace", at, insn: insn(ADD_K, insns.dst[at]!, 0, 0, imm) }] }];
}

/** A result within what the program type may return, before the exit. */
export function returnWithin(at: number, min: number, max: number): Fix[] {
  if (min < 0) return [];
  if (min === max) return [{ edits: [{ kind: "insert", at, insns: [insn(MOV_K, 0, 0, 0, min)] }] }];
  const bound = min === 0 && max === 1 ? insn(JEQ_K, 0, 0, 1, 0) : insn(JLE_K, 0, 0, 1, max);
  return [{ edits: [{ kind: "insert", at, insns: [bound, insn(MOV_K, 0, 0, 0, min === 0 && max === 1 ? 1 : min)] }] }];
}

/** Ends a loop after many rounds: what can_loop compiles to. */
export function boundRounds(c: Case, help: string): Fix {
  const left = leave(c, c.insn, c.w, 0);
  const insns = [insn(MAY_GOTO, 0, 0, 1, 0), insn(JA, 0, 0, left.insns.length, 0), ...left.insns];
  return { edits: [{ kind: "insert", at: c.insn, insns }], help };
}

/** A call left out; its result is 0. */
export function withoutCall(at: number): Fix {
  return { edits: [{ kind: "replace", at, insn: insn(MOV_K, 0, 0, 0, 0) }] };
}

/** A helper called on the failing path, from its end backwards wherever a register holds what it takes. */
export function callOnPath(
  c: Case,
  since: number,
  argument: (step: number) => Holder | null,
  helper: ReleaseHelper,
): Fix[] {
  const { at, frame } = c.path;
  const fixes: Fix[] = [];
  for (let k = c.step; k > since && fixes.length < MAX_PLACES; k--) {
    if (frame[k] !== frame[c.step]) return fixes;
    const found = argument(k);
    if (found === null) continue;
    const keep = keeper(c, at[k]!, found.reg);
    const insns = [
      ...(keep === undefined ? [] : [insn(MOV_X, keep, 0, 0, 0)]),
      ...releaseInsns(helper, found),
      ...(keep === undefined ? [] : [insn(MOV_X, 0, keep, 0, 0)]),
    ];
    const before = at[k - 1]!;
    const falls = next(c.prog, before) === at[k];
    const edit: Edit = falls ? { kind: "insert", at: at[k]!, insns, aside: true } : { kind: "edge", at: before, insns };
    fixes.push({ edits: [edit] });
  }
  return fixes;
}

/** Where the result of the function waits while another one is called; undefined where r0 holds none. */
function keeper(c: Case, at: number, taken: number): number | undefined {
  const live = c.path.env.aux.liveRegs[at]!;
  if ((live & 1) === 0) return undefined;
  return [6, 7, 8, 9].find((reg) => ((live >> reg) & 1) === 0 && reg !== taken);
}
