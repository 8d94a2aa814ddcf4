/** Programs for the verifier's fuzzer, by seed: real ones with a few insns changed, and insns at random. */
import { type InsnBuf, insnBuf } from "../../src/isa/insn.ts";
import { OPS } from "../../src/isa/ops.ts";
import type { ResolvedProg } from "../../src/obj/spec.ts";
import { programSeed, type Rng, rng } from "../fuzz/rng.ts";
import { progOf } from "../verifier/prog.ts";

const CODES = [...new Set(OPS.map((row) => row.code))];
const IMMS = [
  0, 1, -1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 255, 256, 4095, 0xffff, 0x7fffffff, -0x80000000, -8,
];
const OFFS = [0, 1, -1, 2, 3, 4, 8, 12, 16, -4, -8, -16, -24, -512, -520, 14, 34, 76, 80, 0x7fff, -0x8000];
const LDDW = 0x18;
const CALL = 0x85;
const EXIT = 0x95;
const MOV64_K = 0xb7;
const JA = 0x05;
/** SOCKET_FILTER, KPROBE, SCHED_CLS, TRACEPOINT, XDP, CGROUP_SKB, RAW_TRACEPOINT, SYSCALL. */
const TYPES = [1, 2, 3, 5, 6, 8, 17, 31];

export interface Made {
  readonly prog: ResolvedProg;
  /** Index of the program in `bases` that it comes from; -1 for none. */
  readonly base: number;
}

/** Of ten programs eight are changed ones. */
export function make(seed: number, index: number, bases: readonly ResolvedProg[]): Made {
  const r = rng(programSeed(seed, index));
  const kind = bases.length === 0 ? 8 + r.below(2) : r.below(10);
  if (kind === 9) return { prog: withInsns(progOf([], r.pick(TYPES)), randomBytes(r)), base: -1 };
  if (kind === 8) return { prog: withInsns(progOf([], r.pick(TYPES)), randomOps(r)), base: -1 };
  const base = r.below(bases.length);
  return { prog: withInsns(bases[base]!, mutated(bases[base]!.insns, r, bases[base]!.maps.length)), base };
}

export function withInsns(prog: ResolvedProg, insns: InsnBuf): ResolvedProg {
  return { ...prog, insns, spec: { ...prog.spec, insns } };
}

export function copyOf(buf: InsnBuf): InsnBuf {
  const copy = insnBuf(buf.length);
  for (const key of ["code", "dst", "src", "off", "imm"] as const) copy[key].set(buf[key]);
  return copy;
}

/** "goto +0": what takes the place of an insn that a smaller program does without. */
export function drop(buf: InsnBuf, i: number): void {
  put(buf, i, JA, 0, 0, 0, 0);
}

function put(buf: InsnBuf, i: number, code: number, dst: number, src: number, off: number, imm: number): void {
  buf.code[i] = code;
  buf.dst[i] = dst;
  buf.src[i] = src;
  buf.off[i] = off;
  buf.imm[i] = imm;
}

/**
 * An fd in an insn would be this process's own, whatever it is, and an index behind the array of fds reads what lies behind it:
 * such insns are put back, or become plain numbers.
 */
function withoutFds(buf: InsnBuf, before: InsnBuf, maps: number): InsnBuf {
  for (let i = 0; i < buf.length; i++) {
    const src = buf.src[i]!;
    if (buf.code[i] !== LDDW || src === 0 || src === 3 || src === 4) continue;
    if ((src === 5 || src === 6) && buf.imm[i]! >= 0 && buf.imm[i]! < maps) continue;
    buf.src[i] = before.code[i] === LDDW ? before.src[i]! : 0;
    if (buf.src[i] === 5 || buf.src[i] === 6) buf.imm[i] = before.imm[i]!;
  }
  return buf;
}

function mutated(from: InsnBuf, r: Rng, maps: number): InsnBuf {
  const buf = copyOf(from);
  for (let n = r.pick([1, 1, 1, 2, 2, 4]); n > 0; n--) {
    const i = r.below(buf.length);
    const k = r.below(buf.length);
    switch (r.below(12)) {
      case 0:
        buf.imm[i] = r.pick(IMMS);
        break;
      case 1:
        buf.imm[i] = buf.imm[i]! + r.pick([1, -1, 4, -4, 8]);
        break;
      case 2:
        buf.off[i] = r.pick(OFFS);
        break;
      case 3:
        buf.off[i] = buf.off[i]! + r.pick([1, -1, 2, 4, 8, -8]);
        break;
      case 4:
        buf.dst[i] = r.below(11);
        break;
      case 5:
        buf.src[i] = r.below(11);
        break;
      case 6:
        buf.code[i] = r.pick(CODES);
        break;
      case 7:
        // The other operand form, width, size or comparison: one bit of the opcode
        buf.code[i] = buf.code[i]! ^ (1 << r.below(8));
        break;
      case 8:
        drop(buf, i);
        break;
      case 9:
        put(buf, i, from.code[k]!, from.dst[k]!, from.src[k]!, from.off[k]!, from.imm[k]!);
        break;
      case 10:
        if (buf.code[i] === CALL) buf.imm[i] = r.below(212);
        else put(buf, i, MOV64_K, r.below(10), 0, 0, r.pick(IMMS));
        break;
      default:
        put(buf, i, r.pick(CODES), r.below(11), r.below(11), r.pick(OFFS), r.pick(IMMS));
    }
  }
  return withoutFds(buf, from, maps);
}

/** Insns that exist, of which many read what was written before. */
function randomOps(r: Rng): InsnBuf {
  const buf = insnBuf(4 + r.below(28));
  let i = 0;
  put(buf, i++, 0xbf, 6, 1, 0, 0);
  for (const reg of [0, 2, 3]) if (i < buf.length - 2) put(buf, i++, MOV64_K, reg, 0, 0, r.pick(IMMS));
  for (; i < buf.length - 2; i++) {
    const code = r.pick(CODES);
    const isJump = (code & 6) === 4 && (code & 7) !== 4 && (code & 7) !== 7;
    const off = isJump ? r.below(buf.length - i) : r.pick([0, 0, -8, -16, 0, 4, 8, 1]);
    const usesImm = (code & 8) === 0;
    const dst = r.pick([0, 2, 3, 6, 10, 0, 2, 3]);
    const src = usesImm && (code & 7) >= 4 ? 0 : r.pick([0, 2, 3, 6, 10, 1]);
    put(buf, i, code, dst, src, (code & 7) === 7 || (code & 7) === 4 ? 0 : off, usesImm ? r.pick(IMMS) : 0);
    if (code === LDDW && i < buf.length - 3) {
      buf.src[i] = 0;
      put(buf, ++i, 0, 0, 0, 0, r.pick(IMMS));
    }
    if (code === CALL) put(buf, i, CALL, 0, r.pick([0, 0, 0, 1]), 0, r.pick([5, 7, 8, 14, 15, 16, 1, 2]));
  }
  put(buf, buf.length - 2, MOV64_K, 0, 0, 0, 0);
  put(buf, buf.length - 1, EXIT, 0, 0, 0, 0);
  return withoutFds(buf, insnBuf(buf.length), 0);
}

function randomBytes(r: Rng): InsnBuf {
  const buf = insnBuf(r.below(12));
  for (let i = 0; i < buf.length; i++) {
    put(buf, i, r.next() & 255, r.next() & 15, r.next() & 15, r.next() & 0xffff, r.next() | 0);
  }
  return withoutFds(buf, insnBuf(buf.length), 0);
}
